// Lets a person put a message away.
export function start(message) {
  message.querySelector("[data-dismiss]")?.addEventListener("click", () => {
    message.remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  });
}
