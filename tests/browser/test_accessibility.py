"""axe-core on the dashboard's screens in light and dark, wide and narrow; nothing scrolls sideways at 320 pixels."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = ROOT / "static/node_modules/axe-core/axe.min.js"
PASSWORD = "a meadow in November"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = {"width": 1440, "height": 900}
TABLET = {"width": 1000, "height": 800}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}


class Judge:
    """Judges what a page shows, and remembers what is wrong with it."""

    def __init__(self, page: Page, artefacts: Path) -> None:
        self._page = page
        self._artefacts = artefacts
        self.wrong: list[str] = []

    def look(self, screen: str) -> None:
        for scheme in ("light", "dark"):
            self._page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            self._page.wait_for_timeout(300)  # colours fade for 120 ms
            self._page.screenshot(path=self._artefacts / f"{screen}-{scheme}.png")
            self._page.evaluate(AXE.read_text())
            found = self._page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
            for violation in found["violations"]:
                for node in violation["nodes"]:
                    self.wrong.append(f"{screen} ({scheme}): {violation['help']}: {node['html'][:200]}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if self._page.evaluate(wider) > 0:
            self.wrong.append(f"{screen} scrolls sideways")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: cd static && npm ci")
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def add_account(server: Server, name: str) -> None:
    config = server.folder / "ccm.toml"
    config.write_text(
        (ROOT / "etc/dev.toml").read_text().replace('state = "var"', f'state = "{server.folder / "var"}"')
    )
    ccm = str(Path(sys.executable).with_name("ccm"))
    arguments = [ccm, "--config", str(config), "user", "add", name]
    subprocess.run(arguments, input=PASSWORD, text=True, check=True, cwd=ROOT, capture_output=True)


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
