"""The dashboard in German: no screen is too narrow for it, no English word is left; and a switch without a load."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import NARROW, PASSWORD, WIDE, Judge, add_account
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: What no German sentence has; the reporter and the components speak English, and so do people here.
ENGLISH = re.compile(r"\b(?:the|and|you|your|it|this|of|to|with|when|nobody|yet|not)\b", re.IGNORECASE)
OURS = """() => {
    const said = [];
    const theirs = '[dir=auto], [lang=en], option, .attr, .unsaid, .pubbar .hint, .stand .hint, .src, [role=status]';
    for (const one of document.querySelectorAll('body *')) {
        if (one.closest(theirs) || !one.checkVisibility()) continue;
        for (const name of ['aria-label', 'title', 'placeholder']) said.push(one.getAttribute(name) ?? '');
        for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) said.push(node.data);
    }
    return said.map((words) => words.trim()).filter(Boolean);
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, locale="de-DE", timezone_id="Europe/Berlin")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


OVER_THE_EDGE = """() => {
    const rows = [...document.querySelectorAll('.pane section, .pane .row, dialog[open] .row')];
    return rows.filter((one) => one.checkVisibility()).filter((one) => {
        const { left, right } = one.getBoundingClientRect();
        return right > left && (left < 0 || right > innerWidth || one.scrollWidth > one.clientWidth + 1);
    }).map((one) => one.className);
}"""


def left_in_english(page: Page) -> list[str]:
    return [words for words in page.evaluate(OURS) if ENGLISH.search(words)]


def test_german_fits_everywhere_and_english_comes_without_a_load(page: Page, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    judge = Judge(page, artefacts)
    page.goto(server.url)
    expect(page.get_by_role("button", name="Anmelden")).to_be_visible()
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    judge.look("sign-in-narrow")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert left_in_english(page) == []
    page.get_by_label("E-Mail- oder Chat-Adresse").fill("ann")
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_label("Passwort", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Verbunden", timeout=15_000)
    assert left_in_english(page) == []

    # A wish in German is read in German, since the request says in which language it is.
    page.get_by_test_id("new").click()
    page.locator("#wish").fill("kim@example.org Umzug übermorgen um 15 Uhr")
    page.screenshot(path=artefacts / "one-field.png")
    page.locator("#wish").press("Enter")
    expect(page.get_by_test_id("planned")).to_have_text(re.compile(r"^\w\w\., \d+\. .+, 15:00 MEZ, übermorgen$"))
    page.get_by_test_id("composer").fill("ACTION: Ann to list the mirrors by Friday")
    page.get_by_test_id("composer").press("Enter")
    page.get_by_test_id("composer").fill("#propose We meet in person")
    page.get_by_test_id("composer").press("Enter")
    expect(page.locator("[data-entry=A1]")).to_be_visible(timeout=10_000)
    expect(page.get_by_test_id("cards")).to_be_visible(timeout=10_000)
    judge.look("talk")
    assert left_in_english(page) == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for pane, name in (("talk", "Gespräch"), ("outcome", "Ergebnis"), ("topics", "Themen")):
        page.locator("nav.tabs").get_by_role("link", name=name).click()
        judge.look(f"{pane}-narrow")
        assert page.evaluate(OVER_THE_EDGE) == []
    page.locator("nav.tabs").get_by_role("link", name="Ergebnis").click()
    page.get_by_test_id("preview").click()
    expect(page.get_by_role("button", name="Veröffentlichen").last).to_be_visible()
    assert page.evaluate(OVER_THE_EDGE) == []
    page.keyboard.press("Escape")
    page.locator("nav.tabs").get_by_role("link", name="Themen").click()
    page.locator("summary[aria-label=Sie]").click()
    page.get_by_test_id("settings").click()
    judge.look("settings-narrow")
    assert left_in_english(page) == []

    # The other way: nothing hangs over the edge when the page runs from right to left.
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(OVER_THE_EDGE) == []
    page.keyboard.press("Escape")
    judge.look("topics-rtl-narrow")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.screenshot(path=artefacts / "talk-rtl.png")

    page.evaluate("window.sameLoad = true")
    page.locator("summary[aria-label=Sie]").click()
    page.get_by_test_id("settings").click()
    page.get_by_label("Sprache").select_option("en")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("connection")).to_have_text("Connected")
    expect(page.get_by_test_id("planned")).to_have_text(re.compile(r"^\w{3} \d+ \w+, 15:00 \S+, in 2 days$"))
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir, window.sameLoad]") == [
        "en",
        "ltr",
        True,
    ]
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    assert judge.wrong == []
