"""
The main job in two browsers: register, invite by an address only, talk, publish, be interviewed, read the document.

The server is killed and started again in the middle; what the network showed after sign-in is recorded and judged.
"""

import json
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

from ccm.reporter.rendering import anchor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PASSWORD = "a meadow in November"
BEFORE = [
    ("ann", "The participants are mainly open source firms, with IBM and Oracle among them.", "who"),
    ("kim", "The reason they give: their IT knows it well and likes commodity licences.", "why"),
    ("ann", "My conclusion is that more and more big data work runs on open source.", "what"),
    ("kim", "The details: Hadoop, R, Mondrian and Jaspersoft.", "which"),
]
DURING = [("ann", "Small talk while the server is away."), ("kim", "Mine waits as well.")]
INTRODUCTION = "It gets you to big data sooner and for less."
AUDIENCE = "IT people."
IN_THEIR_WORDS = {
    "Name": "more and more big data work runs on open source",
    "Introduction": "It gets you to big data sooner and for less",
    "Goal": "Hadoop, R, Mondrian and Jaspersoft",
    "Audience": "IT people",
    "Status": "their IT knows it well and likes commodity licences",
}


def pass_for_a_person() -> None:
    """Forms that are filled in faster than anybody types are refused: wait as long as a fast person needs."""
    time.sleep(1.6)


def mailed_link(page: Page, server: Server, address: str, part: str) -> str:
    """The newest link mailed to *address* that contains *part*, once the mail has gone out."""
    link = page.locator("main li, article", has_text=f"To {address}").first.locator(f"a[href*='{part}']").first
    for _ in range(50):
        page.goto(server.url + "dev/mail")
        if link.count():
            return str(link.get_attribute("href"))
        page.wait_for_timeout(200)
    raise AssertionError(f"no mail to {address} with {part} within 10 s; see {server.log}")


def sign_in(page: Page, address: str) -> None:
    page.get_by_label("E-mail or chat address").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)


def say(page: Page, words: str) -> None:
    page.get_by_test_id("composer").fill(words)
    page.get_by_test_id("composer").press("Enter")


def message(page: Page, words: str):  # type: ignore[no-untyped-def]
    return page.get_by_test_id("message").filter(has_text=words)


