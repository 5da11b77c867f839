// The canvas of the designer: its size and colour, the things on it and which one is chosen. What is kept is drawn from here in its
// full size; what the screen shows is a view of it. Tells `changed` after each whole change, `chosen`, and `moving` on the way.
import { Canvas, Canvas2dFilterBackend, PencilBrush, Rect, setFilterBackend } from "../vendor/fabric/fabric.js";
import { adopt, describe, direct, make, restore, settle, twin } from "./designer-things.js";

const MARGIN = 26;
/** Pixels of the screen within which something jumps to the middle. */
const NEAR = 6;
const CHECK = 8;
const PEN = { stroke: "#1c2333", width: 0.012 };

export class Board extends EventTarget {
  constructor(stage, { width, height, paint }) {
    super();
    setFilterBackend(new Canvas2dFilterBackend());
    Object.assign(this, { stage, width, height, paint, guides: [] });
    this.canvas = new Canvas(stage.querySelector("canvas"), { selection: false, preserveObjectStacking: true, controlsAboveOverlay: true, skipOffscreen: false });
    this.edge = new Rect({ strokeWidth: 0 });
    this.canvas.clipPath = this.edge;
    this.pen = { kind: "pen", stroke: PEN.stroke, strokeWidth: Math.round(this.unit * PEN.width), set: (name, value) => { this.pen[name] = value; this.sharpen(); } };
    this.listen();
    this.measure();
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  /** What sizes are reckoned by. */
  get unit() { return Math.min(this.width, this.height); }
  get things() { return this.canvas.getObjects(); }
  get chosen() { return this.canvas.getActiveObject() ?? null; }
  get isDrawing() { return this.canvas.isDrawingMode; }
  get isWriting() { return this.chosen?.isEditing === true; }

  listen() {
    const { canvas } = this;
    const chosen = () => this.tell("chosen");
    for (const name of ["created", "updated", "cleared"]) canvas.on(`selection:${name}`, chosen);
    canvas.on("object:modified", ({ target }) => this.finish(target));
    canvas.on("object:moving", ({ target }) => this.snap(target));
    for (const name of ["object:scaling", "object:rotating", "object:resizing"]) canvas.on(name, () => this.tell("moving"));
    canvas.on("text:changed", ({ target }) => { direct(target); this.tell("moving"); });
    canvas.on("text:editing:entered", ({ target }) => target.hiddenTextarea.setAttribute("aria-label", this.stage.dataset.writing));
    canvas.on("text:editing:exited", ({ target }) => this.written(target));
    canvas.on("path:created", ({ path }) => { this.dress(adopt(path, "drawing", path.path)); this.tell("changed"); });
    // Who goes to another field is done with writing.
    document.addEventListener("focusin", ({ target }) => { if (this.isWriting && target !== this.chosen.hiddenTextarea) this.chosen.exitEditing(); });
    canvas.on("mouse:down", () => { if (!this.isWriting) this.stage.focus({ preventScroll: true }); });
    canvas.on("mouse:up", () => { this.guides = []; canvas.requestRenderAll(); });
    canvas.on("before:render", ({ ctx }) => this.checker(ctx));
    canvas.on("after:render", ({ ctx }) => this.drawGuides(ctx));
  }

  tell(name) { this.dispatchEvent(new Event(name)); }

  finish(thing) {
    settle(thing);
    this.guides = [];
    this.tell("changed");
  }

  /** A text without words is none; the keys go on on the canvas, unless they went elsewhere. */
  written(text) {
    if (text.text.trim() === "") this.remove(text);
    if (document.activeElement === document.body) this.stage.focus({ preventScroll: true });
  }

  write(text) {
    text.enterEditing();
    text.selectAll();
  }

  /** The size, the colour and the handles as they are now. */
  measure() {
    const { width, height, edge, canvas } = this;
    edge.set({ width, height, left: width / 2, top: height / 2, dirty: true });
    canvas.backgroundColor = this.paint;
    this.fit();
  }

  fit() {
    const { clientWidth: wide, clientHeight: tall } = this.stage;
    if (wide === 0) return;
    this.canvas.setDimensions({ width: wide, height: tall });
    const zoom = Math.max(Math.min((wide - 2 * MARGIN) / this.width, (tall - 2 * MARGIN) / this.height, 2), 0.01);
    this.canvas.setViewportTransform([zoom, 0, 0, zoom, (wide - this.width * zoom) / 2, (tall - this.height * zoom) / 2]);
    this.accent = getComputedStyle(this.stage).getPropertyValue("outline-color");
    this.things.forEach((thing) => this.dress(thing));
    this.canvas.requestRenderAll();
  }

  dress(thing) {
    thing.set({ borderColor: this.accent, cornerStrokeColor: this.accent, cornerColor: "#ffffff" });
    thing.setCoords();
    return thing;
  }

  /** Under what lets through: squares, as everywhere. */
  checker(ctx) {
    if (this.paint !== "") return;
    const [zoom, , , , left, top] = this.canvas.viewportTransform;
    const [wide, tall] = [this.width * zoom, this.height * zoom];
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, wide, tall);
    ctx.clip();
    for (let y = 0; y < tall; y += CHECK) {
      for (let x = 0; x < wide; x += CHECK) {
        ctx.fillStyle = (x + y) % (2 * CHECK) ? "#d9d9d9" : "#ffffff";
        ctx.fillRect(left + x, top + y, CHECK, CHECK);
      }
    }
    ctx.restore();
  }

