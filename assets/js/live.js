// What the server tells pages while they are open: one connection a page, whoever listens. It rests while nobody looks, for
// browsers open few connections to a server. What has changed is not told; whoever hears of it asks.
const LONGEST_WAIT = 60_000;
const NAMES = ["posts", "notices"];
/** Handlers by what they wait for; `open`: the connection stands (again), and something may have been missed. */
const waiting = new Map([...NAMES, "open"].map((name) => [name, new Set()]));
/** What was told already: whoever begins to wait afterwards has missed it. */
const told = new Set();

let source = null;
let wait = 3000;
let begun = false;
/** Up to where the page knows the posts: it was drawn with that. */
let after = document.querySelector("[data-known]")?.dataset.known;

/** Calls the handler whenever `name` is told. */
export function hear(name, handler) {
  waiting.get(name).add(handler);
  if (told.has(name)) handler();
  if (begun) return;
  begun = true;
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && open());
  open();
}

/** At once, and then not again before a pause is over. */
export function calmly(pause, work) {
  let timer;
  let done = -Infinity;
  return function again() {
    clearTimeout(timer);
    const rest = done + pause - performance.now();
    if (rest > 0) {
      timer = setTimeout(again, rest);
      return;
    }
    done = performance.now();
    work();
  };
}

function tell(name) {
  told.add(name);
  for (const handler of waiting.get(name)) handler();
}

function open() {
  if (source || document.hidden) return;
  const mine = new EventSource(after === undefined ? "/live" : `/live?${new URLSearchParams({ after })}`);
  source = mine;
  mine.addEventListener("open", () => {
    wait = 3000;
    document.documentElement.dataset.live = "on";
    tell("open");
  });
  for (const name of NAMES) {
    mine.addEventListener(name, (event) => {
      if (event.lastEventId) after = event.lastEventId;
      tell(name);
    });
  }
  mine.addEventListener("error", () => {
    // What was only interrupted comes back by itself; what was refused is asked for again, ever later.
    if (mine.readyState !== EventSource.CLOSED || source !== mine) return;
    source = null;
    setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

function close() {
  source?.close();
  source = null;
}
