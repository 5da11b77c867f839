// The calendar in place: cards are moved, removed and brought back without leaving the page, and what others change appears.
import { listen as listenDrag } from "./drag.js";
import { listen as listenKeys } from "./calendar-keys.js";
import { listen as listenLive } from "./calendar-live.js";
import { listen as listenMenu } from "./calendar-menu.js";
import { Toasts } from "./toasts.js";

export function start(root) {
  const board = new Board(root);
  listenDrag(board);
  listenKeys(board);
  listenMenu(board);
  listenLive(board);
  offerZones(root);
  closePops(root);
}

export class Board {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.toasts = new Toasts(document.querySelector("[data-toasts]"), () => this.refresh());
    this.spoken = document.querySelector("[data-say]");
    /** Something is being moved: nothing is drawn anew under it. */
    this.held = false;
    this.missed = false;
  }

  cell(element) {
    return element.closest("[data-cell]");
  }

  cells() {
    return [...this.root.querySelectorAll("[data-cell]")];
  }

  /** `2026-11-24` and, of an hour, its number. */
  place(cell) {
    const [date, time] = cell.dataset.cell.split("T");
    return { date, hour: time ? time.slice(0, 2) : null };
  }

  say(text) {
    this.spoken.textContent = "";
    // Twice the same is said twice.
    requestAnimationFrame(() => { this.spoken.textContent = text; });
  }

  hold(held) {
    this.held = held;
    if (!held && this.missed) this.refresh();
  }

  /** To a cell: a day keeps the time of day, an hour keeps the minutes. */
  async moveTo(card, cell, exact = null) {
    const { date, hour } = this.place(cell);
    const time = exact ?? (hour === null ? null : `${hour}:${card.dataset.time.slice(3)}`);
    if (cell === this.cell(card) && (exact === null || exact === card.dataset.time)) return;
    await this.move(card, date, time);
  }

  async move(card, date, time) {
    const fields = { at: card.dataset.at, date, zone: this.words.zone, back: this.words.href };
    if (time) fields.time = time;
    card.setAttribute("aria-busy", "true");
    const toast = await this.send(`/posts/${card.dataset.card}/move`, fields, { "If-Match": `"${card.dataset.stamp}"` });
    card.removeAttribute("aria-busy");
    const at = toast?.querySelector("form")?.action.match(/[?&]at=(\d+)/)?.[1];
    await this.refresh();
    if (at) this.find(card.dataset.card, at)?.querySelector("a").focus({ preventScroll: true });
  }

  async remove(card) {
    card.setAttribute("aria-busy", "true");
    const next = card.nextElementSibling ?? card.previousElementSibling;
    const neighbour = next?.matches("[data-card]") ? [next.dataset.card, next.dataset.at] : null;
    await this.send(`/posts/${card.dataset.card}`, { _method: "DELETE", back: this.words.href });
    card.removeAttribute("aria-busy");
    await this.refresh();
    const focused = neighbour && this.find(...neighbour)?.querySelector("a");
    (focused ?? this.root.querySelector("[data-today]")).focus({ preventScroll: true });
  }

  find(post, at) {
    return this.root.querySelector(`[data-card="${CSS.escape(post)}"][data-at="${CSS.escape(at)}"]`);
  }

  /** Sends a small change and shows what the server says to it. */
  send(url, fields, headers = {}) {
    return this.toasts.send(url, fields, headers, this.words.failed);
  }

  /** Draws anew what has changed, and nothing else. */
  async refresh() {
    if (this.held) {
      this.missed = true;
      return;
    }
    this.missed = false;
    let text;
    try {
      const answer = await fetch(this.words.href, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-calendar]");
    if (!fresh || this.held) {
      this.missed = this.held;
      return;
    }
    this.root.dataset.known = fresh.dataset.known;
    for (const cell of this.cells()) this.draw(cell, fresh.querySelector(`[data-cell="${cell.dataset.cell}"]`));
  }

  draw(cell, fresh) {
    if (!fresh) return;
    const before = cell.cloneNode(true);
    before.querySelectorAll(".cal-menu").forEach((menu) => menu.remove());
    if (before.outerHTML === fresh.outerHTML) return;
    const active = cell.contains(document.activeElement) ? document.activeElement : null;
    const card = active?.closest("[data-card]")?.dataset;
    const href = active?.getAttribute("href");
    const replacement = document.importNode(fresh, true);
    cell.replaceWith(replacement);
    if (!active) return;
    const again = (card && replacement.querySelector(`[data-card="${card.card}"] a`)) ?? [...replacement.querySelectorAll("a")].find((a) => a.getAttribute("href") === href);
    again?.focus({ preventScroll: true });
  }
}

/** Every zone that the browser knows, this device's first. */
function offerZones(root) {
  const select = root.querySelector("[data-zones]");
  select?.addEventListener("focus", () => {
    const known = new Set([...select.options].map(({ value }) => value));
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (own && !known.has(own)) select.append(new Option(root.dataset.ownZone.replace("{zone}", own), own));
    for (const zone of Intl.supportedValuesOf?.("timeZone") ?? []) {
      if (!known.has(zone) && zone !== own) select.append(new Option(zone, zone));
    }
  }, { once: true });
}

function closePops(root) {
  const open = () => root.querySelector(".cal-pop[open]");
  document.addEventListener("click", (event) => {
    if (open() && !open().contains(event.target)) open().open = false;
  });
  root.addEventListener("keydown", (event) => {
    const pop = event.key === "Escape" && open();
    if (!pop) return;
    pop.open = false;
    pop.querySelector("summary").focus();
  });
}
