// What went well passes after ten seconds, unless somebody points at it or is in it; what did not stays until closed.
const STAYS_MS = 10_000;

function leave(toast) {
  if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAYS_MS, toast);
  else toast.remove();
}

function watch() {
  for (const toast of document.querySelectorAll(".toast[data-passing]:not([data-watched])")) {
    toast.dataset.watched = "";
    setTimeout(leave, STAYS_MS, toast);
  }
}

document.addEventListener("click", ({ target }) => target.closest("[data-close]")?.closest(".toast")?.remove());
document.addEventListener("htmx:oobAfterSwap", watch);
watch();
