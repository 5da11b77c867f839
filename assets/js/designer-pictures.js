// Pictures of the library and of this computer, as pixels that can stand on a canvas.

/** The longest side that is worked with; larger pictures are made smaller. */
export const MOST = 4096;

export function fromAddress(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(pixels(image, image.naturalWidth, image.naturalHeight)));
    image.addEventListener("error", () => reject(new Error("no picture")));
    [image.src] = address.split("#");
  });
}

export async function fromFile(file) {
  const image = await createImageBitmap(file);
  const canvas = pixels(image, image.width, image.height);
  image.close();
  return canvas;
}

function pixels(image, wide, tall) {
  const scale = Math.min(1, MOST / Math.max(wide, tall));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(wide * scale)), height: Math.max(1, Math.round(tall * scale)) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
