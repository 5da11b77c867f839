// Copies the text of the element whose id the button names, and says so.
export function start(button) {
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // Over plain http the clipboard is closed: select the text, so that one key copies it.
      getSelection().selectAllChildren(source);
      return;
    }
    label.textContent = button.dataset.done;
    button.toggleAttribute("data-copied", true);
    setTimeout(() => {
      label.textContent = before;
      button.toggleAttribute("data-copied", false);
    }, 2000);
  });
}
