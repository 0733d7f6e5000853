// answer.js — one answer of /v1/explain, as it comes in: sentences with their citations, sections, evidence, and the
// account of the engine.

import { append, count, h, milliseconds, problem, replace } from "./dom.js";
import { inline, markdown, noteLink, openNote } from "./note.js";
import { facts, timingBar, total } from "./timings.js";

const verdicts = {
  sufficient: null,
  weak: "weak evidence, quoted only",
  declined: "not in the notes",
};

/** - ask: called with a question that the reader chose. */
export function makeAnswer(question, ask) {
  const citations = [];
  const lead = h("div", { class: "answer-text" });
  const cursor = h("span", { class: "cursor", "aria-hidden": "true" });
  const state = h("p", { class: "muted searching" }, "Looking through the notes…");
  const sections = h("div", { class: "sections" });
  const kind = h("span", {});
  const foot = h("div", {});
  const evidence = h("details", { class: "evidence", hidden: true });
  const element = h("article", { class: "answer" },
    h("h2", {}, question, kind), state, lead, sections, foot, evidence);

  // MARK: - Sentences

  function spanNode(span) {
    const nodes = inline(span.text, 0, span.text.length);
    if (span.unsupported) return h("span", { class: "unsupported", title: "No note says this." }, nodes);
    if (span.citation === null) return span.text.trim() === "" ? " " : h("span", { class: "connective" }, nodes);
    return h("span", { class: "sentence" }, nodes, citation(span.citation));
  }

  function citation(index) {
    const number = String(index + 1);
    const source = () => citations[index];
    return h("button", {
      class: "cite", type: "button", "aria-label": `Source ${number}`, title: source()?.title ?? null,
      onclick: () => { if (source()) openNote(source().note, source().range); },
    }, number);
  }

  function know(span) {
    if (span.source && span.citation !== null) citations[span.citation] = span.source;
  }

  // MARK: - Events

  const handlers = {
    evidence(event) {
      state.hidden = true;
      lead.append(cursor);
      const verdict = verdicts[event.verdict];
      if (verdict) replace(kind, h("span", { class: `badge ${event.verdict}` }, verdict));
      if (event.question && event.question !== question) {
        append(kind, h("span", { class: "searched" }, "searched as “", event.question, "”"));
      }
      if (event.warning) state.after(h("p", { class: "muted small" }, event.warning));
      if (event.notes.length > 0) {
        replace(evidence, h("summary", {}, event.notes.length === 1 ? "1 note looked at" : `${count(event.notes.length)} notes looked at`), scores(event.notes));
        evidence.hidden = false;
      }
    },
    span(event) {
      know(event);
      cursor.before(spanNode(event));
    },
    section(event) {
      // New citations come in the order of their numbers.
      citations.push(...(event.sources ?? []));
      sections.querySelector(`[data-name="${CSS.escape(event.name)}"]`)?.remove();
      const node = section(event.name, event.title ?? event.name.replaceAll("_", " "), event.spans);
      if (node) sections.append(node);
    },
    done(event) { finish(event); },
  };

  function section(name, title, spans) {
    if (spans.length === 0) return null;
    if (name === "listing" || name === "table") {
      return h("section", { "data-name": name }, h("h3", {}, title, spans.map((span) => citation(span.citation))),
        h("div", { class: "prose" }, spans.map((span) => (name === "table" ? markdown(span.text, 0, null)
          : h("pre", { class: "listing", tabindex: "0" }, h("code", {}, span.text))))));
    }
    const content = name === "follow_ups"
      ? h("ul", { class: "questions" }, spans.map(followUp).filter(Boolean))
      : h("p", {}, spans.map((span, index) => [index > 0 ? " " : null, spanNode(span)]));
    return h("section", { "data-name": name }, h("h3", {}, title), content);
  }

  /** A follow-up begins with its question; the rest is its answer, for whoever wants only that. */
  function followUp(span) {
    const asked = /^[-\s]*\*?([^*?]+\?)/.exec(span.text)?.[1]?.trim();
    return asked ? h("li", {}, h("button", { class: "chip", type: "button", onclick: () => ask(asked) }, asked)) : null;
  }

  function finish(whole) {
    cursor.remove();
    state.remove();
    for (const [index, source] of (whole.citations ?? []).entries()) citations[index] = source;
    for (const button of element.querySelectorAll(".cite")) {
      button.title = citations[Number(button.textContent) - 1]?.title ?? "";
    }
    if (whole.declined) return decline(whole);
    // Now it is known where the short answer ends; and whatever came in pieces, the whole is what counts.
    const first = whole.sections?.short_answer?.length ?? 0;
    replace(lead, [whole.spans.slice(0, first), whole.spans.slice(first)].filter((spans) => spans.length > 0)
      .map((spans) => h("p", {}, spans.map(spanNode))));
    replace(foot, related(whole), code(whole), account(whole));
  }

  function decline(whole) {
    replace(kind, h("span", { class: "badge declined" }, verdicts.declined));
    // The titles that end the reason stand below, to be opened.
    const reason = whole.reason && whole.reason.includes(" ") ? whole.reason.split(" The nearest they have:")[0]
      : "The notes are about large language models, and do not say.";
    replace(lead, reason);
    replace(sections);
    const nearest = whole.related ?? [];
    replace(foot, nearest.length === 0 ? null : [h("h3", {}, "The nearest they have"), noteList(nearest)], account(whole));
  }

  return {
    element,
    received(event) { handlers[event.type]?.(event); },
    failed(error) {
      cursor.remove();
      state.remove();
      if (error.name === "AbortError") append(foot, h("p", { class: "muted" }, "Stopped here."));
      else append(foot, problem(error));
    },
  };
}

