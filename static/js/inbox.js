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

// A row that was pressed stays until its conversation is here, which brings the whole list anew: htmx finds the rest of
// the page from the row.
document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (target.id === "found" && target.querySelector(".htmx-request")) detail.shouldSwap = false;
});

// News of a conversation that was left while they were fetched: those of the one that is open now follow.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const asked = detail.requestConfig?.elt;
  if (asked?.id === "news" && !asked.isConnected) detail.shouldSwap = false;
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
  bringBack();
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

// A menu closes when something else is pressed; the bar under the thumb opens those of the head.
document.addEventListener("click", ({ target }) => {
  const wanted = target.closest("[data-menu]")?.dataset.menu;
  for (const menu of document.querySelectorAll("details.choose")) {
    if (menu.id === wanted) menu.open = !menu.open;
    else if (menu.open && !menu.contains(target)) menu.open = false;
  }
});

// What is typed is also kept in this tab until the server has it: a session that ended or a lost connection takes
// nothing away.
function kept() {
  return document.querySelector("#composer [data-keep]");
}

function keep(field) {
  if (field.value.trim()) sessionStorage.setItem(field.dataset.keep, field.value);
  else sessionStorage.removeItem(field.dataset.keep);
}

function bringBack() {
  const field = kept();
  const text = field && sessionStorage.getItem(field.dataset.keep);
  if (!text || text === field.value) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const said = document.querySelector("[data-kept]");
  if (said) said.textContent = "What you had typed is here again.";
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("#composer [data-keep]")) keep(target);
});

// Before the answer is swapped in, so that what was just sent is not brought back into the new field.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status >= 300) return;
  const by = detail.requestConfig?.elt;
  const sent = detail.requestConfig?.parameters?.text;
  const field = by?.matches?.("[data-keep]") ? by : by?.id === "composer" ? by.querySelector("[data-keep]") : null;
  if (field && sessionStorage.getItem(field.dataset.keep) === sent) sessionStorage.removeItem(field.dataset.keep);
});

addEventListener("pagehide", () => {
  const field = kept();
  const address = field?.getAttribute("hx-post");
  if (!address || sessionStorage.getItem(field.dataset.keep) !== field.value) return;
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  fetch(address, { method: "POST", body: new FormData(field.form), headers: { "X-CSRFToken": token }, keepalive: true });
});

// Colleagues see who has a conversation open; a page that nobody looks at says nothing.
const HERE_MS = 15_000;
setInterval(() => {
  if (!document.hidden && document.getElementById("others")) document.body.dispatchEvent(new CustomEvent("here"));
}, HERE_MS);

if (location.hash.startsWith("#row-")) document.getElementById(location.hash.slice(1))?.focus();
newest();
addEventListener("load", bringBack); // when htmx hears what is typed
