// The bell: what it counts stays true while the page is open, and it opens the newest notices beside itself. Without this, and
// when they cannot be had, it is a link to the page of all of them.
import { calmly, hear } from "./live.js";

const PAUSE = 1500;
const SCRIPT = { "HX-Request": "true" };

export function start(menu) {
  const bell = new Bell(menu);
  const load = calmly(PAUSE, () => bell.load());
  hear("open", load);
  hear("notices", load);
}

class Bell {
  constructor(menu) {
    this.menu = menu;
    this.links = [...document.querySelectorAll("[data-bell-link]")];
    this.isFilled = false;
    for (const link of this.links) {
      link.setAttribute("aria-haspopup", "dialog");
      link.setAttribute("aria-expanded", "false");
      link.addEventListener("click", (event) => this.pressed(event, link));
    }
    document.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("auxclick", (event) => event.button === 1 && this.read(event.target));
    menu.addEventListener("keydown", (event) => this.key(event));
    menu.addEventListener("focusout", ({ relatedTarget: next }) => next && !menu.contains(next) && !this.links.includes(next) && this.close());
    menu.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(event.target);
    });
  }

  get isOpen() {
    return !this.menu.hidden;
  }

  pressed(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || location.pathname === "/notices") return;
    event.preventDefault();
    if (this.isOpen) this.close(true);
    else this.open(link);
  }

  async open(link) {
    this.link = link;
    // Beside the link in the sidebar; on phones the style sheet puts it under the bar.
    this.menu.style.setProperty("--bell-at", `${Math.round(link.getBoundingClientRect().top)}px`);
    this.menu.hidden = false;
    for (const one of this.links) one.setAttribute("aria-expanded", String(one === link));
    this.menu.focus();
    if (!(await this.load()) && !this.isFilled) location.assign(link.href);
  }

  close(back = false) {
    if (!this.isOpen) return;
    this.menu.hidden = true;
    for (const link of this.links) link.setAttribute("aria-expanded", "false");
    if (back) this.link?.focus();
  }

  clicked(event) {
    const inside = this.menu.contains(event.target);
    if (!inside && !event.target.closest("[data-bell-link]")) this.close();
    this.read(event.target);
    if (inside && event.target.closest("a")) this.close();
  }

  /** Whoever follows a notice has read it. */
  read(target) {
    const link = target.closest?.("a[data-notice][data-unread]");
    if (!link) return;
    delete link.dataset.unread;
    const csrf = document.querySelector("meta[name=csrf]").content;
    const body = new URLSearchParams({ csrf });
    fetch(`/notices/${link.dataset.notice}/reading`, { method: "POST", body, headers: SCRIPT, keepalive: true }).catch(() => {});
  }

  key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close(true);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [...this.menu.querySelectorAll("a[data-notice]")];
    if (!step || links.length === 0) return;
    event.preventDefault();
    const here = links.indexOf(document.activeElement.closest(".bell-item")?.querySelector("a"));
    links[here < 0 ? (step > 0 ? 0 : links.length - 1) : (here + step + links.length) % links.length].focus();
  }

  load() {
    return this.ask("/notices/menu", {});
  }

  send(form) {
    return this.ask(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
  }

  /** Shows what is answered; false when that was no menu. */
  async ask(url, request) {
    try {
      const answer = await fetch(url, { ...request, headers: SCRIPT });
      if (!answer.ok) return false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const content = page.querySelector("[data-bell-content]");
      if (content) this.show(document.importNode(content, true));
      return content !== null;
    } catch {
      return false;
    }
  }

  show(content) {
    const at = document.activeElement;
    const place = this.menu.contains(at) && at !== this.menu ? [...this.menu.querySelectorAll("a, button")].indexOf(at) : -1;
    const item = at?.closest?.(".bell-item")?.querySelector("a")?.dataset.notice;
    const isButton = at?.matches?.("button");
    this.count(content);
    this.menu.replaceChildren(content);
    this.isFilled = true;
    content.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
    if (place < 0 || !this.isOpen) return;
    const same = item && content.querySelector(`a[data-notice="${CSS.escape(item)}"]`)?.closest(".bell-item");
    const next = (isButton ? same?.querySelector("button") : same?.querySelector("a")) ?? same?.querySelector("a");
    (next ?? this.menu).focus();
  }

  count(content) {
    for (const link of this.links) {
      link.querySelector(".count")?.remove();
      link.append(content.querySelector(`template[data-count="${link.dataset.bellLink}"]`).content.cloneNode(true));
      if (link.dataset.bellLink === "top") link.setAttribute("aria-label", content.dataset.spoken);
    }
  }
}
