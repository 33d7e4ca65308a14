"use strict";
// Keeps the decisions as the server has them. Everything else works without this.
const decisions = document.getElementById("decisions");
const gone = document.getElementById("gone");
let shown = "";

async function refresh() {
  try {
    const response = await fetch("decisions", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    const text = await response.text();
    if (text !== shown) {
      decisions.innerHTML = shown = text; // our own server's, escaped there
    }
    gone.hidden = true;
  } catch {
    gone.hidden = false;
  }
  setTimeout(refresh, 1000);
}

refresh();
