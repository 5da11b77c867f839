// The designer's keys: on the canvas those that move and change what is chosen, everywhere on the page undo, redo and saving.
const STEP = 1;
const LEAP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function listen(board, history, save) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const done = event.ctrlKey || event.metaKey ? withControl(event, board, history, save) : onCanvas(event, board);
    if (done) event.preventDefault();
  });
}

function withControl(event, board, history, save) {
  if (event.key === "Enter") {
    save();
    return true;
  }
  // A field takes its own words back.
  if (event.target.closest("textarea, input:not([type=checkbox], [type=radio], [type=range], [type=color])")) return false;
  const key = event.key.toLowerCase();
  if (key === "z") history.go(event.shiftKey ? 1 : -1);
  else if (key === "y") history.go(1);
  else if (key === "d" && event.target === board.stage && board.chosen) board.double(board.chosen);
  else return false;
  return true;
}

function onCanvas(event, board) {
  if (event.target !== board.stage || event.altKey) return false;
  if (event.key === "Escape" && board.isDrawing) board.draw(false);
  else if (!board.chosen) return false;
  else if (ARROWS[event.key]) {
    const step = event.shiftKey ? LEAP : STEP;
    board.move(...ARROWS[event.key].map((way) => way * step));
  } else if (event.key === "Escape") board.choose(null);
  else if (event.key === "Delete" || event.key === "Backspace") board.remove(board.chosen);
  else if (event.key === "]" || event.key === "[") board.order(board.chosen, event.key === "]");
  else if (event.key === "Enter" && board.chosen.kind === "text") board.write(board.chosen);
  else return false;
  return true;
}
