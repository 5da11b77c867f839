// The media page: files are sent as soon as they are chosen or dropped; the page is shown again when all have arrived.
import { onFiles, sendVisibly } from "./upload.js";

export function start(form) {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-uploads]");
  const template = form.querySelector("[data-upload-template]");
  const take = async (files) => {
    const media = await Promise.all(files.map((file) => sendVisibly(file, list, template)));
    if (media.some(Boolean) && list.childElementCount === 0) location.reload();
  };
  onFiles(form, take);
  const takeChosen = () => {
    const files = [...input.files];
    input.value = "";
    take(files);
  };
  input.addEventListener("change", takeChosen);
  if (input.files.length > 0) takeChosen();
}
