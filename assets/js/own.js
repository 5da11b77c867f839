// A tab for each chosen channel: its own text, or a button to give it one. "Back to the common text" keeps what was written, so
// that it can be taken back.
import { fill } from "./counter.js";
import { editorOf } from "./editor.js";

export class OwnTexts {
  constructor(form, threads, changed) {
    this.form = form;
    this.threads = threads;
    this.changed = changed;
    this.box = form.querySelector("[data-texts]");
    this.tabs = form.querySelector("[data-text-tabs]");
    this.bar = form.querySelector("[data-text-bar]");
    this.button = form.querySelector("[data-text-switch]");
    this.template = form.querySelector("[data-own-template]");
    this.active = "";
    this.returned = "";
    this.channels = [];
    this.tabs.setAttribute("role", "tablist");
    this.tabs.setAttribute("aria-label", this.box.dataset.tabs);
    this.tabs.addEventListener("click", (event) => this.chosen(event.target.closest("[role=tab]")));
    this.tabs.addEventListener("keydown", (event) => this.pressed(event));
    this.button.addEventListener("click", () => this.switched());
    // Where something is to be corrected, that text is in sight first.
    this.active = form.querySelector("[data-own]:has([aria-invalid=true])")?.dataset.text ?? "";
  }

  panel(channel) {
    return [...this.box.querySelectorAll("[data-text]")].find(({ dataset }) => dataset.text === channel) ?? null;
  }

  has(channel) {
    return this.panel(channel)?.querySelector("[data-own-on]")?.value === "on";
  }

  visibleParts() {
    const panel = this.has(this.active) ? this.panel(this.active) : this.panel("");
    return [...panel.querySelectorAll("[data-part]")];
  }

  /** Shows the text that a field stands in. */
  reveal(field) {
    const panel = field.closest("[data-text]");
    if (panel?.hidden) this.show(panel.dataset.text);
  }

  refresh(channels) {
    this.channels = channels;
    if (!channels.some(({ id }) => id === this.active)) this.active = "";
    const worth = channels.length > 1 || channels.some(({ id }) => this.has(id));
    this.tabs.hidden = !worth;
    if (worth) this.draw();
    this.show(worth ? this.active : "", { quiet: true });
  }

  draw() {
    const tabs = [{ id: "", name: this.box.dataset.all }, ...this.channels].map(({ id, name }) => {
      const tab = document.createElement("button");
      Object.assign(tab, { type: "button", className: "text-tab", id: `text-tab-${id || "all"}` });
      tab.setAttribute("role", "tab");
      tab.dataset.tab = id;
      tab.classList.toggle("has-own", this.has(id));
      const face = id && this.form.querySelector(`[data-channel][value="${CSS.escape(id)}"] ~ .avatar`)?.cloneNode(true);
      tab.append(...(face ? [face] : []), name);
      return tab;
    });
    const focused = this.tabs.contains(document.activeElement) ? document.activeElement.dataset.tab : null;
    this.tabs.replaceChildren(...tabs);
    if (focused !== null) tabs.find(({ dataset }) => dataset.tab === focused)?.focus();
  }

  chosen(tab) {
    if (!tab) return;
    this.returned = "";
    this.show(tab.dataset.tab);
    this.tabs.querySelector("[aria-selected=true]")?.focus();
  }

  pressed(event) {
    const tabs = [...this.tabs.children];
    const at = tabs.indexOf(document.activeElement);
    const forward = getComputedStyle(this.tabs).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { Home: 0, End: tabs.length - 1, [forward]: (at + 1) % tabs.length, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: (at + tabs.length - 1) % tabs.length };
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    this.chosen(tabs[steps[event.key]]);
  }

  show(active, { quiet = false } = {}) {
    this.active = active;
    for (const tab of this.tabs.children) {
      const selected = tab.dataset.tab === active;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    const shown = this.has(active) ? active : "";
    for (const panel of this.box.querySelectorAll("[data-text]")) panel.hidden = panel.dataset.text !== shown;
    this.say(active);
    if (!quiet) this.form.dispatchEvent(new CustomEvent("composer:shown"));
  }

  say(channel) {
    const { dataset } = this.box;
    const name = this.channels.find(({ id }) => id === channel)?.name ?? "";
    this.bar.hidden = channel === "";
    const words = this.bar.querySelector("[data-text-words]");
    const [sentence, label] = this.has(channel) ? [dataset.ofOwn, dataset.back] : this.returned === channel ? [dataset.returned, dataset.undo] : [dataset.ofCommon, this.panel(channel) && channel ? dataset.undo : dataset.edit];
    words.textContent = fill(sentence, { name });
    this.button.textContent = fill(label, { name });
  }

  switched() {
    const channel = this.active;
    if (this.has(channel)) {
      this.panel(channel).querySelector("[data-own-on]").value = "off";
      this.returned = channel;
    } else {
      this.give(channel);
      this.returned = "";
    }
    this.changed();
    if (this.has(channel)) this.threads.focus(this.visibleParts()[0]);
    else this.button.focus();
  }

  /** A text of its own: the one it had, else a copy of the common one to begin with. */
  give(channel) {
    const known = this.panel(channel);
    if (known) {
      known.querySelector("[data-own-on]").value = "on";
      return;
    }
    const name = this.channels.find(({ id }) => id === channel)?.name ?? "";
    const panel = this.template.content.querySelector("[data-own]").cloneNode(true);
    panel.dataset.text = channel;
    panel.setAttribute("aria-label", fill(this.box.dataset.ownLabel, { name }));
    panel.querySelector("[data-own-on]").name = `own[${channel}]`;
    const list = panel.querySelector("[data-parts]");
    Object.assign(list.dataset, { base: `own[${channel}]`, suffix: `@${channel}` });
    this.box.append(panel);
    for (const part of this.panel("").querySelectorAll("[data-part]")) this.copy(part, this.threads.blank(list));
    this.threads.renumber(list);
  }

  /** With what was typed and chosen. */
  copy(part, twin) {
    for (const end of ["[id]", "[delay_minutes]"]) twin.querySelector(`[name$="${end}"]`).value = part.querySelector(`[name$="${end}"]`).value;
    for (const shot of part.querySelectorAll("[data-media]")) {
      const same = shot.cloneNode(true);
      same.querySelector("textarea").value = shot.querySelector("textarea").value;
      twin.querySelector("[data-shots]").append(same);
    }
    this.threads.copyMentions(part, twin);
    editorOf(twin).content = editorOf(part).content;
  }
}
