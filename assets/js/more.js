// A list goes on by itself when its end comes near; without this, and when that fails, the link leads to the next page.
const NEAR = "600px";

export function start(nav) {
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    goOn(nav);
  }, { rootMargin: NEAR });
  watch.observe(nav);
  nav.querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    watch.disconnect();
    goOn(nav);
  });
}

async function goOn(nav) {
  const link = nav.querySelector("a");
  nav.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const items = [...page.querySelectorAll("[data-more-list] > *")].map((item) => document.importNode(item, true));
    const next = page.querySelector("[data-more]");
    // The link may have the focus: whoever is there goes on with what came.
    const here = nav.contains(document.activeElement);
    nav.previousElementSibling.append(...items);
    if (here) items[0]?.querySelector("a, input")?.focus();
    if (!next) return nav.remove();
    const fresh = document.importNode(next, true);
    nav.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("rostrum:replaced", { bubbles: true }));
  } catch {
    nav.removeAttribute("aria-busy");
    link.textContent = nav.dataset.failed;
  }
}
