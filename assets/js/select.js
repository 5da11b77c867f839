// Files are chosen by a click on their box, several with Shift from the last one to this one; Escape lets all go.
export function start(list) {
  const form = document.getElementById(list.dataset.select);
  const words = form.querySelector("[data-select-count]");
  const rest = words.textContent;
  const boxes = () => [...list.querySelectorAll(`input[type=checkbox][form="${list.dataset.select}"]`)];
  let last = null;
  list.addEventListener("click", (event) => {
    if (!event.target.matches("input[type=checkbox]")) return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
    last = event.target;
    show();
  });
  const show = () => {
    const count = boxes().filter((box) => box.checked).length;
    words.textContent = count > 0 ? words.dataset.words.replace("{count}", count) : rest;
    list.classList.toggle("is-choosing", count > 0);
  };
  document.addEventListener("change", (event) => event.target.closest("form, [form]") && show());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]") || !boxes().some((box) => box.checked)) return;
    for (const box of boxes()) box.checked = false;
    Object.assign(form.querySelector("[data-bulk-all]"), { checked: false, indeterminate: false });
    show();
  });
  // A browser that goes back ticks the boxes again without saying so.
  show();
}
