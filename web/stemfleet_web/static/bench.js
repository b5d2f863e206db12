// The wall: live by server-sent events, by asking every two seconds when there is no live place; works without a mouse.
"use strict";
const wall = document.getElementById("wall");
const line = document.getElementById("line");
const said = document.getElementById("said"); // for those who listen: one sentence for each slot that ends
const tiles = new Map([...wall.querySelectorAll(".slot")].map((tile) => [tile.dataset.slot, tile]));
const SILENCE = 25000; // longer than two heartbeats: the line is dead, whatever the browser believes
const POLL = 2000;
const RETRY_LIVE = 30000;
let source = null;
let watchdog = null;
let polling = null;

function show(slots) {
  for (const { slot, number, status, outcome, kit, html } of slots) {
    const tile = tiles.get(slot);
    if (!tile) continue;
    const open = tile.querySelector(".detail[open]") !== null;
    tile.querySelector(".live").innerHTML = html;
    if (open) tile.querySelector(".detail")?.setAttribute("open", "");
    if (status === "done" && tile.dataset.number !== String(number)) {
      said.textContent = `${slot}: ${tile.querySelector(".big-word").textContent.trim()}`;
    }
    tile.dataset.number = number;
    tile.dataset.status = status;
    tile.dataset.outcome = outcome || "";
    const field = tile.querySelector("input");
    if (kit && status === "running" && document.activeElement !== field) field.value = kit;
  }
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
    show(JSON.parse(event.data).slots);
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
      show((await answer.json()).slots);
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

wall.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new FormData(wall);
  const { name, value } = event.submitter;
  body.append(name, value);
  try {
    const answer = await fetch(wall.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const said = await answer.json();
    tell(said.problems || { [tiles.keys().next().value]: said.error });
    if (Object.keys(said.problems || {}).length) {
      wall.querySelector(".slot-problem:not([hidden])").closest(".slot").querySelector("input").focus();
    }
  } catch {
    say("lost");
  }
});

// Enter, as a scanner sends it, moves on to the next slot that waits, and at last to "start all".
wall.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  const fields = [...wall.querySelectorAll('.slot:not([data-status="running"]) input')];
  const next = fields[fields.indexOf(event.target) + 1];
  if (next) {
    next.focus();
    next.select();
  } else {
    document.getElementById("start-all").focus();
  }
});

// What was scanned and not yet started outlives a reload.
for (const [slot, tile] of tiles) {
  const field = tile.querySelector("input");
  const key = `stemfleet kit ${slot}`;
  field.value = field.value || sessionStorage.getItem(key) || "";
  field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
}

listen();
