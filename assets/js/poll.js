// Fetches an element anew for as long as it says after how many seconds. Waits while a person is busy in it or the page is
// out of sight; what did not change is left standing, and the keyboard stays where it was.
const written = new WeakMap();

export function start(element) {
  setTimeout(() => refresh(element), Number(element.dataset.refreshSeconds) * 1000);
}

async function refresh(element) {
  if (!element.isConnected) return;
  if (document.hidden) return document.addEventListener("visibilitychange", () => refresh(element), { once: true });
  if (isBusy(element)) return start(element);
  try {
    const answer = await fetch(element.dataset.refreshUrl, { headers: { "HX-Request": "true", "HX-Target": element.id } });
    if (!answer.ok) return answer.status < 500 ? undefined : start(element);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(element.id);
    if (!fresh) return;
    if (isBusy(element)) return start(element);
    replace(element, document.importNode(fresh, true));
  } catch {
    start(element);
  }
}

function replace(element, fresh) {
  const html = fresh.outerHTML;
  if (written.get(element) === html) return start(element);
  const focused = element.contains(document.activeElement) ? control(document.activeElement) : "";
  const open = [...element.querySelectorAll("details")].map((details) => details.open);
  element.replaceWith(fresh);
  written.set(fresh, html);
  fresh.querySelectorAll("details").forEach((details, index) => { details.open ||= open[index]; });
  if (focused) [...fresh.querySelectorAll("a, button, summary")].find((one) => control(one) === focused)?.focus({ preventScroll: true });
  fresh.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
}

/** What tells a link or button from the others. */
function control(element) {
  return [element.tagName, element.getAttribute("href") ?? element.form?.getAttribute("action"), element.textContent.trim()].join(" ");
}

/** Anything being filled in, pressed or marked is left alone. */
function isBusy(element) {
  const { activeElement } = document;
  const selection = document.getSelection();
  const marked = selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode);
  return marked || element.matches(":active") || (element.contains(activeElement) && activeElement.matches("input, textarea, select"));
}
