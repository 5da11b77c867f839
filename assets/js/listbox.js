// Choices below what one writes in, walked by arrow keys while the caret stays where it is.
export class Listbox {
  /** `chosen(item)` is called with what was chosen. */
  constructor(chosen) {
    this.chosen = chosen;
    this.list = null;
  }

  get isOpen() {
    return this.list !== null;
  }

  /** `items` have `name` and `note`; `label` says how many there are. */
  open(element, items, label) {
    this.close();
    this.element = element;
    this.list = document.createElement("ul");
    Object.assign(this.list, { className: "people", id: "people" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    this.list.append(...items.map(option));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const found = event.target.closest("[role=option]");
      if (found) this.choose(found);
    });
    element.after(this.list);
    element.setAttribute("aria-controls", "people");
    this.select(this.list.firstElementChild);
  }

  select(row) {
    for (const other of this.list.children) other.setAttribute("aria-selected", String(other === row));
    this.element.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  /** Takes the keys that mean the list. */
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

  choose({ item }) {
    this.close();
    this.chosen(item);
  }

  close() {
    this.list?.remove();
    this.element?.removeAttribute("aria-controls");
    this.element?.removeAttribute("aria-activedescendant");
    this.list = null;
  }
}

function option(item, n) {
  const row = document.createElement("li");
  row.id = `people-${n}`;
  row.setAttribute("role", "option");
  row.item = item;
  const [name, note] = [document.createElement("span"), document.createElement("span")];
  name.textContent = item.name;
  note.className = "help";
  note.textContent = item.note;
  row.append(name, note);
  return row;
}
