// A channel that is dragged onto a customer is run for that customer. The page of customers does the same with forms.
export function start(filters) {
  const rows = [...document.querySelectorAll(".channel-row[data-channel]")];
  const targets = [...filters.querySelectorAll("[data-customer]")];
  let dragged = null;
  const mark = (over) => targets.forEach((target) => target.classList.toggle("is-over", target === over));
  const begin = (row) => {
    dragged = row;
    row.classList.add("is-dragged");
    targets.forEach((target) => target.classList.add("is-target"));
  };
  const end = () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    mark(null);
    targets.forEach((target) => target.classList.remove("is-target"));
  };
  for (const row of rows) {
    row.draggable = true;
    // The link that covers the row would be dragged instead of it.
    for (const link of row.querySelectorAll("a, img")) link.draggable = false;
    row.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/plain", row.dataset.channel);
      event.dataTransfer.effectAllowed = "move";
      begin(row);
    });
    row.addEventListener("dragend", end);
  }
  for (const target of targets) {
    target.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      mark(target);
    });
    target.addEventListener("dragleave", () => mark(null));
    target.addEventListener("drop", (event) => {
      if (!dragged) return;
      event.preventDefault();
      move(dragged.dataset.channel, target.dataset.customer);
    });
  }
}

function move(channel, customer) {
  const fields = { csrf: document.querySelector("meta[name=csrf]").content, _method: "PUT", customer, from: "list" };
  const form = Object.assign(document.createElement("form"), { method: "post", action: `/channels/${channel}/customer`, hidden: true });
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
}
