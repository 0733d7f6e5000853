// dom.js — builds elements. Text becomes text nodes, always: nothing on this page is ever parsed as HTML.

/**
 * Makes an element: `h("p", { class: "lead", onclick: f }, "text", child, [more])`.
 * Attributes that are null, undefined or false are left out; `true` writes an empty one; functions are listeners.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Adds nodes and texts; arrays are flattened, nulls skipped. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function replace(element, ...children) {
  element.textContent = "";
  append(element, children);
}

export const byID = (id) => document.getElementById(id);

/** 1234567 as "1,234,567". */
export const count = (value) => Math.round(value).toLocaleString("en");

/** Milliseconds with as many digits as they deserve. */
export function milliseconds(value) {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
}

/** A problem, told kindly and where it happened. */
export function problem(error) {
  const code = error.code ? h("span", { class: "code" }, error.code) : null;
  return h("p", { class: "problem", role: "alert" }, error.message ?? String(error), code ? [" ", code] : null);
}

/** Makes `textarea` as tall as its text, up to a limit of lines. */
export function growing(textarea) {
  const fit = () => {
    textarea.style.height = "auto";
    textarea.style.height = `${Math.min(textarea.scrollHeight + 2, 320)}px`;
  };
  textarea.addEventListener("input", fit);
  return fit;
}
