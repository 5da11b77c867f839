// Formatted text over the textarea of a part, by ProseMirror. Loaded where posts are written and nowhere else.
import {
  EditorState, EditorView, Fragment, Selection, Slice, TextSelection, baseKeymap, history, keymap, redo, splitListItem, undo,
} from "../vendor/prosemirror/prosemirror.js";
import { Editor } from "./editor.js";
import { Bar } from "./rich-bar.js";
import { address, cut, fromHtml, fromText, joined, lines, schema, toHtml, toText, withText } from "./rich-text.js";
import { acceptable } from "./upload.js";

const MOVED = ["id", "aria-describedby", "aria-invalid"];
const holdsFiles = (data) => [...(data?.files ?? [])].some(acceptable);

export class RichEditor extends Editor {
  constructor(part) {
    super(part);
    this.html = part.querySelector("[data-part-html]");
    const box = part.ownerDocument.querySelector("[data-rich-template]").content.firstElementChild.cloneNode(true);
    const { activeElement } = document;
    const hasFocus = activeElement === this.field || (this.field.autofocus && activeElement === document.body);
    const [from, to] = [this.field.selectionStart, this.field.selectionEnd];
    this.field.before(box);
    this.view = new EditorView({ mount: box.querySelector("[data-rich-text]") }, this.props(this.stored()));
    this.bar = new Bar(box, this);
    this.takePlace(box);
    // Before the textarea repeats the words: it then leaves out white space at their end, where the caret may be.
    if (hasFocus) this.takeCaret(from, to);
    this.sync();
  }

  /** What the server sent, with what was typed into the textarea before this script was there. */
  stored() {
    const { html, field } = this;
    if (!html.value) return fromText(field.value);
    const doc = fromHtml(html.value);
    // A browser that goes back fills in both again.
    const wasTyped = field.value !== field.defaultValue && html.value === html.defaultValue;
    return wasTyped ? withText(doc, field.value) : doc;
  }

  props(doc) {
    const plugins = [history(), keymap(this.keys()), keymap({ Enter: splitListItem(schema.nodes.list_item) }), keymap(baseKeymap)];
    return {
      state: EditorState.create({ doc, plugins }),
      dispatchTransaction: (transaction) => this.dispatch(transaction),
      clipboardTextParser: (text, context) => new Slice(Fragment.from(lines(text, context.marks())), 1, 1),
      clipboardTextSerializer: ({ content }) => content.textBetween(0, content.size, "\n", "\n"),
      // Styles are read, never applied: the page's policy forbids that.
      transformPastedHTML: (html) => html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style=")),
      handlePaste: (view, event) => this.pasted(event),
      handleDrop: (view, { dataTransfer }) => holdsFiles(dataTransfer),
    };
  }

