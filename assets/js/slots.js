// The week of posting times is changed where it stands: the page is asked for anew and only this box is taken from it.
import { Toasts } from "./toasts.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export function start(box) {
  const week = new Week(box);
  box.addEventListener("submit", (event) => week.submit(event));
  box.addEventListener("keydown", (event) => week.walk(event));
}

class Week {
  constructor(box) {
    this.box = box;
    this.toasts = new Toasts(document.querySelector("[data-toasts]"), () => this.refresh());
  }

  /** What a script cannot do a form can: when anything is other than expected it is sent as if there were no script. */
  async submit(event) {
    if (this.plain) return;
    event.preventDefault();
    if (this.box.ariaBusy === "true") return;
    const { target: form, submitter } = event;
    this.box.ariaBusy = "true";
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form, submitter)) });
      this.show(await answer.text(), submitter?.dataset.key);
    } catch (error) {
      console.warn(error);
      this.plain = true;
      form.requestSubmit(submitter);
    } finally {
      this.box.ariaBusy = null;
    }
  }

  async refresh() {
    const answer = await fetch(location.pathname);
    this.show(await answer.text());
  }

  show(html, key) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const next = page.querySelector("[data-slots]");
    if (!next) throw new Error("the answer has no posting times");
    this.box.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
    const notice = page.querySelector("[data-flash]");
    // A day that was switched is seen at its button; only what can be taken back needs words.
    if (notice?.querySelector("form")) this.toasts.put(document.importNode(notice, true));
    const place = this.box.querySelector(`[aria-invalid="true"], [data-key="${key}"]`) ?? this.box.querySelector("#f-time");
    place?.focus({ preventScroll: true });
  }

  /** Arrow keys lead through the week as they lead through a table. */
  walk(event) {
    const cell = event.target.closest(".week-cell")?.parentElement;
    const step = STEPS[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    const mirrored = document.documentElement.dir === "rtl" ? -1 : 1;
    const row = cell.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + step[0]];
    const next = row?.cells[cell.cellIndex + step[1] * mirrored]?.querySelector(".week-cell");
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
