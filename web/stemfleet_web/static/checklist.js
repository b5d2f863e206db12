// Keys for gloves and scanners: Enter after the scan goes to the first step, 1 and 2 answer it and go on.
"use strict";
const checklist = document.getElementById("checklist");
const steps = [...checklist.querySelectorAll(".check-step")];
const finish = checklist.querySelector("button.huge");

function goTo(number) {
  const step = steps[number];
  const place = step ? step.querySelector("input:checked") || step.querySelector("input") : finish;
  place.focus();
  (step || finish).scrollIntoView({ block: "center" });
}

checklist.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.id === "serial" && key === "Enter") {
    event.preventDefault();
    goTo(0);
  }
  if (target.type === "radio" && (key === "1" || key === "2")) {
    event.preventDefault();
    const step = target.closest(".check-step");
    step.querySelectorAll('input[type="radio"]')[key === "1" ? 0 : 1].checked = true;
    const photo = step.querySelector('input[type="file"]');
    if (photo.previousElementSibling?.dataset.needed && !photo.files.length) photo.focus();
    else goTo(steps.indexOf(step) + 1);
  }
  if (target.id !== "serial" && target.tagName === "INPUT" && target.type === "text" && key === "Enter") {
    event.preventDefault();
    goTo(steps.indexOf(target.closest(".check-step")) + 1);
  }
});
