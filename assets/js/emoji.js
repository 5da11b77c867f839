// A small picker of emoji: searched by word, walked by arrow keys, from a file of ours. What was used last stands first.
import { fill } from "./counter.js";
import { editorOf } from "./editor.js";

const DATA = new URL("../vendor/emoji/emoji.json", import.meta.url);
const RECENT = "emoji";
const MOST_RECENT = 16;
const MOST_FOUND = 80;

let loading = null;

/** `form` holds buttons `[data-emoji]`, each in a part; the words stand on the template. */
export function start(form) {
  const template = form.querySelector("[data-emoji-template]");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-emoji]");
    if (!button) return;
    event.preventDefault();
    const open = form.querySelector(".emoji-picker");
    const again = open?.button === button;
    open?.picker.close();
    if (!again) new Picker(template, button).open();
  });
}

class Picker {
  constructor(template, button) {
    this.button = button;
    this.editor = editorOf(button);
    this.box = template.content.firstElementChild.cloneNode(true);
    Object.assign(this.box, { picker: this, button });
    this.search = this.box.querySelector("[data-emoji-search]");
    this.grid = this.box.querySelector("[data-emoji-grid]");
    this.told = this.box.querySelector("[role=status]");
    this.outside = (event) => !this.box.contains(event.target) && !button.contains(event.target) && this.close();
  }

  async open() {
    this.button.closest(".part-foot").append(this.box);
    this.button.setAttribute("aria-expanded", "true");
    this.search.addEventListener("input", () => this.show());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.grid.addEventListener("click", (event) => this.choose(event.target.closest("button")));
    document.addEventListener("pointerdown", this.outside);
    this.search.focus();
    try {
      loading ??= fetch(DATA).then((answer) => answer.json());
      this.groups = await loading;
      this.show();
    } catch {
      loading = null;
      this.told.textContent = this.box.dataset.trouble;
    }
  }

  close() {
    document.removeEventListener("pointerdown", this.outside);
    this.button.setAttribute("aria-expanded", "false");
    this.box.remove();
  }

  show() {
    if (!this.groups) return;
    const query = this.search.value.trim().toLowerCase();
    const all = this.groups.flatMap(([, emoji]) => emoji);
    const recent = remembered();
    const shown = query ? found(all, query.split(/\s+/)) : [...recent.flatMap((char) => all.filter(([own]) => own === char)), ...all.filter(([own]) => !recent.includes(own))];
    this.grid.replaceChildren(...shown.map(([char, name], n) => option(char, name, n)));
    this.told.textContent = query ? (shown.length ? fill(this.box.dataset.found, { count: shown.length }) : this.box.dataset.none) : "";
  }

  get options() {
    return [...this.grid.children];
  }

  pressed(event) {
    const at = this.options.indexOf(document.activeElement);
    if (event.key === "Escape") {
      this.close();
      this.editor.focus();
    } else if (event.key === "Enter" && at < 0) this.choose(this.options[0]);
    else if (event.key === "Enter") return;
    else if (event.key === "ArrowDown") this.focus(at < 0 ? 0 : at + this.columns);
    else if (event.key === "ArrowUp" && at >= 0) this.focus(at - this.columns);
    else if (at >= 0 && ["ArrowRight", "ArrowLeft"].includes(event.key)) {
      const forward = (event.key === "ArrowRight") !== (getComputedStyle(this.grid).direction === "rtl");
      this.focus(at + (forward ? 1 : -1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  get columns() {
    return getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
  }

  focus(n) {
    (n < 0 ? this.search : this.options[Math.min(n, this.options.length - 1)])?.focus();
  }

  choose(button) {
    if (!button) return;
    const char = button.textContent;
    remember(char);
    this.close();
    this.editor.focus();
    this.editor.insert(char);
  }
}

/** All words must be there; names that begin with the first one come first. */
function found(all, words) {
  const hits = all.filter(([, name, more]) => words.every((word) => `${name} ${more}`.includes(word)));
  const rank = ([, name]) => (name.startsWith(words[0]) ? 0 : name.includes(words[0]) ? 1 : 2);
  return hits.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_FOUND);
}

function option(char, name, n) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: char, title: name, tabIndex: n === 0 ? 0 : -1 });
  button.setAttribute("aria-label", name);
  return button;
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(RECENT) ?? "[]").filter((char) => typeof char === "string").slice(0, MOST_RECENT);
  } catch {
    return [];
  }
}

function remember(char) {
  try {
    localStorage.setItem(RECENT, JSON.stringify([char, ...remembered().filter((own) => own !== char)].slice(0, MOST_RECENT)));
  } catch {
    // Storage may be forbidden: then nothing is remembered.
  }
}
