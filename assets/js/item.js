// A file's page: the point that stays in sight is set on the picture, a film's cover is taken from the film, and a cut picture
// takes the place of the whole one.
import { start as startCrop } from "./crop.js";
import { send } from "./upload.js";

const STEP = 2;
const QUALITY = 0.92;

export function start(item) {
  startCrop(item, (_, medium) => {
    const form = item.querySelector("[data-replace-form]");
    form.elements.by.value = medium.id;
    form.requestSubmit();
  });
  const stage = item.querySelector("[data-focus-stage]");
  if (stage) startFocus(item, stage);
  const film = item.querySelector("[data-film]");
  if (film) startCover(item, film);
}

function startFocus(item, stage) {
  const fields = item.querySelector("[data-focus-fields]");
  const on = fields.querySelector("[data-focus-on]");
  const [across, down] = ["focus_x", "focus_y"].map((name) => fields.querySelector(`[name=${name}]`));
  const mark = stage.querySelector(".focus-mark");
  const show = () => {
    const at = on.checked ? [across.value, down.value] : [50, 50];
    mark.hidden = !on.checked;
    mark.style.setProperty("--focus-x", `${at[0]}%`);
    mark.style.setProperty("--focus-y", `${at[1]}%`);
    for (const image of fields.querySelectorAll("[data-focus-try]")) image.style.objectPosition = `${at[0]}% ${at[1]}%`;
  };
  const set = (x, y) => {
    [across.value, down.value] = [x, y];
    on.checked = true;
    show();
  };
  stage.tabIndex = 0;
  stage.setAttribute("role", "img");
  stage.setAttribute("aria-label", `${stage.querySelector("img").alt} ${stage.dataset.label}`.trim());
  stage.addEventListener("click", (event) => {
    const box = stage.querySelector("img").getBoundingClientRect();
    set(Math.round(((event.clientX - box.left) / box.width) * 100), Math.round(((event.clientY - box.top) / box.height) * 100));
  });
  stage.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!move) return;
    event.preventDefault();
    set(Number(across.value) + move[0], Number(down.value) + move[1]);
  });
  fields.addEventListener("input", (event) => {
    if (event.target !== on) on.checked = true;
    show();
  });
  show();
}

function startCover(item, film) {
  const form = item.querySelector("[data-cover-form]");
  const button = form.querySelector("[data-take-frame]");
  const progress = form.querySelector("progress");
  const trouble = form.querySelector("[data-cover-trouble]");
  button.addEventListener("click", async () => {
    film.pause();
    trouble.textContent = "";
    button.disabled = true;
    progress.hidden = false;
    try {
      const picture = await frame(film);
      const medium = await send(picture, (share) => { progress.value = Math.round(share * 100); }).done;
      form.querySelector("[data-cover-id]").value = medium.id;
      form.requestSubmit();
    } catch (error) {
      trouble.textContent = error.message || item.dataset.trouble;
      button.disabled = false;
      progress.hidden = true;
    }
  });
}

/** What the film shows now, as a file. */
async function frame(film) {
  if (film.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await shown(film);
  const canvas = Object.assign(document.createElement("canvas"), { width: film.videoWidth, height: film.videoHeight });
  canvas.getContext("2d").drawImage(film, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (!blob) throw new Error("");
  return new File([blob], "cover.jpg", { type: "image/jpeg" });
}

function shown(film) {
  return new Promise((resolve, reject) => {
    film.addEventListener("loadeddata", resolve, { once: true });
    film.addEventListener("error", () => reject(new Error("")), { once: true });
    film.preload = "auto";
    film.load();
  });
}
