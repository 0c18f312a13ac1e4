// A button with data-opens="id" opens that dialog; one with data-closes closes the dialog it stands in. An element
// with data-typed="words" keeps the dialog's submit button off until its field holds exactly these words.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (!dialog?.showModal) return;
    event.preventDefault();
    dialog.showModal();
  } else if (event.target.closest("[data-closes]")) {
    event.preventDefault();
    event.target.closest("dialog")?.close();
  }
});

function arm(field) {
  const button = field.form?.querySelector("[type=submit]");
  if (button) button.disabled = field.value.trim() !== field.dataset.typed;
}

document.addEventListener("input", ({ target }) => {
  if (target.dataset?.typed) arm(target);
});
for (const field of document.querySelectorAll("[data-typed]")) arm(field);