  keys() {
    // A key that nothing follows from is not the browser's either: it would format by itself.
    const mark = (name) => () => {
      this.bar.press(name);
      return true;
    };
    const breakLine = (state, dispatch) => {
      dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hard_break.create()).scrollIntoView());
      return true;
    };
    return {
      "Mod-z": undo, "Mod-Shift-z": redo, "Mod-y": redo,
      "Mod-b": mark("bold"), "Mod-i": mark("italic"), "Mod-u": mark("underline"), "Mod-k": () => this.bar.press("link"),
      "Mod-Shift-7": mark("ordered_list"), "Mod-Shift-8": mark("bullet_list"),
      "Shift-Enter": breakLine,
    };
  }

  /** The textarea stays in the form, out of sight, and repeats the words: what fills it in fills this in. */
  takePlace(box) {
    const { field, view: { dom } } = this;
    for (const name of MOVED) if (field.hasAttribute(name)) dom.setAttribute(name, field.getAttribute(name));
    for (const name of ["id", "data-part-text", "autofocus"]) field.removeAttribute(name);
    const label = this.part.querySelector("[data-part-label]");
    dom.setAttribute("aria-labelledby", label.id);
    dom.setAttribute("aria-placeholder", field.placeholder);
    dom.dataset.partText = "";
    label.addEventListener("click", () => this.focus());
    field.classList.replace("part-text", "unseen");
    field.dataset.mirror = "";
    field.tabIndex = -1;
    field.setAttribute("aria-hidden", "true");
    field.addEventListener("input", (event) => {
      event.stopPropagation();
      this.text = field.value;
    });
    // The browser's own word comes before the words are read; `changed` says it again.
    for (const kind of ["input", "change"]) box.addEventListener(kind, (event) => event.isTrusted && event.stopPropagation());
  }

  /** The caret goes on where it was: a line of the textarea is a block here. */
  takeCaret(from, to) {
    const place = (offset) => {
      const before = this.field.value.slice(0, offset);
      const line = before.split("\n").length - 1;
      let at = 0;
      for (let n = 0; n < Math.min(line, this.doc.childCount); n += 1) at += this.doc.child(n).nodeSize;
      return Math.min(at + 1 + before.length - before.lastIndexOf("\n") - 1, this.doc.content.size);
    };
    const selection = TextSelection.between(this.doc.resolve(place(from)), this.doc.resolve(place(to)));
    this.view.dispatch(this.view.state.tr.setSelection(selection));
    this.view.focus();
  }

  get doc() {
    return this.view.state.doc;
  }

  get element() {
    return this.view.dom;
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.content = withText(this.doc, text);
  }

  get content() {
    return this.doc;
  }

  set content(doc) {
    this.view.dispatch(this.view.state.tr.replaceWith(0, this.doc.content.size, doc.content));
  }

  /** Where the caret is by now, as it is seen: the editor's own idea of it comes some milliseconds later. */
  settle() {
    const { view } = this;
    view.domObserver.forceFlush();
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
    if (!view.dom.contains(anchorNode) || !view.dom.contains(focusNode)) return;
    const place = (node, offset) => this.doc.resolve(view.posAtDOM(node, offset));
    const seen = TextSelection.between(place(anchorNode, anchorOffset), place(focusNode, focusOffset));
    if (!seen.eq(view.state.selection)) view.dispatch(view.state.tr.setSelection(seen));
  }

  get before() {
    return this.doc.textBetween(0, this.view.state.selection.to, "\n", "\n");
  }

  focus(where = null) {
    if (where) this.view.dispatch(this.view.state.tr.setSelection(where === "end" ? Selection.atEnd(this.doc) : Selection.atStart(this.doc)));
    this.view.focus();
  }

  insert(text, { over = true } = {}) {
    const { from, to } = this.view.state.selection;
    this.write(text, over ? from : to, to);
  }

  replaceBefore(count, text) {
    const { to } = this.view.state.selection;
    this.write(text, to - count, to);
  }

  write(text, from, to) {
    const { tr } = this.view.state;
    if (text.includes("\n")) tr.setSelection(TextSelection.create(this.doc, from, to)).replaceSelection(new Slice(Fragment.from(lines(text)), 1, 1));
    else tr.insertText(text, from, to);
    this.view.dispatch(tr.scrollIntoView());
  }

  takeRest() {
    this.settle();
    const { from } = this.view.state.selection;
    const rest = cut(this.doc, from);
    this.content = cut(this.doc, 0, from);
    return rest;
  }

  append(content) {
    this.content = joined(this.doc, content);
  }

  load({ text, html }) {
    this.content = html ? fromHtml(html) : fromText(text);
  }

  offer(formats) {
    this.bar.offer(formats);
  }

  /** A link pasted over words becomes theirs; a picture is for whoever takes files. */
  pasted({ clipboardData }) {
    if (holdsFiles(clipboardData)) return true;
    const { selection } = this.view.state;
    const text = clipboardData?.getData("text/plain").trim() ?? "";
    const href = /^https?:\/\//i.test(text) ? address(text) : null;
    if (!href || selection.empty || !this.bar.offers("link")) return false;
    this.bar.link(href);
    return true;
  }

  dispatch(transaction) {
    this.view.updateState(this.view.state.apply(transaction));
    if (transaction.docChanged) {
      this.sync();
      this.changed();
    }
    this.bar?.refresh();
  }

  sync() {
    const { doc, field, view: { dom } } = this;
    field.value = toText(doc);
    this.html.value = toHtml(doc);
    const isEmpty = doc.childCount === 1 && doc.firstChild.type === schema.nodes.paragraph && doc.content.size === 2;
    dom.classList.toggle("is-empty", isEmpty);
    dom.dataset.placeholder = field.placeholder;
  }
}
