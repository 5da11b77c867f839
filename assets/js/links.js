// Where http(s) addresses stand in a text: exactly where the server finds them (linkify's rules for addresses with a scheme).
// A host with letters needs a plausible top-level domain; punctuation and brackets that were not opened end an address.

const LETTER = /^[a-zA-Z\u0080-\u{10ffff}]$/u;
const DIGIT = /^[0-9]$/;
const NEVER = /^[\u0000-\u001f |"<>`\u007f-\u009f]$/;

/** The text in pieces: `{text, link}`, in order. */
export function pieces(text) {
  const found = [];
  let from = 0;
  let position = 0;
  for (;;) {
    const separator = text.indexOf("://", from);
    if (separator < 0) break;
    const range = address(text.slice(position), separator - position);
    if (!range) {
      from = separator + 1;
      continue;
    }
    const [start, end] = range.map((n) => n + position);
    if (start > position) found.push({ text: text.slice(position, start), link: false });
    // Other schemes are addresses as well, but not links that a platform shortens.
    found.push({ text: text.slice(start, end), link: /^https?:\/\//.test(text.slice(start, end)) });
    position = end;
    from = end;
  }
  if (position < text.length) found.push({ text: text.slice(position), link: false });
  return found;
}

function address(text, separator) {
  const after = separator + 3;
  if (separator === 0 || after >= text.length) return null;
  const { start, quote } = schemeStart(text.slice(0, separator));
  if (start === null) return null;
  const rest = text.slice(after);
  const authority = authorityEnd(rest, ["http", "https", "ftp", "ssh"].includes(text.slice(start, separator)));
  if (authority === null) return null;
  const end = pathEnd(rest.slice(authority), quote);
  return authority === 0 && end === 0 ? null : [start, after + authority + end];
}

function schemeStart(before) {
  let first = null;
  let special = null;
  let quote = null;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const c = before[i];
    if (/[a-zA-Z]/.test(c)) first = i;
    else if (DIGIT.test(c)) special = i;
    else if (c === "@") return { start: null, quote: null };
    else if (!"+-.".includes(c)) {
      if (c === "'" || c === '"') quote = c;
      break;
    }
  }
  // `1abc://` is no scheme.
  if (first !== null && special !== null && first > 0 && first - 1 === special) return { start: null, quote };
  return { start: first, quote };
}

/** How far user, host and port reach; null when there can be no such host. */
function authorityEnd(text, hostNeeded) {
  let host = freshHost();
  let userAllowed = true;
  let end = 0;
  let at = 0;
  for (const c of text) {
    let canEnd = false;
    if (LETTER.test(c) || DIGIT.test(c)) {
      const digit = DIGIT.test(c);
      host.dotAllowed = true;
      host.hyphenAllowed = true;
      if (digit && host.lastDot !== host.maybeLastDot) host.dots += 1;
      host.lastDot = host.maybeLastDot;
      if (!digit) host.numeric = false;
      if (host.ended) host.possible = false;
      canEnd = !hostNeeded || !host.ended;
    } else if (c === "-") {
      if (!host.hyphenAllowed) host.possible = false;
      host.dotAllowed = false;
      host.numeric = false;
      canEnd = !hostNeeded;
    } else if (c === ".") {
      if (!host.dotAllowed) host.ended = true;
      host.dotAllowed = false;
      host.hyphenAllowed = false;
      host.maybeLastDot = at;
    } else if (c === "_" || c === "~") {
      host.possible = false;
    } else if ("!$&'()*+,;=".includes(c)) {
      host.ended = true;
      if (!userAllowed && hostNeeded) break;
    } else if (c === ":") {
      // A port follows, or what stood here was a user.
      host.maybeLastDot = host.lastDot;
    } else if (c === "@") {
      if (!userAllowed) return null;
      userAllowed = false;
      host = { ...freshHost(), dots: host.dots };
    } else {
      if (c === "/" && !hostNeeded) end = at;
      break;
    }
    at += c.length;
    if (canEnd) end = at;
  }
  if (!hostNeeded) return end;
  if (!host.possible) return null;
  if (host.numeric) return host.dots === 3 ? end : null;
  return host.lastDot === null || /^[a-zA-Z]{2}/.test(text.slice(host.lastDot + 1)) ? end : null;
}

function freshHost() {
  return { maybeLastDot: null, lastDot: null, dots: 0, dotAllowed: false, hyphenAllowed: false, numeric: true, possible: true, ended: false };
}

function pathEnd(text, quote) {
  if (!text.startsWith("/") && !text.startsWith("?")) return 0;
  const open = { ")": 0, "]": 0, "}": 0 };
  const closing = { "(": ")", "[": "]", "{": "}" };
  let inQuotes = false;
  let end = 0;
  let at = 0;
  for (const c of text) {
    if (NEVER.test(c)) break;
    let canEnd = true;
    if ("?!.,:;*".includes(c)) canEnd = false;
    else if (closing[c]) {
      open[closing[c]] += 1;
      canEnd = false;
    } else if (c in open) {
      open[c] -= 1;
      if (open[c] < 0) break;
    } else if (c === quote) break;
    else if (c === "'") {
      inQuotes = !inQuotes;
      canEnd = !inQuotes;
    }
    at += c.length;
    if (canEnd) end = at;
  }
  return end;
}
