// generation.js — one streamed answer of a completion route: its text, its tokens, and its account.

import { events } from "./api.js";
import { count, h, problem, replace } from "./dom.js";
import { facts, timingBar } from "./timings.js";
import { makeTokenView, tokensOf } from "./tokens.js";

/**
 * A view that fills itself by `run`. `text` is what was said so far.
 * - before: text that stands in front of the answer, in another shade; for /v1/completions.
 */
export function makeGeneration({ before = "" } = {}) {
  const words = h("div", { class: "text" });
  if (before !== "") words.append(h("span", { class: "prompt" }, before));
  const answer = document.createTextNode("");
  words.append(answer);
  const cursor = h("span", { class: "cursor", "aria-hidden": "true" });
  words.append(cursor);
  const account = h("div", { class: "account" });
  let tokenView = null;

  const toggle = h("button", {
    class: "quiet small", type: "button", "aria-pressed": "false", hidden: true,
    onclick: () => {
      const showsTokens = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(showsTokens));
      toggle.textContent = showsTokens ? "Show the text" : "Show the tokens";
      tokenView.element.hidden = !showsTokens;
      words.hidden = showsTokens;
    },
  }, "Show the tokens");
  const element = h("div", { class: "generation" }, words, account);

  function addTokens(tokens) {
    if (tokens.length === 0) return;
    if (tokenView === null) {
      tokenView = makeTokenView();
      tokenView.element.hidden = true;
      words.after(tokenView.element);
      toggle.hidden = false;
    }
    tokenView.add(tokens);
  }

  function close({ usage, timings, reason, started, first, error }) {
    cursor.remove();
    const seconds = first === null ? null : (performance.now() - first) / 1000;
    const produced = usage?.completion_tokens ?? null;
    const guesses = usage?.completion_tokens_details ?? {};
    const drafted = (guesses.accepted_prediction_tokens ?? 0) + (guesses.rejected_prediction_tokens ?? 0);
    replace(account,
      error ? problem(error) : null,
      h("div", { class: "row" },
        facts([
          ["ended by", reason],
          ["prompt", usage ? count(usage.prompt_tokens) : null],
          ["of it cached", usage?.prompt_tokens_details ? count(usage.prompt_tokens_details.cached_tokens) : null],
          ["answer", produced === null ? null : count(produced)],
          ["guessed, right", drafted > 0 ? `${drafted}, ${guesses.accepted_prediction_tokens}` : null],
          ["first token", first === null ? null : `${(first - started).toFixed(0)} ms`],
          ["tokens/s", produced > 8 && seconds > 0 ? ((produced - 1) / seconds).toFixed(0) : null],
        ]), toggle),
      timings ? timingBar(timings) : null);
  }

  /** Streams the answer. Resolves when it has ended, however it did. */
  async function run(path, body, signal) {
    const started = performance.now();
    const end = { usage: null, timings: null, reason: null, started, first: null, error: null };
    try {
      const request = { ...body, stream: true, stream_options: { include_usage: true } };
      for await (const event of events(path, request, { signal })) {
        end.usage = event.usage ?? end.usage;
        end.timings = event.timings ?? end.timings;
        const choice = event.choices?.[0];
        if (!choice) continue;
        const piece = choice.text ?? choice.delta?.content ?? "";
        if (piece !== "") {
          end.first ??= performance.now();
          answer.appendData(piece);
        }
        addTokens(tokensOf(choice.logprobs));
        end.reason = choice.finish_reason ?? end.reason;
      }
    } catch (error) {
      if (error.name === "AbortError") end.reason = "stopped here";
      else end.error = error;
    }
    close(end);
    return end.error === null;
  }

  return { element, run, get text() { return answer.data; } };
}

/** A button that starts and, while something runs, stops. `start(signal)` returns a promise. */
export function makeRunButton(label, start) {
  let running = null;
  const button = h("button", { class: "primary", type: "submit" }, label);
  async function press() {
    if (running) return running.abort();
    running = new AbortController();
    button.textContent = "Stop";
    button.classList.add("running");
    try {
      await start(running.signal);
    } finally {
      running = null;
      button.textContent = label;
      button.classList.remove("running");
    }
  }
  return { button, press, get isRunning() { return running !== null; } };
}
