// The wall: live by server-sent events, by asking every two seconds when there is no live place; works without a mouse.
"use strict";
const wall = document.getElementById("wall");
const line = document.getElementById("line");
const said = document.getElementById("said"); // for those who listen: one sentence for each slot that ends
const soundButton = document.getElementById("sound");
const startAll = document.getElementById("start-all");
const overview = document.getElementById("overview");
const FEW = 3; // so many tiles fit on a screen
const SILENCE = 25000; // longer than two heartbeats: the line is dead, whatever the browser believes
const POLL = 2000;
const RETRY_LIVE = 30000;
const KIT = 'input[name^="kit:"]'; // a slot's fields
const SERIAL = 'input[name^="serial:"]';
const TONES = { PASS: [[660, 0], [990, 0.14]], FAIL: [[220, 0], [165, 0.2], [165, 0.4]], other: [[392, 0], [330, 0.18]] };
let tiles = new Map();
let source = null;
let watchdog = null;
let polling = null;
let audio = null;

function gather() {
  tiles = new Map([...wall.querySelectorAll(".slot")].map((tile) => [tile.dataset.slot, tile]));
  startAll.disabled = tiles.size === 0;
  // What was scanned and not yet started outlives a reload.
  for (const [slot, tile] of tiles) {
    const field = fieldOf(slot);
    const key = `stemfleet kit ${slot}`;
    field.value = field.value || sessionStorage.getItem(key) || "";
    field.oninput = () => sessionStorage.setItem(key, field.value);
  }
  survey();
}

// All slots on one screen, however many tiles there are: the tiles' own words, in small.
function survey() {
  overview.hidden = tiles.size <= FEW;
  overview.replaceChildren(
    ...[...tiles].map(([slot, tile]) => {
      const glance = document.createElement("button");
      glance.type = "button";
      glance.tabIndex = -1; // the keyboard has the slots' own fields, and *SLOT-A3
      glance.dataset.slot = slot;
      glance.addEventListener("click", () => goTo(fieldOf(slot)));
      summarize(glance, tile);
      return glance;
    }),
  );
  document.documentElement.style.scrollPaddingTop = `${overview.offsetHeight + 8}px`; // no tile hides behind it
}

function summarize(glance, tile) {
  const name = document.createElement("b");
  name.textContent = tile.dataset.slot;
  const word = tile.querySelector(".big-word");
  const progress = tile.querySelector("progress");
  const parts = [name, ...word.children, ...(tile.dataset.status === "running" && progress ? [progress] : [])];
  glance.className = `glance ${word.className.replace("big-word", "").trim()}`;
  glance.replaceChildren(...parts.map((part) => (part === name ? part : part.cloneNode(true))));
}

// Boards were plugged in or pulled out: tiles come and go, those that stay keep what is typed in them.
async function arrange(names) {
  if (names.length === tiles.size && names.every((name) => tiles.has(name))) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#wall .wall");
  if (!fresh) return;
  for (const tile of [...fresh.querySelectorAll(".slot")]) {
    const known = tiles.get(tile.dataset.slot);
    if (known) tile.replaceWith(known);
  }
  const focused = document.activeElement;
  wall.querySelector(".wall").replaceChildren(...fresh.children);
  gather();
  if (wall.contains(focused)) focused.focus();
}

function show(slots) {
  for (const { slot, number, status, outcome, title, kit, asks, serial, html } of slots) {
    const tile = tiles.get(slot);
    if (!tile) continue;
    const open = tile.querySelector(".detail[open]") !== null;
    tile.querySelector(".live").innerHTML = html;
    tile.querySelector(".slot-title").textContent = title;
    if (open) tile.querySelector(".detail")?.setAttribute("open", "");
    // A quick board is done before it was ever seen at work; one change alone is only another port of the same board.
    if (status === "done" && number - tile.dataset.number > (tile.dataset.status === "done" ? 1 : 0)) {
      said.textContent = `${slot}: ${tile.querySelector(".big-word").textContent.trim()}`;
      play(TONES[outcome] || TONES.other);
    }
    tile.toggleAttribute("data-asks", asks);
    const machine = tile.querySelector(SERIAL);
    if (document.activeElement !== machine) machine.value = serial;
    const field = fieldOf(slot);
    const expected = kit && (status === "running" || tile.dataset.status !== status);
    if (expected && document.activeElement !== field) field.value = kit;
    if (status === "empty" && tile.dataset.status === "done" && !kit && document.activeElement !== field) {
      field.value = ""; // the next board is not for that kit
      sessionStorage.removeItem(`stemfleet kit ${slot}`);
    }
    tile.dataset.number = number;
    tile.dataset.status = status;
    tile.dataset.outcome = outcome || "";
    summarize(overview.querySelector(`[data-slot="${CSS.escape(slot)}"]`), tile);
  }
}

