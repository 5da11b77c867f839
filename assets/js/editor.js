// The text of one part of the composer, whoever edits it: the textarea itself, or rich.js over it. Everybody else asks here for
// words, caret and changes, and knows neither.
const editors = new WeakMap();
let Kind = null;

/** Loads what edits formatted text. Where that cannot be had, textareas stay what they are. */
export async function prepare(form) {
  Kind = Editor;
  try {
    ({ RichEditor: Kind } = await import("./rich.js"));
  } catch (error) {
    console.warn("only plain text can be written:", error);
  }
  // What an editor carries is sent as HTML; the textarea below it only repeats its words.
  form.addEventListener("formdata", ({ formData }) => {
    for (const field of form.querySelectorAll("[data-part-field][data-mirror]")) formData.delete(field.name);
  });
  for (const part of form.querySelectorAll("[data-part]")) editorOf(part);
}

/** The editor of the part that a node stands in. */
export function editorOf(node) {
  const part = node.closest("[data-part]");
  if (!editors.has(part)) editors.set(part, new Kind(part));
  return editors.get(part);
}

/** Edits the textarea. */
export class Editor {
  constructor(part) {
    this.part = part;
    this.field = part.querySelector("[data-part-field]");
  }

  /** What has the focus while one writes. */
  get element() {
    return this.field;
  }

  /** The words, as the server reads them. */
  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
  }

  /** All there is, to be given to another editor. */
  get content() {
    return this.field.value;
  }

  set content(content) {
    this.field.value = content;
  }

  /** The words from the beginning to the caret, or to the end of what is selected. */
  get before() {
    return this.field.value.slice(0, this.field.selectionEnd);
  }

  /** `where`: null leaves the caret where it was, else "start" or "end". */
  focus(where = null) {
    this.field.focus();
    const at = where === "end" ? this.field.value.length : 0;
    if (where) this.field.setSelectionRange(at, at);
  }

  /** Puts words in, in place of what is selected or, with `over: false`, behind it. */
  insert(text, { over = true } = {}) {
    const { selectionStart, selectionEnd } = this.field;
    this.write(text, over ? selectionStart : selectionEnd, selectionEnd);
  }

  /** Puts words in, in place of so many characters before the caret. */
  replaceBefore(count, text) {
    const { selectionEnd } = this.field;
    this.write(text, selectionEnd - count, selectionEnd);
  }

  /** Takes out what follows the caret and returns it as content. */
  takeRest() {
    const { value, selectionStart } = this.field;
    this.field.value = value.slice(0, selectionStart).trimEnd();
    return value.slice(selectionStart).trimStart();
  }

  /** Puts content at the end, an empty line before it. */
  append(content) {
    const glue = this.field.value.trim() && content.trim() ? "\n\n" : "";
    this.field.value = this.field.value.trimEnd() + glue + content.trimStart();
  }

  /** What one piece of a split carries: its words, and where they are formatted its HTML. */
  load({ text }) {
    this.text = text;
  }

  /** Which formats the channels of this text can carry: nothing here depends on it. */
  offer() {}

  write(text, from, to) {
    this.field.setRangeText(text, from, to, "end");
    this.changed();
  }

  changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
