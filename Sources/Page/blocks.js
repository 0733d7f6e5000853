// blocks.js — the KV cache as a map: one cell for each block. Point at a cell, or walk with the arrow keys.

import { json } from "./api.js";
import { makeCanvas, colour } from "./charts.js";
import { count, h, replace } from "./dom.js";

const colours = { free: "--line", cached: "--cached", used: "--c3", shared: "--c6" };
const words = {
  free: "free", cached: "free, keeps a prefix that can be taken back", used: "held by one request",
  shared: "held by several requests",
};

/** `[["used", 3], ["free", 97]]` as one entry for each block. */
export const unrolled = (map) => map.flatMap(([state, length]) => Array(length).fill(state));

export function makeBlockMap() {
  let states = [];
  let owners = new Map();
  let cell = 12;
  let columns = 1;
  let chosen = null;
  let wanted = null;

  const canvas = makeCanvas(120, "Map of the KV cache's blocks", (context, width) => {
    columns = Math.max(1, Math.floor(width / cell));
    const size = cell - 2;
    const paints = Object.fromEntries(Object.entries(colours).map(([state, name]) => [state, colour(name)]));
    for (const [index, state] of states.entries()) {
      context.fillStyle = paints[state];
      context.fillRect((index % columns) * cell, Math.floor(index / columns) * cell, size, size);
    }
    if (chosen !== null && chosen < states.length) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2;
      context.strokeRect((chosen % columns) * cell, Math.floor(chosen / columns) * cell, size, size);
    }
  });
  canvas.element.tabIndex = 0;
  canvas.element.setAttribute("role", "application");
  canvas.element.setAttribute("aria-label", "Map of the KV cache's blocks; arrow keys choose one");
  const detail = h("div", { class: "block-detail", "aria-live": "polite" },
    h("p", { class: "muted" }, "Point at a block, or use the arrow keys."));

  function choose(index) {
    if (index === chosen || index < 0 || index >= states.length) return;
    chosen = index;
    canvas.paint();
    tell();
  }

  /** Asks what the block holds, a moment after the pointer has come to rest. */
  function tell() {
    const index = chosen;
    const owner = owners.get(index);
    replace(detail, h("p", {}, h("b", {}, `Block ${index}`), ` · ${words[states[index]]}`,
      owner ? ` · ${owner}` : null));
    clearTimeout(wanted);
    if (states[index] === "free") return;
    wanted = setTimeout(async () => {
      const answer = await json(`/v1/engine?block=${index}`).catch(() => null);
      if (answer?.block && chosen === index) replace(detail, describe(answer.block));
    }, 90);
  }

  canvas.element.addEventListener("pointermove", (event) => {
    const column = Math.floor(event.offsetX / cell);
    if (column < columns) choose(Math.floor(event.offsetY / cell) * columns + column);
  });
  canvas.element.addEventListener("focus", () => { if (chosen === null) choose(0); });
  canvas.element.addEventListener("keydown", (event) => {
    const at = chosen ?? 0;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0,
      End: states.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });

  return {
    element: h("div", { class: "block-map" }, canvas.element, detail),
    /** Shows `blocks` and `requests` of /v1/engine. Free blocks behind the last that was ever used are cut to a row. */
    show(blocks, requests) {
      const all = unrolled(blocks.map);
      let last = all.length;
      while (last > 0 && all[last - 1] === "free") last -= 1;
      cell = last > 2000 ? 7 : last > 600 ? 9 : 12;
      const width = canvas.element.clientWidth || 600;
      const row = Math.max(1, Math.floor(width / cell));
      const rows = Math.max(4, Math.ceil(last / row) + 1);
      states = all.slice(0, rows * row);
      owners = new Map(requests.flatMap((request) => request.blocks.map((block) => [block, `request ${request.id}`])));
      const height = `${Math.min(rows, Math.ceil(all.length / row)) * cell}px`;
      canvas.setHeight(Number.parseFloat(height));
      const hidden = blocks.count - states.length;
      canvas.element.dataset.hidden = hidden > 0 ? count(hidden) : "";
      return Math.max(0, hidden);
    },
  };
}

function describe(block) {
  return [
    h("p", {}, h("b", {}, `Block ${block.id}`), ` · ${words[block.state]}`,
      block.requests.length > 0 ? ` · request ${block.requests.join(", ")}` : null,
      block.references > block.requests.length ? ` · ${block.references - block.requests.length} of somebody else` : null),
    typeof block.text === "string"
      ? h("p", { class: "held" }, block.text)
      : block.state === "free" ? null : h("p", { class: "muted" }, "What it holds is not yours to read."),
  ];
}
