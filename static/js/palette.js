// Find or do: Cmd or Ctrl K opens it on every page, arrows move, Enter goes, Escape leaves everything as it was.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");

function entries() {
  return [...palette.querySelectorAll(".menu-item")];
}

function move(by) {
  const all = entries();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = at + by;
  if (at === -1) all[by > 0 ? 0 : all.length - 1].focus();
  else if (next < 0 || next >= all.length) field.focus();
  else all[next].focus();
}

// At once and not on the toggle event, which comes later: what is typed right after the key must reach the field.
function open() {
  palette.showPopover();
  field.focus();
  field.select();
}

palette?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && document.activeElement === field) entries()[0]?.click();
  else return;
  event.preventDefault();
});
for (const opener of document.querySelectorAll("[data-opens-palette]")) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
}
