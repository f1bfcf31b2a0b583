"""The pages without script in a real Chromium: accessible, nothing sideways, nothing blocked, and a way through."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import TOO_SMALL
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = ROOT / "static/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1440, 1000, 390, 320)
PAGES = {
    "register": "register",
    "reset": "reset",
    "new-password": "reset/token",
    "new-address": "address/token",
    "link-used": "i/used?again=1",
    "archive": "archive/",
    "nothing-found": "archive/?q=mirrors+of+venus",
    "no-such-document": "archive/none",
    "document": "archive/portal",
    "invitation": "i/token",
    "answer": "rsvp/answer",
    "answered": "rsvp/answer",
    "no-more-mail": "unsubscribe/answer",
    "mails": "dev/mail",
}
PASSWORD = "a meadow in November"


@pytest.fixture
def seeded(server: Server) -> Server:
    """The server with a published document and an invitation."""
    seed = [sys.executable, str(Path(__file__).with_name("seed.py")), str(server.folder / "var")]
    subprocess.run(seed, check=True, cwd=ROOT, capture_output=True)
    return server


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about, a missing document aside."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()

    def note(message: object) -> None:
        text = str(getattr(message, "text", message))
        if getattr(message, "type", "error") in ("error", "warning") and "404" not in text:
            complaints.append(f"{page.url}: {text}")

    page.on("console", note)
    page.on("pageerror", note)
    yield page
    context.close()


def test_every_page_is_accessible_and_fits_in_both_schemes_and_all_widths(
    page: Page, seeded: Server, artefacts: Path, complaints: list[str]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: cd static && npm ci")
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for name, path in PAGES.items():
            page.goto(seeded.url + path)
            if name == "document":
                page.locator("summary").first.click()
            if name == "answered":
                page.get_by_role("button", name="Yes").click()
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.screenshot(path=artefacts / f"{name}-{width}-{scheme}.png", full_page=True)
                page.evaluate(AXE.read_text())
                found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
                for violation in found["violations"]:
                    nodes = [node["html"][:160] for node in violation["nodes"]]
                    wrong.append(f"{name} {width} {scheme}: {violation['help']}: {nodes}")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{name} {width} scrolls sideways")
            if width == 390:
                wrong += [f"{name}: a finger misses {one}" for one in page.evaluate(TOO_SMALL)]
    assert wrong == []
    assert complaints == []


def test_the_record_is_set_in_the_serif_and_leads_to_its_words(
    page: Page, seeded: Server, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{seeded.url}archive/portal")
    loaded = page.evaluate("document.fonts.ready.then(() => [...document.fonts].map(f => [f.family, f.status]))")
    assert {family.strip('"') for family, status in loaded if status == "loaded"} == {
        "Hanken Grotesk",
        "Source Serif 4",
    }
    note = page.locator("#actions .side-note").first
    text, words = page.locator("#actions .line p").first.bounding_box(), note.bounding_box()
    assert text is not None
    assert words is not None
    assert words["x"] >= text["x"] + text["width"], "the words stand beyond the spine"
    expect(page.locator(".log li").first).not_to_be_visible()
    note.get_by_role("link").click()
    expect(page.locator(".log li:target")).to_be_in_viewport()
    assert complaints == []


def test_a_printed_document_shows_the_conversation_and_no_controls(page: Page, seeded: Server) -> None:
    page.goto(f"{seeded.url}archive/portal")
    page.emulate_media(media="print")
    expect(page.locator(".log li").first).to_be_visible()
    expect(page.get_by_role("search")).not_to_be_visible()


def fresh_link(page: Page, server: Server, path: str) -> None:
    """Wait for a mail with a link of that kind, and follow it."""
    while True:
        page.goto(f"{server.url}dev/mail")
        links = page.locator("pre a", has_text=path)
        if links.count():
            return links.first.click()


def sign_in(page: Page, name: str) -> None:
    """Through the dashboard's form."""
    page.get_by_label("E-mail or chat address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected")


def test_who_registers_invites_an_outsider_who_joins_by_the_link(
    page: Page, server: Server, complaints: list[str]
) -> None:
    page.goto(f"{server.url}register")
    page.get_by_label("Mail address").fill("zoe@example.org")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button").click()
    expect(page.get_by_text("Take at least 10 characters")).to_be_visible()
    complaints.clear()  # Chromium calls the 400 an error
    expect(page.get_by_label("Mail address")).to_have_value("zoe@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    fresh_link(page, server, "/validate/")
    page.get_by_role("button").click()
    expect(page.get_by_role("heading")).to_have_text("Welcome, Zoe")
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, "zoe@example.org")
    page.get_by_test_id("new").click()
    page.locator("#wish").fill("kim@example.org licence audit tomorrow at 15:00")
    page.get_by_test_id("do").click()
    expect(page.get_by_test_id("topic").first).to_be_visible()

    fresh_link(page, server, "/i/")
    expect(page.get_by_role("heading")).to_contain_text("Zoe invites you to talk about")
    page.evaluate("sessionStorage.clear()")  # whoever is signed in would come in under the own name
    page.get_by_role("button").click()
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    expect(page.get_by_test_id("composer")).to_be_visible()
    expect(page.get_by_test_id("topic")).to_have_count(1)
    assert complaints == []
