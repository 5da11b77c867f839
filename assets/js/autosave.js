// Keeps what is written on the server while you write: after a pause, when the window loses you, when the page goes. Says when it
// was kept, who else is here, and what somebody saved meanwhile.
import { hasWords, payload } from "./form.js";

const PAUSE = 1200;
const LONGEST = 5000;
const AGAIN = 8000;
const PULSE = 30000;
/** What browsers let a page that goes send at most. */
const LAST_BYTES = 60000;

export class Autosave {
  constructor(form) {
    this.form = form;
    this.id = form.querySelector("[data-draft]");
    this.line = document.querySelector("[data-saved]");
    this.post = form.dataset.post ?? "";
    this.dirty = false;
    this.failed = false;
    this.stopped = false;
    this.since = 0;
    const touched = () => this.touch();
    form.addEventListener("input", touched);
    form.addEventListener("change", touched);
    form.addEventListener("composer:changed", () => this.begun && this.touch());
    form.addEventListener("focusout", (event) => !form.contains(event.relatedTarget) && this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush({ last: true }));
    window.addEventListener("pagehide", () => this.flush({ last: true }));
    window.addEventListener("pageshow", (event) => event.persisted && this.resume());
    if (this.post) {
      this.beat();
      setInterval(() => document.visibilityState === "visible" && !this.stopped && this.beat(), PULSE);
    }
    // What changes while the page starts is nothing a person wrote.
    setTimeout(() => { this.begun = true; }, 0);
  }

  /** Nothing would be lost now. */
  isSafe() {
    return this.stopped || !this.dirty || !hasWords(this.form) || !this.failed;
  }

  touch() {
    if (this.stopped || (!this.id.value && !hasWords(this.form))) return;
    this.dirty = true;
    this.since ||= Date.now();
    this.later(Math.min(PAUSE, Math.max(0, this.since + LONGEST - Date.now())));
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), wait);
  }

  /** Back out of the browser's memory: the draft was done with when the form was sent. */
  resume() {
    this.id.value = "";
    this.stopped = false;
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.sending?.abort();
  }

  async flush({ last = false } = {}) {
    clearTimeout(this.timer);
    if (!this.dirty || this.stopped) return;
    // One after the other, so that the newest is what stays; a page that goes cannot wait.
    if (this.sending && !last) return this.later(PAUSE);
    this.id.value ||= uuid();
    const body = payload(this.form);
    if (this.post) body.set("post", this.post);
    this.dirty = false;
    this.since = 0;
    this.sending = new AbortController();
    try {
      const answer = await this.send(body, { keepalive: last && body.toString().length < LAST_BYTES, signal: this.sending.signal });
      if (answer.status === 409) {
        this.id.value = "";
        throw new Error("the draft was done with elsewhere");
      }
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      this.failed = false;
      this.tell(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.trouble();
    } finally {
      this.sending = null;
    }
  }

  trouble() {
    this.dirty = true;
    this.failed = true;
    this.line.textContent = this.form.dataset.unsavedWords;
    this.line.classList.add("is-wrong");
    this.later(AGAIN);
  }

  tell({ said, others, stale }) {
    if (said) {
      this.line.textContent = said;
      this.line.classList.remove("is-wrong");
    }
    if (!this.post) return;
    show("[data-others]", "[data-others-words]", others);
    show("[data-stale]", "[data-stale-words]", stale);
  }

  /** Somebody is here. */
  async beat() {
    const body = new URLSearchParams({ csrf: this.form.elements.csrf.value, post: this.post, version: this.form.elements.version.value, presence: "1" });
    try {
      const answer = await this.send(body, {});
      if (answer.ok) this.tell(await answer.json());
    } catch {
      // The next one will tell.
    }
  }

  send(body, more) {
    return fetch("/posts/new/autosave", { method: "POST", body, headers: { accept: "application/json" }, ...more });
  }
}

function show(box, words, text) {
  document.querySelector(words).textContent = text ?? "";
  document.querySelector(box).hidden = !text;
}

/** As `crypto.randomUUID`, which browsers keep from pages without https. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
