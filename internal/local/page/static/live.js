// Keeps the requests and the switches as the server has them. The server escapes its answer
// as it does the page; its elements are taken over as they are, and no text is made markup.
const interval = 1000;
const parts = ["live-requests", "live-failures"];
const gone = document.getElementById("gone");
const filter = document.getElementById("filter");

// served is each element as the server sent it: opening one changes it here.
const served = new WeakMap();

export function keepLive() {
  let tag = "", timer, turn = 0;

  async function refresh() {
    clearTimeout(timer);
    const mine = ++turn;
    try {
      const response = await fetch(`live?${new URLSearchParams(new FormData(filter))}`, { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
      if (response.status !== 304) {
        if (!response.ok) throw new Error(response.statusText);
        const text = await response.text();
        if (mine !== turn) return; // a later one is under way
        tag = response.headers.get("ETag");
        takeOver(new DOMParser().parseFromString(text, "text/html"));
      }
      if (gone.textContent) gone.textContent = "";
    } catch {
      const words = "The local cloud does not answer. It has ended or is restarting.";
      if (gone.textContent !== words) gone.textContent = words;
    }
    if (mine === turn) timer = setTimeout(refresh, interval);
  }

  filter.addEventListener("change", () => {
    history.replaceState(null, "", `?${new URLSearchParams(new FormData(filter))}#asked`);
    refresh();
  });
  filter.addEventListener("submit", (event) => { event.preventDefault(); refresh(); });
  filter.querySelector("button").hidden = true;
  for (const item of document.querySelectorAll(parts.map((id) => `#${id} li[id]`).join())) served.set(item, item.outerHTML);
  refresh();
  return refresh;
}

function takeOver(next) {
  for (const id of parts) {
    const focused = document.activeElement?.id;
    merge(document.getElementById(id), next.getElementById(id));
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  }
}

// merge makes the list of a part like the next one, and leaves alone what is the same: what a
// reader has opened stays open.
function merge(part, next) {
  const known = new Map(Array.from(part.querySelectorAll("li[id]"), (item) => [item.id, item]));
  const list = next.querySelector("li[id]")?.parentElement;
  for (const item of list ? Array.from(list.children) : []) {
    const html = item.outerHTML;
    const old = known.get(item.id);
    if (old && served.get(old) === html) {
      item.replaceWith(old);
      continue;
    }
    served.set(item, html);
    if (old?.querySelector("details")?.open) item.querySelector("details").open = true;
  }
  part.replaceChildren(...next.childNodes);
}
