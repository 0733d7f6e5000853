// timings.js — where the milliseconds went, as one bar and its legend.

import { h, milliseconds } from "./dom.js";

/** A completion's parts end in `_ms`, an explanation's do not; the whole is `total` in both. */
const named = (timings) => Object.entries(timings).filter(([, value]) => typeof value === "number")
  .map(([name, value]) => ({ name: name.replace(/_ms$/, "").replaceAll("_", " "), value }));

/** The parts in the server's order, without those that took no time. */
export const parts = (timings) => named(timings).filter((part) => part.name !== "total" && part.value >= 0.005);

/** The whole, or null where it is not told. */
export const total = (timings) => named(timings).find((part) => part.name === "total")?.value ?? null;

/** A bar of the parts and a list that names them. */
export function timingBar(timings) {
  const list = parts(timings);
  const sum = list.reduce((soFar, part) => soFar + part.value, 0);
  const whole = total(timings) ?? sum;
  if (!(whole > 0)) return null;
  const bar = h("div", { class: "bar", role: "img", "aria-label": `${milliseconds(whole)} in all` });
  const legend = h("ul", { class: "legend" });
  for (const [index, part] of list.entries()) {
    const segment = h("i", { class: `c${index % 10}`, title: `${part.name}: ${milliseconds(part.value)}` });
    segment.style.flexGrow = String(part.value / sum);
    bar.append(segment);
    legend.append(h("li", {}, h("i", { class: `c${index % 10}` }), part.name, " ", h("b", {}, milliseconds(part.value))));
  }
  legend.append(h("li", { class: "total" }, "in all ", h("b", {}, milliseconds(whole))));
  return h("div", { class: "timings" }, bar, legend);
}

/** Small facts side by side: `[["cached", 32], …]`; what is null is left out. */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, String(value)))));
}
