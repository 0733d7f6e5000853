// ask.js — the Ask view: questions to the notes, answered in their own sentences.

import { makeAnswer } from "./answer.js";
import { events } from "./api.js";
import { append, growing, h, replace } from "./dom.js";
import { makeRunButton } from "./generation.js";

const examples = [
  "Why does paged attention help?",
  "How does speculative decoding keep the distribution?",
  "When is RAG better than fine-tuning?",
  "How do I size a KV cache?",
  "What is the difference between BM25 and dense retrieval?",
  "How should an agent ask for approval?",
];
/** Exchanges that the server is told of: it takes sixteen. */
const rememberedTurns = 8;

export function makeAsk(panel) {
  let turns = [];
  const intro = h("div", { class: "intro" },
    h("h2", {}, "Ask about large language models"),
    h("p", {}, "Every sentence of an answer is quoted from a note, and its number opens the note at that place. ",
      "What the notes do not know is not answered."),
    h("ul", { class: "chips", "aria-label": "Example questions" }, examples.map((question) =>
      h("li", {}, h("button", { class: "chip", type: "button", onclick: () => ask(question) }, question)))));
  const log = h("div", { class: "answers", "aria-live": "polite", "aria-busy": "false" });
  const input = h("textarea", {
    id: "ask-input", rows: "1", placeholder: "Your question", "aria-label": "Your question", maxlength: "2000",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!run.isRunning) run.press();
    },
  });
  const fit = growing(input);
  const run = makeRunButton("Ask", send);
  const levels = [["junior", "Junior"], ["senior", "Senior"]].map(([value, name]) => {
    const option = h("input", { type: "radio", name: "level", id: `level-${value}`, value, checked: value === "senior" });
    return [option, h("label", { for: option.id }, name)];
  });
  const level = () => panel.querySelector("input[name=level]:checked").value;
  const clear = h("button", { class: "quiet small", type: "button", hidden: true, onclick: begin }, "New conversation");

  function ask(question) {
    if (run.isRunning) return;
    input.value = question;
    run.press();
  }

  async function send(signal) {
    const question = input.value.trim();
    if (question === "") return input.focus();
    input.value = "";
    fit();
    intro.hidden = true;
    clear.hidden = false;
    const answer = makeAnswer(question, ask);
    log.append(answer.element);
    log.setAttribute("aria-busy", "true");
    answer.element.scrollIntoView({ block: "start" });
    const messages = turns.slice(-rememberedTurns).flatMap(([asked, said, notes]) =>
      [{ role: "user", content: asked }, { role: "assistant", content: said, notes }]);
    const body = { question, level: level(), stream: true, ...(messages.length > 0 ? { messages } : {}) };
    try {
      for await (const event of events("/v1/explain", body, { signal })) {
        answer.received(event);
        if (event.type !== "done") continue;
        turns.push([question, event.answer ?? "", [...new Set((event.citations ?? []).map((citation) => citation.note))]]);
      }
    } catch (error) {
      answer.failed(error);
    }
    log.setAttribute("aria-busy", "false");
    input.focus({ preventScroll: true });
  }

  function begin() {
    turns = [];
    replace(log);
    intro.hidden = false;
    clear.hidden = true;
    input.focus();
  }

  append(panel, [
    h("div", { class: "column" }, intro, log,
      h("form", { class: "composer sticky", onsubmit: (event) => { event.preventDefault(); run.press(); } },
        h("div", { class: "line" }, input, run.button),
        h("div", { class: "under" },
          h("div", { class: "switch", role: "radiogroup", "aria-label": "Level of the answer" }, levels), clear))),
  ]);
  return { focus: () => input.focus({ preventScroll: true }) };
}
