// The list of notices, drawn anew when people are told something; not while somebody is at one of its buttons.
import { calmly, hear } from "./live.js";

const PAUSE = 1500;

export function start(list) {
  hear("notices", calmly(PAUSE, () => draw(list)));
}

async function draw(list) {
  if (list.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-notices]");
    if (!fresh || list.contains(document.activeElement)) return;
    list.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    list.firstElementChild?.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
  } catch {
    // What was shown last stays; the next word of the server asks again.
  }
}
