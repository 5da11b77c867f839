// The calendar is drawn anew when the server says that posts have changed.
import { calmly, hear } from "./live.js";

const PAUSE = 1500;

export function listen(board) {
  hear("open", () => { board.root.dataset.live = "on"; });
  hear("posts", calmly(PAUSE, () => board.refresh()));
}
