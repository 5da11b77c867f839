// What can stand on the designer's canvas: how it is made, and what of it can change. A thing is made anew from its kind, what it is
// drawn from and its looks, so that it can be doubled; its looks are read and put back, so that a change can be undone.
import { Ellipse, FabricImage, Path, Rect, Textbox, filters } from "../vendor/fabric/fabric.js";

const LOOKS = [
  "left", "top", "width", "scaleX", "scaleY", "angle", "flipX", "flipY", "opacity", "fill", "stroke", "strokeWidth",
  "text", "fontFamily", "fontSize", "fontWeight", "fontStyle", "textAlign", "direction",
];
const LINE = { fill: null, strokeUniform: true, strokeLineCap: "round", strokeLineJoin: "round" };
const MAKERS = {
  text: (_, looks) => new Textbox(looks.text, { paintFirst: "stroke", strokeLineJoin: "round", ...looks }),
  rectangle: (source, looks) => new Rect({ strokeUniform: true, height: source, ...looks }),
  ellipse: (source, looks) => new Ellipse({ strokeUniform: true, rx: looks.width / 2, ry: source / 2, ...looks }),
  line: (source, looks) => new Path(source, { ...LINE, padding: 10, ...looks }),
  arrow: (source, looks) => new Path(source, { ...LINE, ...looks }),
  drawing: (source, looks) => new Path(source, { ...LINE, ...looks }),
  picture: (source, looks) => new FabricImage(source, looks),
};
/** Handles that make no sense: a line has no height, letters and arrowheads are not stretched. */
const WITHOUT = {
  text: ["mt", "mb"],
  line: ["tl", "tr", "bl", "br", "mt", "mb"],
  arrow: ["ml", "mr", "mt", "mb"],
};
const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}]/u;
let made = 0;

/** `source`: a canvas of pixels, a path, or the height of a shape. */
export function make(kind, source, looks, tuning = {}) {
  const thing = adopt(MAKERS[kind](source, looks), kind, source);
  if (kind === "text") direct(thing);
  if (kind === "picture") tune(thing, tuning);
  return thing;
}

/** Also for what the pen of the library has made. */
export function adopt(thing, kind, source) {
  made += 1;
  Object.assign(thing, { id: made, kind, source, tuning: {} });
  // Drawn once for the screen, a thing would be blurred in the picture that is kept.
  thing.set({ objectCaching: false, transparentCorners: false, cornerStyle: "circle", cornerSize: 11, touchCornerSize: 30, borderScaleFactor: 1.5 });
  thing.setControlsVisibility(Object.fromEntries((WITHOUT[kind] ?? []).map((handle) => [handle, false])));
  return thing;
}

export function describe(thing) {
  return { thing, looks: Object.fromEntries(LOOKS.filter((name) => thing[name] !== undefined).map((name) => [name, thing[name]])), tuning: { ...thing.tuning } };
}

/** Puts back what `describe` said, and returns the thing. */
export function restore({ thing, looks, tuning }) {
  thing.set(looks);
  if (thing.kind === "text") thing.initDimensions();
  if (thing.kind === "picture" && JSON.stringify(tuning) !== JSON.stringify(thing.tuning)) tune(thing, { ...tuning });
  thing.setCoords();
  return thing;
}

export function twin(thing, apart) {
  const { looks, tuning } = describe(thing);
  return make(thing.kind, thing.source, { ...looks, left: looks.left + apart, top: looks.top + apart }, tuning);
}

/** Light and colours of a picture, each from -100 to 100. */
export function tune(thing, tuning) {
  const { brightness = 0, contrast = 0, saturation = 0, grey = false, sepia = false } = tuning;
  thing.tuning = tuning;
  thing.filters = [
    brightness && new filters.Brightness({ brightness: brightness / 200 }),
    contrast && new filters.Contrast({ contrast: contrast / 200 }),
    saturation && new filters.Saturation({ saturation: saturation / 100 }),
    grey && new filters.Grayscale(),
    sepia && new filters.Sepia(),
  ].filter(Boolean);
  thing.applyFilters();
}

/** A text begins on the side on which its first letter does. */
export function direct(thing) {
  thing.set("direction", RIGHT_TO_LEFT.test(thing.text) ? "rtl" : "ltr");
  thing.initDimensions();
}

/** A text that was pulled larger has larger letters: the field beside it says how large they are. */
export function settle(thing) {
  if (thing.kind !== "text" || thing.scaleX === 1) return;
  thing.set({ fontSize: Math.round(thing.fontSize * thing.scaleX), width: thing.width * thing.scaleX, scaleX: 1, scaleY: 1 });
  thing.initDimensions();
  thing.setCoords();
}
