// The composer, in place: what each button would do by a round trip happens at once, and pictures are sent while you write.
import { Autosave } from "./autosave.js";
import { limits, show as showCount } from "./counter.js";
import { start as startCrop } from "./crop.js";
import { start as startDesigned } from "./designed.js";
import { editorOf, prepare } from "./editor.js";
import { start as startEmoji } from "./emoji.js";
import { Looks } from "./looks.js";
import { Mentions } from "./mentions.js";
import { OwnTexts } from "./own.js";
import { start as startPicker } from "./picker.js";
import { start as startShelf } from "./shelf.js";
import { Threads, replaceIn } from "./threads.js";
import { onFiles, sendVisibly } from "./upload.js";

const UNDO = 30000;

export async function start(form) {
  const early = new AbortController();
  let written = [...form.querySelectorAll("[data-part-field]")].some((field) => field.value !== field.defaultValue);
  form.addEventListener("input", () => { written = true; }, { signal: early.signal });
  await prepare(form);
  early.abort();
  const composer = new Composer(form);
  new Mentions(form).listen();
  composer.listen();
  composer.refresh();
  // What was written and chosen before this script arrived.
  if (written) composer.autosave.touch();
  for (const input of form.querySelectorAll("[data-files]")) if (input.files.length > 0) composer.takeFromInput(input);
}

class Composer {
  constructor(form) {
    this.form = form;
    this.templates = {
      media: form.querySelector("[data-media-template]"),
      film: form.querySelector("[data-film-template]"),
      upload: form.querySelector("[data-upload-template]"),
    };
    this.words = { left: form.dataset.left, over: form.dataset.over };
    this.sending = 0;
    this.threads = new Threads(form, () => this.refresh());
    this.own = new OwnTexts(form, this.threads, () => this.refresh());
    this.looks = new Looks(form, this.threads);
    this.autosave = new Autosave(form);
    startCrop(form, (shot, medium) => this.replaceMedium(shot, medium));
    startPicker(form, (part, medium) => this.insert(part, medium));
    startDesigned(form, (part, medium) => this.insert(part, medium), (shot, medium) => this.replaceMedium(shot, medium));
    startEmoji(form);
    startShelf(form, () => this.own.visibleParts());
  }

  get channels() {
    return [...this.form.querySelectorAll("[data-channel]:checked")].map(({ value, dataset }) => ({ id: value, name: dataset.name, formats: dataset.formats.split(" "), ...limits(dataset) }));
  }

