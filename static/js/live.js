// The server says that something changed, and the page asks what. While there is no stream it asks every 20 s, with one
// every five minutes: news that were told in the moment a connection broke are not told again.
// A page that nobody looks at needs no stream: a browser has few connections to a server.
const address = document.querySelector('meta[name="events"]')?.content;
let stream = null;
let soon = null;
let unasked = 0;

function ask() {
  clearTimeout(soon);
  unasked = 0;
  soon = setTimeout(() => document.body.dispatchEvent(new CustomEvent("news")), 150);
}

function listen() {
  if (!address || stream || document.hidden || !window.EventSource) return;
  stream = new EventSource(address);
  stream.addEventListener("changed", ({ data }) => {
    if (data.startsWith("here-")) document.body.dispatchEvent(new CustomEvent(data)); // who reads a conversation
    else ask();
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else {
    listen();
    ask();
  }
});
setInterval(() => {
  if (document.hidden) return;
  unasked += 20;
  if (stream?.readyState !== EventSource.OPEN || unasked >= 300) ask();
}, 20_000);
addEventListener("pagehide", () => stream?.close());
listen();