async function hear({ slots, names }) {
  if (names) await arrange(names);
  show(slots);
}

function play(notes) {
  if (soundButton.getAttribute("aria-pressed") !== "true" || audio?.state !== "running") return;
  for (const [pitch, after] of notes) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.3, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}

function setSound(on) {
  soundButton.setAttribute("aria-pressed", String(on));
  soundButton.textContent = soundButton.dataset[on ? "on" : "off"];
  localStorage.setItem("stemfleet sound", on ? "on" : "off");
}

// Browsers let a page sound only after a key or a click: the first scan is one.
function wake() {
  audio = audio || new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

function say(kind) {
  line.className = `line ${kind}`;
  line.textContent = wall.dataset[kind];
}

function heard() {
  say("live");
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    source.close();
    say("lost");
    poll();
  }, SILENCE);
}

function listen() {
  source = new EventSource(wall.dataset.events);
  source.onmessage = (event) => {
    stopPolling();
    heard();
    hear(JSON.parse(event.data));
  };
  source.addEventListener("beat", heard);
  source.onerror = () => {
    clearTimeout(watchdog);
    if (source.readyState === EventSource.CLOSED) poll();
    else say("lost");
  };
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

function poll() {
  if (polling) return;
  const ask = async () => {
    try {
      const answer = await fetch(wall.dataset.snapshot, { cache: "no-store" });
      if (answer.redirected) location.assign(answer.url); // signed out
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      await hear(await answer.json());
      say("polling");
    } catch {
      say("lost");
    }
  };
  ask();
  polling = setInterval(ask, POLL);
  setTimeout(listen, RETRY_LIVE);
}

function tell(problems) {
  for (const [slot, tile] of tiles) {
    const place = tile.querySelector(".slot-problem");
    place.textContent = problems[slot] || "";
    place.hidden = !problems[slot];
  }
}

async function send(orders) {
  const body = new FormData(wall);
  for (const [name, value] of Object.entries(orders)) body.append(name, value);
  try {
    const answer = await fetch(wall.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const given = await answer.json();
    tell(given.problems || { [orders.slot || tiles.keys().next().value]: given.error });
    return given;
  } catch {
    say("lost");
    return { problems: {} };
  }
}

function goTo(field) {
  field.focus();
  field.select();
  field.closest(".slot").scrollIntoView({ block: "nearest" });
}

function fieldOf(slot) {
  return tiles.get(slot)?.querySelector(KIT);
}

wall.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, value } = event.submitter;
  const { problems } = await send({ [name]: value });
  const first = Object.keys(problems || {})[0];
  if (first && fieldOf(first)) fieldOf(first).focus();
});

// A scanner ends with Enter. A code of the sheet is an order; a tag is for the slot, and the next free field comes.
async function scanned(field) {
  const slot = field.closest(".slot").dataset.slot;
  const text = field.value.trim();
  if (text.startsWith("*")) {
    field.value = "";
    if (field.matches(KIT)) sessionStorage.removeItem(`stemfleet kit ${slot}`);
    const { focus } = await send({ scan: text, slot });
    goTo(fieldOf(focus) || field);
    return;
  }
  if (field.matches(SERIAL)) {
    field.blur(); // so that the number shows as it was understood
    const { problems } = await send({ serial: slot });
    goTo(Object.keys(problems || {}).length ? field : fieldOf(slot));
    return;
  }
  const fields = [...wall.querySelectorAll('.slot:not([data-status="running"])')].map((tile) => tile.querySelector(KIT));
  const next = fields[fields.indexOf(field) + 1];
  if (next) goTo(next);
  else startAll.focus();
  if (text) await send({ expect: slot });
}

wall.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  scanned(event.target);
});

soundButton.hidden = false;
setSound(localStorage.getItem("stemfleet sound") === "on");
soundButton.addEventListener("click", () => {
  setSound(soundButton.getAttribute("aria-pressed") !== "true");
  wake();
  play(TONES.PASS);
});
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, wake, { capture: true });

gather();
listen();
