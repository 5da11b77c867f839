// What a text can be: the blocks and formats of the server's text tree (src/kit/text), their HTML in and out, and the words that
// they stand for. Knows no page.
import { DOMParser as Reader, DOMSerializer as Writer, Schema } from "../vendor/prosemirror/prosemirror.js";

const WEB = /^(https?:\/\/[^\s/]|mailto:[^\s@]+@)\S*$/i;
const DOMAIN = /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}(:\d+)?([/?#]\S*)?$/u;
const LEVELS = { H1: 1, H2: 2, H3: 3, H4: 3, H5: 3, H6: 3 };

/** An address as it may be stored, or null: of the web or a mailbox. What begins like a host gets its scheme. */
export function address(typed) {
  const text = typed.trim();
  if (WEB.test(text)) return text;
  if (DOMAIN.test(text)) return `https://${text}`;
  return /^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(text) ? `mailto:${text}` : null;
}

/** A format said by a style of what was pasted: `rich.js` keeps styles as data, for no style of others is ever applied. */
const styled = (pattern) => ({ tag: "[data-style]", consuming: false, getAttrs: (element) => pattern.test(element.dataset.style) && null });
const unless = (pattern) => (element) => !pattern.test(element.dataset.style ?? "") && null;

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { content: "inline*", group: "block", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    heading: {
      content: "inline*",
      group: "block",
      defining: true,
      attrs: { level: { default: 2 } },
      parseDOM: Object.entries(LEVELS).map(([tag, level]) => ({ tag: tag.toLowerCase(), attrs: { level } })),
      toDOM: ({ attrs }) => [`h${attrs.level}`, 0],
    },
    bullet_list: { content: "list_item+", group: "block", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", { dir: "auto" }, 0] },
    ordered_list: { content: "list_item+", group: "block", parseDOM: [{ tag: "ol" }], toDOM: () => ["ol", { dir: "auto" }, 0] },
    list_item: { content: "paragraph+", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
    text: { group: "inline" },
    hard_break: { inline: true, group: "inline", selectable: false, leafText: () => "\n", parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: (element) => (WEB.test(element.getAttribute("href")) ? { href: element.getAttribute("href") } : false) }],
      toDOM: ({ attrs }) => ["a", { href: attrs.href }, 0],
    },
    bold: {
      parseDOM: [{ tag: "strong" }, { tag: "b", getAttrs: unless(/font-weight:\s*(normal|400)/) }, styled(/font-weight:\s*(bold|[6-9]00)/)],
      toDOM: () => ["strong", 0],
    },
    italic: {
      parseDOM: [{ tag: "em" }, { tag: "i", getAttrs: unless(/font-style:\s*normal/) }, styled(/font-style:\s*italic/)],
      toDOM: () => ["em", 0],
    },
    underline: { parseDOM: [{ tag: "u" }], toDOM: () => ["u", 0] },
  },
});

const reader = Reader.fromSchema(schema);
const writer = Writer.fromSchema(schema);

export function fromHtml(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return reader.parse(body, { preserveWhitespace: true });
}

export function toHtml(doc) {
  const box = document.createElement("div");
  box.append(writer.serializeFragment(doc.content));
  return box.innerHTML;
}

/** A paragraph for each line. */
export function lines(text, marks = []) {
  const line = (words) => schema.nodes.paragraph.create(null, words ? schema.text(words, marks) : null);
  return text.replace(/\r\n?/g, "\n").split("\n").map(line);
}

export const fromText = (text) => ofBlocks(lines(text));

/** The words as the server's `Doc::to_plain` says them. */
export function toText(doc) {
  return blocks(doc).map(said).join("\n").trimEnd();
}

/** `doc` with these words: what they leave unchanged keeps its formatting. */
export function withText(doc, text) {
  const all = blocks(doc);
  const wanted = text.replace(/\r\n?/g, "\n").split("\n");
  const has = (block, at) => said(block).split("\n").every((line, n) => line === wanted[at + n]);
  const size = (block) => said(block).split("\n").length;
  let [from, top] = [0, 0];
  let [to, bottom] = [all.length, wanted.length];
  for (; from < to && has(all[from], top); from += 1) top += size(all[from]);
  for (; to > from && bottom - size(all[to - 1]) >= top && has(all[to - 1], bottom - size(all[to - 1])); to -= 1) bottom -= size(all[to - 1]);
  const middle = bottom > top ? lines(wanted.slice(top, bottom).join("\n")) : [];
  return ofBlocks([...all.slice(0, from), ...middle, ...all.slice(to)]);
}

/** What stands before or from a place of the document on, without white space and empty lines at its ends. */
export function cut(doc, from, to) {
  return trimmed(doc.cut(from, to));
}

/** Two texts, an empty line between them. */
export function joined(first, second) {
  const [a, b] = [trimmed(first), trimmed(second)];
  if (isBlank(a)) return b;
  return isBlank(b) ? a : ofBlocks([...blocks(a), ...lines(""), ...blocks(b)]);
}

/** Which of the formats stand anywhere in a text. */
export function formats(doc) {
  const found = new Set();
  doc.descendants((node) => {
    node.marks.forEach(({ type }) => found.add(type.name));
    if (node.type.name === "heading") found.add("heading");
  });
  return found;
}

const ofBlocks = (all) => schema.nodes.doc.create(null, all.length > 0 ? all : lines(""));
const blocks = (doc) => [...doc.content.content];
const isBlank = (node) => node.textContent.trim() === "";
const isList = ({ type }) => type === schema.nodes.bullet_list || type === schema.nodes.ordered_list;

function trimmed(doc) {
  const all = blocks(doc);
  while (all.length > 1 && isBlank(all[0])) all.shift();
  while (all.length > 1 && isBlank(all.at(-1))) all.pop();
  const [first, last] = [all[0], all.at(-1)];
  if (first.isTextblock) all[0] = first.cut(letters(first).search(/\S|$/));
  if (last.isTextblock) all[all.length - 1] = all.at(-1).cut(0, letters(all.at(-1)).trimEnd().length);
  return ofBlocks(all);
}

/** One letter for each place of a block. */
const letters = (block) => block.textBetween(0, block.content.size, "", "\n");

function said(block) {
  if (!isList(block)) return words(block);
  const sign = (n) => (block.type === schema.nodes.ordered_list ? `${n + 1}. ` : "- ");
  return block.content.content.map((item, n) => sign(n) + item.content.content.map(words).join("\n")).join("\n");
}

function words(block) {
  let out = "";
  let link = null;
  const close = () => {
    if (link && !isAddress(link.text, link.href)) out += ` (${link.href.replace(/^(mailto:)+/, "")})`;
    link = null;
  };
  for (const child of block.content.content) {
    const href = child.marks.find(({ type }) => type === schema.marks.link)?.attrs.href;
    if (link && link.href !== href) close();
    const text = child.isText ? child.text : "\n";
    if (href) (link ??= { href, text: "" }).text += text;
    out += text;
  }
  close();
  return out;
}

/** What is shown is the address itself. */
function isAddress(shown, href) {
  const bare = (text) => text.replace(/^(https:\/\/)+/, "").replace(/^(http:\/\/)+/, "").replace(/\/+$/, "");
  return bare(shown.trim()) === bare(href.replace(/^(mailto:)+/, ""));
}
