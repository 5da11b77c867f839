// Messages of small changes: each stays for ten seconds, longer while somebody is at it, and its button takes the change back.
const STAYS = 10_000;
const MOST = 3;

export class Toasts {
  /** `changed` is called after something was taken back. */
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    place.setAttribute("role", "status");
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      this.takeBack(event.target);
    });
  }

  /** Sends a form as a person would and shows the answer; gives the message, or null when there was none. */
  async send(url, fields, headers, failed) {
    const csrf = document.querySelector("meta[name=csrf]").content;
    try {
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ csrf, ...fields }), headers: { "HX-Request": "true", ...headers } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const notice = page.querySelector("[data-flash]");
      if (notice) return this.put(document.importNode(notice, true));
      const words = page.querySelector("main p")?.textContent ?? failed;
      return this.show(words), null;
    } catch {
      return this.show(failed), null;
    }
  }

  show(text) {
    const notice = document.querySelector("[data-toast-template]").content.firstElementChild.cloneNode(true);
    notice.querySelector("p").textContent = text;
    return this.put(notice);
  }

  put(notice) {
    while (this.place.children.length >= MOST) this.place.firstElementChild.remove();
    this.place.append(notice);
    notice.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
    let timer;
    const rest = () => clearTimeout(timer);
    const go = () => { rest(); timer = setTimeout(() => notice.remove(), STAYS); };
    for (const event of ["pointerenter", "focusin"]) notice.addEventListener(event, rest);
    for (const event of ["pointerleave", "focusout"]) notice.addEventListener(event, go);
    go();
    return notice;
  }

  /** Takes the newest change back that can be; tells whether there was one. */
  undo() {
    const form = [...this.place.querySelectorAll("form")].at(-1);
    form?.requestSubmit();
    return form !== undefined;
  }

  async takeBack(form) {
    const notice = form.closest("[data-flash]");
    const fields = Object.fromEntries(new FormData(form));
    notice.remove();
    await this.send(form.getAttribute("action"), fields, {}, document.querySelector("[data-failed]")?.dataset.failed ?? "");
    this.changed();
  }
}
