// Shows of a gallery what matches every word of its search, as it is typed. The server does the same for a search that is sent.
export function start(input) {
  const gallery = document.getElementById(input.dataset.gallery);
  const none = document.getElementById(input.dataset.none);
  const show = () => {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    let found = 0;
    for (const group of gallery.querySelectorAll("[data-group]")) {
      const cards = [...group.querySelectorAll("[data-words]")];
      for (const card of cards) card.hidden = !words.every((word) => card.dataset.words.includes(word));
      const shown = cards.filter((card) => !card.hidden).length;
      group.hidden = shown === 0;
      found += shown;
    }
    none.hidden = found > 0;
  };
  input.addEventListener("input", show);
  // A browser that goes back puts the words in again without saying so.
  if (input.value !== input.defaultValue) show();
}
