// The parts of a thread: added, removed and brought back, moved by button, key and pointer, split and merged.
import { editorOf } from "./editor.js";
import { payload } from "./form.js";

const NUMBERED = ["name", "id", "for", "aria-describedby", "aria-labelledby"];
const PLACE = /(?:parts|own\[[\w-]+\])\[\w+\]/g;

export class Threads {
  /** `changed` is called when parts came, went or moved. */
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    this.template = form.querySelector("[data-part-template]");
    this.lifted = null;
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("keydown", (event) => this.pressed(event));
    for (const kind of ["dragstart", "dragover", "drop", "dragend"]) form.addEventListener(kind, (event) => this[kind](event));
  }

  parts(list) {
    return [...list.querySelectorAll(":scope > [data-part]")];
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const part = button.closest("[data-part]");
    const list = part?.parentElement ?? button.closest("[data-text]")?.querySelector("[data-parts]");
    if (button.matches("[data-add-part]")) this.add(list);
    else if (button.matches("[data-merge-all]")) this.mergeAll(list);
    else if (button.matches("[data-merge]")) this.merge(part);
    else if (button.matches("[data-move]")) this.move(part, button.dataset.move);
    else if (button.matches("[data-remove-part]")) this.remove(part);
    else if (button.matches("[data-split-here]")) this.splitHere(part);
    else if (button.matches("[data-split]")) this.split(part);
    else return;
    event.preventDefault();
  }

  pressed(event) {
    const part = event.target.matches("[data-part-text]") && event.target.closest("[data-part]");
    if (!part) return;
    if (event.altKey && event.shiftKey && event.key === "ArrowUp") this.move(part, "up");
    else if (event.altKey && event.shiftKey && event.key === "ArrowDown") this.move(part, "down");
    else if (event.key === "Enter" && event.shiftKey && (event.ctrlKey || event.metaKey)) this.splitHere(part);
    else return;
    event.preventDefault();
  }

  /** A part without anything in it, behind `after` or at the end of `list`. */
  blank(list, after = null) {
    const part = this.template.content.querySelector("[data-part]").cloneNode(true);
    if (after) after.after(part);
    else list.append(part);
    editorOf(part);
    return part;
  }

  add(list) {
    const part = this.blank(list);
    this.renumber(list);
    this.focus(part, "start");
  }

  move(part, direction) {
    const button = part.querySelector(`[data-move=${direction}]`);
    const pressed = document.activeElement === button;
    if (direction === "up") part.previousElementSibling?.before(part);
    else part.nextElementSibling?.after(part);
    this.renumber(part.parentElement);
    (pressed && button.checkVisibility() ? button : editorOf(part)).focus();
  }

  remove(part) {
    const list = part.parentElement;
    const next = part.nextElementSibling ?? part.previousElementSibling;
    const before = part.nextElementSibling;
    part.remove();
    this.renumber(list);
    this.focus(next);
    this.form.dispatchEvent(new CustomEvent("composer:undoable", { detail: () => this.bringBack(part, list, before) }));
  }

  bringBack(part, list, before) {
    if (before?.parentElement === list) before.before(part);
    else list.append(part);
    this.renumber(list);
    this.focus(part);
  }

  /** The text from the caret on becomes the next part. */
  splitHere(part) {
    const rest = editorOf(part).takeRest();
    const next = this.blank(part.parentElement, part);
    editorOf(next).content = rest;
    this.copyMentions(part, next);
    this.renumber(part.parentElement);
    this.focus(next, "start");
  }

  /** In pieces that fit the channels it goes to; which they are, the server knows. */
  async split(part) {
    const list = part.parentElement;
    const action = part.querySelector("[data-split]").value;
    const body = payload(this.form);
    body.set("action", action);
    const pieces = await this.ask(body);
    if (pieces.length < 2 || !part.isConnected) return;
    editorOf(part).load(pieces[0]);
    let last = part;
    for (const piece of pieces.slice(1)) {
      const next = this.blank(list, last);
      editorOf(next).load(piece);
      this.copyMentions(part, next);
      last = next;
    }
    this.renumber(list);
    this.focus(part);
  }

  async ask(body) {
    try {
      const answer = await fetch("/posts/new/pieces", { method: "POST", body, headers: { accept: "application/json" } });
      return answer.ok ? (await answer.json()).parts : [];
    } catch {
      return [];
    }
  }

  copyMentions(from, to) {
    const beside = to.querySelector("[data-part-mentions]");
    for (const input of from.querySelectorAll("[data-part-mentions] input")) beside.append(input.cloneNode());
  }

  merge(part) {
    const before = part.previousElementSibling;
    if (!before) return;
    const list = part.parentElement;
    this.pour(part, before);
    this.renumber(list);
    this.focus(before);
  }

  mergeAll(list) {
    const [first, ...rest] = this.parts(list);
    for (const part of rest) this.pour(part, first);
    this.renumber(list);
    this.focus(first);
  }

  /** Text, pictures and mentions of one part at the end of another. */
  pour(part, into) {
    editorOf(into).append(editorOf(part).content);
    const shots = into.querySelector("[data-shots]");
    for (const shot of part.querySelectorAll("[data-media]")) {
      if (!shots.querySelector(`[data-media="${CSS.escape(shot.dataset.media)}"]`)) shots.append(shot);
    }
    this.copyMentions(part, into);
    part.remove();
  }

  dragstart(event) {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip) return;
    this.lifted = grip.closest("[data-part]");
    this.lifted.classList.add("is-lifted");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(this.lifted, 20, 20);
  }

  dragover(event) {
    const over = this.lifted && event.target.closest("[data-part]");
    if (!over || over.parentElement !== this.lifted.parentElement) return;
    event.preventDefault();
    this.unmark();
    if (over !== this.lifted) over.classList.add(isUpperHalf(event, over) ? "is-before" : "is-after");
  }

  drop(event) {
    const over = this.lifted && event.target.closest("[data-part]");
    if (!over || over === this.lifted || over.parentElement !== this.lifted.parentElement) return;
    event.preventDefault();
    if (isUpperHalf(event, over)) over.before(this.lifted);
    else over.after(this.lifted);
    this.renumber(over.parentElement);
  }

  dragend() {
    this.unmark();
    this.lifted?.classList.remove("is-lifted");
    this.lifted = null;
  }

  unmark() {
    for (const part of this.form.querySelectorAll(".is-before, .is-after")) part.classList.remove("is-before", "is-after");
  }

  /** `where`: see [`Editor.focus`]. */
  focus(part, where = null) {
    if (part) editorOf(part).focus(where);
  }

  /** Positions live in names, ids and button values; all follow the order on the page and the text they belong to. */
  renumber(list) {
    this.parts(list).forEach((part, index) => renumber(part, index, list.dataset));
    this.changed();
  }
}

function isUpperHalf(event, part) {
  const { top, height } = part.getBoundingClientRect();
  return event.clientY < top + height / 2;
}

function renumber(part, index, { base, suffix }) {
  for (const element of [part, ...part.querySelectorAll("*")]) {
    for (const attribute of NUMBERED) {
      const value = element.getAttribute(attribute);
      if (value) element.setAttribute(attribute, value.replace(PLACE, `${base}[${index}]`));
    }
    if (element.name === "action" && element.value.includes(":")) element.value = element.value.replace(/@.*$/, "").replace(/^(\w+):\w+/, `$1:${index}`) + suffix;
  }
  part.querySelector("[data-part-number]").textContent = String(index + 1);
}

export function replaceIn(root, mark, value) {
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const { name, value: old } of [...element.attributes]) {
      if (old.includes(mark)) element.setAttribute(name, old.replaceAll(mark, value));
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.includes(mark)) node.data = node.data.replaceAll(mark, value);
    }
  }
}
