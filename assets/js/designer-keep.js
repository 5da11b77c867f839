// Makes a file of a design, brings it into the library, and goes on to where the designer was opened from.
import { sendVisibly } from "./upload.js";

const QUALITIES = [0.92, 0.85, 0.75, 0.6];
const ENDINGS = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };
/** How long another window may take to say that it has the picture. */
const PATIENCE = 1500;

export class Keeper {
  constructor(place, board, history) {
    Object.assign(this, { place, board, history });
    const find = (name) => place.querySelector(`[data-designer-${name}]`);
    Object.assign(this, { button: find("save"), told: find("told"), type: find("type"), uploads: find("uploads") });
    this.button.addEventListener("click", () => this.save());
    window.addEventListener("beforeunload", (event) => { if (!history.isSaved || this.isBusy) event.preventDefault(); });
  }

  async save() {
    if (this.isBusy) return;
    // What was typed and not yet left belongs to it.
    this.board.tell("changed");
    this.busy(true);
    const medium = await this.send();
    this.busy(false);
    if (!medium) return;
    this.history.save();
    const { dataset } = this.place;
    if (dataset.to === "composer" && await handOver(medium)) {
      this.told.textContent = dataset.sent;
      window.close();
    } else location.href = `/media/${medium.id}`;
  }

  busy(on) {
    this.isBusy = on;
    this.button.disabled = on;
    this.told.textContent = on ? this.place.dataset.saving : "";
    if (on) this.uploads.replaceChildren();
  }

  async send() {
    const { dataset } = this.place;
    const blob = await this.blob();
    if (blob && blob.size <= Number(dataset.limit)) {
      const file = new File([blob], `${dataset.name}.${ENDINGS[blob.type]}`, { type: blob.type });
      return sendVisibly(file, this.uploads, document.querySelector("[data-upload-template]"));
    }
    const line = this.place.querySelector("[data-designer-trouble]").content.firstElementChild.cloneNode(true);
    line.querySelector("span").textContent = blob ? dataset.tooLarge : dataset.failed;
    this.uploads.replaceChildren(line);
    return null;
  }

  /** As good as goes into what the library takes; a browser that cannot write WebP writes PNG. */
  async blob() {
    const type = this.type.value;
    const canvas = this.board.picture(type === "image/jpeg");
    let blob = null;
    for (const quality of QUALITIES) {
      blob = await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
      if (!blob || blob.type === "image/png" || blob.size <= Number(this.place.dataset.limit)) break;
    }
    return blob;
  }
}

/** To the composer that opened this window (designed.js). Resolves to whether it took it. */
function handOver(medium) {
  const channel = new BroadcastChannel("rostrum:designed");
  return new Promise((resolve) => {
    const end = (taken) => {
      clearTimeout(timer);
      channel.close();
      resolve(taken);
    };
    const timer = setTimeout(() => end(false), PATIENCE);
    channel.addEventListener("message", ({ data }) => { if (data.taken === window.name) end(true); });
    channel.postMessage({ window: window.name, medium });
  });
}
