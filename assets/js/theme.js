// The switch between the system's theme, light and dark; kept on this device.
export function start(group) {
  const buttons = [...group.querySelectorAll("button")];
  const show = () => {
    const chosen = document.documentElement.dataset.theme || "system";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === chosen));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = button.value;
      try {
        localStorage.setItem("theme", button.value);
      } catch {
        // Without storage the choice lasts until the next page.
      }
      show();
    });
  }
  show();
}
