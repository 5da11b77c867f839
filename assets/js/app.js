// Finds the elements that ask for a behaviour, fetches it and starts it. Pages work without any of this.
import * as shortcuts from "./shortcuts.js";

const behaviours = [
  ["[data-await]", () => import("./await.js")],
  ["[data-calendar]", () => import("./calendar.js")],
  ["[data-bell]", () => import("./bell.js")],
  ["[data-bulk]", () => import("./bulk.js")],
  ["[data-channel-groups]", () => import("./channels.js")],
  ["[data-changed]", () => import("./changed.js")],
  ["[data-composer]", () => import("./composer.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[data-designer]", () => import("./designer.js")],
  ["[data-fields]", () => import("./fields.js")],
  ["[data-flash]", () => import("./flash.js")],
  ["[data-gallery]", () => import("./gallery.js")],
  ["[data-instant]", () => import("./instant.js")],
  ["[data-media-drop]", () => import("./media.js")],
  ["[data-media-item]", () => import("./item.js")],
  ["[data-more]", () => import("./more.js")],
  ["[data-names]", () => import("./names.js")],
  ["[data-refresh-seconds]", () => import("./poll.js")],
  ["[data-notices]", () => import("./notices.js")],
  ["[data-palette]", () => import("./palette.js")],
  ["[data-repeat]", () => import("./repeat.js")],
  ["[data-select]", () => import("./select.js")],
  ["[data-slots]", () => import("./slots.js")],
  ["[data-switcher]", () => import("./switcher.js")],
  ["[data-theme-switch]", () => import("./theme.js")],
  ["time[data-relative]", () => import("./times.js")],
  ["[data-guess-zone]", () => import("./zone.js")],
];

async function startAll(root) {
  const starting = [];
  for (const [selector, load] of behaviours) {
    const elements = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) elements.unshift(root);
    if (elements.length > 0) starting.push(load().then(({ start }) => Promise.all(elements.map((element) => start(element)))).catch(console.error));
  }
  await Promise.all(starting);
}

// On every page, and a key may be pressed as soon as it is there.
if (document.body.matches("[data-shortcuts]")) shortcuts.start(document.body);
startAll(document).then(() => { document.documentElement.dataset.started = ""; });
document.addEventListener("rostrum:replaced", (event) => startAll(event.target));
