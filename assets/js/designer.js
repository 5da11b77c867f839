// The designer's page: fetches the canvas, and joins tools, fields, keys and list to it. Pages work without any of this but here:
// a picture is drawn in the browser or not at all.
import { MOST, fromAddress, fromFile } from "./designer-pictures.js";
import { start as startPicker } from "./picker.js";
import { onFiles } from "./upload.js";

const INK = "#1c2333";
const FONT = "Inter Variable";

export async function start(place) {
  const told = place.querySelector("[data-designer-told]");
  try {
    await open(place);
  } catch (error) {
    console.warn(error);
    told.textContent = place.dataset.failed;
    place.classList.add("is-broken");
  }
}

async function open(place) {
  const { dataset } = place;
  const [{ Board }, { History }, { Keeper }, { Layers }, { Panel }, keys] = await Promise.all([
    import("./designer-board.js"), import("./designer-history.js"), import("./designer-keep.js"),
    import("./designer-layers.js"), import("./designer-panel.js"), import("./designer-keys.js"), letters(),
  ]);
  const source = dataset.source ? await fromAddress(dataset.source) : null;
  const size = source ?? { width: Number(dataset.width), height: Number(dataset.height) };
  const board = new Board(place.querySelector("[data-stage]"), { width: size.width, height: size.height, paint: source ? "" : "#ffffff" });
  if (source) board.cover(board.add("picture", source));
  board.choose(null);
  const panel = new Panel(place.querySelector("[data-panel]"), board);
  const layers = new Layers(place.querySelector("[data-layers]"), board);
  const tools = new Tools(place, board);
  const history = new History(board, (now) => {
    place.querySelector("[data-undo]").disabled = !now.canUndo;
    place.querySelector("[data-redo]").disabled = !now.canRedo;
  });
  const show = () => {
    for (const part of [panel, layers, tools]) part.show();
  };
  board.addEventListener("changed", () => { history.keep(); show(); });
  board.addEventListener("chosen", show);
  board.addEventListener("moving", () => panel.show());
  const go = (by) => { history.go(by); show(); };
  place.querySelector("[data-undo]").addEventListener("click", () => go(-1));
  place.querySelector("[data-redo]").addEventListener("click", () => go(1));
  const keeper = new Keeper(place, board, history);
  keys.listen(board, { go }, () => keeper.save());
  show();
  place.classList.add("is-open");
}

/** A canvas draws with the letters that are there: those that are still on their way would not be in the picture. */
function letters() {
  return Promise.all(["400", "700"].map((weight) => document.fonts.load(`${weight} 40px "${FONT}"`)));
}

class Tools {
  constructor(place, board) {
    Object.assign(this, { place, board });
    this.told = place.querySelector("[data-designer-told]");
    this.size = place.querySelector("[data-size]");
    [this.width, this.height] = ["width", "height"].map((side) => place.querySelector(`[data-side=${side}]`));
    place.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-tool], [data-act]");
      if (button?.dataset.tool) this.use(button.dataset.tool);
      else if (button && board.chosen) this.act(button.dataset.act);
    });
    this.size.addEventListener("change", () => this.size.value && board.resize(...this.size.value.split("x").map(Number)));
    for (const side of [this.width, this.height]) side.addEventListener("change", () => this.measured());
    const file = place.querySelector("[data-designer-file]");
    file.addEventListener("change", () => {
      this.bring([...file.files].map(fromFile));
      file.value = "";
    });
    onFiles(board.stage, (files) => this.bring(files.filter(({ type }) => type.startsWith("image/")).map(fromFile)));
    board.addEventListener("changed", () => { this.told.textContent = ""; });
    startPicker(place, (_, medium) => this.bring([fromAddress(medium.url)]));
  }

  show() {
    const { board } = this;
    this.place.querySelector("[data-tool=pen]").setAttribute("aria-pressed", String(board.isDrawing));
    const value = `${board.width}x${board.height}`;
    this.size.value = [...this.size.options].some((option) => option.value === value) ? value : "";
    [this.width.value, this.height.value] = [board.width, board.height];
    for (const button of this.place.querySelectorAll("[data-act=front]")) button.disabled = board.things.at(-1) === board.chosen;
    for (const button of this.place.querySelectorAll("[data-act=back]")) button.disabled = board.things[0] === board.chosen;
  }

  use(tool) {
    const { board } = this;
    const u = board.unit;
    const line = { stroke: INK, strokeWidth: Math.max(2, Math.round(u * 0.01)) };
    const round = Math.round;
    const head = u * 0.06;
    const tools = {
      text: () => board.add("text", null, { text: this.place.dataset.text, width: round(u * 0.7), fontFamily: FONT, fontSize: round(u * 0.09), fontWeight: 700, textAlign: "center", fill: INK, stroke: null, strokeWidth: 0 }),
      rectangle: () => board.add("rectangle", round(u * 0.26), { width: round(u * 0.4), fill: "#2f6fed", stroke: null, strokeWidth: 0 }),
      ellipse: () => board.add("ellipse", round(u * 0.34), { width: round(u * 0.34), fill: "#f5b301", stroke: null, strokeWidth: 0 }),
      line: () => board.add("line", `M 0 0 L ${round(u * 0.4)} 0`, line),
      arrow: () => board.add("arrow", `M 0 0 L ${u * 0.4} 0 M ${u * 0.4 - head} ${-head * 0.7} L ${u * 0.4} 0 L ${u * 0.4 - head} ${head * 0.7}`, line),
      pen: () => board.draw(!board.isDrawing),
      file: () => this.place.querySelector("[data-designer-file]").click(),
    };
    const made = tools[tool]();
    if (tool !== "file") board.stage.focus({ preventScroll: true });
    if (tool === "text") board.write(made);
  }

  act(act) {
    const { board } = this;
    const { chosen } = board;
    const acts = {
      front: () => board.order(chosen, true),
      back: () => board.order(chosen, false),
      double: () => board.double(chosen),
      remove: () => { board.remove(chosen); board.stage.focus({ preventScroll: true }); },
      cover: () => { board.cover(chosen); board.tell("changed"); },
      flipX: () => { board.alter(chosen, () => chosen.set("flipX", !chosen.flipX)); board.tell("changed"); },
      flipY: () => { board.alter(chosen, () => chosen.set("flipY", !chosen.flipY)); board.tell("changed"); },
    };
    acts[act]();
  }

  measured() {
    const [width, height] = [this.width, this.height].map((side) => Math.min(Math.max(Math.round(side.valueAsNumber) || Number(side.min), Number(side.min)), MOST));
    this.board.resize(width, height);
  }

  async bring(pictures) {
    const arrived = await Promise.allSettled(pictures);
    for (const { value } of arrived) if (value) this.board.addPicture(value);
    if (arrived.some(({ status }) => status === "rejected")) this.told.textContent = this.place.dataset.unreadable;
  }
}
