// The search that opens over any page: / or Ctrl K. Without scripts its button is a link to the page of the same name.
const WAIT = 120;

export function start(dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[data-finds]");
  let asked = 0;
  let timer;

  async function ask() {
    const mine = ++asked;
    const query = new URLSearchParams({ q: input.value });
    const answer = await fetch(`/search?${query}`, { headers: { "HX-Request": "true" } }).catch(() => undefined);
    // A later question may have been answered already.
    if (mine !== asked || !answer?.ok) return;
    list.innerHTML = await answer.text();
    choose(0);
  }

  const links = () => [...list.querySelectorAll("a")];

  function choose(n) {
    const all = links();
    all.forEach((link, i) => link.setAttribute("aria-selected", String(i === n)));
    all.forEach((link, i) => Object.assign(link, { id: `find-${i}`, role: "option", tabIndex: -1 }));
    list.querySelector("ul")?.setAttribute("role", "presentation");
    list.querySelectorAll("li").forEach((item) => item.setAttribute("role", "presentation"));
    if (all[n]) input.setAttribute("aria-activedescendant", `find-${n}`);
    else input.removeAttribute("aria-activedescendant");
    all[n]?.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const all = links();
    const at = all.findIndex((link) => link.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(Math.min(at + 1, all.length - 1));
    else if (event.key === "ArrowUp") choose(Math.max(at - 1, 0));
    else if (event.key === "Enter" && all[at]) all[at].click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("toggle", () => {
    if (!dialog.open) return;
    input.select();
    ask();
  });
  // Outside of it: the dialog itself is what is hit then.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const open = () => dialog.open || dialog.showModal();
  document.addEventListener("rostrum:search", open);
  document.querySelectorAll("[data-open-search]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      open();
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      open();
    }
  });
}
