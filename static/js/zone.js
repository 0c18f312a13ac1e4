// The browser's time zone: into a hidden field that asks for it, and chosen in a form that nobody has touched yet.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("input[data-zone]")) {
  if (zone && !field.value) field.value = zone;
}
const select = document.querySelector("select[name=zone]");
if (select && select.value === "UTC" && !document.querySelector("[aria-invalid=true]")) {
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}
