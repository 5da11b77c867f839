// The things on the designer's canvas as a list, from the front to the back: how one gets to them without a pointer.

export class Layers {
  constructor(list, board) {
    Object.assign(this, { list, board });
    this.template = list.parentElement.querySelector("template");
    this.none = list.parentElement.querySelector("[data-layers-none]");
    list.addEventListener("click", ({ target }) => {
      const line = target.closest("[data-layer]");
      if (!line) return;
      board.draw(false);
      board.choose(board.things.find((thing) => String(thing.id) === line.dataset.layer));
    });
  }

  show() {
    const { board, list } = this;
    const focused = document.activeElement?.closest("[data-layer]")?.dataset.layer;
    const things = [...board.things].reverse();
    list.replaceChildren(...things.map((thing) => this.line(thing)));
    this.none.hidden = things.length > 0;
    if (focused) list.querySelector(`[data-layer="${focused}"]`)?.focus();
  }

  line(thing) {
    const line = this.template.content.firstElementChild.cloneNode(true);
    const button = line.querySelector("button");
    button.dataset.layer = thing.id;
    button.setAttribute("aria-pressed", String(thing === this.board.chosen));
    const words = this.list.dataset[thing.kind];
    button.querySelector("span").textContent = thing.kind === "text" ? thing.text.replace(/\s+/g, " ") : words;
    for (const icon of button.querySelectorAll("[data-icon]")) if (icon.dataset.icon !== thing.kind) icon.remove();
    return line;
  }
}
