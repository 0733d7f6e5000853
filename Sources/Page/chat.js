// chat.js — the Chat view: a conversation over /v1/chat/completions.

import { append, growing, h, problem, replace } from "./dom.js";
import { makeGeneration, makeRunButton } from "./generation.js";
import { makeParameters } from "./parameters.js";

export function makeChat(panel) {
  let messages = [];
  const log = h("div", { class: "conversation", role: "log", "aria-live": "polite", "aria-label": "Conversation" });
  const parameters = makeParameters("chat", { logprobs: "5", max_tokens: "256" });
  const system = h("textarea", { id: "chat-system", rows: "2", placeholder: "none" });
  const input = h("textarea", {
    id: "chat-input", rows: "1", placeholder: "Say something", "aria-label": "Your message",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!run.isRunning) run.press();
    },
  });
  const fit = growing(input);
  const trouble = h("div", {});
  const run = makeRunButton("Send", send);
  const clear = h("button", { class: "quiet", type: "button", onclick: () => { begin(); input.focus(); } }, "New conversation");

  async function send(signal) {
    const text = input.value.trim();
    if (text === "") return input.focus();
    let options;
    try {
      options = parameters.values(true);
    } catch (error) {
      return replace(trouble, problem(error));
    }
    replace(trouble);
    input.value = "";
    fit();
    log.querySelector(".empty")?.remove();
    const generation = makeGeneration();
    append(log, [
      h("article", { class: "turn user" }, h("h3", { class: "sr" }, "You"), h("div", { class: "text" }, text)),
      h("article", { class: "turn model" }, h("h3", { class: "sr" }, "Model"), generation.element),
    ]);
    log.lastChild.scrollIntoView({ block: "nearest" });
    const before = system.value.trim() === "" ? [] : [{ role: "system", content: system.value }];
    const asked = [...messages, { role: "user", content: text }];
    const isWhole = await generation.run("/v1/chat/completions", { ...options, messages: [...before, ...asked] }, signal);
    // What failed was not said: the next message does not build on it.
    if (isWhole || generation.text !== "") messages = [...asked, { role: "assistant", content: generation.text }];
    log.lastChild.scrollIntoView({ block: "nearest" });
    input.focus();
  }

  function begin() {
    messages = [];
    replace(log, h("p", { class: "empty muted" },
      "The model as it is, without notes. What it says is its own invention; Ask answers from the notes."));
  }

  const form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); run.press(); } },
    trouble, h("div", { class: "line" }, input, run.button));
  append(panel, [
    h("div", { class: "column" }, log, form,
      h("div", { class: "under" }, clear),
      h("details", { class: "parameters" }, h("summary", {}, "System message"),
        h("div", { class: "field field-lines" }, h("label", { for: "chat-system", class: "sr" }, "System message"), system)),
      parameters.element),
  ]);
  begin();
  return {};
}
