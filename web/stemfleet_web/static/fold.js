// Filters that would fill a phone's first screen are folded there, unless they are in use. Without this script all stay open.
"use strict";
const small = window.matchMedia("(max-width: 44rem)");

function fold() {
  for (const part of document.querySelectorAll("details.fold")) part.open = !small.matches || "used" in part.dataset;
}

small.addEventListener("change", fold);
fold();
