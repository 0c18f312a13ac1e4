// Light, dark, or what the system says. The cookie lets the server print the choice into the next page: no flash.
const root = document.documentElement;
const choices = document.querySelectorAll("[data-theme-choice]");

function show() {
  for (const choice of choices) {
    choice.setAttribute("aria-pressed", String(choice.dataset.themeChoice === (root.dataset.theme ?? "")));
  }
}

for (const group of document.querySelectorAll("[data-themes]")) group.hidden = false;
for (const choice of choices) {
  choice.addEventListener("click", () => {
    const theme = choice.dataset.themeChoice;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? 31536000 : 0}; SameSite=Lax${secure}`;
    show();
  });
}
show();
