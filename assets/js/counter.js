// Counts as platforms do, exactly as the server does, and shows how much is left on the tightest channel.
import { pieces } from "./links.js";

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

const graphemes = (text) => (segmenter ? [...segmenter.segment(text)].map(({ segment }) => segment) : [...text]);

const UNITS = {
  graphemes: (text) => graphemes(text).length,
  chars: (text) => [...text].length,
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
  weighted: (text) => graphemes(text).reduce((sum, grapheme) => sum + weight(grapheme), 0),
};

/** A sequence that is shown as one picture: joined, coloured, a flag, or a key. */
const EMOJI = /[\u{1f000}-\u{1faff}\u2600-\u27bf\u20e3\ufe0f]/u;

/** X's weights: 1 for Latin and its neighbours, 2 for all others and for an emoji however it is put together. */
function weight(grapheme) {
  const chars = [...grapheme];
  if (chars.length > 1 && EMOJI.test(grapheme)) return 2;
  return chars.reduce((sum, char) => sum + (isLight(char.codePointAt(0)) ? 1 : 2), 0);
}

function isLight(code) {
  return code <= 4351 || (code >= 8192 && code <= 8205) || (code >= 8208 && code <= 8223) || (code >= 8242 && code <= 8247);
}

/** `@ann@example.social` as `@ann`. */
export function withoutHosts(text) {
  let out = "";
  let rest = text;
  for (;;) {
    const at = rest.indexOf("@");
    if (at < 0) return out + rest;
    const name = handle(rest.slice(at + 1));
    const before = [...rest.slice(0, at)].at(-1);
    const starts = before === undefined || !/[\p{Alphabetic}\p{N}@]/u.test(before);
    const end = at + 1 + name.length;
    out += rest.slice(0, end);
    rest = rest.slice(end);
    if (!starts || !name || !rest.startsWith("@")) continue;
    const host = handle(rest.slice(1)).replace(/[.-]+$/, "");
    if (host.includes(".")) rest = rest.slice(1 + host.length);
  }
}

function handle(text) {
  return text.match(/^[A-Za-z0-9_.-]*/)[0];
}

/** How long `text` is. `measure` is `{unit, link, shortMentions}`: an address counts `link`, unless that is null. */
export function count(text, { unit = "graphemes", link = null, shortMentions = false } = {}) {
  const of = UNITS[unit] ?? UNITS.graphemes;
  const words = (part) => of(shortMentions ? withoutHosts(part) : part);
  if (link === null) return words(text);
  return pieces(text).reduce((sum, piece) => sum + (piece.link ? link : words(piece.text)), 0);
}

/** What is sent of what was typed. */
export function typed(text) {
  return text.replace(/\r\n?/g, "\n").trimEnd();
}

/** The channel on which `text` has the least room: `{name, left}`, or null when no channel has a limit. */
export function tightest(text, channels) {
  const sent = typed(text);
  let result = null;
  for (const { name, limit, measure, maxBytes } of channels) {
    if (!limit) continue;
    const bytes = maxBytes ? maxBytes - count(sent, { unit: "bytes" }) : Infinity;
    const left = Math.min(limit - count(sent, measure), bytes);
    if (!result || left < result.left) result = { name, left };
  }
  return result;
}

/** What a channel's chip says about its limit. */
export function limits({ limit, unit, link, shortMentions, maxBytes }) {
  const measure = { unit, link: link ? Number(link) : null, shortMentions: shortMentions === "true" };
  return { limit: Number(limit), measure, maxBytes: maxBytes ? Number(maxBytes) : null };
}

/** Shows the number at once; tells it to screen readers when typing pauses and it matters. */
export function show(part, channels, words) {
  const counter = part.querySelector("[data-counter]");
  const number = counter.querySelector("[data-counter-number]");
  const spoken = counter.querySelector("[data-counter-words]");
  const text = part.querySelector("[data-part-field]").value;
  const room = tightest(text, channels);
  counter.classList.toggle("is-near", room !== null && room.left >= 0 && room.left <= 20);
  counter.classList.toggle("is-over", room !== null && room.left < 0);
  const sentence = room ? fill(room.left < 0 ? words.over : words.left, { n: Math.abs(room.left), channel: room.name }) : "";
  number.textContent = room ? (room.left < 0 ? sentence : String(room.left)) : String(count(typed(text)));
  number.title = sentence;
  clearTimeout(counter.speaking);
  counter.speaking = setTimeout(() => {
    const worthSaying = room !== null && room.left <= 20 ? sentence : "";
    if (spoken.textContent !== worthSaying) spoken.textContent = worthSaying;
  }, 700);
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
