// engine.js — the Engine view: blocks, steps, queue and speed, once a second from GET /v1/engine.

import { json } from "./api.js";
import { makeBlockMap } from "./blocks.js";
import { makeBars, makeLines } from "./charts.js";
import { append, count, h, milliseconds, problem, replace } from "./dom.js";

const period = 1000;
const stepRoom = 128;
const seconds = 60;

export function makeEngine(panel) {
  let timer = null;
  let isLooking = false;
  const rates = makeRates();
  const trouble = h("div", {});
  const numbers = h("dl", { class: "numbers" });
  const blockMap = makeBlockMap();
  const blockLegend = h("ul", { class: "legend" });
  const requests = h("div", { class: "scroll" });
  const stepChart = makeBars("Rows of each of the last steps", 110,
    { room: stepRoom, ends: [`${stepRoom} steps ago`, "now"] });
  const queueChart = makeBars("Requests running and waiting in each of the last steps", 110,
    { room: stepRoom, ends: [`${stepRoom} steps ago`, "now"] });
  const speedChart = makeLines("Tokens generated in each second", 110, { seconds });
  const firstChart = makeLines("Milliseconds to the first token", 110, { seconds: 300, dots: true });
  const pause = h("button", {
    class: "quiet small", type: "button", "aria-pressed": "false",
    onclick: () => {
      const isPaused = pause.getAttribute("aria-pressed") !== "true";
      pause.setAttribute("aria-pressed", String(isPaused));
      pause.textContent = isPaused ? "Go on" : "Hold still";
      if (isPaused) stop(); else look();
    },
  }, "Hold still");

  const entry = ([style, name]) => h("li", {}, h("i", { class: style }), name);
  const chart = (title, view, legend) => h("figure", { class: "chart" },
    h("figcaption", {}, h("h3", {}, title), legend ? h("ul", { class: "legend" }, legend.map(entry)) : null),
    view.element);

  append(panel, [
    h("div", { class: "wide-column" },
      numbers, trouble,
      h("figure", { class: "chart" }, h("figcaption", {}, h("h3", {}, "KV blocks"), blockLegend, pause), blockMap.element),
      h("div", { class: "grid" },
        chart("Rows per step", stepChart, [["c4", "prompt"], ["c3", "decode"], ["c6", "guesses"]]),
        chart("Requests", queueChart, [["c3", "running"], ["c5", "waiting"]]),
        chart("Tokens per second", speedChart),
        chart("Milliseconds to the first token", firstChart)),
      h("h3", {}, "Your requests"), requests),
  ]);

  async function look() {
    stop();
    isLooking = true;
    try {
      draw(await json("/v1/engine"));
      replace(trouble);
    } catch (error) {
      replace(trouble, problem(error));
      // Whoever did not want to give a key is not asked again every second.
      if (error.code === "no_key") return hold();
    }
    if (isLooking) timer = setTimeout(look, period);
  }

  function hold() {
    stop();
    pause.setAttribute("aria-pressed", "true");
    pause.textContent = "Go on";
  }

  function stop() {
    isLooking = false;
    clearTimeout(timer);
  }

  function draw(view) {
    const metrics = view.metrics;
    const queried = metrics["vllm:prefix_cache_queries_total"];
    const drafted = metrics["vllm:spec_decode_num_draft_tokens_total"];
    replace(numbers, [
      ["step", count(view.step)],
      ["running", count(metrics["vllm:num_requests_running"])],
      ["waiting", count(metrics["vllm:num_requests_waiting"])],
      ["tokens", count(metrics["vllm:generation_tokens_total"])],
      ["prefix hits", queried > 0 ? `${(100 * metrics["vllm:prefix_cache_hits_total"] / queried).toFixed(0)} %` : "–"],
      ["guesses right", drafted > 0
        ? `${(100 * metrics["vllm:spec_decode_num_accepted_tokens_total"] / drafted).toFixed(0)} %` : "–"],
      ["preemptions", count(metrics["vllm:num_preemptions_total"])],
    ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));

    const hidden = blockMap.show(view.blocks, view.requests);
    replace(blockLegend, [["k-used", "used"], ["k-shared", "shared"], ["k-cached", "cached"], ["k-free", "free"]]
      .map(([style, state]) => h("li", {}, h("i", { class: style }), state, " ", h("b", {}, count(view.blocks[state])))),
    hidden > 0 ? h("li", {}, `${count(hidden)} more, free, are not drawn`) : null);

    const steps = view.steps;
    const last = (name) => steps[name].slice(-stepRoom);
    stepChart.show([{ colour: "--c4", values: last("prefill") }, { colour: "--c3", values: last("decode") },
      { colour: "--c6", values: last("drafted") }]);
    queueChart.show([{ colour: "--c3", values: last("running") }, { colour: "--c5", values: last("waiting") }]);
    speedChart.show([{ colour: "--c3", points: rates.seen(view) }]);
    firstChart.show([{ colour: "--c1",
      points: view.first_tokens.ago_ms.map((ago, index) => [ago / 1000, view.first_tokens.ms[index]]) }]);
    replace(requests, requestTable(view.requests));
  }

  return {
    shown() { if (pause.getAttribute("aria-pressed") !== "true") look(); },
    hidden: stop,
  };
}

/**
 * Tokens per second since this page looks: between two looks the counter's difference tells, and what was before the
 * first one its steps do.
 */
function makeRates() {
  let points = null;
  let before = null;
  return {
    /** `[[seconds ago, tokens per second], …]`, the oldest first. */
    seen(view) {
      const now = { at: performance.now() / 1000, tokens: view.metrics["vllm:generation_tokens_total"] };
      points ??= speed(view.steps).map(([ago, value]) => [now.at - ago, value]);
      // A counter that went back belongs to a server that was started again.
      if (before && now.tokens >= before.tokens && now.at > before.at) {
        points.push([now.at, (now.tokens - before.tokens) / (now.at - before.at)]);
      }
      before = now;
      points = points.filter(([at]) => now.at - at <= seconds);
      return points.map(([at, value]) => [now.at - at, value]);
    },
  };
}

/** Tokens of each whole second that the steps reach back to, the oldest first. */
export function speed(steps) {
  if (steps.ago_ms.length === 0) return [];
  const reach = Math.min(seconds, Math.floor(steps.ago_ms[0] / 1000));
  const sums = Array(reach).fill(0);
  for (const [index, ago] of steps.ago_ms.entries()) {
    const second = Math.floor(ago / 1000);
    if (second < reach) sums[second] += steps.generated[index];
  }
  return sums.map((sum, second) => [second + 0.5, sum]).reverse();
}

function requestTable(requests) {
  if (requests.length === 0) return h("p", { class: "muted" }, "None at the moment.");
  const columns = ["request", "state", "age", "prompt", "cached", "computed", "answer", "guessed, right", "blocks"];
  return h("table", { class: "requests" },
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, requests.map((one) => h("tr", {}, [
      one.id, one.state, milliseconds(one.age_ms), one.prompt_tokens, one.cached_tokens, one.computed_tokens,
      one.output_tokens, `${one.drafted_tokens}, ${one.accepted_tokens}`, one.blocks.length,
    ].map((value) => h("td", {}, String(value)))))));
}
