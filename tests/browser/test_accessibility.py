"""axe-core on the dashboard's screens in light and dark, wide and narrow; nothing scrolls sideways at 320 pixels."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import NARROW, PASSWORD, PHONE, TABLET, WIDE, Judge, add_account
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_every_screen_is_accessible_in_both_schemes_and_all_widths(page: Page, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    judge = Judge(page, artefacts)
    page.goto(server.url)
    judge.look("sign-in")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    judge.look("sign-in-narrow")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.get_by_label("E-mail or chat address").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected")
    judge.look("first")

    page.get_by_test_id("new").click()
    page.locator("#wish").fill("kim@example.org licence audit, yesterday at 3")
    judge.look("one-field")
    page.locator("#wish").press("Enter")
    expect(page.get_by_test_id("toast")).to_be_visible()
    for words in (
        "ACTION: Ann to list the mirrors by Friday",
        "#agreed One licence for all",
        "See https://example.org/a",
    ):
        page.get_by_test_id("composer").fill(words)
        page.get_by_test_id("composer").press("Enter")
    expect(page.locator("[data-entry=L1]")).to_be_visible(timeout=10_000)
    judge.look("talk")
    page.get_by_test_id("people").click()
    judge.look("people")
    page.keyboard.press("Escape")
    page.get_by_label("More for this topic").click()
    judge.look("menu")
    page.keyboard.press("Escape")
    page.locator("summary[aria-label=You]").click()
    page.get_by_test_id("account").click()
    judge.look("account")
    page.get_by_role("button", name="Change the password").click()
    judge.look("account-password")
    page.keyboard.press("Escape")

    page.set_viewport_size(TABLET)  # type: ignore[arg-type]
    judge.look("tablet")
    page.locator(".drawer").click()
    judge.look("drawer")
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for tab in ("Topics", "Talk", "Outcome"):
        page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("link", name=tab).click()
        judge.look(f"phone-{tab.lower()}")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        judge.look(f"narrow-{tab.lower()}")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    server.kill()
    expect(page.get_by_test_id("banner")).to_be_visible(timeout=15_000)
    judge.look("phone-offline")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    judge.look("offline")
    assert not judge.wrong, "\n".join(judge.wrong)
