"""The web page, used as a person uses it, in headless Chromium: Debian's `chromium` and `chromium-driver`."""

import json
import shutil

import pytest

from swiftlet_server import wait_for

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (chromium and chromedriver), reason="chromium and chromium-driver are not installed; `make test-page` does it")

# Every way in which text could become more than text.
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    "<svg onload=\"document.title='owned'\"></svg>[x](javascript:document.title='owned')</p><style>*{color:red}</style>"
)


class Page:
    """One tab of a browser on one server."""

    def __init__(self, browser, url):
        self.browser, self.url = browser, url

    def open(self, view="ask"):
        self.browser.get("about:blank")
        self.browser.get(f"{self.url}/#{view}")
        assert self.has(f"#panel-{view} textarea, #panel-{view} canvas")

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def has(self, selector, seconds=30):
        return wait_for(lambda: bool(self.all(selector)), seconds, 0.05)

    def text(self, selector):
        return self.browser.execute_script(
            "return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def press(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def focused(self):
        return self.browser.execute_script("return document.activeElement.id || document.activeElement.className")

    def show(self, view):
        self.one(f"#tab-{view}").click()

    def click(self, selector):
        """Where the header does not hide it."""
        element = self.one(selector)
        self.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def fill(self, selector, value):
        field = self.one(selector)
        self.browser.execute_script("arguments[0].closest('details').open = true", field)
        field.clear()
        if len(value) < 40:
            return field.send_keys(value)
        # What is long is pasted.
        self.browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", field, value)

    def run(self, script, *arguments):
        """The value of a promise: the body of an async function."""
        return self.browser.execute_async_script(
            f"const done = arguments[arguments.length - 1]; (async (...a) => {{ {script} }})(...arguments)"
            ".then((value) => done([value]), (error) => done(String(error)))", *arguments)[0]


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(chromedriver))
    browser.set_script_timeout(20)
    yield browser
    browser.quit()


@pytest.fixture
def expected_complaints():
    """Console messages that a test provokes: parts of their text."""
    return []


@pytest.fixture
def page(browser, server, expected_complaints):
    browser.get_log("browser")
    page = Page(browser, server.url)
    page.open()
    yield page
    page_is_clean(page, expected_complaints)


def page_is_clean(page, expected_complaints=()):
    """No error, no violation of the policy, and nothing that hostile text brought about."""
    complaints = [
        entry["message"] for entry in page.browser.get_log("browser")
        if entry["level"] in ("SEVERE", "WARNING") and not any(part in entry["message"] for part in expected_complaints)]
    assert complaints == []
    assert page.browser.title == "Swiftlet"


def say(page, text):
    page.one("#chat-input").send_keys(text, Keys.ENTER)


# -- Chat and Complete


def test_chat_streams_tokens_and_times(page):
    page.show("chat")
    page.fill("#chat-seed", "7")
    page.fill("#chat-max_tokens", "24")
    say(page, "What is a KV cache?")
    assert page.has("#panel-chat .turn.model .legend")
    first = page.text("#panel-chat .turn.model .text")
    assert first.strip() != ""
    assert "in all" in page.text("#panel-chat .turn.model .legend")
    page.click("#panel-chat .turn.model button[aria-pressed]")
    tokens = page.all("#panel-chat .token[role=option]")
    assert "".join(token.get_attribute("textContent") for token in tokens).replace("↵\n", "\n").strip() == first.strip()
    # Pointer and keys choose the same thing.
    tokens[1].click()
    assert "token 2" in page.text("#panel-chat .token-detail")
    page.one("#panel-chat .tokens").send_keys(Keys.ARROW_RIGHT)
    assert "token 3" in page.text("#panel-chat .token-detail") and "id " in page.text("#panel-chat .token-detail")
    assert len(page.all("#panel-chat .token-detail tbody tr")) == 5
    # The conversation goes on, and the second answer saw the first: more prompt than one message has.
    say(page, "And how is it evicted?")
    assert page.has("#panel-chat .turn.model:last-child .legend")
    assert len(page.all("#panel-chat .turn")) == 4

    def prompt(turn):
        return int(turn.find_element(By.XPATH, ".//dt[text()='prompt']/following-sibling::dd").text)

    turns = page.all("#panel-chat .turn.model")
    assert prompt(turns[1]) > prompt(turns[0]) + 10


