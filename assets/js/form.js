// What a form says, without its files and without what only a submission means.
const PASSING = ["_method", "action"];

export function payload(form) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !PASSING.includes(name)) body.append(name, value);
  }
  return body;
}

/** Words or a picture in any text. */
export function hasWords(form) {
  const written = [...form.querySelectorAll("[data-text] [data-part-field]")].some(({ value }) => value.trim());
  return written || form.querySelector("[data-text] [data-media]") !== null;
}
