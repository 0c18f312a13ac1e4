// A request of htmx that failed says so, and what to do; it stays until read.
function say(sentence) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = "bad";
  const words = document.createElement("span");
  words.textContent = sentence;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn";
  close.dataset.size = "s";
  close.textContent = "Close";
  close.addEventListener("click", () => toast.remove());
  toast.append(words, close);
  document.getElementById("alerts")?.replaceChildren(toast);
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.getResponseHeader("HX-Redirect")) return;
  const number = detail.xhr.getResponseHeader("X-Request-Number");
  say(`That did not work. Reload the page and try again.${number ? ` Request ${number}.` : ""}`);
});
document.addEventListener("htmx:sendError", () => say("No answer. Check the connection and try again."));
document.addEventListener("htmx:timeout", () => say("No answer in time. Try again."));
