// Counts what a person would call characters, and how many are left on the tightest channel.
const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

const COUNTS = {
  graphemes: (text) => (segmenter ? [...segmenter.segment(text)].length : [...text].length),
  chars: (text) => [...text].length,
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
};

export function count(text, unit) {
  return (COUNTS[unit] ?? COUNTS.graphemes)(text.trim().replace(/\r\n/g, "\n"));
}

/** The channel on which `text` has the least room: `{name, left}`, or null when no channel has a limit. */
export function tightest(text, channels) {
  let result = null;
  for (const { name, limit, unit } of channels) {
    if (!limit) continue;
    const left = limit - count(text, unit);
    if (!result || left < result.left) result = { name, left };
  }
  return result;
}

/** Shows the number at once; tells it to screen readers when typing pauses and it matters. */
export function show(part, channels, words) {
  const counter = part.querySelector("[data-counter]");
  const number = counter.querySelector("[data-counter-number]");
  const spoken = counter.querySelector("[data-counter-words]");
  const text = part.querySelector("[data-part-text]").value;
  const room = tightest(text, channels);
  counter.classList.toggle("is-near", room !== null && room.left >= 0 && room.left <= 20);
  counter.classList.toggle("is-over", room !== null && room.left < 0);
  const sentence = room ? fill(room.left < 0 ? words.over : words.left, { n: Math.abs(room.left), channel: room.name }) : "";
  number.textContent = room ? (room.left < 0 ? sentence : String(room.left)) : String(count(text, "graphemes"));
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
