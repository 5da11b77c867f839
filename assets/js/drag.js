// Cards follow the mouse, or a finger after a long press, and are dropped on a cell: a day, an hour, a free posting time, a customer.
const SLACK = 5;
const LONG_PRESS = 350;
const EDGE = 56;

export function listen(board) {
  const drag = new Drag(board);
  const { root } = board;
  root.addEventListener("pointerdown", (event) => drag.press(event));
  root.addEventListener("dragstart", (event) => event.target.closest("[data-card]") && event.preventDefault());
  // A page would scroll under the finger: whether it may is asked from the first movement on.
  root.addEventListener("touchmove", (event) => drag.lifted && event.preventDefault(), { passive: false });
  root.addEventListener("contextmenu", (event) => (drag.lifted || drag.touched) && event.preventDefault());
  window.addEventListener("pointermove", (event) => drag.move(event));
  window.addEventListener("pointerup", (event) => drag.release(event));
  window.addEventListener("pointercancel", () => drag.end());
  window.addEventListener("blur", () => drag.end());
  window.addEventListener("keydown", (event) => {
    if (!drag.lifted || event.key !== "Escape") return;
    event.preventDefault();
    drag.end();
    board.say(board.words.putBack);
  });
  // The click that ends a drag opens nothing.
  root.addEventListener("click", (event) => {
    if (!drag.swallow) return;
    drag.swallow = false;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}

class Drag {
  constructor(board) {
    this.board = board;
    this.pressed = null;
    this.lifted = false;
    this.touched = false;
    this.swallow = false;
  }

  press(event) {
    this.swallow = false;
    const card = event.target.closest("[data-movable]");
    if (!card || event.button !== 0 || !event.isPrimary || event.target.closest(".cal-menu") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { left, top } = card.getBoundingClientRect();
    this.pressed = { card, x: event.clientX, y: event.clientY, dx: event.clientX - left, dy: event.clientY - top, pointer: event.pointerId };
    this.touched = event.pointerType === "touch";
    if (this.touched) this.timer = setTimeout(() => this.lift(), LONG_PRESS);
  }

  move(event) {
    if (!this.pressed || event.pointerId !== this.pressed.pointer) return;
    this.point = { x: event.clientX, y: event.clientY };
    if (!this.lifted) {
      const far = Math.hypot(event.clientX - this.pressed.x, event.clientY - this.pressed.y) > SLACK;
      if (!far) return;
      // A finger that moves at once scrolls.
      if (this.touched) return this.end();
      this.lift();
    }
    this.follow();
  }

  lift() {
    const { card, x, y } = this.pressed;
    this.lifted = true;
    this.point ??= { x, y };
    this.board.hold(true);
    const { width } = card.getBoundingClientRect();
    this.ghost = card.cloneNode(true);
    this.ghost.querySelectorAll(".cal-menu").forEach((menu) => menu.remove());
    for (const name of ["card", "movable"]) delete this.ghost.dataset[name];
    this.ghost.classList.add("cal-ghost");
    this.ghost.setAttribute("aria-hidden", "true");
    this.ghost.style.width = `${width}px`;
    document.body.append(this.ghost);
    card.classList.add("is-lifted");
    document.documentElement.classList.add("is-dragging");
    navigator.vibrate?.(10);
    this.follow();
    this.scroll();
  }

  follow() {
    const { dx, dy } = this.pressed;
    this.ghost.style.left = `${this.point.x - dx}px`;
    this.ghost.style.top = `${this.point.y - dy}px`;
    const under = document.elementFromPoint(this.point.x, this.point.y);
    const cell = under?.closest("[data-cell]");
    const open = cell && !cell.hasAttribute("data-closed") && this.board.root.contains(cell) ? cell : null;
    const opening = open && under.closest(".cal-opening");
    this.aim(opening ?? open);
  }

  aim(target) {
    if (target === this.target) return;
    this.target?.classList.remove("is-target");
    this.target = target;
    target?.classList.add("is-target");
  }

  /** Near the edge of the window the page comes along. */
  scroll() {
    if (!this.lifted) return;
    const { y } = this.point;
    const step = y < EDGE ? y - EDGE : y > innerHeight - EDGE ? y - innerHeight + EDGE : 0;
    if (step !== 0) {
      window.scrollBy({ top: step / 4, behavior: "instant" });
      this.follow();
    }
    requestAnimationFrame(() => this.scroll());
  }

  release(event) {
    if (!this.pressed || event.pointerId !== this.pressed.pointer) return;
    const { card } = this.pressed;
    const { target, lifted } = this;
    this.swallow = lifted;
    this.end();
    if (!lifted || !target) return;
    const cell = this.board.cell(target);
    this.board.moveTo(card, cell, target === cell ? null : target.dataset.time);
  }

  end() {
    clearTimeout(this.timer);
    if (this.lifted) {
      this.ghost.remove();
      this.pressed.card.classList.remove("is-lifted");
      document.documentElement.classList.remove("is-dragging");
      this.aim(null);
      this.board.hold(false);
    }
    this.pressed = null;
    this.point = null;
    this.lifted = false;
    this.touched = false;
  }
}
