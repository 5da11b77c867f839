// What a design was before each change, so that any of them can be taken back and made again.
const MOST = 100;

export class History {
  /** `board.state` is read after each change and set to go back. */
  constructor(board, shown) {
    Object.assign(this, { board, shown });
    this.begin();
  }

  /** What is there now is what it began with. */
  begin() {
    this.states = [this.board.state];
    this.at = 0;
    this.saved = this.states[0];
    this.shown(this);
  }

  get canUndo() { return this.at > 0; }
  get canRedo() { return this.at < this.states.length - 1; }
  get isSaved() { return this.states[this.at] === this.saved; }

  keep() {
    const state = this.board.state;
    if (words(state) === words(this.states[this.at])) return;
    this.states.splice(this.at + 1, Infinity, state);
    if (this.states.length > MOST) this.states.shift();
    this.at = this.states.length - 1;
    this.shown(this);
  }

  /** `by`: -1 takes the last change back, 1 makes it again. */
  go(by) {
    const state = this.states[this.at + by];
    if (!state) return;
    this.at += by;
    this.board.state = state;
    this.shown(this);
  }

  save() {
    this.saved = this.states[this.at];
  }
}

function words({ things, ...size }) {
  return JSON.stringify([size, things.map(({ thing, looks, tuning }) => [thing.id, looks, tuning])]);
}
