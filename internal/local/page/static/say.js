// say tells what was done, to the eye and to a screen reader. The same words twice are told twice.
const said = document.getElementById("said");
let forget;

export function say(words) {
  clearTimeout(forget);
  said.textContent = "";
  setTimeout(() => { said.textContent = words; }, 50);
  forget = setTimeout(() => { said.textContent = ""; }, 8000);
}
