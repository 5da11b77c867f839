// Hears from the server that something has changed. Rests while nobody looks, for browsers open few connections to a server.
const PAUSE = 1500;
const LONGEST_WAIT = 60_000;

export function listen(board) {
  const live = new Live(board);
  document.addEventListener("visibilitychange", () => (document.hidden ? live.close() : live.open()));
  window.addEventListener("pagehide", () => live.close());
  window.addEventListener("pageshow", (event) => event.persisted && live.open());
  live.open();
}

class Live {
  constructor(board) {
    this.board = board;
    this.after = board.words.known;
    this.wait = 3000;
    this.drawn = -Infinity;
  }

  open() {
    if (this.source || document.hidden) return;
    const source = new EventSource(`/live?${new URLSearchParams({ after: this.after })}`);
    this.source = source;
    source.addEventListener("open", () => {
      this.wait = 3000;
      this.board.root.dataset.live = "on";
    });
    source.addEventListener("posts", (event) => {
      if (event.lastEventId) this.after = event.lastEventId;
      this.draw();
    });
    source.addEventListener("error", () => {
      // What was only interrupted comes back by itself; what was refused is asked for again, ever later.
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.source = null;
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    });
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  /** At once, and then not again before a pause is over. */
  draw() {
    clearTimeout(this.timer);
    const rest = this.drawn + PAUSE - performance.now();
    if (rest > 0) {
      this.timer = setTimeout(() => this.draw(), rest);
      return;
    }
    this.drawn = performance.now();
    this.board.refresh();
  }
}
