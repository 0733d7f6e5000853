// main.js — the frame: tabs, light and dark, and the one time each view is made.

import { json } from "./api.js";
import { makeAsk } from "./ask.js";
import { makeChat } from "./chat.js";
import { makeComplete } from "./complete.js";
import { byID } from "./dom.js";
import { makeEngine } from "./engine.js";

// MARK: - Tabs

const names = ["ask", "chat", "complete", "engine"];
const makers = { ask: makeAsk, chat: makeChat, complete: makeComplete, engine: makeEngine };
const views = {};
let shown = null;

function show(name, { focus = false } = {}) {
  for (const other of names) {
    const isShown = other === name;
    const tab = byID(`tab-${other}`);
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1;
    byID(`panel-${other}`).hidden = !isShown;
    if (isShown && focus) tab.focus();
  }
  if (shown !== name) views[shown]?.hidden?.();
  shown = name;
  views[name] ??= makers[name](byID(`panel-${name}`));
  views[name]?.shown?.();
  if (location.hash !== `#${name}`) history.replaceState(null, "", `#${name}`);
}

for (const [index, name] of names.entries()) {
  const tab = byID(`tab-${name}`);
  tab.addEventListener("click", () => show(name));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = event.key === "Home" ? 0
      : event.key === "End" ? names.length - 1
      : step ? (index + step + names.length) % names.length : null;
    if (to === null) return;
    event.preventDefault();
    show(names[to], { focus: true });
  });
}

window.addEventListener("hashchange", () => {
  const name = location.hash.slice(1);
  if (names.includes(name)) show(name);
});

// MARK: - Light and dark

const themes = ["auto", "light", "dark"];
const glyphs = { auto: "◐", light: "☀", dark: "☾" };

function useTheme(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
  const button = byID("theme");
  button.textContent = glyphs[theme];
  button.setAttribute("aria-label", `Colours: ${theme}`);
  button.dataset.theme = theme;
  window.dispatchEvent(new Event("themechange"));
}

byID("theme").addEventListener("click", () => {
  const next = themes[(themes.indexOf(byID("theme").dataset.theme) + 1) % themes.length];
  useTheme(next);
  // A browser that keeps nothing is no reason to stop.
  try { localStorage.setItem("theme", next); } catch { /* stays for this visit */ }
});

let kept = null;
try { kept = localStorage.getItem("theme"); } catch { /* as the system has it */ }
useTheme(themes.includes(kept) ? kept : "auto");

// MARK: - Start

async function nameModel() {
  try {
    const model = (await json("/v1/models")).data[0];
    byID("model").textContent = model.id;
  } catch (error) {
    byID("model").textContent = error.code === "model_loading" ? "loading…" : "";
    if (error.code === "model_loading") setTimeout(nameModel, 1000);
  }
}

show(names.includes(location.hash.slice(1)) ? location.hash.slice(1) : "ask");
// Whoever comes to ask may begin to write. Later the focus stays where its owner has put it.
if (shown === "ask") views.ask.focus();
nameModel();
