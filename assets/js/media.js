// The media page: files are sent as soon as they are chosen, dropped anywhere or pasted; the page is shown again when all have arrived.
import { onFiles, sendVisibly } from "./upload.js";

export function start(form) {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-uploads]");
  const template = form.querySelector("[data-upload-template]");
  const take = async (files) => {
    if (files.length === 0) return;
    list.scrollIntoView({ block: "nearest" });
    const media = await Promise.all(files.map((file) => sendVisibly(file, list, template)));
    if (media.some(Boolean) && list.childElementCount === 0) location.reload();
  };
  onFiles(document.body, take);
  const takeChosen = () => {
    const files = [...input.files];
    input.value = "";
    take(files);
  };
  input.addEventListener("change", takeChosen);
  if (input.files.length > 0) takeChosen();
}
