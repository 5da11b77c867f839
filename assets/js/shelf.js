// Signatures and hashtags go in where the caret was; channels of one customer are shown alone.
export function start(form, visibleParts) {
  let last = null;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-part-text]")) last = event.target;
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    event.preventDefault();
    const area = last?.isConnected && last.checkVisibility() ? last : visibleParts().at(-1).querySelector("[data-part-text]");
    insert(area, button.dataset.insert);
  });
  form.querySelector("[data-customer-filter]")?.addEventListener("change", (event) => {
    const customer = event.target.value;
    for (const chip of form.querySelectorAll(".chip")) {
      // What is chosen stays in sight.
      chip.classList.toggle("is-elsewhere", customer !== "" && chip.dataset.customer !== customer && !chip.querySelector(":checked"));
    }
  });
}

function insert(area, words) {
  const at = area.selectionEnd ?? area.value.length;
  const before = area.value.slice(0, at);
  const many = words.includes("\n");
  const glue = before.trim() === "" ? "" : before.endsWith("\n") ? "" : many ? "\n\n" : before.endsWith(" ") ? "" : " ";
  area.focus();
  area.setRangeText(glue + words, at, at, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
