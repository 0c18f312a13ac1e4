// Moving in the list of conversations by key, and where the focus goes when another one opens. Without this module the
// rows are links and the acts are forms.
function rows() {
  return [...document.querySelectorAll(".thread-row")];
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const from = at >= 0 ? at : all.findIndex((row) => row.getAttribute("aria-current"));
  const to = from < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + by, 0), all.length - 1);
  all[to].focus();
  all[to].scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", ({ target }) => {
  const mover = target.closest("[data-move]");
  if (mover) move(Number(mover.dataset.move));
});

// Arrows move in the list only; in the conversation they scroll.
document.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || !event.target.matches?.(".thread-row")) return;
  event.preventDefault();
  move(by);
});

// Where the list stood is where it stands again.
let scrolled = 0;
document.addEventListener("htmx:beforeSwap", () => {
  scrolled = document.getElementById("list-scroll")?.scrollTop ?? 0;
});

function newest() {
  const talk = document.getElementById("talk-scroll");
  if (talk) talk.scrollTop = talk.scrollHeight;
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "panes") return;
  const list = document.getElementById("list-scroll");
  if (list) list.scrollTop = scrolled;
  newest();
});

// A conversation was opened from its row, or the next one after "done": its name takes the focus and is read out.
function focusTitle() {
  document.getElementById("thread-title")?.focus({ preventScroll: true });
}
document.addEventListener("thread-opened", focusTitle);
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.elt?.id === "panes" && detail.requestConfig?.elt?.matches?.(".thread-row")) focusTitle();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.choose[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  } else if (event.target.matches?.("#composer textarea")) event.target.blur();
}, true);

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.choose[open]")) if (!menu.contains(target)) menu.open = false;
});

if (location.hash.startsWith("#row-")) document.getElementById(location.hash.slice(1))?.focus();
newest();
