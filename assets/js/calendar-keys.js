// Everything by keys: Space picks a card up, arrows carry it, Enter puts it down, Escape leaves it. Without one in hand arrows go
// from card to card, and letters lead through time.
const LETTERS = { t: "[data-today]", j: "a[rel=next]", k: "a[rel=prev]", d: "[data-look-link=day]", w: "[data-look-link=week]", m: "[data-look-link=month]", l: "[data-look-link=list]" };

export function listen(board) {
  const keys = new Keys(board);
  board.root.addEventListener("keydown", (event) => keys.onCard(event));
  board.root.addEventListener("focusout", () => setTimeout(() => keys.lost(), 0));
  document.addEventListener("keydown", (event) => keys.anywhere(event));
}

class Keys {
  constructor(board) {
    this.board = board;
    this.card = null;
    this.last = -Infinity;
  }

  onCard(event) {
    const card = event.target.closest("[data-card]");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.card) return this.carry(event);
    if (event.key === " " && event.target.matches(".cal-open")) {
      event.preventDefault();
      if (card.hasAttribute("data-movable")) this.pick(card);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.matches(".cal-open")) {
      const all = [...this.board.root.querySelectorAll(".cal-open")].filter((link) => link.checkVisibility());
      const next = all[all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (!next) return;
      event.preventDefault();
      next.focus();
    }
  }

  pick(card) {
    const { board } = this;
    this.card = card;
    this.target = board.cell(card);
    board.hold(true);
    card.classList.add("is-picked");
    board.say(board.words.picked.replace("{what}", `${card.dataset.time} ${card.querySelector(".cal-words").textContent}`));
  }

  carry(event) {
    const step = this.step(event.key);
    if (step) this.go(step);
    else if (event.key === "Enter" || event.key === " ") this.drop();
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Days and hours. */
  step(key) {
    const day = getComputedStyle(this.board.root).direction === "rtl" ? -1 : 1;
    const hours = this.board.place(this.target).hour !== null;
    return { ArrowLeft: [-day, 0], ArrowRight: [day, 0], ArrowUp: hours ? [0, -1] : [-7, 0], ArrowDown: hours ? [0, 1] : [7, 0] }[key];
  }

  go([days, hours]) {
    const { board } = this;
    const { date, hour } = board.place(this.target);
    const day = new Date(`${date}T00:00:00Z`);
    if (Number.isNaN(day.getTime())) return;
    day.setUTCDate(day.getUTCDate() + days);
    const to = day.toISOString().slice(0, 10) + (hour === null ? "" : `T${String(Number(hour) + hours).padStart(2, "0")}:00`);
    const cell = board.root.querySelector(`[data-cell="${to}"]`);
    if (!cell) return;
    this.aim(cell);
    const words = cell.hasAttribute("data-closed") ? board.words.closedCell : board.words.over;
    board.say(words.replace("{where}", cell.dataset.name));
  }

  aim(cell) {
    this.target?.classList.remove("is-target");
    this.target = cell;
    cell?.classList.add("is-target");
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  drop() {
    const { card, target, board } = this;
    this.end();
    if (target.hasAttribute("data-closed")) return board.say(board.words.closedCell.replace("{where}", target.dataset.name ?? ""));
    board.moveTo(card, target);
  }

  leave() {
    this.end();
    this.board.say(this.board.words.putBack);
  }

  end() {
    this.card.classList.remove("is-picked");
    this.card = null;
    this.aim(null);
    this.board.hold(false);
  }

  /** Whoever goes elsewhere has put it back. */
  lost() {
    if (this.card && !this.card.contains(document.activeElement)) this.leave();
  }

  anywhere(event) {
    const quiet = this.card || document.querySelector("dialog[open]") || event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !quiet) {
      if (this.board.toasts.undo()) event.preventDefault();
      return;
    }
    // The letter after `g` belongs to the places.
    const after = performance.now() - this.last < 1200;
    this.last = event.key === "g" ? performance.now() : -Infinity;
    if (quiet || after || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !LETTERS[event.key]) return;
    event.preventDefault();
    this.board.root.querySelector(LETTERS[event.key])?.click();
  }
}
