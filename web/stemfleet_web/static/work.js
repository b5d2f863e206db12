// How far a work is: asks again and again, says each step aloud once, and goes to the result when it is done.
"use strict";
const work = document.getElementById("work");
const said = document.getElementById("said");
const AGAIN = 700;
let told = "";

async function refresh() {
  try {
    const answer = await fetch(work.dataset.from, { cache: "no-store" });
    if (answer.redirected) return location.assign(answer.url); // signed out
    if (answer.ok) {
      const { open, result, html, step } = await answer.json();
      if (result) return location.replace(result);
      if (!open) return location.reload();
      work.innerHTML = html;
      if (step !== told) said.textContent = work.querySelector("strong")?.textContent ?? "";
      told = step;
    }
  } catch {
    // Offline for a moment: the next try comes soon.
  }
  setTimeout(refresh, AGAIN);
}
if (work.dataset.from) setTimeout(refresh, AGAIN);
