// The server says that something changed, and the page asks what. Without the stream it asks every few seconds anyway.
// A page that nobody looks at needs no stream: a browser has few connections to a server.
const address = document.querySelector('meta[name="events"]')?.content;
let stream = null;
let soon = null;

function ask() {
  clearTimeout(soon);
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
addEventListener("pagehide", () => stream?.close());
listen();
