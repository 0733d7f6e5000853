// timings.js — where the milliseconds went, as one bar and its legend.

import { h, milliseconds } from "./dom.js";

/** The parts of `{"queue_ms": 0.1, …, "total_ms": 12}`, in the server's order; without those that took no time. */
export function parts(timings) {
  return Object.entries(timings)
    .filter(([name, value]) => typeof value === "number" && name.endsWith("_ms") && name !== "total_ms" && value >= 0.005)
    .map(([name, value]) => ({ name: name.slice(0, -3).replaceAll("_", " "), value }));
}

/** A bar of the parts and a list that names them. */
export function timingBar(timings) {
  const list = parts(timings);
  const sum = list.reduce((total, part) => total + part.value, 0);
  const total = timings.total_ms ?? sum;
  if (!(total > 0)) return null;
  const bar = h("div", { class: "bar", role: "img", "aria-label": `${milliseconds(total)} in all` });
  const legend = h("ul", { class: "legend" });
  for (const [index, part] of list.entries()) {
    const segment = h("i", { class: `c${index % 10}`, title: `${part.name}: ${milliseconds(part.value)}` });
    segment.style.flexGrow = String(part.value / sum);
    bar.append(segment);
    legend.append(h("li", {}, h("i", { class: `c${index % 10}` }), part.name, " ", h("b", {}, milliseconds(part.value))));
  }
  legend.append(h("li", { class: "total" }, "in all ", h("b", {}, milliseconds(total))));
  return h("div", { class: "timings" }, bar, legend);
}

/** Small facts side by side: `[["cached", 32], …]`; what is null is left out. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))));
}