// MARK: - What stands below

const noteList = (notes) => h("ul", { class: "notes" }, notes.map((note) =>
  h("li", {}, noteLink(note.note, note.question ?? note.title ?? note.note))));

function related(whole) {
  const cited = new Set((whole.citations ?? []).map((citation) => citation.note));
  const others = (whole.related ?? []).filter((note) => !cited.has(note.note));
  return others.length === 0 ? null : h("section", {}, h("h3", {}, "Related notes"), noteList(others));
}

function code(whole) {
  if (!whole.code?.length) return null;
  return h("section", {}, h("h3", {}, "Where this project does it"), h("ul", { class: "code-places" },
    whole.code.map((place) => h("li", {}, h("code", {}, place.path, place.line ? `:${place.line}` : null),
      place.symbol ? h("span", { class: "muted" }, " ", place.symbol) : null))));
}

function account(whole) {
  const engine = whole.engine ?? {};
  const named = Object.entries(engine).filter(([, value]) => typeof value === "number")
    .map(([name, value]) => [name.replaceAll("_", " "), count(value)]);
  if (named.length === 0 && !whole.timings) return null;
  return h("details", { class: "engine-account" }, h("summary", {}, "How the engine did it",
    whole.timings && total(whole.timings) !== null
      ? h("span", { class: "muted" }, ` · ${milliseconds(total(whole.timings))}`) : null),
  facts(named), whole.timings ? timingBar(whole.timings) : null);
}

/** The notes that were looked at, with the score of each stage. */
function scores(notes) {
  const stages = [...new Set(notes.flatMap((note) => Object.keys(note.parts ?? {})))]
    .filter((stage) => notes.some((note) => typeof note.parts?.[stage] === "number"));
  const best = Object.fromEntries(stages.map((stage) =>
    [stage, Math.max(...notes.map((note) => note.parts?.[stage] ?? 0), 1e-9)]));
  const cell = (stage, value) => {
    if (typeof value !== "number") return h("td", { class: "number" }, "–");
    const meter = h("i", {});
    meter.style.width = `${Math.max(0, Math.min(100, (100 * value) / best[stage]))}%`;
    return h("td", {}, h("span", { class: "number" }, value.toFixed(2)), h("span", { class: "score-meter" }, meter));
  };
  return h("div", { class: "scroll" }, h("table", { class: "scores" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "note"), stages.map((stage) => h("th", { scope: "col" }, stage)),
      h("th", { scope: "col" }, "score"))),
    h("tbody", {}, notes.map((note) => h("tr", {}, h("td", {}, noteLink(note.note, note.question ?? note.title)),
      stages.map((stage) => cell(stage, note.parts?.[stage])),
      h("td", { class: "number" }, typeof note.score === "number" ? note.score.toFixed(2) : "–"))))));
}
