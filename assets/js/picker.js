// Chooses files of the library in a dialog: searched as it is typed, as many as there are, several at once.
const PAUSE = 200;

/** `insert(part, medium)` puts what was chosen into a part. */
export function start(form, insert) {
  const template = form.querySelector("[data-picker-template]");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-picker]");
    if (!button) return;
    event.preventDefault();
    const part = button.closest("[data-part]");
    new Picker(template, (medium) => insert(part, medium)).open(button);
  });
}

class Picker {
  constructor(template, add) {
    this.dialog = template.content.firstElementChild.cloneNode(true);
    this.add = add;
    /** In the order in which they were chosen; a search does not forget them. */
    this.chosen = new Map();
    const find = (name) => this.dialog.querySelector(`[data-picker-${name}]`);
    Object.assign(this, { files: find("files"), count: find("count"), button: find("add"), trouble: find("trouble") });
    this.search = this.dialog.querySelector("form");
  }

  open(opener) {
    // Outside of the form: its fields are none of the post's.
    document.body.append(this.dialog);
    const { dialog, search } = this;
    dialog.addEventListener("close", () => {
      this.loading?.abort();
      dialog.remove();
      opener.focus();
    });
    dialog.querySelector("[data-picker-close]").addEventListener("click", () => dialog.close());
    this.button.addEventListener("click", () => this.take());
    search.addEventListener("submit", (event) => {
      event.preventDefault();
      this.load();
    });
    search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), PAUSE);
    });
    this.files.addEventListener("change", (event) => this.choose(event.target));
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName === "BUTTON" || event.target.closest("form") || this.chosen.size === 0) return;
      event.preventDefault();
      this.take();
    });
    dialog.showModal();
    search.elements.q.focus();
    this.load();
  }

  async load() {
    this.loading?.abort();
    this.loading = new AbortController();
    this.files.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${search(this.search)}`, { signal: this.loading.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      this.files.replaceChildren(...[...page.body.children].map((one) => document.importNode(one, true)));
      this.trouble.textContent = "";
      this.mark();
      this.files.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
    } catch (error) {
      if (error.name !== "AbortError") this.trouble.textContent = this.dialog.dataset.failed;
    }
    this.files.removeAttribute("aria-busy");
  }

  mark() {
    for (const box of this.files.querySelectorAll("[data-pick]")) box.checked = this.chosen.has(box.value);
  }

  choose(box) {
    const { url, name, alt, mime, poster } = box.dataset;
    if (box.checked) this.chosen.set(box.value, { id: box.value, url, name, alt, mime, poster });
    else this.chosen.delete(box.value);
    const { size } = this.chosen;
    this.button.disabled = size === 0;
    this.count.textContent = size > 0 ? this.count.dataset.words.replace("{count}", size) : "";
  }

  take() {
    this.chosen.forEach((medium) => this.add(medium));
    this.dialog.close();
  }
}

function search(form) {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  return `${form.getAttribute("action")}?${asked}`;
}