def test_complete_gives_what_the_route_gives(page, server):
    page.show("complete")
    prompt = "Attention is"
    parameters = {
        "temperature": "0.9", "top_p": "0.95", "top_k": "40", "min_p": "0.01", "seed": "11", "max_tokens": "12",
        "min_tokens": "3", "frequency_penalty": "0.2", "presence_penalty": "0.1", "repetition_penalty": "1.05",
        "logit_bias": "5: -100, 7: 1.5", "stop_token_ids": "9, 10", "priority": "2", "cache_salt": "page", "stop": "zzz",
        "logprobs": "3",
    }
    for name, value in parameters.items():
        page.fill(f"#complete-{name}", value)
    page.click("#complete-ignore_eos")
    page.click("#complete-include_stop_str_in_output")
    field = page.one("#complete-input")
    field.clear()
    field.send_keys(prompt, Keys.CONTROL, Keys.ENTER)
    assert page.has("#panel-complete .output .legend")
    shown = page.text("#panel-complete .output .text")
    numbers = {name: json.loads(parameters[name]) for name in parameters
               if name not in ("logit_bias", "stop_token_ids", "cache_salt", "stop")}
    answer = server.post("/v1/completions", {
        **numbers, "prompt": prompt, "logit_bias": {"5": -100, "7": 1.5}, "stop_token_ids": [9, 10], "stop": ["zzz"],
        "cache_salt": "page", "ignore_eos": True, "include_stop_str_in_output": True, "token_details": True}).json()
    choice = answer["choices"][0]
    assert shown == prompt + choice["text"]
    assert len(choice["logprobs"]["token_ids"]) == len(choice["logprobs"]["drafted"]) == len(choice["logprobs"]["tokens"])
    page.click("#panel-complete .output button[aria-pressed]")
    assert len(page.all("#panel-complete .token[role=option]")) == len(choice["logprobs"]["tokens"])
    # With echo, the prompt's tokens come too.
    page.click("#complete-echo")
    field.send_keys(Keys.CONTROL, Keys.ENTER)
    assert wait_for(lambda: page.all("#panel-complete .output .legend")
                    and len(page.all("#panel-complete .output .prompt")) == 0, 30)
    assert page.text("#panel-complete .output .text") == shown


def test_what_is_wrong_with_a_field_is_said(page, expected_complaints):
    expected_complaints.append("400 (Bad Request)")
    page.show("complete")
    page.fill("#complete-logit_bias", "seven")
    page.one("#complete-input").send_keys(Keys.CONTROL, Keys.ENTER)
    assert "logit_bias" in page.text("#panel-complete .problem")
    page.fill("#complete-logit_bias", "")
    page.fill("#complete-temperature", "7")
    page.one("#complete-input").send_keys(Keys.CONTROL, Keys.ENTER)
    assert wait_for(lambda: "temperature" in (page.text("#panel-complete .problem") or ""), 10)


def test_hostile_output_stays_text(page):
    for view in ("chat", "complete"):
        page.show(view)
        page.fill(f"#{view}-choice", HOSTILE)
        page.fill(f"#{view}-max_tokens", "400")
        page.one(f"#{view}-input").send_keys("x", Keys.CONTROL, Keys.ENTER) if view == "complete" else say(page, "x")
        assert page.has(f"#panel-{view} .legend")
        assert page.text(f"#panel-{view} .generation .text").endswith(HOSTILE)
        page.click(f"#panel-{view} .generation button[aria-pressed]")
        for token in page.all(f"#panel-{view} .token[role=option]")[:4]:
            token.click()
        assert page.all(f"#panel-{view} :is(img, script, style, .generation svg, a)") == []


def test_stopping_frees_the_engine(page, server):
    page.show("complete")
    page.fill("#complete-max_tokens", "900")
    page.click("#complete-ignore_eos")
    page.click("#panel-complete .primary")
    assert wait_for(lambda: len(page.text("#panel-complete .output .text") or "") > 60, 20)
    page.click("#panel-complete .primary")
    assert page.has("#panel-complete .output .facts")
    assert "stopped here" in page.text("#panel-complete .output .facts") or "length" in page.text("#panel-complete .facts")
    assert server.wait_until_idle()


# -- Engine


