// The composer, in place: what each button would do by a round trip happens at once, and pictures are sent while you write.
import { limits, show as showCount } from "./counter.js";
import { Mentions } from "./mentions.js";
import { onFiles, sendVisibly } from "./upload.js";

export function start(form) {
  const composer = new Composer(form);
  new Mentions(form).listen();
  composer.listen();
  composer.refresh();
  // Files that were chosen before this script arrived.
  for (const input of form.querySelectorAll("[data-files]")) if (input.files.length > 0) composer.takeFromInput(input);
}

class Composer {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-parts]");
    this.templates = {
      part: form.querySelector("[data-part-template]"),
      media: form.querySelector("[data-media-template]"),
      film: form.querySelector("[data-film-template]"),
      upload: form.querySelector("[data-upload-template]"),
    };
    this.words = { left: form.dataset.left, over: form.dataset.over };
    this.sending = 0;
    this.unsaved = form.querySelector("[aria-invalid=true]") !== null;
  }

  get parts() {
    return [...this.list.querySelectorAll("[data-part]")];
  }

  get channels() {
    return [...this.form.querySelectorAll("[data-channel]:checked")].map(({ value, dataset }) => ({ id: value, name: dataset.name, ...limits(dataset) }));
  }

  listen() {
    const { form } = this;
    form.addEventListener("input", (event) => {
      this.unsaved = true;
      if (event.target.matches("[data-part-text]")) showCount(event.target.closest("[data-part]"), this.channels, this.words);
    });
    form.addEventListener("change", (event) => {
      const { target } = event;
      if (target.matches("[data-channel]")) this.refresh();
      else if (target.matches("[data-files]")) this.takeFromInput(target);
      else if (target.matches("[data-library]") && target.checked) this.takeFromLibrary(target);
    });
    form.addEventListener("click", (event) => this.clicked(event));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
    });
    form.addEventListener("submit", () => { this.unsaved = false; });
    window.addEventListener("beforeunload", (event) => {
      if (this.unsaved || this.sending > 0) event.preventDefault();
    });
    onFiles(this.list, (files, event) => this.upload(event.target.closest("[data-part]") ?? this.parts.at(-1), files));
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const part = button.closest("[data-part]");
    if (button.matches("[data-attach]")) part.querySelector("[data-files]").click();
    else if (button.matches("[data-add-part]")) this.add();
    else if (button.matches("[data-move]")) this.move(part, button.dataset.move);
    else if (button.matches("[data-remove-part]")) this.remove(part);
    else if (button.matches(".shot-remove")) this.removeMedium(button.closest("[data-media]"), part);
    else return;
    event.preventDefault();
  }

  add() {
    const part = this.templates.part.content.querySelector("[data-part]").cloneNode(true);
    this.list.append(part);
    this.renumber();
    part.querySelector("[data-part-text]").focus();
  }

  move(part, direction) {
    const button = part.querySelector(`[data-move=${direction}]`);
    if (direction === "up") part.previousElementSibling?.before(part);
    else part.nextElementSibling?.after(part);
    this.renumber();
    (button.checkVisibility() ? button : part.querySelector("[data-part-text]")).focus();
  }

  remove(part) {
    const next = part.nextElementSibling ?? part.previousElementSibling;
    part.remove();
    this.renumber();
    next?.querySelector("[data-part-text]").focus();
  }

  removeMedium(medium, part) {
    medium.remove();
    this.unsaved = true;
    part.querySelector("[data-part-text]").focus();
  }

  /** Positions live in names, ids and button values; all follow the order on the page. */
  renumber() {
    this.unsaved = true;
    this.parts.forEach((part, index) => renumber(part, index));
    this.refresh();
  }

  refresh() {
    const { channels } = this;
    const chosen = new Set(channels.map(({ id }) => id));
    for (const panel of this.form.querySelectorAll("[data-settings-for]")) {
      const selected = chosen.has(panel.dataset.settingsFor);
      panel.toggleAttribute("data-selected", selected);
      for (const control of panel.querySelectorAll("input, select, textarea")) control.disabled = !selected;
    }
    for (const part of this.parts) showCount(part, channels, this.words);
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
      film.querySelector("video").src = medium.url;
      shot.querySelector("img").replaceWith(film);
    } else {
      shot.querySelector("img").src = medium.url;
      shot.querySelector("img").alt = medium.alt ?? "";
    }
    shot.querySelector("textarea").value = medium.alt ?? "";
    part.querySelector("[data-shots]").append(shot);
    this.renumber();
  }
}

const NUMBERED = ["name", "id", "for", "aria-describedby"];

function renumber(part, index) {
  for (const element of [part, ...part.querySelectorAll("*")]) {
    for (const attribute of NUMBERED) {
      const value = element.getAttribute(attribute);
      if (value?.includes("parts[")) element.setAttribute(attribute, value.replace(/parts\[\w+\]/g, `parts[${index}]`));
    }
    if (element.name === "action" && element.value.includes(":")) element.value = element.value.replace(/^(\w+):\w+/, `$1:${index}`);
  }
  part.querySelector("[data-part-number]").textContent = String(index + 1);
}

function replaceIn(root, mark, value) {
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const { name, value: old } of [...element.attributes]) {
      if (old.includes(mark)) element.setAttribute(name, old.replaceAll(mark, value));
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.includes(mark)) node.data = node.data.replaceAll(mark, value);
    }
  }
}