class Watch:
    """What a page asks of the network from now on."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.loads = 0
        self.cookies = False
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        self._page = page

    def _request(self, request) -> None:  # type: ignore[no-untyped-def]
        self.requests.append(request.url)
        self.loads += request.is_navigation_request()
        self.cookies = self.cookies or "cookie" in request.headers

    def _response(self, response) -> None:  # type: ignore[no-untyped-def]
        self.cookies = self.cookies or "set-cookie" in response.headers

    def judge(self) -> None:
        paths = {urlsplit(url).path for url in self.requests}
        allowed = re.compile(r"/http-bind|/xmpp-websocket|/assets/[\w.-]+-[A-Za-z0-9]{8,10}\.\w+")
        assert not [path for path in paths if not allowed.fullmatch(path)]
        assert self.loads == 0
        assert not self.cookies


def test_a_talk_in_two_browsers_becomes_a_published_document(browser: Browser, server: Server, artefacts: Path) -> None:
    contexts = {
        name: browser.new_context(
            viewport={"width": 1440, "height": 900},
            record_har_path=artefacts / f"{name}.har",
            record_har_content="omit",
        )
        for name in ("ann", "kim")
    }
    ann, kim = (contexts[name].new_page() for name in ("ann", "kim"))
    pages = {"ann": ann, "kim": kim}
    failures: list[str] = []
    for page in pages.values():
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda line: failures.append(line.text) if "Content Security Policy" in line.text else None)

    # Ann registers, proves her address by the mailed link, and signs in.
    ann.goto(server.url)
    ann.screenshot(path=artefacts / "01-sign-in.png")
    ann.get_by_role("link", name="Create an account").click()
    ann.get_by_label("Mail address").fill("ann@example.org")
    ann.get_by_label("Your name").fill("Ann")
    ann.get_by_label("Password").fill(PASSWORD)
    pass_for_a_person()
    ann.locator("main form button.prime").click()
    expect(ann.locator("body")).to_contain_text("mail")
    ann.goto(mailed_link(ann, server, "ann@example.org", "/validate"))
    pass_for_a_person()
    ann.locator("main form button.prime").click()
    ann.locator("main a.btn").click()
    sign_in(ann, "ann@example.org")
    watches = {"ann": Watch(ann)}
    ann.screenshot(path=artefacts / "02-first-sign-in.png")

    # An address is all it takes.
    ann.get_by_test_id("new").first.click()
    ann.locator("#wish").fill("kim@example.org")
    ann.screenshot(path=artefacts / "03-one-field.png")
    ann.locator("#wish").press("Enter")
    expect(ann.get_by_role("heading", name="Ann and Kim", exact=True)).to_be_visible()
    expect(ann.get_by_test_id("toast").get_by_role("button", name="Undo")).to_be_visible()
    expect(ann.get_by_test_id("toast")).to_contain_text("Kim is invited")
    ann.screenshot(path=artefacts / "04-invited.png")

    # Kim follows the mailed link and is in the room, as a guest.
    kim.goto(mailed_link(kim, server, "kim@example.org", "/i/"))
    kim.screenshot(path=artefacts / "05-invitation.png")
    kim.get_by_role("button", name="Join the conversation").click()
    expect(kim.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    watches["kim"] = Watch(kim)
    expect(kim.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Kim, Reporter", timeout=10_000)

    # Both talk; the outcome fills in turn, before everybody's eyes.
    for who, words, attribute in BEFORE:
        say(pages[who], words)
        for page in pages.values():
            expect(message(page, words)).to_have_attribute("data-state", "sent")
            expect(page.locator(f"[data-attribute={attribute}]")).to_have_attribute("data-filled", "true")
    ann.screenshot(path=artefacts / "06-incident.png")

    # The server is gone without a word. What they write is kept, and both come back by themselves.
    server.kill()
    for who, words in DURING:
        say(pages[who], words)
        expect(message(pages[who], words)).to_have_attribute("data-state", "kept")
    expect(ann.get_by_test_id("banner")).to_be_visible()
    ann.screenshot(path=artefacts / "07-offline.png")
    server.start()
    for page in pages.values():
        expect(page.get_by_test_id("dashboard")).to_have_attribute("data-state", "online", timeout=60_000)
        for _, words in DURING:
            expect(message(page, words)).to_have_attribute("data-state", "sent", timeout=15_000)
            expect(message(page, words)).to_have_count(1)
        for _, words, _ in BEFORE:
            expect(message(page, words)).to_have_count(1)
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Kim, Reporter", timeout=15_000)

    # The reporter recognises the project, and asks for what is missing.
    say(ann, "This is a project.")
    expect(kim.get_by_test_id("type")).to_have_text("Project", timeout=10_000)
    say(ann, "Publish this, reporter.")
    record = ann.locator("#outcome")
    expect(record).to_have_attribute("data-mode", "interviewing", timeout=10_000)
    expect(ann.get_by_role("group", name="Question for Introduction")).to_be_visible()
    ann.screenshot(path=artefacts / "08-interview.png")
    say(kim, INTRODUCTION)
    expect(ann.get_by_role("group", name="Question for Audience")).to_be_visible(timeout=10_000)
    say(kim, AUDIENCE)
    for page in pages.values():
        expect(page.get_by_test_id("document")).to_be_visible(timeout=15_000)
    ann.screenshot(path=artefacts / "09-published.png")
    ann.emulate_media(color_scheme="dark", reduced_motion="reduce")
    ann.wait_for_timeout(400)
    ann.screenshot(path=artefacts / "10-published-dark.png")
    kim.set_viewport_size({"width": 390, "height": 844})
    kim.screenshot(path=artefacts / "11-phone.png")

    # Nothing but the session and hashed files crossed the wire since they signed in.
    for watch in watches.values():
        watch.judge()
    assert not failures
    url = str(ann.get_by_test_id("document").get_attribute("href"))
    sources = {str(m.get_attribute("data-id")) for m in ann.get_by_test_id("message").all()}
    for context in contexts.values():
        context.close()

    # Anybody reads it: all five attributes in the people's own words, each linked to its message.
    reader = browser.new_context().new_page()
    reader.goto(url)
    reader.screenshot(path=artefacts / "12-document.png", full_page=True)
    for label, words in IN_THEIR_WORDS.items():
        expect(reader.locator("body")).to_contain_text(label)
        expect(reader.locator("body")).to_contain_text(words)
    document = json.loads(reader.request.get(url + ".json").text())
    quotes = [quote for section in document["sections"] for quote in section["quotes"]]
    assert {section["label"] for section in document["sections"] if section["quotes"]} == set(IN_THEIR_WORDS)
    for quote in quotes:
        assert quote["source"] in sources
        link = reader.locator(f"a[href='#{anchor(quote['source'])}']")
        assert link.count()
        line = reader.locator(f"[id='{anchor(quote['source'])}']")
        assert quote["text"].strip(". ") in str(line.text_content())
    for _, words in DURING:
        assert str(reader.locator("#log").text_content()).count(words) == 1
