// The planner: what the rules would give, computed anew as they change. Without this script the buttons do the same.
"use strict";
const form = document.getElementById("rules-form");
const parts = document.getElementById("form-parts");
const preview = document.getElementById("preview");
const line = document.getElementById("line");
const PAUSE = 300; // after the last key
const BY_THE_BROWSER = ["export", "schools"]; // a file to keep, a window of its own
let asked = 0; // the newest question; older answers are not shown
let pending = null;
let waiting = null;
let leaving = false;
let stored = "unsaved" in form.dataset ? null : typed();

function typed() {
  const body = new URLSearchParams(new FormData(form));
  for (const name of ["csrf_token", "mark", "file", "lots.add.wanted", "points.add_line.wanted", "points.add_line.other"]) body.delete(name);
  return body.toString();
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => send("preview"), PAUSE);
}

function ask(act, signal) {
  const typed = new FormData(form);
  if (act !== "import") typed.delete("file");
  typed.set("act", act);
  const body = act === "import" ? typed : new URLSearchParams(typed);
  return fetch(form.action, { method: "POST", body, signal, headers: { Accept: "application/json" } });
}

// After signing in anew in another window the form's token is an old one.
async function renew() {
  const page = new DOMParser().parseFromString(await (await fetch(form.action)).text(), "text/html");
  const token = page.querySelector('#rules-form [name="csrf_token"]');
  if (token) form.elements.csrf_token.value = token.value;
  return token !== null;
}

async function send(act) {
  clearTimeout(waiting);
  pending?.abort();
  pending = new AbortController();
  const number = ++asked;
  form.classList.add("working");
  line.textContent = form.dataset.working;
  parts.inert = act !== "preview";
  try {
    let answer = await ask(act, pending.signal);
    const refused = answer.status === 400 && !(await renew());
    if (answer.status === 400 && !refused) answer = await ask(act, pending.signal);
    if (answer.redirected || refused) {
      say(form.dataset.out);
      return;
    }
    if (answer.status === 413) {
      say(form.dataset.large);
      return;
    }
    const said = await answer.json();
    if (number === asked) show(said);
  } catch (error) {
    if (error.name !== "AbortError") say(form.dataset.lost);
  } finally {
    if (number === asked) {
      parts.inert = false;
      form.classList.remove("working");
    }
  }
}

function say(text) {
  line.textContent = text;
  line.classList.add("bad-line");
}

function show({ location, form: fields, preview: plan, line: total, problem, focus }) {
  if (location) {
    leaving = true;
    window.location.assign(location);
    return;
  }
  if (fields !== null) renewForm(fields);
  preview.innerHTML = plan;
  line.innerHTML = total;
  line.classList.remove("bad-line");
  mark(problem);
  parts.inert = false;
  if (focus) reveal(document.getElementById(focus))?.focus();
}

// What stood open stays open, wherever it moved.
function renewForm(fields) {
  const open = [...parts.querySelectorAll("details[data-kept][open]")].map((part) => part.dataset.kept);
  parts.innerHTML = fields;
  for (const part of parts.querySelectorAll("details[data-kept]")) part.open ||= open.includes(part.dataset.kept);
}

function reveal(place) {
  for (let part = place?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  return place;
}

// A sentence at its field, or at the nearest part around it that has a place for one.
function mark(problem) {
  for (const place of parts.querySelectorAll("[data-problem]")) {
    place.hidden = true;
    document.getElementById(place.id.slice(0, -2))?.removeAttribute("aria-invalid");
  }
  if (!problem) {
    parts.querySelector(":scope > .notice.bad")?.remove();
    return;
  }
  for (let name = problem.field; name; name = name.replace(/(^|\.)[^.]*$/, "")) {
    const place = parts.querySelector(`[data-problem="${CSS.escape(name)}"]`);
    if (!place) continue;
    place.textContent = problem.text;
    place.hidden = false;
    reveal(place);
    document.getElementById(place.id.slice(0, -2))?.setAttribute("aria-invalid", "true");
    return;
  }
}

document.querySelector(".without-script").remove();
form.addEventListener("input", later);
form.addEventListener("input", ({ target }) => {
  const said = target.name && parts.querySelector(`[data-shows="${CSS.escape(target.name)}"]`);
  if (said) said.textContent = target.selectedOptions?.[0].textContent ?? target.value;
});
form.addEventListener("change", (event) => {
  const { target } = event;
  if (target.type === "checkbox") target.closest("fieldset")?.querySelector('input[value="these"]')?.click();
  if (target.dataset.act) send(target.dataset.act);
});

form.addEventListener("submit", (event) => {
  const act = event.submitter?.value || "preview";
  if (BY_THE_BROWSER.includes(act)) {
    leaving = act === "export";
    setTimeout(() => (leaving = false), 1000);
    return;
  }
  event.preventDefault();
  send(act);
});

window.addEventListener("beforeunload", (event) => {
  if (!leaving && typed() !== stored) event.preventDefault();
});

preview.addEventListener("click", ({ target }) => {
  const to = target.closest('a[href^="#f-"]');
  if (to) reveal(document.getElementById(to.hash.slice(1)));
});

document.querySelector(".drop form")?.addEventListener("submit", () => (leaving = true));
