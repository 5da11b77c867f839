// Finds the elements that ask for a behaviour and starts it. Pages work without any of this.
import * as composer from "./composer.js";
import * as copy from "./copy.js";
import * as flash from "./flash.js";
import * as media from "./media.js";
import * as poll from "./poll.js";
import * as shortcuts from "./shortcuts.js";
import * as theme from "./theme.js";
import * as times from "./times.js";
import * as zone from "./zone.js";

const behaviours = [composer, copy, flash, media, poll, shortcuts, theme, times, zone];

function startAll(root) {
  for (const { selector, start } of behaviours) {
    if (root.matches?.(selector)) start(root);
    for (const element of root.querySelectorAll(selector)) start(element);
  }
}

startAll(document);
document.addEventListener("rostrum:replaced", (event) => startAll(event.target));
