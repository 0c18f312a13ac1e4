// A plain form is sent once: a second click while the answer is on its way sends nothing. If none comes, it may be sent
// again after a while. Forms of htmx look after themselves (hx-sync), and have stopped the event before it comes here.
const AGAIN_MS = 5_000;
const sent = new WeakMap();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
  if (performance.now() - (sent.get(form) ?? -AGAIN_MS) < AGAIN_MS) event.preventDefault();
  else sent.set(form, performance.now());
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.forms) sent.delete(form);
});
