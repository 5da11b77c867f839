// A provider's fields, in place: lists are asked for while you write, entries come and go, what is not asked for is hidden.
import { fill } from "./counter.js";

const PAUSE = 300;

/** `form` is what holds the fields of one channel; its `data-fields` is where its lists are asked for. */
export function start(form) {
  const fields = new Fields(form);
  form.addEventListener("click", (event) => fields.clicked(event));
  form.addEventListener("change", (event) => fields.changed(event));
  form.addEventListener("input", (event) => fields.typed(event));
  form.addEventListener("keydown", (event) => fields.pressed(event));
  form.addEventListener("focusin", (event) => fields.entered(event));
  fields.conditions();
}

class Fields {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.fields;
  }

  /** What stands behind a name: the one that is ticked, or the value without its label. */
  value(name) {
    const controls = [...this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const boxes = controls.filter((control) => control.type === "checkbox");
    if (boxes.length > 0) return String(boxes.some((box) => box.checked));
    const held = controls.filter((control) => control.type !== "radio" || control.checked).map((control) => control.value);
    return (held.find(Boolean) ?? "").split("\t")[0];
  }

  conditions() {
    for (const field of this.form.querySelectorAll("[data-when]")) field.hidden = this.value(field.dataset.when) !== field.dataset.is;
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-add-entry]")) this.addEntry(button.closest("[data-list]"));
    else if (button.matches("[data-remove-entry]")) this.removeEntry(button.closest("[data-entry]"));
    else if (button.matches("[data-ask]")) this.load(button.closest("[data-lookup]"), { again: true });
    else if (button.matches("[data-add-words]")) this.addWords(button.closest("[data-tags]"));
    else return;
    event.preventDefault();
  }

  changed(event) {
    const { target } = event;
    const tags = target.closest("[data-tags]");
    if (tags && target.matches("[data-choices]") && target.value) {
      this.addTag(tags, target.value, target.selectedOptions[0].textContent);
      target.selectedOptions[0].remove();
      target.value = "";
    } else if (tags && target.type === "checkbox" && !target.checked) target.closest("li").remove();
    for (const field of this.form.querySelectorAll("[data-with]")) {
      if (field.dataset.with.split(" ").includes(target.name)) this.load(field, {});
    }
    this.conditions();
  }

  typed(event) {
    if (!event.target.matches("[data-query]")) return;
    const field = event.target.closest("[data-lookup]");
    clearTimeout(field.waiting);
    field.waiting = setTimeout(() => this.load(field, { first: true }), PAUSE);
  }

  /** Enter would save the post. */
  pressed(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    if (event.target.matches("[data-query]")) this.load(event.target.closest("[data-lookup]"), { first: true });
    else if (event.target.matches("[data-words]")) this.addWords(event.target.closest("[data-tags]"));
    else return;
    event.preventDefault();
  }

  /** A channel that was chosen just now has no list yet. */
  entered(event) {
    const field = event.target.matches("[data-choices]") && event.target.closest("[data-lookup]");
    if (field && !field.asked && !("searches" in field.dataset) && event.target.options.length < 3) this.load(field, {});
  }

  async load(field, { again = false, first = false }) {
    const query = new URLSearchParams();
    const typed = field.querySelector("[data-query]")?.value.trim() ?? "";
    for (const name of (field.dataset.with ?? "").split(" ").filter(Boolean)) {
      const bare = name.slice(name.lastIndexOf("[") + 1).replace("]", "");
      query.set(bare, this.value(name));
      if (!query.get(bare)) return;
    }
    if ("searches" in field.dataset) {
      if (!typed) return;
      query.set("query", typed);
    }
    if (again) query.set("again", "1");
    field.asked = query.toString();
    const trouble = field.querySelector("[data-trouble]");
    const answer = await ask(`${this.url}/${encodeURIComponent(field.dataset.lookup)}?${query}`);
    // A later question has overtaken this one.
    if (field.asked !== query.toString()) return;
    trouble.textContent = answer.trouble ?? "";
    if (answer.choices) this.offer(field, answer.choices, first);
  }

  offer(field, choices, first) {
    const select = field.querySelector("[data-choices]");
    if (!select) return;
    const id = (value) => value.split("\t")[0];
    const tags = field.matches("[data-tags]");
    const held = tags ? [...field.querySelectorAll("[data-chosen] input")].map(({ value }) => id(value)) : [];
    const kept = tags ? "" : select.value;
    const options = choices.filter(({ value }) => !held.includes(id(value))).map(({ value, label }) => new Option(label, value));
    const known = options.find(({ value }) => kept && id(value) === id(kept));
    const own = kept && !known && !first ? [new Option(select.selectedOptions[0].textContent, kept)] : [];
    select.replaceChildren(select.options[0], ...own, ...options);
    if (!tags) select.value = known?.value ?? own[0]?.value ?? (first ? options[0]?.value : "") ?? "";
    field.querySelector("[data-trouble]").textContent = options.length === 0 ? field.dataset.none : first ? fill(field.dataset.found, { count: options.length }) : "";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  addWords(field) {
    const input = field.querySelector("[data-words]");
    for (const word of input.value.split(",").map((word) => word.trim()).filter(Boolean)) this.addTag(field, `${word}\t${word}`, word);
    input.value = "";
    input.focus();
  }

  addTag(field, value, label) {
    const chosen = field.querySelector("[data-chosen]");
    const held = [...chosen.querySelectorAll("input")].map((box) => box.value.split("\t")[0]);
    if (held.includes(value.split("\t")[0]) || held.length >= Number(field.dataset.most)) return;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: field.querySelector("[data-words]").name, value, checked: true });
    const [item, tag, text] = ["li", "label", "span"].map((name) => document.createElement(name));
    tag.className = "tag";
    text.textContent = label;
    tag.append(box, text);
    item.append(tag);
    chosen.append(item);
  }

  addEntry(list) {
    const entries = list.querySelector(":scope > [data-entries]");
    if (entries.children.length >= Number(list.dataset.most)) return;
    const number = [...entries.querySelectorAll(":scope > [data-entry] > input[type=hidden]")]
      .map(({ name }) => Number(name.slice(list.dataset.list.length + 1, -1)) + 1)
      .reduce((most, next) => Math.max(most, next), 0);
    const entry = list.querySelector(":scope > [data-blank]").content.querySelector("[data-entry]").cloneNode(true);
    for (const element of [entry, ...entry.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__n__")) element.setAttribute(name, value.replaceAll("__n__", String(number)));
      }
    }
    entries.append(entry);
    this.conditions();
    entry.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  removeEntry(entry) {
    const list = entry.closest("[data-list]");
    entry.remove();
    list.querySelector("[data-add-entry]").focus();
  }
}

async function ask(url) {
  try {
    return await (await fetch(url, { headers: { accept: "application/json" } })).json();
  } catch (e) {
    return { trouble: String(e.message) };
  }
}
