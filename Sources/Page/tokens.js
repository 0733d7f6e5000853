// tokens.js — an answer as its tokens: text, id, log-probability, what else was likely, and what was guessed before.

import { h, replace } from "./dom.js";

/** The tokens of a streamed chunk's `logprobs`, in either route's shape. */
export function tokensOf(logprobs) {
  if (!logprobs) return [];
  if (Array.isArray(logprobs.content)) {
    return logprobs.content.map((entry) => ({
      text: entry.token, id: entry.token_id ?? null, logprob: entry.logprob, drafted: entry.drafted === true,
      top: entry.top_logprobs.map((other) => ({ text: other.token, id: other.token_id ?? null, logprob: other.logprob })),
    }));
  }
  return (logprobs.tokens ?? []).map((text, index) => ({
    text, id: logprobs.token_ids?.[index] ?? null, logprob: logprobs.token_logprobs[index],
    drafted: logprobs.drafted?.[index] === true,
    top: Object.entries(logprobs.top_logprobs?.[index] ?? {})
      .map(([other, logprob]) => ({ text: other, id: null, logprob }))
      .sort((left, right) => right.logprob - left.logprob),
  }));
}

const probability = (logprob) => (logprob === null || logprob === undefined ? null : Math.exp(logprob));
const percent = (logprob) => {
  const share = probability(logprob);
  return share === null ? "–" : share >= 0.0995 ? `${(100 * share).toFixed(0)} %` : `${(100 * share).toPrecision(2)} %`;
};
/** Blanks and line ends can be seen; other text is as it is. */
const visible = (text) => text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll(" ", "·");

/**
 * A view that grows by `add(tokens)`. Hover, or focus and the arrow keys, choose a token; below stands what is known
 * of it.
 */
export function makeTokenView() {
  const flow = h("div", {
    class: "tokens", role: "listbox", "aria-label": "Tokens", "aria-orientation": "horizontal", tabindex: "0",
  });
  const detail = h("div", { class: "token-detail", "aria-live": "polite" }, hint());
  const tokens = [];
  let chosen = -1;

  function choose(index) {
    if (index < 0 || index >= tokens.length || index === chosen) return;
    flow.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const element = flow.children[index];
    element.setAttribute("aria-selected", "true");
    flow.setAttribute("aria-activedescendant", element.id);
    replace(detail, describe(tokens[index], index));
  }

  flow.addEventListener("pointerover", (event) => choose([...flow.children].indexOf(event.target)));
  flow.addEventListener("click", (event) => choose([...flow.children].indexOf(event.target)));
  flow.addEventListener("focus", () => { if (chosen < 0) choose(0); });
  flow.addEventListener("keydown", (event) => {
    const to = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: tokens.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });

  return {
    element: h("div", { class: "token-view" }, flow, detail, key()),
    add(more) {
      for (const token of more) {
        const share = probability(token.logprob);
        const level = share === null ? "none" : Math.min(9, Math.floor(share * 10));
        flow.append(h("span", {
          class: `token p${level}${token.drafted ? " drafted" : ""}`, role: "option", id: `token-${serial += 1}`,
          "aria-selected": "false", "aria-label": `${visible(token.text)}, ${percent(token.logprob)}`,
        }, token.text.replaceAll("\n", "↵\n")));
        tokens.push(token);
      }
    },
  };
}

let serial = 0;

const hint = () => h("p", { class: "muted" }, "Point at a token, or use the arrow keys.");

const key = () => h("p", { class: "token-key muted" },
  h("span", { class: "token p9" }, "likely"), " ", h("span", { class: "token p5" }, "half"), " ",
  h("span", { class: "token p0" }, "surprising"), " ", h("span", { class: "token drafted" }, "guessed ahead"));

function describe(token, index) {
  const rows = token.top.map((other) => {
    const meter = h("i", {});
    meter.style.width = `${Math.max(0.5, 100 * probability(other.logprob))}%`;
    return h("tr", { class: other.text === token.text ? "own" : null },
      h("td", { class: "mono" }, visible(other.text)),
      h("td", { class: "number" }, other.id ?? ""),
      h("td", { class: "number" }, other.logprob.toFixed(3)),
      h("td", { class: "meter" }, meter),
      h("td", { class: "number" }, percent(other.logprob)));
  });
  return [
    h("p", {}, h("b", { class: "mono" }, visible(token.text)), h("span", { class: "muted" }, " token ", String(index + 1)),
      token.id === null ? null : [" · id ", h("span", { class: "mono" }, String(token.id))],
      token.logprob === null
        ? " · nothing came before it" : ` · ln p ${token.logprob.toFixed(3)} · ${percent(token.logprob)}`,
      token.drafted ? h("span", { class: "badge" }, "guessed ahead") : null),
    rows.length === 0 ? null : h("table", {}, h("thead", {}, h("tr", {},
      ["likeliest", "id", "ln p", "", "p"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)),
  ];
}
