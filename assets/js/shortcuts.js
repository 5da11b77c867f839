// Keys for people who know them: c, /, g then p, ?. Never while typing, never with a modifier.
const PLACES = { k: "/calendar", p: "/posts", i: "/inbox", n: "/notices", c: "/channels", m: "/media", s: "/settings/account" };
const PATIENCE = 1200;

export function start(body) {
  const help = body.querySelector("[data-help]");
  let waitingSince = -Infinity;
  body.querySelector("[data-open-help]")?.addEventListener("click", () => help?.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const second = performance.now() - waitingSince < PATIENCE;
    waitingSince = -Infinity;
    if (second && PLACES[event.key]) go(PLACES[event.key]);
    else if (event.key === "g") waitingSince = performance.now();
    else if (event.key === "c") go("/posts/new");
    else if (event.key === "?") help?.showModal();
    else if (event.key === "/") document.dispatchEvent(new Event("rostrum:search"));
    else return;
    event.preventDefault();
  });
}

function isTyping(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

function go(path) {
  if (location.pathname !== path) location.assign(path);
}
