// Waits for the board that shows a position; without this script the page asks anew by itself.
"use strict";
const lesson = document.getElementById("lesson");
if (lesson) setInterval(ask, 1000);
else document.getElementById("name").select(); // another name than the one proposed replaces it

async function ask() {
  try {
    const { place, over } = await (await fetch(lesson.dataset.state, { cache: "no-store" })).json();
    if (place || over) location.reload();
  } catch {
    // the program is being started anew: ask again
  }
}
