// While a name is typed behind an @: accounts of the chosen channels' platforms. Choosing one puts its name into the text and
// says beside the text which account it is.
import { fill } from "./counter.js";

const PAUSE = 250;
const LEAST = 2;

/** The name before the caret: `{from, query}`, or null. */
export function nameAt(text, caret) {
  const found = text.slice(0, caret).match(/(^|[\s(])@([\p{L}\p{N}_.-]{1,60})$/u);
  return found && found[2].length >= LEAST ? { from: caret - found[2].length - 1, query: found[2] } : null;
}

export class Mentions {
  constructor(form) {
    this.form = form;
    this.words = form.dataset.mentionWords;
    this.list = null;
  }

  listen() {
    this.form.addEventListener("input", (event) => event.target.matches("[data-part-text]") && this.typed(event.target));
    // Before the composer's own keys.
    this.form.addEventListener("keydown", (event) => this.list && event.target === this.area && this.pressed(event), true);
    this.form.addEventListener("focusout", (event) => event.target === this.area && this.close());
  }

  get channels() {
    return [...this.form.querySelectorAll("[data-channel][data-mentions]:checked")].map(({ value, dataset }) => ({ id: value, provider: dataset.mentions, name: dataset.name }));
  }

  typed(area) {
    clearTimeout(this.waiting);
    const name = nameAt(area.value, area.selectionStart);
    if (!name || this.channels.length === 0) return this.close();
    this.waiting = setTimeout(() => this.ask(area, name), PAUSE);
  }

  async ask(area, { from, query }) {
    this.asked = query;
    // One account of each platform is enough.
    const platforms = new Map(this.channels.map((channel) => [channel.provider, channel]));
    const found = await Promise.all([...platforms.values()].map((channel) => people(channel, query)));
    const now = nameAt(area.value, area.selectionStart);
    if (this.asked !== query || now?.query !== query) return;
    const all = found.flat();
    if (all.length === 0) return this.close();
    this.open(area, from, all);
  }

  open(area, from, people) {
    this.close();
    this.area = area;
    this.from = from;
    this.list = document.createElement("ul");
    Object.assign(this.list, { className: "people", id: "people" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", fill(this.words, { count: people.length }));
    people.forEach((person, n) => this.list.append(option(person, n)));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const chosen = event.target.closest("[role=option]");
      if (chosen) this.choose(chosen);
    });
    area.after(this.list);
    area.setAttribute("aria-controls", "people");
    this.select(this.list.firstElementChild);
  }

  select(item) {
    for (const other of this.list.children) other.setAttribute("aria-selected", String(other === item));
    this.area.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    const now = this.list.querySelector("[aria-selected=true]");
    if (event.key === "ArrowDown") this.select(now.nextElementSibling ?? this.list.firstElementChild);
    else if (event.key === "ArrowUp") this.select(now.previousElementSibling ?? this.list.lastElementChild);
    else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey) this.choose(now);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose({ person }) {
    const { area, from } = this;
    const label = person.name.replace(/^@/, "").replace(/\s+/g, " ").trim();
    area.setRangeText(`@${label} `, from, area.selectionStart, "end");
    const part = area.closest("[data-part]");
    const beside = part.querySelector("[data-part-mentions]");
    const name = area.name.replace("[text]", "[mention]");
    const value = [person.provider, person.id, label].join("\t");
    if (![...beside.children].some((input) => input.value === value)) beside.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    this.close();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    clearTimeout(this.waiting);
    this.list?.remove();
    this.area?.removeAttribute("aria-controls");
    this.area?.removeAttribute("aria-activedescendant");
    this.list = null;
  }
}

function option(person, n) {
  const item = document.createElement("li");
  item.id = `people-${n}`;
  item.setAttribute("role", "option");
  item.person = person;
  const [name, id] = [document.createElement("span"), document.createElement("span")];
  name.textContent = person.name;
  id.className = "help";
  id.textContent = person.id === person.name ? person.provider : person.id;
  item.append(name, id);
  return item;
}

async function people({ id, provider }, query) {
  try {
    const answer = await fetch(`/channels/${id}/mentions?${new URLSearchParams({ query })}`, { headers: { accept: "application/json" } });
    return ((await answer.json()).people ?? []).map((person) => ({ ...person, provider }));
  } catch {
    return [];
  }
}
