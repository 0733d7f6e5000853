// parameters.js — every sampling parameter of the completion routes, as a form. An empty field is not sent: the model's
// own default holds.

import { h } from "./dom.js";

const number = (name, label, hint, min, max, step) => ({ name, label, hint, kind: "number", min, max, step });

const groups = [
  ["Choice of tokens", [
    number("temperature", "temperature", "0 always takes the likeliest", 0, 2, 0.05),
    number("top_p", "top_p", "only the likeliest that make up this share", 0, 1, 0.01),
    number("top_k", "top_k", "only so many; 0 is all", 0, 1000000, 1),
    number("min_p", "min_p", "at least this share of the likeliest one's", 0, 1, 0.01),
    number("seed", "seed", "the same seed, the same answer", null, null, 1),
    { name: "logit_bias", label: "logit_bias", hint: "token id: added to its logit — 42: -100, 7: 5", kind: "bias" },
  ]],
  ["Against repetition", [
    number("frequency_penalty", "frequency_penalty", "by how often a token came", -2, 2, 0.1),
    number("presence_penalty", "presence_penalty", "once it came", -2, 2, 0.1),
    number("repetition_penalty", "repetition_penalty", "divides; 1 is none; the prompt counts too", 0.01, 10, 0.05),
  ]],
  ["Length and end", [
    number("max_tokens", "max_tokens", "at most", 1, 16777216, 1),
    number("min_tokens", "min_tokens", "no stop of any kind before", 0, 16777216, 1),
    { name: "stop", label: "stop", hint: "texts that end the answer, one per line (at most 4)", kind: "lines" },
    { name: "stop_token_ids", label: "stop_token_ids", hint: "ids, separated by commas", kind: "integers" },
    { name: "include_stop_str_in_output", label: "keep what stopped it", kind: "flag" },
    { name: "ignore_eos", label: "go on past the end token", kind: "flag" },
  ]],
  ["Engine", [
    { name: "choice", label: "one of these texts", hint: "structured_outputs.choice, one per line", kind: "lines" },
    number("priority", "priority", "lower runs first", -1000000, 1000000, 1),
    { name: "cache_salt", label: "cache_salt", hint: "shares cached prefixes only with the same salt", kind: "text" },
    number("logprobs", "top_logprobs", "likeliest tokens told with each (0–20)", 0, 20, 1),
  ]],
];

/**
 * The form, folded. `values()` gives the fields that are filled, in the words of the route.
 * - defaults: `{name: text}` that the form begins with.
 */
export function makeParameters(id, defaults = {}) {
  const inputs = new Map();
  const field = (parameter) => {
    const inputID = `${id}-${parameter.name}`;
    const common = { id: inputID, name: parameter.name, "aria-describedby": parameter.hint ? `${inputID}-hint` : null };
    let input;
    if (parameter.kind === "flag") input = h("input", { ...common, type: "checkbox" });
    else if (parameter.kind === "lines") input = h("textarea", { ...common, rows: "2", spellcheck: "false" });
    else if (parameter.kind === "number") {
      input = h("input", { ...common, type: "number", inputmode: "decimal", min: parameter.min, max: parameter.max,
        step: parameter.step, placeholder: "–" });
    } else input = h("input", { ...common, type: "text", spellcheck: "false", autocomplete: "off" });
    if (defaults[parameter.name] !== undefined) input.value = defaults[parameter.name];
    inputs.set(parameter, input);
    const label = h("label", { for: inputID }, parameter.label);
    const hint = parameter.hint ? h("small", { id: `${inputID}-hint` }, parameter.hint) : null;
    return h("div", { class: `field field-${parameter.kind}` },
      parameter.kind === "flag" ? [input, label] : [label, input, hint]);
  };
  const element = h("details", { class: "parameters" }, h("summary", {}, "Parameters"),
    h("div", { class: "groups" }, groups.map(([title, list]) =>
      h("fieldset", {}, h("legend", {}, title), list.map(field)))));

  /** - Throws: an Error that names the field which cannot be read. */
  function values(isChat) {
    const result = {};
    for (const [parameter, input] of inputs) {
      if (parameter.kind === "flag") {
        if (input.checked) result[parameter.name] = true;
        continue;
      }
      if (input.validity.badInput) throw new Error(`${parameter.label} is not a number.`);
      if (input.value.trim() === "") continue;
      result[parameter.name] = read(parameter, input.value);
    }
    if (result.choice) {
      result.structured_outputs = { choice: result.choice };
      delete result.choice;
    }
    if (result.logprobs !== undefined) {
      if (isChat) [result.top_logprobs, result.logprobs] = [result.logprobs, true];
      result.token_details = true;
    }
    return result;
  }
  return { element, values };
}

function read(parameter, text) {
  switch (parameter.kind) {
    case "number": return Number(text);
    case "lines": return text.split("\n").filter((line) => line !== "");
    case "integers": return text.split(/[\s,]+/).filter(Boolean).map((part) => whole(part, parameter));
    case "bias": return Object.fromEntries(text.split(",").filter((part) => part.trim() !== "").map((part) => {
      const [token, bias] = part.split(":").map((side) => side.trim());
      if (bias === undefined || bias === "" || Number.isNaN(Number(bias))) {
        throw new Error(`logit_bias is written "id: bias", not "${part.trim()}".`);
      }
      return [whole(token, parameter), Number(bias)];
    }));
    default: return text;
  }
}

function whole(text, parameter) {
  if (!/^\d+$/.test(text)) throw new Error(`${parameter.label}: "${text}" is no token id.`);
  return Number(text);
}
