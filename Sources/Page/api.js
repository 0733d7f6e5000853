// api.js — asks the server: JSON, streams of events, and the key where one is wanted.

import { byID } from "./dom.js";

/** What the server said when it refused, in OpenAI's shape. */
export class APIError extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? `the server answered with status ${status}`);
    this.status = status;
    this.code = body?.error?.code ?? null;
  }
}

// In this variable and nowhere else: it is gone with the page.
let key = null;
let asking = null;

/**
 * One request. Asks for a key when the server wants one, and again when it is the wrong one.
 * Throws APIError for every answer that is not 2xx.
 */
export async function request(path, { body, signal, timings = false } = {}) {
  for (;;) {
    const headers = {};
    const used = key;
    if (used !== null) headers.authorization = `Bearer ${used}`;
    if (timings) headers["x-swiftlet-timings"] = "1";
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      cache: "no-store",
      credentials: "omit",
    });
    if (response.status === 401) {
      // Somebody may have given another key while this request was under way.
      if (key === used) await askForKey(used !== null);
      continue;
    }
    if (!response.ok) throw new APIError(response.status, await response.json().catch(() => null));
    return response;
  }
}

export const json = async (path, options) => (await request(path, options)).json();

/** The events of a streamed answer, parsed, up to `[DONE]`. An error event is thrown. */
export async function* events(path, body, { signal } = {}) {
  const response = await request(path, { body, signal, timings: true });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("The connection ended in the middle of the answer.");
      text += decoder.decode(value, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const data = frame.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
        if (data.length === 0) continue;
        if (data[0] === "[DONE]") return;
        const event = JSON.parse(data.join("\n"));
        if (event.error) throw new APIError(200, event);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// MARK: - The key

/** Opens the dialog once, however many requests wait for it. */
function askForKey(wasWrong) {
  asking ??= new Promise((resolve, reject) => {
    const [dialog, form, input, cancel] = ["key", "key-form", "key-input", "key-cancel"].map(byID);
    byID("key-message").textContent = wasWrong
      ? "The server does not know that key. Try another one."
      : "It stays in this page's memory and is gone when the page is closed.";
    input.value = "";
    const end = new AbortController();
    const options = { signal: end.signal };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      key = input.value.trim();
      input.value = "";
      dialog.close("given");
    }, options);
    cancel.addEventListener("click", () => dialog.close(""), options);
    dialog.addEventListener("close", () => {
      end.abort();
      asking = null;
      if (dialog.returnValue === "given") resolve();
      else reject(new APIError(401, { error: { message: "Without a key this server says nothing.", code: "no_key" } }));
    }, options);
    dialog.returnValue = "";
    dialog.showModal();
    input.focus();
  });
  return asking;
}
