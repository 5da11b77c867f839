// Keeps "in 5 minutes" true while the page is open. The exact moment stays in the title.
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const language = document.documentElement.lang || undefined;
const exact = new Intl.RelativeTimeFormat(language);
const now = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const shown = new Set();

export function start(element) {
  if (Number.isNaN(Date.parse(element.dateTime))) return;
  shown.add(element);
  write(element);
}

export function relative(moment, from) {
  const seconds = Math.round((moment - from) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length * 0.96) ?? UNITS.at(-1);
  return (seconds === 0 ? now : exact).format(Math.round(seconds / size), unit);
}

function write(element) {
  const text = relative(Date.parse(element.dateTime), Date.now());
  if (element.textContent !== text) element.textContent = text;
}

setInterval(() => {
  for (const element of shown) {
    if (element.isConnected) write(element);
    else shown.delete(element);
  }
}, 15_000);
