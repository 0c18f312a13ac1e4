// Buttons with data-insert put a variable where the caret was last, in the text that was touched last.
let last = null;
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("form.editor textarea, form.editor input[name=subject]")) last = target;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const form = button.closest("form");
  const field = last && form.contains(last) ? last : form.querySelector("textarea");
  if (!field || field.readOnly) return;
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
for (const row of document.querySelectorAll("[data-inserts]")) row.hidden = false;
