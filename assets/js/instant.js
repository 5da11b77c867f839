// A filter is applied when a choice is made; words when they are sent.
export function start(form) {
  form.addEventListener("change", (event) => event.target.matches("select") && form.requestSubmit());
  // What asks for nothing does not stand in the address.
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}
