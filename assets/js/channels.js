// Channels are dragged to the customer they are run for. Whoever does not drag says so on the page of the channel or of the
// customers; a drag sends the same form.
import { listen } from "./drag.js";
import { Toasts } from "./toasts.js";

export function start(root) {
  listen(new Groups(root));
}

/** What `drag.js` asks of whatever cards are dragged on. */
class Groups {
  constructor(root) {
    this.root = root;
    this.words = { putBack: root.dataset.putBack };
    this.toasts = new Toasts(document.querySelector("[data-toasts]"), () => this.refresh());
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.matches("input, textarea, select") && this.toasts.undo()) event.preventDefault();
    });
  }

  cell(element) {
    return element.closest("[data-cell]");
  }

  hold(held) {
    this.held = held;
  }

  say(text) {
    document.querySelector("[data-say]").textContent = text;
  }

  async moveTo(card, cell) {
    if (cell === this.cell(card)) return;
    card.setAttribute("aria-busy", "true");
    await this.toasts.send(`/channels/${card.dataset.card}/customer`, { _method: "PUT", customer: cell.dataset.cell, from: "list" }, {}, this.root.dataset.failed);
    await this.refresh();
  }

  async refresh() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-channel-groups]");
    if (!fresh) return location.reload();
    this.root.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    this.root.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
  }
}