def test_engine_numbers_are_those_of_metrics(page, server):
    page.show("complete")
    page.one("#complete-input").send_keys(Keys.CONTROL, Keys.ENTER)
    assert page.has("#panel-complete .output .legend") and server.wait_until_idle()
    view = server.request("GET", "/v1/engine").json()
    metrics = server.metrics()
    for name, value in view["metrics"].items():
        [found] = [v for k, v in metrics.items() if k.startswith(name + "{")]
        assert found == value, name
    blocks = view["blocks"]
    assert blocks["count"] == blocks["free"] + blocks["cached"] + blocks["used"] + blocks["shared"]
    assert sum(length for _, length in blocks["map"]) == blocks["shown"] <= 16384
    assert len(view["steps"]["ms"]) == min(256, view["step"])

    page.show("engine")
    assert wait_for(lambda: page.text("#panel-engine .numbers") not in (None, ""), 10)
    # In one go: the page draws them anew every second.
    shown = page.browser.execute_script("""
        return Object.fromEntries([...document.querySelectorAll(".numbers div")].map((pair) =>
            [pair.querySelector("dt").textContent, pair.querySelector("dd").textContent]))""")
    assert shown["step"] == f"{view['step']:,}"
    assert shown["tokens"] == f"{view['metrics']['vllm:generation_tokens_total']:,}"
    for state in ("used", "shared", "cached", "free"):
        assert f"{state} {blocks[state]:,}" in page.text("#panel-engine .legend")
    # The blocks that the prompt left in the cache can be read, by the keys alone.
    page.one(".block-map canvas").send_keys(Keys.HOME)
    assert wait_for(lambda: page.all(".block-detail .held") or "free" in page.text(".block-detail"), 5)
    page.click("#panel-engine button[aria-pressed]")
    assert page.one("#panel-engine button[aria-pressed]").text == "Go on"


def test_charts_show_what_the_engine_says(page, server):
    """Each chart's description, and the height of one chart's bars in its pixels."""
    page.show("complete")
    page.one("#complete-input").send_keys(Keys.CONTROL, Keys.ENTER)
    assert page.has("#panel-complete .output .legend") and server.wait_until_idle()
    view = server.request("GET", "/v1/engine").json()
    steps = view["steps"]
    page.show("engine")
    charts = "#panel-engine figure canvas[aria-label*=':']"
    assert wait_for(lambda: len(page.all(charts)) >= 4, 10)
    said = {}
    for label in page.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((c) => c.ariaLabel)", charts):
        name, _, words = label.partition(": ")
        said[name] = words

    def words(values):
        def short(value):
            return f"{value:.0f}" if value >= 10 or value == 0 else f"{float(f'{value:.2g}'):g}"

        return f"{len(values)}, the latest {short(values[-1])}, the highest {short(max(values))}"

    rows = [sum(step) for step in zip(steps["prefill"], steps["decode"], steps["drafted"])]
    requests = [sum(step) for step in zip(steps["running"], steps["waiting"])]
    room = int(said["Rows of each of the last steps"].split(",")[0])
    assert said["Rows of each of the last steps"] == words(rows[-room:])
    assert said["Requests running and waiting in each of the last steps"] == words(requests[-room:])
    # The chart has room for 300 seconds. The page looks a little later than this test, when more may be too old.
    times = [(ago, ms) for ago, ms in zip(view["first_tokens"]["ago_ms"], view["first_tokens"]["ms"]) if ago <= 300_000]
    shown = int(said["Milliseconds to the first token"].split(",")[0])
    assert sum(ago < 270_000 for ago, _ in times) <= shown <= len(times)
    assert said["Milliseconds to the first token"] == words([ms for _, ms in times][-shown:])
    # What came before the first look is shown where it fills a second; later the counter's difference tells.
    rates = "canvas[aria-label^='Tokens generated in each second: '][aria-label*='latest']"
    assert page.has(rates, 5)

    # Two bars that fill their room: one twice as high as the other, in the colour that they were given.
    heights = page.run("""
        const { makeBars } = await import("/page/charts.js");
        const chart = makeBars("test", 200, { room: 2 });
        document.body.append(chart.element);
        chart.element.style.width = "300px";
        chart.show([{ colour: "--c1", values: [25, 50] }]);
        const image = chart.element.getContext("2d").getImageData(0, 0, chart.element.width, chart.element.height);
        const pixel = (x, y) => image.data.slice(4 * (y * image.width + x), 4 * (y * image.width + x) + 4).join();
        const probe = pixel(Math.round(image.width * 0.8), Math.round(image.height * 0.85));
        const height = (share) => Array.from({ length: image.height }, (_, y) =>
          pixel(Math.round(image.width * share), y) === probe).filter(Boolean).length;
        chart.element.remove();
        return [height(0.3), height(0.8), image.height];""")
    assert 0.48 < heights[0] / heights[1] < 0.52 and heights[1] > heights[2] / 2, heights


