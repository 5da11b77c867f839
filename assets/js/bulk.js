// One box that ticks all of a page, and says when only some are.
export function start(form) {
  const all = form.querySelector("[data-bulk-all]");
  // Not `form.id`: that is the boxes, when they have that name.
  const id = form.getAttribute("id");
  const boxes = () => [...document.querySelectorAll(`input[type=checkbox][form="${id}"]`)];
  const show = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
  document.addEventListener("change", (event) => event.target.form === form && event.target !== all && show());
  show();
}
