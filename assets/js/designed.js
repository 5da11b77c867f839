// Opens the designer in a window of its own; what is made there comes into the part of the post, or in the place of the picture, from
// which it was opened. The window's name says which one it is, because several can be open.

/** `insert(part, medium)` adds a picture, `replace(shot, medium)` puts it in the place of another. */
export function start(form, insert, replace) {
  const waiting = new Map();
  const channel = new BroadcastChannel("rostrum:designed");
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-design]");
    if (!button) return;
    event.preventDefault();
    const shot = button.closest("[data-media]");
    const name = `designer-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    waiting.set(name, { part: button.closest("[data-part]"), shot });
    window.open(`/media/design?to=composer${shot ? `&from=${encodeURIComponent(shot.dataset.media)}` : ""}`, name);
  });
  channel.addEventListener("message", ({ data }) => {
    const place = waiting.get(data.window);
    if (!place?.part.isConnected) return;
    waiting.delete(data.window);
    if (place.shot?.isConnected) replace(place.shot, data.medium);
    else insert(place.part, data.medium);
    channel.postMessage({ taken: data.window });
  });
}
