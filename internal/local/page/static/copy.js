// Buttons that copy the text of an element.
import { say } from "./say.js";

export function copyAtAClick() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const what = button.getAttribute("aria-label").replace(/^Copy /, "");
  const from = document.getElementById(button.dataset.copy);
  if (await written(from.textContent) || selected(from.textContent)) {
    say(`Copied ${what}.`);
    return;
  }
  getSelection().selectAllChildren(from);
  say(`Selected ${what}: press Ctrl+C to copy it.`);
}

async function written(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no such thing in this browser, or not allowed
    return false;
  }
}

// selected copies in the way of old browsers.
function selected(text) {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
