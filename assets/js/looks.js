// Previews and checklist beside the text, made by the server from what is in the form; its buttons do here what they would do
// by a round trip.
import { payload } from "./form.js";

const PAUSE = 450;

export class Looks {
  constructor(form, threads) {
    this.form = form;
    this.threads = threads;
    this.box = form.querySelector("[data-looks]");
    this.count = form.querySelector("[data-look-count]");
    this.status = form.querySelector("[data-look-status]");
    const later = () => this.later();
    for (const kind of ["input", "change", "composer:changed"]) form.addEventListener(kind, later);
    this.box.addEventListener("click", (event) => this.clicked(event));
    for (const button of form.querySelectorAll("[data-pane]")) button.addEventListener("click", () => this.pane(button.dataset.pane));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), PAUSE);
  }

  async load() {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    this.box.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/posts/new/looks", { method: "POST", body: payload(this.form), signal: asking.signal });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      this.show(await answer.text());
    } catch (error) {
      // What was shown last stays; the next change asks again.
      if (error.name === "AbortError") return;
    }
    this.box.setAttribute("aria-busy", "false");
  }

  show(html) {
    const focused = this.box.contains(document.activeElement);
    const parsed = new DOMParser().parseFromString(html, "text/html");
    this.box.replaceChildren(...parsed.body.childNodes);
    if (focused) this.box.querySelector("a, button")?.focus();
    const blocking = Number(this.box.querySelector("[data-blocking]")?.dataset.blocking ?? 0);
    const told = this.box.querySelector("[data-blocking]")?.textContent.trim() ?? "";
    if (this.status.textContent !== told) this.status.textContent = told;
    this.count.textContent = String(blocking);
    this.count.hidden = blocking === 0;
    this.approve(this.box.querySelector("[data-approval]")?.content.textContent.trim() ?? "");
  }

  /** The button says that somebody has to approve it first, and a line says who. */
  approve(told) {
    const line = this.form.querySelector("[data-approval-line]");
    if (!line) return;
    this.form.classList.toggle("is-reviewed", told !== "");
    // What the page has said is more than that, and still true.
    if (told === "" || !line.textContent.startsWith(told)) line.textContent = told;
  }

  pane(name) {
    this.form.dataset.pane = name;
    for (const button of this.form.querySelectorAll("[data-pane]")) {
      if (button !== this.form) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
    }
  }

  clicked(event) {
    const way = event.target.closest("[data-jump], [data-fix]");
    if (!way) return;
    if (way.matches("[data-jump]")) {
      event.preventDefault();
      this.jump(way.dataset.jump);
    } else if (this.fix(way.value)) {
      event.preventDefault();
    }
  }

  jump(id) {
    const field = document.getElementById(id);
    if (!field) return;
    this.pane("write");
    this.form.dispatchEvent(new CustomEvent("composer:reveal", { detail: field }));
    const details = field.closest("details:not([open])");
    if (details) details.open = true;
    const target = field.checkVisibility() ? field : (field.closest("[data-part]")?.querySelector("[data-part-text]") ?? field);
    target.focus();
    target.scrollIntoView({ block: "center" });
  }

  /** What the button would do by a round trip; false: it must. */
  fix(value) {
    const [, action, n, count, channel = ""] = value.match(/^(\w+?)(?::(\d+))?(?::(\d+))?(?:@(.+))?$/) ?? [];
    const panel = [...this.form.querySelectorAll("[data-text]")].find(({ dataset }) => dataset.text === channel);
    const list = panel?.querySelector("[data-parts]");
    const part = list && this.threads.parts(list)[Number(n)];
    if (action === "split" && part) this.threads.split(part);
    else if (action === "merge_all" && list) this.threads.mergeAll(list);
    else if (action === "keep_media" && part) {
      [...part.querySelectorAll("[data-media]")].slice(Number(count)).forEach((shot) => shot.remove());
      this.threads.renumber(list);
    } else return false;
    this.pane("write");
    return true;
  }
}
