// The buttons of formatted text, one tab stop: they say what holds at the caret and do what their keys do. Which are there follows
// from the channels that get the text.
import { liftListItem, setBlockType, toggleMark, wrapInList } from "../vendor/prosemirror/prosemirror.js";
import { address, formats, schema } from "./rich-text.js";

const LISTS = ["bullet_list", "ordered_list"];

export class Bar {
  constructor(box, editor) {
    this.editor = editor;
    this.view = editor.view;
    this.bar = box.querySelector("[role=toolbar]");
    this.buttons = [...this.bar.querySelectorAll("[data-format]")];
    this.offered = null;
    this.box = box.querySelector("[data-link-box]");
    this.input = this.box.querySelector("[data-link-address]");
    // The caret stays where it is.
    this.bar.addEventListener("mousedown", (event) => event.preventDefault());
    this.bar.addEventListener("click", (event) => this.clicked(event.target.closest("[data-format]")));
    this.bar.addEventListener("keydown", (event) => this.walked(event));
    this.box.addEventListener("keydown", (event) => this.linkKey(event));
    this.box.querySelector("[data-link-save]").addEventListener("click", () => this.saveLink());
    this.box.querySelector("[data-link-remove]").addEventListener("click", () => this.link(null));
    this.refresh();
  }

  get state() {
    return this.view.state;
  }

  /** `names`: the formats that the channels of this text carry; null while none is chosen. */
  offer(names) {
    this.offered = names;
    this.refresh();
  }

  /** Lists are lines with a sign everywhere; what stands in the text can be taken out of it again. */
  offers(name) {
    return this.offered === null || LISTS.includes(name) || this.offered.has(name) || formats(this.state.doc).has(name);
  }

  refresh() {
    for (const button of this.buttons) {
      const { format } = button.dataset;
      button.hidden = !this.offers(format);
      button.setAttribute("aria-pressed", String(this.isOn(format)));
    }
    const shown = this.buttons.filter(({ hidden }) => !hidden);
    const stop = shown.find(({ tabIndex }) => tabIndex === 0) ?? shown[0];
    for (const button of this.buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  isOn(name) {
    const { state } = this;
    const { $from, from, to, empty } = state.selection;
    if (LISTS.includes(name)) return $from.depth > 1 && $from.node(-2)?.type.name === name;
    if (name === "heading") return $from.parent.type.name === "heading";
    const mark = schema.marks[name];
    return empty ? Boolean(mark.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, mark);
  }

  clicked(button) {
    if (button) this.press(button.dataset.format);
  }

  /** Does it; false where no channel would carry it. */
  press(name) {
    if (!this.offers(name)) return false;
    if (name === "link") return this.openLink();
    this.command(name)(this.state, (transaction) => this.view.dispatch(transaction.scrollIntoView()), this.view);
    this.view.focus();
    return true;
  }

  command(name) {
    const { paragraph, heading, list_item: item } = schema.nodes;
    if (name === "heading") return this.isOn(name) ? setBlockType(paragraph) : setBlockType(heading, { level: 2 });
    if (!LISTS.includes(name)) return toggleMark(schema.marks[name]);
    if (this.isOn(name)) return liftListItem(item);
    const other = LISTS.find((each) => this.isOn(each));
    return other ? (state, dispatch) => this.changeList(state, dispatch, name) : wrapInList(schema.nodes[name]);
  }

  changeList(state, dispatch, name) {
    const { $from } = state.selection;
    dispatch(state.tr.setNodeMarkup($from.before($from.depth - 2), schema.nodes[name]));
    return true;
  }

  walked(event) {
    const shown = this.buttons.filter(({ hidden }) => !hidden);
    const at = shown.indexOf(document.activeElement);
    const forward = getComputedStyle(this.bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const steps = { Home: 0, End: shown.length - 1, [forward]: (at + 1) % shown.length, [back]: (at + shown.length - 1) % shown.length };
    if (event.key === "Escape") this.view.focus();
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    shown.forEach((button, n) => { button.tabIndex = n === steps[event.key] ? 0 : -1; });
    shown[steps[event.key]].focus();
  }

  /** The link that the caret stands in: its address and how far it reaches; else what is selected. */
  linked() {
    const { $from, from, to, empty } = this.state.selection;
    const mark = schema.marks.link.isInSet($from.marks()) ?? ($from.nodeAfter && schema.marks.link.isInSet($from.nodeAfter.marks));
    if (!mark || !empty) return { from, to, href: mark?.attrs.href ?? "" };
    const { parent } = $from;
    let [start, end] = [$from.index(), $from.indexAfter()];
    const isLink = (n) => n >= 0 && n < parent.childCount && mark.isInSet(parent.child(n).marks);
    if (!isLink(start) && isLink(start - 1)) start -= 1;
    end = start;
    while (isLink(start - 1)) start -= 1;
    while (isLink(end + 1)) end += 1;
    let at = $from.start();
    for (let n = 0; n < start; n += 1) at += parent.child(n).nodeSize;
    let stop = at;
    for (let n = start; n <= end; n += 1) stop += parent.child(n).nodeSize;
    return { from: at, to: stop, href: mark.attrs.href };
  }

  openLink() {
    const { href } = this.linked();
    this.input.value = href;
    this.input.removeAttribute("aria-invalid");
    this.box.querySelector("[data-link-wrong]").hidden = true;
    this.box.querySelector("[data-link-remove]").hidden = !href;
    this.box.hidden = false;
    this.input.focus();
    this.input.select();
    return true;
  }

  linkKey(event) {
    if (event.key === "Enter" && event.target === this.input) this.saveLink();
    else if (event.key === "Escape") this.closeLink();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  saveLink() {
    const href = address(this.input.value);
    this.box.querySelector("[data-link-wrong]").hidden = Boolean(href);
    this.input.setAttribute("aria-invalid", String(!href));
    if (href) this.link(href);
    else this.input.focus();
  }

  /** Makes the words at hand a link, or with null plain; where there are none the address stands for itself. */
  link(href) {
    const { from, to } = this.linked();
    const { tr } = this.state;
    if (href && from === to) tr.insert(from, schema.text(href.replace(/^mailto:/, ""), [schema.marks.link.create({ href })]));
    else {
      tr.removeMark(from, to, schema.marks.link);
      if (href) tr.addMark(from, to, schema.marks.link.create({ href }));
    }
    this.view.dispatch(tr.removeStoredMark(schema.marks.link));
    this.closeLink();
  }

  closeLink() {
    this.box.hidden = true;
    this.view.focus();
  }
}