# -- By the keyboard, on a phone, in the dark


def test_keyboard_alone(page):
    page.browser.execute_script("document.querySelector('.skip').focus()")
    seen = []
    for _ in range(3):
        page.press(Keys.TAB)
        seen.append(page.focused())
    assert seen == ["tab-ask", "theme", "panel-ask"]
    page.one("#tab-ask").send_keys(Keys.ARROW_RIGHT)
    assert page.focused() == "tab-chat" and page.one("#panel-chat").is_displayed()
    page.press(Keys.END)
    assert page.focused() == "tab-engine" and page.one("#panel-engine").is_displayed()
    page.press(Keys.ARROW_RIGHT)
    assert page.focused() == "tab-ask"
    page.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert page.focused() == "tab-complete" and page.browser.current_url.endswith("#complete")
    while page.focused() != "complete-input":
        page.press(Keys.TAB)
    page.press(Keys.CONTROL, Keys.ENTER)
    assert page.has("#panel-complete .output .legend")
    selected = [tab.get_attribute("id") for tab in page.all("[role=tab][aria-selected=true]")]
    assert selected == ["tab-complete"]


def test_everything_has_a_name_and_a_label_is_one(page):
    for view in ("ask", "chat", "complete", "engine"):
        page.show(view)
    nameless = page.browser.execute_script("""
        return [...document.querySelectorAll("button, input, textarea, canvas, [role=listbox]")].filter((element) =>
            !element.textContent.trim() && !element.ariaLabel && !element.labels?.length).map((e) => e.outerHTML)""")
    assert nameless == []
    ids = page.browser.execute_script("return [...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [320, 390, 700])
def test_no_view_is_wider_than_a_phone(page, width):
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": True})
    try:
        for view in ("ask", "chat", "complete", "engine"):
            page.show(view)
            for details in page.all(f"#panel-{view} details"):
                page.browser.execute_script("arguments[0].open = true", details)
            assert page.browser.execute_script("return document.documentElement.scrollWidth") <= width, view
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark(page):
    def colours():
        return page.browser.execute_script(
            "return [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]")

    found = {}
    for _ in range(3):
        page.click("#theme")
        found[page.one("#theme").get_attribute("data-theme")] = colours()
    assert found["light"] != found["dark"]
    for system in ("light", "dark"):
        page.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": system}]})
        assert colours() == found[system]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# -- The key


def test_the_key_is_asked_for_and_kept_in_memory(browser, start_server):
    with start_server("--api-key sk-page-secret --index none") as server:
        browser.get_log("browser")
        page = Page(browser, server.url)
        page.open("chat")
        assert wait_for(lambda: page.one("#key").is_displayed(), 10)
        page.press("wrong", Keys.ENTER)
        assert wait_for(lambda: "does not know" in page.text("#key-message"), 10)
        page.press("sk-page-secret", Keys.ENTER)
        assert wait_for(lambda: not page.one("#key").is_displayed(), 10)
        say(page, "Hello")
        assert page.has("#panel-chat .turn.model .legend")
        page.show("engine")
        assert wait_for(lambda: page.text("#panel-engine .numbers") not in (None, ""), 10)
        kept = page.run("""
            const stores = [localStorage, sessionStorage].flatMap((store) => Object.values(store));
            const caches_ = await caches.keys();
            return [document.documentElement.outerHTML, location.href, document.cookie, ...stores, ...caches_].join(" ")""")
        assert "sk-page-secret" not in kept
        page_is_clean(page, ["401"])
        # Another visit begins without it, and whoever closes the dialog is left in peace.
        page.open("engine")
        assert wait_for(lambda: page.one("#key").is_displayed(), 10)
        page.press(Keys.ESCAPE)
        assert wait_for(lambda: "Without a key" in (page.text("#panel-engine .problem") or ""), 5)
        assert not wait_for(lambda: page.one("#key").is_displayed(), 2)


# -- Ask


NOTE = """---
id: kv-cache/é
question: What is “paged” attention?
---
## Short answer
**Pages.** It keeps keys — and values — in blocks. It wastes little. %s

## Follow-ups
- *Who evicts them?* The pool does.
- one
- two

| a | b |
|---|---|
| `x` | 2 |
""" % HOSTILE
QUOTE = "It keeps keys — and values — in blocks."
LISTING = f"def evict():\n    return '{HOSTILE}'"
TABLE = f"| a | b |\n|---|---|\n| `x` | {HOSTILE} |"
START = len(NOTE[:NOTE.index(QUOTE)].encode())
SOURCE = {"note": "kv-cache/é", "title": HOSTILE, "question": "What is “paged” attention?", "topic": "kv-cache",
          "range": [START, START + len(QUOTE.encode())], "content_hash": "0", "quote": QUOTE}
SPANS = [{"text": QUOTE, "citation": 0}, {"text": " In more detail: ", "citation": None}, {"text": HOSTILE, "citation": 1},
         {"text": " Unheard of.", "citation": None, "unsupported": True}]
WHOLE = {
    "type": "done", "id": "e", "answer": "".join(span["text"] for span in SPANS), "declined": False, "confidence": 0.9,
    "citations": [SOURCE, {**SOURCE, "range": [0, 3]}, {**SOURCE, "range": [4, 9]}], "spans": SPANS,
    "sections": {"short_answer": SPANS[:1], "explanation": SPANS[1:]},
    "related": [{"note": "rag/x", "title": "t", "question": HOSTILE}], "code": [{"path": HOSTILE, "line": 3, "symbol": "S"}],
    "engine": {"cached_tokens": 512, "blocks": 40, "drafted": 10, "accepted": 7},
    "timings": {"search": 3.5, "decode": 210.25, "total": 213.75},
}
EVENTS = [
    {"type": "evidence", "question": "what is paged attention", "verdict": "weak", "confidence": 0.9, "timings": {}, "notes": [
        {"note": "kv-cache/é", "title": "t", "question": HOSTILE, "topic": "kv-cache", "score": 0.9,
         "parts": {"bm25": 11.5, "cosine": 0.8, "rerank": None}}]},
    {"type": "span", **SPANS[0], "source": SOURCE},
    {"type": "span", **SPANS[1]},
    {"type": "span", **SPANS[2], "source": {**SOURCE, "range": [0, 3]}},
    {"type": "span", **SPANS[3]},
    {"type": "section", "name": "listing", "title": "In code", "spans": [{"text": LISTING, "citation": 0}], "sources": []},
    {"type": "section", "name": "table", "title": "Side by side", "spans": [{"text": TABLE, "citation": 0}], "sources": []},
    {"type": "section", "name": "common_mistakes", "title": "Common mistakes", "spans": [{"text": HOSTILE, "citation": 0}],
     "sources": []},
    {"type": "section", "name": "follow_ups", "title": "Follow-ups", "spans": [
        {"text": "*Who evicts them?* The pool does.", "citation": 2}], "sources": [{**SOURCE, "range": [4, 9]}]},
    WHOLE,
]
DECLINED = [
    {**EVENTS[0], "verdict": "declined"},
    {**WHOLE, "declined": True, "reason": "no_evidence", "answer": "", "citations": [], "spans": [], "code": [],
     "related": [{"note": "kv-cache/é", "title": "t", "question": "What is “paged” attention?"}]},
]


@pytest.fixture
def answers(page):
    """Puts prepared answers of /v1/explain and /v1/notes where the network would be, and remembers what was asked."""

    def prepare(*streams):
        page.browser.execute_script("""
            const [streams, note] = arguments;
            const real = window.realFetch ??= window.fetch;
            window.asked = [];
            window.fetch = (path, options) => {
                if (path === "/v1/explain") {
                    window.asked.push(JSON.parse(options.body));
                    const events = streams[Math.min(window.asked.length, streams.length) - 1];
                    const text = events.map((event) => `data: ${JSON.stringify(event)}\\n\\n`).join("") + "data: [DONE]\\n\\n";
                    const bytes = new TextEncoder().encode(text);
                    let at = 0;
                    // In pieces that respect neither lines nor characters.
                    return Promise.resolve(new Response(new ReadableStream({ pull(controller) {
                        if (at >= bytes.length) return controller.close();
                        controller.enqueue(bytes.slice(at, at += 37));
                    } })));
                }
                if (path.startsWith("/v1/notes/")) {
                    window.asked.push(path);
                    return Promise.resolve(new Response(JSON.stringify(note)));
                }
                return real(path, options);
            };""", list(streams), {
                "note": "kv-cache/é", "question": HOSTILE, "topic": "kv-cache", "level": "senior", "kind": "concept",
                "text": NOTE, "content_hash": "0", "sections": [], "see_also": ["rag/x"], "sources": [HOSTILE]})

    return prepare


def asked(page):
    return page.browser.execute_script("return window.asked")


def test_ask_quotes_cites_and_opens_the_note(page, answers):
    answers(EVENTS)
    page.click("#level-junior + label")
    page.one("#ask-input").send_keys("What is paged attention?", Keys.ENTER)
    assert page.has(".answer .engine-account")
    assert page.text(".answer-text") == f"{QUOTE}1 In more detail: {HOSTILE}2 Unheard of."
    assert page.text(".answer-text .unsupported") == " Unheard of."
    assert page.text(".listing") == LISTING
    assert page.text(".sections th").strip() == "a" and page.text(".sections td:last-child").strip() == HOSTILE
    assert "weak" in page.text(".answer h2") and "searched as" in page.text(".answer h2")
    assert "40" in page.text(".engine-account") and "210 ms" in page.text(".engine-account .legend")
    assert "11.50" in page.text(".scores") and "rerank" not in page.text(".scores")
    assert asked(page)[0]["level"] == "junior" and asked(page)[0]["question"] == "What is paged attention?"

    page.click(".answer-text .cite")
    assert page.has("#note mark")
    assert page.text("#note mark") == QUOTE
    assert page.one("#note").get_attribute("open") is not None
    assert "id: kv-cache" not in page.text("#note .prose")
    assert [cell.text for cell in page.all("#note td")] == ["x", "2"]
    assert page.text("#note .prose strong") == "Pages."
    page.press(Keys.ESCAPE)
    assert wait_for(lambda: not page.one("#note").is_displayed(), 5)
    assert page.all("main :is(img, script, style), #note :is(img, script, style)") == []
    assert asked(page)[1] == "/v1/notes/kv-cache/%C3%A9"


def test_ask_goes_on_and_declines_kindly(page, answers):
    answers(EVENTS, DECLINED)
    page.click(".chip")
    assert page.has(".answer .questions .chip")
    page.click(".answer .questions .chip")
    assert page.has(".answer:last-child .badge.declined")
    second = asked(page)[1]
    assert second["question"] == "Who evicts them?"
    assert [message["role"] for message in second["messages"]] == ["user", "assistant"]
    assert second["messages"][1] == {"role": "assistant", "content": WHOLE["answer"], "notes": ["kv-cache/é"]}
    assert "do not say" in page.text(".answer:last-child .answer-text")
    page.click(".answer:last-child .notes .link")
    assert page.has("#note .prose p")
    page.press(Keys.ESCAPE)
    page.click("#panel-ask .under .small")
    assert page.all(".answer") == [] and page.one(".intro").is_displayed()


def test_ask_the_server_itself(page, server):
    if server.post("/v1/explain", {"question": "x"}).status in (404, 503):
        pytest.skip("this server has no notes to explain from")
    page.one("#ask-input").send_keys("Why does paged attention help?", Keys.ENTER)
    assert page.has(".answer .engine-account", 60)
    assert len(page.all(".answer-text .cite")) >= 2
    page.click(".answer-text .cite")
    assert page.has("#note mark")
    sentence = page.browser.execute_script(
        "return document.querySelector('.answer-text .sentence').firstChild.parentNode.textContent")
    assert page.text("#note mark")[:20] in sentence
    page.press(Keys.ESCAPE)
    page.one("#ask-input").send_keys("What will the weather be tomorrow in Paris?", Keys.ENTER)
    # Declined; or called weak, while the notes' vectors are being computed.
    assert page.has(".answer:last-child .badge", 60)


def test_offsets_and_markup_of_notes(page):
    assert page.run("""
        const { utf16Offset, markdown } = await import("/page/note.js");
        const text = "é—𝄞x";
        const offsets = [0, 2, 5, 9, 10, 99].map((offset) => utf16Offset(text, offset));
        const host = document.createElement("div");
        host.append(...markdown("a **b `c` d** *e* 2*3*4\\n```\\n<b>*x*\\n```\\n1. f\\n   g\\n", 0, [4, 12]));
        return [offsets, [...host.querySelectorAll("strong, code, em, li")].map((e) => e.tagName + e.textContent),
            [...host.querySelectorAll("mark")].map((e) => e.textContent)]""") == [
        [0, 1, 2, 4, 5, 5], ["STRONGb c d", "CODEc", "EMe", "CODE<b>*x*", "LIf\n   g"], ["b ", "c", " d"]]