  drawGuides(ctx) {
    if (this.guides.length === 0) return;
    const [zoom, , , , left, top] = this.canvas.viewportTransform;
    ctx.save();
    ctx.strokeStyle = this.accent;
    ctx.beginPath();
    if (this.guides.includes("x")) { ctx.moveTo(left + (this.width * zoom) / 2, top); ctx.lineTo(left + (this.width * zoom) / 2, top + this.height * zoom); }
    if (this.guides.includes("y")) { ctx.moveTo(left, top + (this.height * zoom) / 2); ctx.lineTo(left + this.width * zoom, top + (this.height * zoom) / 2); }
    ctx.stroke();
    ctx.restore();
  }

  /** What comes near the middle of the canvas jumps to it. */
  snap(thing) {
    const near = NEAR / this.canvas.getZoom();
    this.guides = [];
    if (Math.abs(thing.left - this.width / 2) < near) { thing.set("left", this.width / 2); this.guides.push("x"); }
    if (Math.abs(thing.top - this.height / 2) < near) { thing.set("top", this.height / 2); this.guides.push("y"); }
    this.tell("moving");
  }

  add(kind, source, looks) {
    const thing = this.dress(make(kind, source, { ...this.room(), ...looks }));
    this.draw(false);
    this.canvas.add(thing);
    this.choose(thing);
    this.tell("changed");
    return thing;
  }

  /** The middle, or beside what was put there before. */
  room() {
    const [step, place] = [this.unit * 0.05, { left: this.width / 2, top: this.height / 2 }];
    const taken = () => this.things.some((thing) => Math.abs(thing.left - place.left) < 1 && Math.abs(thing.top - place.top) < 1 && !this.covers(thing));
    for (let n = 0; n < 8 && taken(); n += 1) Object.assign(place, { left: place.left + step, top: place.top + step });
    return place;
  }

  /** A picture that is larger than the canvas is made to fit into it. */
  addPicture(source) {
    const scale = Math.min(1, (this.width * 0.7) / source.width, (this.height * 0.7) / source.height);
    return this.add("picture", source, { scaleX: scale, scaleY: scale });
  }

  choose(thing) {
    if (thing) this.canvas.setActiveObject(thing);
    else this.canvas.discardActiveObject();
    this.canvas.requestRenderAll();
  }

  draw(on) {
    if (on) this.choose(null);
    this.canvas.isDrawingMode = on;
    if (on) this.sharpen();
    this.tell("chosen");
  }

  sharpen() {
    this.canvas.freeDrawingBrush ??= new PencilBrush(this.canvas);
    this.canvas.freeDrawingBrush.color = this.pen.stroke;
    this.canvas.freeDrawingBrush.width = this.pen.strokeWidth;
  }

  /** `change(thing)`, seen at once; `tell("changed")` comes when it is whole. */
  alter(thing, change) {
    change(thing);
    thing.setCoords?.();
    this.canvas.requestRenderAll();
  }

  move(x, y) {
    this.alter(this.chosen, (thing) => thing.set({ left: thing.left + x, top: thing.top + y }));
    this.tell("changed");
  }

  remove(thing) {
    this.canvas.remove(thing);
    this.choose(null);
    this.tell("changed");
  }

  double(thing) {
    const copy = this.dress(twin(thing, this.unit * 0.04));
    this.canvas.add(copy);
    this.choose(copy);
    this.tell("changed");
  }

  /** To the front or the back by one. */
  order(thing, forward) {
    if (forward) this.canvas.bringObjectForward(thing);
    else this.canvas.sendObjectBackwards(thing);
    this.canvas.requestRenderAll();
    this.tell("changed");
  }

  /** A picture fills the canvas: what does not fit is cut off. */
  cover(thing) {
    const turned = Math.abs(thing.angle % 180) === 90;
    const [wide, tall] = turned ? [thing.height, thing.width] : [thing.width, thing.height];
    const scale = Math.max(this.width / wide, this.height / tall);
    this.alter(thing, () => thing.set({ left: this.width / 2, top: this.height / 2, scaleX: scale, scaleY: scale, angle: turned ? thing.angle : 0 }));
  }

  /** Another size: the picture at the bottom goes on filling it, everything else stays as far from the middle as it was. */
  resize(width, height) {
    const [x, y] = [(width - this.width) / 2, (height - this.height) / 2];
    const ground = this.things[0]?.kind === "picture" && this.covers(this.things[0]) ? this.things[0] : null;
    Object.assign(this, { width, height });
    for (const thing of this.things) {
      if (thing === ground) this.cover(thing);
      else thing.set({ left: thing.left + x, top: thing.top + y });
    }
    this.measure();
    this.tell("changed");
  }

  covers(thing) {
    const { left, top, width, height } = thing.getBoundingRect();
    return left < 1 && top < 1 && left + width > this.width - 1 && top + height > this.height - 1;
  }

  colour(paint) {
    this.paint = paint;
    this.measure();
  }

  get state() {
    return { width: this.width, height: this.height, paint: this.paint, things: this.things.map(describe) };
  }

  set state({ width, height, paint, things }) {
    if (this.isWriting) this.chosen.exitEditing();
    const { chosen } = this;
    this.choose(null);
    this.canvas.remove(...this.things);
    this.canvas.add(...things.map(restore));
    Object.assign(this, { width, height, paint });
    this.measure();
    // Whoever takes a change back looks at what it was made to.
    if (this.things.includes(chosen)) this.choose(chosen);
  }

  /** The picture as it will be kept, pixel by pixel. */
  picture(opaque) {
    if (this.isWriting) this.chosen.exitEditing();
    const canvas = Object.assign(document.createElement("canvas"), { width: this.width, height: this.height });
    const ctx = canvas.getContext("2d");
    if (this.paint !== "" || opaque) {
      ctx.fillStyle = this.paint || "#ffffff";
      ctx.fillRect(0, 0, this.width, this.height);
    }
    for (const thing of this.things) thing.render(ctx);
    return canvas;
  }
}
