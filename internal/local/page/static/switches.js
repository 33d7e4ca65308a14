// Switches failures without leaving the page, and says that it was done.
import { say } from "./say.js";

export function switchInPlace(refresh) {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form.switch");
    if (!form) return;
    event.preventDefault();
    const button = event.submitter;
    const body = new URLSearchParams({ name: form.dataset.name, on: button.value, script: "true" });
    try {
      const response = await fetch(form.action, { method: "POST", body });
      if (!response.ok) throw new Error(await response.text());
      say(done(form.dataset.name, button));
    } catch (problem) {
      say(`${form.dataset.name}: not done. ${problem.message}`);
    }
    refresh();
  });
}

function done(name, button) {
  if (button.getAttribute("role") !== "switch") return `Done: ${name}.`;
  return `${name} is ${button.value === "true" ? "on" : "off"}.`;
}
