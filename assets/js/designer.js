// The editor is fetched only here. What it gives becomes a new file of the library, and goes into the post that waits for it, if one does.
import { sendVisibly } from "./upload.js";

const QUALITY = 0.92;
/** The composer listens here: see picker.js. */
const CHANNEL = "rostrum:designed";

/** What the editor calls its colours, by ours. */
const COLOURS = {
  "--ink": ["txt-primary", "icons-primary", "icon-primary", "icons-primary-hover", "btn-secondary-text", "link-primary", "link-stateless", "borders-primary-hover"],
  "--ink-soft": ["txt-secondary", "icons-secondary", "icons-secondary-hover", "icons-muted", "link-hover"],
  "--ink-faint": ["txt-placeholder", "icons-placeholder", "btn-disabled-text"],
  "--accent": ["accent-primary", "accent-stateless", "accent-primary-active", "accent-primary-hover", "borders-strong", "link-active", "link-pressed", "active-secondary"],
  "--surface": ["bg-primary", "bg-stateless", "bg-base-light", "bg-primary-stateless", "icons-invert", "borders-invert", "btn-primary-text", "txt-secondary-invert"],
  "--sunken": ["bg-secondary", "bg-grey", "bg-base-medium"],
  "--hover": ["bg-hover", "bg-primary-hover", "bg-primary-light", "bg-active", "active-secondary-hover"],
  "--accent-soft": ["bg-primary-active", "accent-primary-disabled", "accent-secondary-disabled"],
  "--line": ["borders-primary", "borders-secondary", "borders-item", "borders-disabled", "borders-base-light", "borders-base-medium", "border-primary-stateless"],
  "--edge": ["borders-button"],
  "--broken": ["txt-error", "error", "error-hover", "error-active", "borders-red"],
  "--look": ["txt-warning", "warning", "warning-hover", "warning-active"],
};
let unsaved = false;

export async function start(place) {
  window.addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
  const { dataset } = place;
  const told = document.querySelector("[data-designer-told]");
  // Its style sheets are made by script; the page allows those that carry this.
  globalThis.__webpack_nonce__ = dataset.nonce;
  try {
    const { open } = await import(dataset.library);
    open(place, {
      source: dataset.source || blank(Number(dataset.width), Number(dataset.height)),
      translations: JSON.parse(dataset.words),
      blank: !dataset.source,
      palette: palette(),
      text: dataset.text,
      name: dataset.name.replace(/\.[^.]+$/, ""),
      type: { "image/jpeg": "jpeg", "image/webp": "webp" }[dataset.mime] ?? "png",
      quality: QUALITY,
      save: (canvas) => keep(canvas, dataset, told),
      changed: () => { unsaved = true; },
    });
  } catch {
    told.textContent = dataset.failed;
  }
}

/** Our colours as numbers: the editor reckons with them. */
function palette() {
  const dot = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("span"));
  const own = {};
  for (const [token, names] of Object.entries(COLOURS)) {
    probe.style.color = `var(${token})`;
    dot.fillStyle = getComputedStyle(probe).color;
    dot.fillRect(0, 0, 1, 1);
    const colour = `#${[...dot.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    for (const name of names) own[name] = colour;
  }
  probe.remove();
  return own;
}

function blank(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  return canvas.toDataURL("image/png");
}

async function keep(canvas, dataset, told) {
  const type = dataset.mime;
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
  if (!blob) {
    told.textContent = dataset.failed;
    return;
  }
  const file = new File([blob], dataset.name, { type });
  const medium = await sendVisibly(file, document.querySelector("[data-designer-uploads]"), document.querySelector("[data-upload-template]"));
  if (!medium) return;
  unsaved = false;
  if (dataset.to !== "composer") {
    location.href = `/media/${medium.id}`;
    return;
  }
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(medium);
  channel.close();
  told.textContent = dataset.sent;
  window.close();
}
