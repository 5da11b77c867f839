// Signatures and hashtags go in where the caret was; channels of one customer are shown alone.
import { editorOf } from "./editor.js";

export function start(form, visibleParts) {
  let last = null;
  const here = () => (last?.element.isConnected && last.element.checkVisibility() ? last : null);
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-part-text]")) last = editorOf(event.target);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    event.preventDefault();
    insert(here() ?? editorAtEnd(visibleParts().at(-1)), button.dataset.insert);
  });
  form.querySelector("[data-customer-filter]")?.addEventListener("change", (event) => {
    const customer = event.target.value;
    for (const chip of form.querySelectorAll(".chip")) {
      // What is chosen stays in sight.
      chip.classList.toggle("is-elsewhere", customer !== "" && chip.dataset.customer !== customer && !chip.querySelector(":checked"));
    }
  });
}

/** Where nobody has written yet, words go behind what stands there. */
function editorAtEnd(part) {
  const editor = editorOf(part);
  editor.focus("end");
  return editor;
}

function insert(editor, words) {
  const { before } = editor;
  const many = words.includes("\n");
  const glue = before.trim() === "" ? "" : before.endsWith("\n") ? "" : many ? "\n\n" : before.endsWith(" ") ? "" : " ";
  editor.focus();
  editor.insert(glue + words, { over: false });
}
