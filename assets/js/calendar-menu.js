// What can be done with a card, beside it while the mouse or the keyboard is there.
export function listen(board) {
  const menu = new Menu(board);
  const { root } = board;
  root.addEventListener("pointerover", (event) => event.pointerType === "mouse" && menu.show(event.target.closest("[data-card]")));
  root.addEventListener("pointerleave", () => menu.leave());
  root.addEventListener("focusin", (event) => menu.show(event.target.closest("[data-card]")));
  root.addEventListener("focusout", (event) => !root.contains(event.relatedTarget) && menu.leave());
  root.addEventListener("click", (event) => menu.act(event));
}

class Menu {
  constructor(board) {
    this.board = board;
    this.element = document.querySelector("[data-card-menu]").content.firstElementChild.cloneNode(true);
    this.dialog = document.querySelector("[data-move-dialog]");
    this.dialog.addEventListener("close", () => this.moved());
    this.dialog.querySelector("[data-close]").addEventListener("click", () => this.dialog.close());
  }

  show(card) {
    if (!card) return this.leave();
    if (this.element.parentElement === card || this.board.held || this.holdsFocus(card)) return;
    const post = card.dataset.card;
    const act = (name) => this.element.querySelector(`[data-act=${name}]`);
    act("edit").href = `/posts/${post}/edit`;
    act("edit").hidden = !card.hasAttribute("data-movable");
    act("duplicate").href = `/posts/new?from=${post}`;
    act("move").hidden = !card.hasAttribute("data-movable");
    // Of a series one is taken away on its page, where it is asked which.
    act("delete").hidden = card.hasAttribute("data-series");
    card.append(this.element);
  }

  /** The keyboard is in it: a mouse that passes by does not take it away. */
  holdsFocus(card) {
    return this.element.contains(document.activeElement) && !card.contains(document.activeElement);
  }

  leave() {
    if (!this.element.contains(document.activeElement) && !this.element.parentElement?.contains(document.activeElement)) this.element.remove();
  }

  act(event) {
    const button = event.target.closest("button[data-act]");
    const card = button?.closest("[data-card]");
    if (!card) return;
    event.preventDefault();
    if (button.dataset.act === "link") this.copy(card);
    else if (button.dataset.act === "move") this.ask(card);
    else if (button.dataset.act === "delete") this.board.remove(card);
  }

  async copy(card) {
    const link = new URL(`/posts/${card.dataset.card}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      this.board.toasts.show(this.board.words.copied);
    } catch {
      // Over plain http the clipboard is closed: here is the link itself.
      this.board.toasts.show(link);
    }
  }

  ask(card) {
    this.card = card;
    const form = this.dialog.querySelector("form");
    const { date } = this.board.place(this.board.cell(card));
    form.elements.date.value = date === "list" ? card.closest("section").getAttribute("aria-labelledby").slice(4) : date;
    form.elements.time.value = card.dataset.time;
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  moved() {
    const { card } = this;
    this.card = null;
    if (this.dialog.returnValue !== "move" || !card) return;
    const { date, time } = this.dialog.querySelector("form").elements;
    this.board.move(card, date.value, time.value);
  }
}
