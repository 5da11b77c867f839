// While a name is typed behind an @: accounts of the chosen channels' platforms. Choosing one puts its name into the text and
// says beside the text which account it is.
import { fill } from "./counter.js";
import { editorOf } from "./editor.js";
import { Listbox } from "./listbox.js";

const PAUSE = 250;
const LEAST = 2;

/** The name that `text`, which ends at the caret, ends with, when it has `least` letters; or null. */
export function nameAt(text, least = LEAST) {
  const found = text.match(/(^|[\s(])@([\p{L}\p{N}_.-]{0,60})$/u);
  return found && found[2].length >= least ? found[2] : null;
}

export class Mentions {
  constructor(form) {
    this.form = form;
    this.words = form.dataset.mentionWords;
    this.list = new Listbox((person) => this.choose(person));
  }

  listen() {
    this.form.addEventListener("input", (event) => event.target.matches("[data-part-text]") && this.typed(editorOf(event.target)));
    // Before the composer's own keys.
    this.form.addEventListener("keydown", (event) => this.list.isOpen && event.target === this.editor.element && this.list.pressed(event), true);
    this.form.addEventListener("focusout", (event) => event.target === this.editor?.element && this.close());
  }

  get channels() {
    return [...this.form.querySelectorAll("[data-channel][data-mentions]:checked")].map(({ value, dataset }) => ({ id: value, provider: dataset.mentions, name: dataset.name }));
  }

  typed(editor) {
    clearTimeout(this.waiting);
    const query = nameAt(editor.before);
    if (!query || this.channels.length === 0) return this.close();
    this.waiting = setTimeout(() => this.ask(editor, query), PAUSE);
  }

  async ask(editor, query) {
    this.asked = query;
    // One account of each platform is enough.
    const platforms = new Map(this.channels.map((channel) => [channel.provider, channel]));
    const found = await Promise.all([...platforms.values()].map((channel) => people(channel, query)));
    if (this.asked !== query || nameAt(editor.before) !== query) return;
    const all = found.flat();
    if (all.length === 0) return this.close();
    Object.assign(this, { editor, query });
    this.list.open(editor.element, all, fill(this.words, { count: all.length }));
  }

  choose(person) {
    const { editor, query } = this;
    const label = person.name.replace(/^@/, "").replace(/\s+/g, " ").trim();
    const beside = editor.part.querySelector("[data-part-mentions]");
    const name = editor.field.name.replace("[text]", "[mention]");
    const value = [person.provider, person.id, label].join("\t");
    if (![...beside.children].some((input) => input.value === value)) beside.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    editor.replaceBefore(query.length + 1, `@${label} `);
  }

  close() {
    clearTimeout(this.waiting);
    this.list.close();
  }
}

async function people({ id, provider }, query) {
  try {
    const answer = await fetch(`/channels/${id}/mentions?${new URLSearchParams({ query })}`, { headers: { accept: "application/json" } });
    const found = (await answer.json()).people ?? [];
    return found.map((person) => ({ ...person, provider, note: person.id === person.name ? provider : person.id }));
  } catch {
    return [];
  }
}
