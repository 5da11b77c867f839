// Shows when a post that repeats would go out, while the rule is being chosen.
const WAIT = 150;

export function start(section) {
  const form = section.closest("form");
  const place = section.querySelector("[data-repeat-next]");
  if (!place) return;
  let timer;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const fields = [...new FormData(form)].filter(([name]) => name.startsWith("repeat") || ["date", "time", "zone"].includes(name));
    try {
      const answer = await fetch(`${section.dataset.repeatUrl}?${new URLSearchParams(fields)}`, { headers: { "HX-Request": "true" } });
      if (answer.ok && mine === asked) place.innerHTML = await answer.text();
    } catch {
      // The next change asks again; saving checks in any case.
    }
  };
  form.addEventListener("input", (event) => {
    if (!event.target.closest(".when-at")) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
}
