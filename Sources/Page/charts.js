// charts.js — small charts on canvas, drawn by hand: bars that stack, and lines. They take their colours from the style
// sheet, so light and dark are right without a word here.

import { h } from "./dom.js";

/** The colour that a CSS variable has now, as the browser writes it. */
export function colour(name) {
  const probe = colour.probe ??= document.body.appendChild(h("i", { hidden: true }));
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** A canvas as wide as its place, sharp on every screen. `draw(context, width, height)` paints it. */
export function makeCanvas(height, label, draw) {
  const element = h("canvas", { role: "img", "aria-label": label });
  function setHeight(next) {
    height = next;
    element.style.height = `${height}px`;
    paint();
  }
  function paint() {
    const width = element.clientWidth;
    if (width === 0) return;
    const scale = window.devicePixelRatio || 1;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    const context = element.getContext("2d");
    context.scale(scale, scale);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  }
  setHeight(height);
  new ResizeObserver(paint).observe(element);
  window.addEventListener("themechange", paint);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  return { element, paint, setHeight };
}

/** The least of 1, 2, 5, 10, 20, … that is not below `value`. */
export function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

const short = (value) => (value >= 10_000 ? `${Math.round(value / 1000)}k` : value >= 10 || value === 0 ? value.toFixed(0)
  : String(Number(value.toPrecision(2))));

/** What a chart shows, in words: `values` from the oldest to the newest. */
function describe(canvas, label, values) {
  const most = values.reduce((most, value) => Math.max(most, value), 0);
  canvas.element.setAttribute("aria-label", values.length === 0 ? `${label}: nothing yet`
    : `${label}: ${values.length}, the latest ${short(values.at(-1))}, the highest ${short(most)}`);
}

const edge = { left: 40, right: 6, top: 8, bottom: 18 };

function frame(context, width, height, top, unit, [from, to]) {
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = colour("--faint");
  context.strokeStyle = colour("--line");
  context.lineWidth = 1;
  const bottom = height - edge.bottom;
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(bottom - share * (bottom - edge.top)) + 0.5;
    context.beginPath();
    context.moveTo(edge.left, y);
    context.lineTo(width - edge.right, y);
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(short(top * share), edge.left - 6, y);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(from, edge.left, height - 4);
  context.textAlign = "right";
  context.fillText(to, width - edge.right, height - 4);
  return { x: edge.left, width: width - edge.left - edge.right, bottom, height: bottom - edge.top, unit };
}

/**
 * Stacked bars, the newest at the right.
 * - series: `[{ colour: "--c1", values: […] }]` of equal length.
 * - room: bars there is room for.
 */
export function makeBars(label, height, { room, unit = "", ends = ["", ""] }) {
  let series = [];
  const sums = () => Array.from({ length: series[0]?.values.length ?? 0 },
    (_, index) => series.reduce((sum, one) => sum + one.values[index], 0));
  const canvas = makeCanvas(height, label, (context, width, tall) => {
    const length = series[0]?.values.length ?? 0;
    const top = niceCeiling(Math.max(1, ...sums()));
    const area = frame(context, width, tall, top, unit, ends);
    const step = area.width / room;
    for (let index = 0; index < length; index += 1) {
      let base = area.bottom;
      const x = area.x + area.width - (length - index) * step;
      for (const one of series) {
        const size = (one.values[index] / top) * area.height;
        if (size <= 0) continue;
        context.fillStyle = colour(one.colour);
        context.fillRect(x, base - size, Math.max(1, step - (step > 3 ? 1 : 0)), size);
        base -= size;
      }
    }
  });
  return { element: canvas.element, show(next) { series = next; describe(canvas, label, sums()); canvas.paint(); } };
}

/**
 * Lines over time, the newest at the right.
 * - lines: `[{ colour, points: [[seconds ago, value], …] }]`.
 */
export function makeLines(label, height, { seconds, unit = "", dots = false }) {
  let lines = [];
  const canvas = makeCanvas(height, label, (context, width, tall) => {
    const top = niceCeiling(Math.max(0, ...lines.flatMap((line) => line.points.map(([, value]) => value))));
    const area = frame(context, width, tall, top, unit, [`${seconds} s ago`, "now"]);
    for (const line of lines) {
      context.strokeStyle = context.fillStyle = colour(line.colour);
      context.lineWidth = 1.6;
      context.lineJoin = "round";
      context.beginPath();
      let isFirst = true;
      for (const [ago, value] of line.points) {
        const x = area.x + area.width * (1 - ago / seconds);
        const y = area.bottom - (value / top) * area.height;
        if (dots) {
          context.moveTo(x + 2.2, y);
          context.arc(x, y, 2.2, 0, 2 * Math.PI);
        } else if (isFirst) context.moveTo(x, y);
        else context.lineTo(x, y);
        isFirst = false;
      }
      if (dots) context.fill(); else context.stroke();
    }
  });
  return {
    element: canvas.element,
    show(next) {
      // What is older has no place, and no say in the scale.
      lines = next.map((line) => ({ ...line, points: line.points.filter(([ago]) => ago <= seconds) }));
      describe(canvas, label, lines.flatMap((line) => line.points.map(([, value]) => value)));
      canvas.paint();
    },
  };
}
