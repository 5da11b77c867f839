// The fields beside the designer's canvas: those of what is chosen, or of the canvas itself. Each field is a property by its name.
import { direct, tune } from "./designer-things.js";

const percent = (name) => ({ read: (thing) => Math.round(thing[name] * 100), write: (thing, value) => thing.set(name, value / 100) });
const either = (name, on, off) => ({ read: (thing) => thing[name] === on, write: (thing, value) => thing.set(name, value ? on : off) });
const tuned = (name, none) => ({ read: (thing) => thing.tuning[name] ?? none, write: (thing, value) => tune(thing, { ...thing.tuning, [name]: value }) });
const letters = (property) => ({ ...property, write: (thing, value) => { property.write(thing, value); thing.initDimensions(); } });
const plain = (name) => ({ read: (thing) => thing[name], write: (thing, value) => thing.set(name, value) });

const PROPERTIES = {
  text: { read: (thing) => thing.text, write: (thing, value) => { thing.set("text", value); direct(thing); } },
  fontFamily: letters(plain("fontFamily")),
  fontSize: letters(plain("fontSize")),
  bold: letters(either("fontWeight", 700, 400)),
  italic: letters(either("fontStyle", "italic", "normal")),
  opacity: percent("opacity"),
  angle: { read: (thing) => Math.round(thing.angle > 180 ? thing.angle - 360 : thing.angle), write: (thing, value) => thing.rotate(value) },
  scale: {
    read: (thing) => Math.round(thing.scaleX * 100),
    write: (thing, value) => thing.set({ scaleY: (thing.scaleY / thing.scaleX) * (value / 100), scaleX: value / 100 }),
  },
  brightness: tuned("brightness", 0),
  contrast: tuned("contrast", 0),
  saturation: tuned("saturation", 0),
  grey: tuned("grey", false),
  sepia: tuned("sepia", false),
};
const of = (name) => PROPERTIES[name] ?? plain(name);

export class Panel {
  constructor(root, board) {
    Object.assign(this, { root, board });
    this.groups = [...root.querySelectorAll("[data-for]")];
    paintButtons(root);
    root.addEventListener("input", ({ target }) => this.typed(target));
    root.addEventListener("change", ({ target }) => this.settled(target));
    root.addEventListener("click", ({ target }) => this.pressed(target.closest("[data-colour]")));
  }

  get subject() { return this.board.isDrawing ? this.board.pen : this.board.chosen; }

  show() {
    const { subject } = this;
    const kind = subject?.kind ?? "canvas";
    for (const group of this.groups) group.hidden = !group.dataset.for.split(" ").includes(kind);
    if (subject) for (const field of this.fields()) fill(field, of(field.dataset.prop).read(subject));
    for (const paint of this.root.querySelectorAll("[data-paint]")) this.mark(paint);
  }

  /** Of the groups that are seen. */
  fields() {
    return this.groups.filter((group) => !group.hidden).flatMap((group) => [...group.querySelectorAll("[data-prop]")]);
  }

  typed(field) {
    if (field.matches("[data-other-colour]")) this.paint(field.closest("[data-paint]"), field.value);
    if (!field.matches("[data-prop]") || !this.subject) return;
    const value = told(field);
    if (value === null) return;
    const { prop } = field.dataset;
    // A slider is moved more often than a large picture can be reckoned anew.
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.last();
    });
    const { subject } = this;
    this.last = () => this.board.alter(subject, (thing) => of(prop).write(thing, value));
    if (!(prop in { brightness: 1, contrast: 1, saturation: 1 })) this.flush();
  }

  flush() {
    cancelAnimationFrame(this.waiting);
    this.waiting = null;
    this.last();
  }

  settled(field) {
    if (!field.matches("[data-prop], [data-other-colour]")) return;
    if (this.waiting) this.flush();
    this.board.tell("changed");
  }

  pressed(button) {
    if (!button) return;
    this.paint(button.closest("[data-paint]"), button.dataset.colour);
    this.board.tell("changed");
  }

  paint(group, colour) {
    const { paint } = group.dataset;
    if (paint === "canvas") this.board.colour(colour);
    else if (this.subject) this.board.alter(this.subject, (thing) => thing.set(paint, colour || null));
    this.mark(group);
  }

  mark(group) {
    const { paint } = group.dataset;
    const colour = (paint === "canvas" ? this.board.paint : this.subject?.[paint]) ?? "";
    for (const button of group.querySelectorAll("[data-colour]")) button.setAttribute("aria-pressed", String(button.dataset.colour === colour));
    if (colour.startsWith?.("#")) group.querySelector("[data-other-colour]").value = colour;
  }
}

/** The pages have no styles of their own, so the paints are put on here. */
function paintButtons(root) {
  for (const button of root.querySelectorAll("[data-colour]")) if (button.dataset.colour) button.style.setProperty("--paint", button.dataset.colour);
}

function fill(field, value) {
  if (field === document.activeElement && field.matches("textarea, [type=number]")) return;
  if (field.type === "checkbox") field.checked = value;
  else if (field.type === "radio") field.checked = field.value === value;
  else field.value = value ?? "";
}

/** What a field says, within what it allows; nothing when it says none. */
function told(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type !== "range" && field.type !== "number") return field.value;
  if (field.value === "" || !Number.isFinite(field.valueAsNumber)) return null;
  return Math.min(Math.max(field.valueAsNumber, Number(field.min)), Number(field.max));
}
