// complete.js — the Complete view: a text, and how the model goes on with it.

import { append, growing, h, problem, replace } from "./dom.js";
import { makeGeneration, makeRunButton } from "./generation.js";
import { makeParameters } from "./parameters.js";

export function makeComplete(panel) {
  const parameters = makeParameters("complete", { logprobs: "5", max_tokens: "64" });
  const input = h("textarea", {
    id: "complete-input", rows: "4", class: "wide", spellcheck: "false",
    onkeydown: (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!run.isRunning) run.press();
    },
  });
  input.value = "The key-value cache of a transformer";
  growing(input);
  const echo = h("input", { type: "checkbox", id: "complete-echo" });
  const output = h("div", { class: "output", "aria-live": "polite" });
  const run = makeRunButton("Complete", complete);

  async function complete(signal) {
    let options;
    try {
      options = parameters.values(false);
    } catch (error) {
      return replace(output, problem(error));
    }
    if (echo.checked) options.echo = true;
    const generation = makeGeneration({ before: echo.checked ? "" : input.value });
    replace(output, generation.element);
    await generation.run("/v1/completions", { ...options, prompt: input.value }, signal);
  }

  append(panel, [
    h("form", { class: "column", onsubmit: (event) => { event.preventDefault(); run.press(); } },
      h("label", { for: "complete-input", class: "lead" }, "A text to go on with"),
      input,
      h("div", { class: "under" },
        h("span", { class: "check" }, echo, h("label", { for: "complete-echo" }, "the prompt's own tokens too (echo)")),
        h("span", { class: "muted" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")), run.button),
      output, parameters.element),
  ]);
  return {};
}
