// note.js — a note in a sheet at the side, with the quoted sentence marked. A note is Markdown; what of it is understood
// here becomes elements, everything else stays the text that it is.

import { json } from "./api.js";
import { byID, h, problem, replace } from "./dom.js";

/**
 * Opens a note.
 * - range: `[start, end]` in UTF-8 bytes of its text, to be marked; or nothing.
 */
export async function openNote(id, range = null) {
  const sheet = byID("note");
  const body = h("div", { class: "note-body" }, h("p", { class: "muted" }, "…"));
  const close = h("button", { class: "quiet", type: "button", "aria-label": "Close", onclick: () => sheet.close() }, "✕");
  replace(sheet, h("header", {}, h("span", { class: "note-id" }, id), close), body);
  if (!sheet.open) sheet.showModal();
  // Beside the sheet is outside of it.
  sheet.onclick = (event) => { if (event.target === sheet) sheet.close(); };
  try {
    const note = await json(`/v1/notes/${id.split("/").map(encodeURIComponent).join("/")}`);
    replace(body, noteElements(note, range));
    body.querySelector("mark")?.scrollIntoView({ block: "center" });
  } catch (error) {
    replace(body, problem(error));
  }
}

/** Leads to a note, as a link does. */
export const noteLink = (id, text, range = null) =>
  h("button", { class: "link", type: "button", onclick: () => openNote(id, range) }, text);

function noteElements(note, range) {
  const text = note.text;
  const mark = range ? range.map((offset) => utf16Offset(text, offset)) : null;
  const list = (title, items) => (items.length === 0 ? null : [h("h3", {}, title), h("ul", {}, items)]);
  return [
    h("h2", { id: "note-title" }, note.question),
    h("p", { class: "tags" },
      [note.topic, note.level, note.kind].filter(Boolean).map((tag) => h("span", { class: "tag" }, tag))),
    h("div", { class: "prose" }, markdown(text, bodyStart(text), mark)),
    h("footer", {},
      list("See also", (note.see_also ?? []).map((id) => h("li", {}, noteLink(id, id)))),
      list("Sources", (note.sources ?? []).map((source) =>
        h("li", {}, typeof source === "string" ? source : source.title ?? JSON.stringify(source))))),
  ];
}

/** Behind the front matter, where there is one. */
function bodyStart(text) {
  if (!text.startsWith("---\n")) return 0;
  const end = text.indexOf("\n---\n", 3);
  return end < 0 ? 0 : end + 5;
}

/** Where a byte of the text's UTF-8 is in the string. */
export function utf16Offset(text, bytes) {
  let [left, index] = [bytes, 0];
  while (left > 0 && index < text.length) {
    const point = text.codePointAt(index);
    left -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += point < 0x10000 ? 1 : 2;
  }
  return index;
}

// MARK: - Markdown

/** The elements of `text` from `start` on; what lies within `mark` is marked. */
export function markdown(text, start, mark) {
  const lines = [];
  for (let at = start; at <= text.length;) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    lines.push([at, end]);
    at = end + 1;
  }
  const blocks = [];
  let index = 0;
  const line = (number) => text.slice(...lines[number]);
  while (index < lines.length) {
    const words = line(index);
    const [from, to] = lines[index];
    let found;
    if (words.trim() === "") index += 1;
    else if (words.startsWith("```")) {
      let end = index + 1;
      while (end < lines.length && !line(end).startsWith("```")) end += 1;
      const last = Math.min(end, lines.length) - 1;
      if (last > index) blocks.push(h("pre", {}, h("code", {}, marked(text, lines[index + 1][0], lines[last][1], mark))));
      index = end + 1;
    } else if ((found = /^#{1,6} +/.exec(words))) {
      blocks.push(h("h3", {}, inline(text, from + found[0].length, to, mark)));
      index += 1;
    } else if (words.startsWith("|")) {
      let end = index;
      while (end < lines.length && line(end).startsWith("|")) end += 1;
      blocks.push(table(text, lines.slice(index, end), mark));
      index = end;
    } else if ((found = /^(?:[-*]|\d+\.) +/.exec(words))) {
      const list = h(/^\d/.test(words) ? "ol" : "ul", {});
      while (index < lines.length && (found = /^(?:[-*]|\d+\.) +/.exec(line(index)))) {
        const begin = lines[index][0] + found[0].length;
        index += 1;
        while (index < lines.length && /^ +\S/.test(line(index))) index += 1;
        list.append(h("li", {}, inline(text, begin, lines[index - 1][1], mark)));
      }
      blocks.push(list);
    } else {
      let end = index;
      while (end < lines.length && !/^(\s*$|#{1,6} |\||```|[-*] |\d+\. )/.test(line(end))) end += 1;
      end = Math.max(end, index + 1);
      blocks.push(h("p", {}, inline(text, from, lines[end - 1][1], mark)));
      index = end;
    }
  }
  return blocks;
}

function table(text, rows, mark) {
  const element = h("table", {});
  for (const [number, [from, to]] of rows.entries()) {
    if (number === 1 && /^[\s|:-]+$/.test(text.slice(from, to))) continue;
    const row = h("tr", {});
    let cell = from + 1;
    for (let at = cell; at < to; at += 1) {
      if (text[at] !== "|") continue;
      row.append(h(number === 0 ? "th" : "td", {}, inline(text, cell, at, mark)));
      cell = at + 1;
    }
    element.append(row);
  }
  return h("div", { class: "scroll" }, element);
}

const emphasis = /`([^`\n]+)`|\*\*([^\n]+?)\*\*|(?<![\w*])\*([^*\n]+)\*(?![\w*])/g;

/** Nodes for `text[from..<to]`: code, strong and emphasis become elements, and all else is text. */
export function inline(text, from, to, mark = null) {
  const nodes = [];
  let at = from;
  for (const found of text.slice(from, to).matchAll(emphasis)) {
    const begin = from + found.index;
    nodes.push(...marked(text, at, begin, mark));
    at = begin + found[0].length;
    const [code, strong, soft] = found.slice(1);
    const content = code ?? strong ?? soft;
    const width = strong === undefined ? 1 : 2;
    const [first, last] = [begin + width, begin + width + content.length];
    if (code !== undefined) nodes.push(h("code", {}, marked(text, first, last, mark)));
    else nodes.push(h(strong === undefined ? "em" : "strong", {}, inline(text, first, last, mark)));
  }
  nodes.push(...marked(text, at, to, mark));
  return nodes;
}

/** Text nodes, and a `mark` around what lies within. */
function marked(text, from, to, mark) {
  if (from >= to) return [];
  const [first, last] = mark ? [Math.max(from, mark[0]), Math.min(to, mark[1])] : [to, to];
  if (first >= last) return [text.slice(from, to)];
  return [text.slice(from, first), h("mark", {}, text.slice(first, last)), text.slice(last, to)]
    .filter((part) => part !== "");
}
