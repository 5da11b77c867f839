// Sends one file to POST /media, with progress and a way to stop.

export class UploadError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** Returns `{done, cancel}`; `done` resolves to `{id, name, url, mime, width, height, alt}` and rejects with an UploadError. */
export function send(file, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/media");
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", document.querySelector("meta[name=csrf]").content);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const answer = request.response;
      if (request.status === 201 && answer?.id) resolve(answer);
      else reject(new UploadError(request.status === 413 ? "tooLarge" : "failed", answer?.errors?.[0]?.detail ?? answer?.detail ?? ""));
    });
    request.addEventListener("error", () => reject(new UploadError("offline", "")));
    request.addEventListener("abort", () => reject(new UploadError("cancelled", "")));
    const form = new FormData();
    form.append("file", file, file.name || "pasted-image.png");
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}

/** The same, drawn as a line in `list` cloned from `template`. Resolves to the medium, or null when it did not arrive. */
export async function sendVisibly(file, list, template) {
  const line = template.content.firstElementChild.cloneNode(true);
  const progress = line.querySelector("progress");
  line.querySelector(".name").textContent = file.name;
  list.append(line);
  const upload = send(file, (share) => { progress.value = Math.round(share * 100); });
  line.querySelector("[data-cancel]").addEventListener("click", () => {
    upload.cancel();
    line.remove();
  });
  try {
    const medium = await upload.done;
    line.remove();
    return medium;
  } catch (error) {
    progress.remove();
    line.classList.add("failed");
    line.querySelector(".error").textContent = error.message || line.dataset[error.kind] || line.dataset.failed;
    return null;
  }
}

export function acceptable(file) {
  return /^(image\/(jpeg|png|gif|webp)|video\/mp4)$/.test(file.type);
}

/** Calls `take(files)` for files dropped on `element` or pasted inside it. */
export function onFiles(element, take) {
  let depth = 0;
  const mark = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    element.classList.toggle("dropping", depth > 0);
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  element.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
  element.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
  element.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  element.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(0);
    take([...event.dataTransfer.files].filter(acceptable), event);
  });
  element.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter(acceptable);
    if (files.length === 0) return;
    event.preventDefault();
    take(files, event);
  });
}