  listen() {
    const { form } = this;
    form.addEventListener("input", (event) => {
      if (event.target.matches("[data-part-text]")) this.count(event.target.closest("[data-part]"));
    });
    form.addEventListener("change", (event) => {
      const { target } = event;
      if (target.matches("[data-channel]")) this.refresh();
      else if (target.matches("[data-files]")) this.takeFromInput(target);
      else if (target.matches("[data-library]") && target.checked) this.takeFromLibrary(target);
    });
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
    });
    form.addEventListener("composer:reveal", (event) => this.own.reveal(event.detail));
    form.addEventListener("composer:undoable", (event) => this.offerUndo(event.detail));
    form.querySelector("[data-undo-press]").addEventListener("click", () => this.undo());
    form.addEventListener("submit", () => this.autosave.stop());
    window.addEventListener("beforeunload", (event) => {
      if (this.sending > 0 || !this.autosave.isSafe()) event.preventDefault();
    });
    onFiles(form.querySelector("[data-texts]"), (files, event) => this.upload(event.target.closest("[data-part]") ?? this.own.visibleParts().at(-1), files));
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const part = button.closest("[data-part]");
    if (button.matches("[data-attach]")) part.querySelector("[data-files]").click();
    else if (button.matches(".shot-remove")) this.removeMedium(button.closest("[data-media]"), part);
    else return;
    event.preventDefault();
  }

  /** Until something else is removed, or half a minute has passed. */
  offerUndo(undo) {
    const bar = this.form.querySelector("[data-undo-bar]");
    this.undoing = undo;
    bar.hidden = false;
    clearTimeout(this.undoTimer);
    this.undoTimer = setTimeout(() => { bar.hidden = true; }, UNDO);
  }

  undo() {
    this.form.querySelector("[data-undo-bar]").hidden = true;
    this.undoing();
  }

  removeMedium(medium, part) {
    medium.remove();
    this.refresh();
    editorOf(part).focus();
  }

  /** The new picture takes the old one's place and its description. */
  replaceMedium(shot, medium) {
    const part = shot.closest("[data-part]");
    this.insert(part, { ...medium, alt: shot.querySelector("textarea").value });
    const fresh = part.querySelector(`[data-media="${CSS.escape(medium.id)}"]`);
    if (fresh === shot) return;
    shot.replaceWith(fresh);
    this.threads.renumber(part.closest("[data-parts]"));
  }

  /** Everything that follows from which parts and channels there are. */
  refresh() {
    const { channels } = this;
    const chosen = new Set(channels.map(({ id }) => id));
    for (const panel of this.form.querySelectorAll("[data-settings-for]")) {
      const selected = chosen.has(panel.dataset.settingsFor);
      panel.toggleAttribute("data-selected", selected);
      for (const control of panel.querySelectorAll("input, select, textarea")) control.disabled = !selected;
    }
    this.own.refresh(channels);
    for (const part of this.form.querySelectorAll("[data-text] [data-part]")) {
      this.count(part);
      const gets = this.getting(part);
      editorOf(part).offer(gets.length > 0 ? new Set(gets.flatMap(({ formats }) => formats)) : null);
    }
    this.form.dispatchEvent(new CustomEvent("composer:changed"));
  }

  /** The channels that get the text of a part: its own one, or all without a text of their own. */
  getting(part) {
    const own = part.closest("[data-own]")?.dataset.text;
    return this.channels.filter(({ id }) => (own ? id === own : !this.own.has(id)));
  }

  count(part) {
    showCount(part, this.getting(part), this.words);
    part.querySelector("[data-split]")?.classList.toggle("is-offered", part.querySelector("[data-counter]").classList.contains("is-over"));
  }

  takeFromInput(input) {
    const files = [...input.files];
    input.value = "";
    this.upload(input.closest("[data-part]"), files);
  }

  takeFromLibrary(box) {
    const { url, name, alt } = box.dataset;
    box.checked = false;
    this.insert(box.closest("[data-part]"), { id: box.value, url, name, alt, mime: url.endsWith(".mp4") ? "video/mp4" : "" });
  }

  async upload(part, files) {
    const list = part.querySelector("[data-uploads]");
    await Promise.all(files.map(async (file) => {
      this.sending += 1;
      const medium = await sendVisibly(file, list, this.templates.upload);
      this.sending -= 1;
      if (medium) this.insert(part, medium);
    }));
  }

  insert(part, medium) {
    if (part.querySelector(`[data-media="${CSS.escape(medium.id)}"]`)) return;
    const shot = this.templates.media.content.querySelector("[data-media]").cloneNode(true);
    replaceIn(shot, "__id__", medium.id);
    replaceIn(shot, "__name__", medium.name);
    if (medium.mime?.startsWith("video/")) {
      const film = this.templates.film.content.cloneNode(true);
      const video = film.querySelector("video");
      video.src = medium.url;
      if (medium.poster) video.poster = medium.poster;
      shot.querySelector("img").replaceWith(film);
    } else {
      shot.querySelector("img").src = medium.url;
      shot.querySelector("img").alt = medium.alt ?? "";
    }
    // What moves is not cut.
    if (medium.mime?.startsWith("video/") || medium.url.split("#")[0].endsWith(".gif")) shot.querySelector("[data-crop]").remove();
    shot.querySelector("textarea").value = medium.alt ?? "";
    part.querySelector("[data-shots]").append(shot);
    this.threads.renumber(part.closest("[data-parts]"));
  }
}
