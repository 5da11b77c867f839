// Behind an @ in a comment: the names of the people who can be told. Without scripts the help below the field lists them.
import { fill } from "./counter.js";
import { Listbox } from "./listbox.js";
import { nameAt } from "./mentions.js";

const MOST = 8;

/** `form` says all of them in its `data-names`, a line each. */
export function start(form) {
  const area = form.querySelector("textarea");
  const names = form.dataset.names.split("\n");
  const before = () => area.value.slice(0, area.selectionEnd);
  const list = new Listbox(({ name }) => {
    const at = area.selectionEnd;
    area.setRangeText(`@${name} `, at - nameAt(before(), 0).length - 1, at, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  area.addEventListener("input", () => {
    const query = nameAt(before(), 0)?.toLowerCase();
    const found = query === undefined ? [] : names.filter((name) => name.toLowerCase().split(/\s+/).some((word) => word.startsWith(query)));
    if (found.length === 0) return list.close();
    list.open(area, found.slice(0, MOST).map((name) => ({ name, note: "" })), fill(form.dataset.namesFound, { count: Math.min(found.length, MOST) }));
  });
  area.addEventListener("keydown", (event) => list.isOpen && list.pressed(event));
  area.addEventListener("blur", () => list.close());
}
