// Cuts a picture to a shape and size, in the browser: the picture moves behind a frame, by pointer or keys. What comes out is a new
// file of the library; the old one stays there.
import { send } from "./upload.js";

const STEP = 0.02;
const DRAWN = 480;
const QUALITY = 0.92;

/** `replace(shot, medium)` puts the new picture where the old one was. */
export function start(form, replace) {
  const template = form.querySelector("[data-crop-template]");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-crop]");
    if (!button) return;
    event.preventDefault();
    const shot = button.closest("[data-media]");
    new Cropper(template, shot.querySelector("img").src, (medium) => replace(shot, medium)).open(button);
  });
}

class Cropper {
  constructor(template, source, done) {
    this.dialog = template.content.firstElementChild.cloneNode(true);
    [this.source] = source.split("#");
    this.done = done;
    const find = (name) => this.dialog.querySelector(`[data-crop-${name}]`);
    Object.assign(this, { canvas: find("canvas"), zoom: find("zoom"), size: find("size"), told: find("told"), save: find("save") });
    this.centre = { x: 0.5, y: 0.5 };
  }

  async open(opener) {
    // Outside of the form: its fields are none of the post's.
    document.body.append(this.dialog);
    this.dialog.addEventListener("close", () => {
      this.upload?.cancel();
      this.dialog.remove();
      opener.focus();
    });
    this.dialog.addEventListener("input", () => this.draw());
    this.dialog.querySelector("[data-crop-cancel]").addEventListener("click", () => this.dialog.close());
    this.save.addEventListener("click", () => this.keep());
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
    this.canvas.addEventListener("pointerdown", (event) => this.drag(event));
    this.dialog.showModal();
    try {
      this.image = await load(this.source);
      this.draw();
    } catch {
      this.told.textContent = this.dialog.dataset.trouble;
      this.save.disabled = true;
    }
  }

  /** The part of the picture behind the frame, in its own pixels. */
  get part() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    const ratio = Number(this.dialog.querySelector("[name=ratio]:checked").value) || width / height;
    const zoom = Number(this.zoom.value);
    const w = Math.min(width, height * ratio) / zoom;
    const h = w / ratio;
    const within = (centre, size, whole) => Math.min(Math.max(centre * whole - size / 2, 0), whole - size);
    return { x: within(this.centre.x, w, width), y: within(this.centre.y, h, height), w, h };
  }

  draw() {
    if (!this.image) return;
    const { x, y, w, h } = this.part;
    const { naturalWidth, naturalHeight } = this.image;
    // What the edges of the picture did not let through is not owed later.
    this.centre = { x: (x + w / 2) / naturalWidth, y: (y + h / 2) / naturalHeight };
    const scale = DRAWN / Math.max(w, h);
    this.canvas.width = Math.max(1, Math.round(w * scale));
    this.canvas.height = Math.max(1, Math.round(h * scale));
    this.canvas.getContext("2d").drawImage(this.image, x, y, w, h, 0, 0, this.canvas.width, this.canvas.height);
    const out = this.out;
    this.told.textContent = `${out.width} × ${out.height}`;
  }

  /** The new picture's pixels. */
  get out() {
    const { w, h } = this.part;
    const most = Number(this.size.value) || Infinity;
    const scale = Math.min(1, most / Math.max(w, h));
    return { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) };
  }

  move(x, y) {
    this.centre = { x: this.centre.x + x, y: this.centre.y + y };
    this.draw();
  }

  pressed(event) {
    const steps = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    if (!steps[event.key] || !this.image) return;
    event.preventDefault();
    this.move(...steps[event.key]);
  }

  drag(event) {
    if (!this.image) return;
    event.preventDefault();
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    let [x, y] = [event.clientX, event.clientY];
    const moved = (next) => {
      const { w, h } = this.part;
      const box = this.canvas.getBoundingClientRect();
      const along = (pixels, side, own, whole) => (-pixels * own) / side / whole;
      this.move(along(next.clientX - x, box.width, w, this.image.naturalWidth), along(next.clientY - y, box.height, h, this.image.naturalHeight));
      [x, y] = [next.clientX, next.clientY];
    };
    this.canvas.addEventListener("pointermove", moved);
    this.canvas.addEventListener("lostpointercapture", () => this.canvas.removeEventListener("pointermove", moved), { once: true });
  }

  async keep() {
    const { x, y, w, h } = this.part;
    const canvas = Object.assign(document.createElement("canvas"), this.out);
    canvas.getContext("2d").drawImage(this.image, x, y, w, h, 0, 0, canvas.width, canvas.height);
    const kind = this.source.endsWith(".png") || this.source.endsWith(".webp") ? "image/png" : "image/jpeg";
    this.save.disabled = true;
    const progress = this.dialog.querySelector("progress");
    progress.hidden = false;
    try {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, kind, QUALITY));
      const file = new File([blob], `${this.dialog.dataset.name}.${kind === "image/png" ? "png" : "jpg"}`, { type: kind });
      this.upload = send(file, (share) => { progress.value = Math.round(share * 100); });
      this.done(await this.upload.done);
      this.dialog.close();
    } catch (error) {
      if (error.kind !== "cancelled") this.told.textContent = error.message || this.dialog.dataset.trouble;
      this.save.disabled = false;
      progress.hidden = true;
    }
  }
}

function load(source) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", () => reject(new Error("no picture")));
    image.src = source;
  });
}
