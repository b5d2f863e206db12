// Asks for the newest reports again and again; the server answers 304 as long as nothing is new.
"use strict";
const list = document.getElementById("reports");
let mark = "";

async function refresh() {
  try {
    const answer = await fetch(list.dataset.from, { headers: mark ? { "If-None-Match": mark } : {}, cache: "no-store" });
    if (answer.redirected) location.assign(answer.url); // signed out
    else if (answer.ok) {
      const text = await answer.text();
      if (mark) list.innerHTML = text;
      mark = answer.headers.get("ETag") || "";
    }
  } catch {
    // Offline for a moment: the next try comes soon.
  }
  setTimeout(refresh, 3000);
}
refresh();
