// Keys are declared where they act: data-hotkey on a button, link or field. Silent while somebody types, and those of a
// single letter can be switched off.
import { install, uninstall } from "./hotkey.js";

const OFF = "keys-off";
const installed = new Set();

function single(keys) {
  return !keys.includes("+");
}

function wanted(element) {
  return !(localStorage.getItem(OFF) && single(element.dataset.hotkey));
}

function refresh() {
  for (const element of installed) {
    if (!element.isConnected || !wanted(element)) {
      uninstall(element);
      installed.delete(element);
    }
  }
  for (const element of document.querySelectorAll("[data-hotkey]")) {
    if (!installed.has(element) && wanted(element)) {
      install(element);
      installed.add(element);
    }
  }
}

const choice = document.getElementById("single-keys");
if (choice) {
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    refresh();
  });
}
document.addEventListener("htmx:afterSettle", refresh);
refresh();
