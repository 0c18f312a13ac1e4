// Ticking people in a list: the whole page at once, a range with Shift, and how many it is. Without this module the
// boxes and the bar work as in any form.
let last = null;

function boxes() {
  return [...document.querySelectorAll('#selection input[name="person"]')];
}

function refresh() {
  const form = document.getElementById("selection");
  const page = document.getElementById("this-page");
  if (!form || !page) return;
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  page.hidden = false;
  page.checked = ticked > 0 && ticked === all.length;
  page.indeterminate = ticked > 0 && ticked < all.length;
  const everybody = form.querySelector('input[name="everybody"]');
  if (!ticked) everybody.checked = false;
  const count = form.querySelector("[data-count]");
  const number = everybody.checked ? Number(form.elements.expected.value) : ticked;
  count.textContent = `${number.toLocaleString("en")} selected`;
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.id === "this-page") for (const one of boxes()) one.checked = box.checked;
  if (box.closest?.("#selection")) refresh();
});

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches?.('#selection input[name="person"]')) return;
  const all = boxes();
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    refresh();
  }
  last = box;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.choose[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:afterSettle", refresh);
refresh();
