// Fetches an element anew while it says that it is live. Waits while a person is typing in it or the page is out of sight.
export const selector = "[data-refresh-url]";

export function start(element) {
  if (element.dataset.live !== "true") return;
  setTimeout(() => refresh(element), Number(element.dataset.refreshSeconds || 5) * 1000);
}

async function refresh(element) {
  if (!element.isConnected) return;
  if (document.hidden || isBusy(element)) return start(element);
  try {
    const answer = await fetch(element.dataset.refreshUrl, { headers: { "HX-Request": "true", "HX-Target": element.id } });
    if (!answer.ok) return answer.status < 500 ? undefined : start(element);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(element.id);
    if (!fresh) return;
    if (isBusy(element)) return start(element);
    element.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
  } catch {
    start(element);
  }
}

/** Anything being filled in, opened or about to be pressed is left alone. */
function isBusy(element) {
  return element.contains(document.activeElement) && document.activeElement !== element;
}
