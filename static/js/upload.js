// The upload form: a file may be dropped anywhere on its zone, a file that is too large is refused before it is sent,
// and the button says that the sending has begun. Without this script the form works as forms do.
for (const form of document.querySelectorAll("form[data-upload]")) {
  const zone = form.querySelector("[data-drop]");
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button[type=submit]");
  const audience = form.querySelector("[name=audience]");
  const error = zone.querySelector(".error");

  const judge = () => {
    const file = input.files[0];
    const bad = Boolean(file) && file.size > Number(input.dataset.most);
    error.hidden = !bad;
    error.querySelector("[data-words]").textContent = bad ? input.dataset.tooLarge : "";
    input.setAttribute("aria-invalid", String(bad));
    if (file && audience) audience.placeholder = file.name.replace(/\.[^.]*$/, "").slice(0, 120);
    return !bad;
  };

  input.addEventListener("change", judge);
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.dataset.over = "";
    });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => delete zone.dataset.over);
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    judge();
  });
  form.addEventListener("submit", (event) => {
    if (!judge()) {
      event.preventDefault();
      input.focus();
      return;
    }
    button.disabled = true;
    button.textContent = "Uploading…";
  });
  window.addEventListener("pageshow", () => {
    button.disabled = false;
  });
}
