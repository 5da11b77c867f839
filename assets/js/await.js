// Asks every few seconds whether the person has done what is waited for, and goes where the answer leads. Rests while nobody
// looks; when it is over, the page says why.
export function start(element) {
  setTimeout(() => look(element), Number(element.dataset.awaitSeconds) * 1000);
}

async function look(element) {
  if (!element.isConnected) return;
  if (document.hidden) return document.addEventListener("visibilitychange", () => look(element), { once: true });
  try {
    const answer = await fetch(element.dataset.await, { headers: { "HX-Request": "true" } });
    const to = answer.headers.get("HX-Redirect");
    if (to) return location.assign(to);
    // A platform or a network that is away may come back.
    if (answer.ok || answer.status >= 500) return start(element);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (page) document.querySelector("main").replaceWith(document.importNode(page, true));
  } catch {
    start(element);
  }
}
