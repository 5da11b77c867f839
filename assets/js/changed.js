// The button of a short form is there when something was changed; without a script it always is.
export function start(form) {
  const button = form.querySelector("button");
  button.hidden = true;
  form.addEventListener("change", () => (button.hidden = false));
}
