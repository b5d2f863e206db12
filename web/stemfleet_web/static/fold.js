// Filters that would fill a phone's first screen are folded there, unless they are in use. Without this script all stay open.
"use strict";
const small = window.matchMedia("(max-width: 44rem)");

function fold() {
  for (const part of document.querySelectorAll("details.fold")) part.open = !small.matches || "used" in part.dataset;
}

// What an address leads to is shown, though it lies in a folded part.
function unfold() {
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = asked?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  asked?.scrollIntoView();
}

small.addEventListener("change", fold);
window.addEventListener("hashchange", unfold);
fold();
if (location.hash) unfold();
