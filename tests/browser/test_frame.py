"""The frame around the talk: switcher, settings, notifications, columns that move, keys, Back, and waiting rooms."""

from pathlib import Path

import pytest
from browser.dashboard import PHONE, TABLET, WIDE, Judge, add_account, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Chromium without a window refuses notifications before anybody is asked: this one asks, and remembers what was shown.
ASKS = """
window.shown = [];
window.Notification = class {
  static permission = localStorage.getItem('granted') ? 'granted' : 'default';
  static async requestPermission() {
    localStorage.setItem('granted', '1');
    return (Notification.permission = 'granted');
  }
  constructor(title, options) {
    if (Notification.permission === 'granted') shown.push(Object.assign(this, { title, ...options }));
  }
  close() {}
};
"""


def topic(page: Page, name: str) -> None:
    page.get_by_test_id("topic").filter(has_text=name).click()
    expect(page.locator("#talk-title")).to_have_text(name)


def until(page: Page, expression: str) -> None:
    """Wait until it is true: the page's policy forbids Playwright's own way."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"it never was so: {expression}")


def settings(page: Page) -> None:
    page.locator("summary[aria-label=You]").click()
    page.get_by_test_id("settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_the_frame_does_what_it_says(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    add_account(server, "kim")
    ann, kim = signed_in(browser, server, "ann", WIDE), signed_in(browser, server, "kim", WIDE)
    kim.add_init_script(ASKS)
    kim.reload()
    judge = Judge(kim, artefacts)
    doors = ann.get_by_test_id("new").filter(visible=True)
    expect(doors).to_have_count(1)
    wish(ann, "kim@localhost Licence audit tomorrow 10:00")
    expect(ann.locator("#talk-title")).to_have_text("Licence audit")
    wish(ann, "kim@localhost Budget 2027")
    expect(ann.locator("#talk-title")).to_have_text("Budget 2027")
    say(ann, "Shall we?")

    for size in (TABLET, WIDE):  # one door to a new topic, wherever one is
        ann.set_viewport_size(size)  # type: ignore[arg-type]
        ann.evaluate("location.hash = '#/'")
        expect(doors).to_have_count(1)
    topic(ann, "Budget 2027")

    # Who looks at what has not begun is not there, and may say whether they come.
    topic(kim, "Budget 2027")
    expect(message(kim, "Shall we?")).to_be_visible(timeout=10_000)
    until(kim, "Object.keys(localStorage).some(key => key.startsWith('ccm-read:'))")
    topic(kim, "Licence audit")
    expect(kim.get_by_test_id("waiting-room")).to_be_visible()
    expect(kim.get_by_test_id("composer")).to_have_count(0)
    coming = kim.get_by_role("button", name="I am coming")
    coming.click()
    expect(coming).to_have_attribute("aria-pressed", "true", timeout=10_000)
    judge.look("01-waiting")
    kim.get_by_test_id("join-early").click()
    expect(kim.get_by_test_id("composer")).to_be_focused(timeout=10_000)

    # A mention that was missed: one line offers to tell, and the click asks the browser.
    say(ann, "@Kim what about hosting?")
    expect(kim.get_by_test_id("offer").first).to_be_visible(timeout=10_000)
    expect(kim).to_have_title("(1) Licence audit · CCM")
    assert kim.evaluate("document.querySelector('link[rel=icon]').getAttribute('href')").startswith(
        "/assets/icon-live-"
    )
    judge.look("02-offer")
    kim.get_by_test_id("offer-yes").first.click()
    expect(kim.get_by_test_id("offer")).to_have_count(0)
    say(ann, "@Kim and mirrors?")
    until(kim, "shown.length === 1")
    assert kim.evaluate("[shown[0].title, shown[0].body, shown[0].silent]") == [
        "Ann, Budget 2027",
        "@Kim and mirrors?",
        True,
    ]
    kim.evaluate("shown[0].onclick()")
    expect(kim.locator(".msg.found")).to_contain_text("and mirrors?", timeout=10_000)
    expect(kim).to_have_title("Budget 2027 · CCM", timeout=10_000)

    # The switcher: by name, and back to the last one by Enter alone.
    kim.keyboard.press("Control+k")
    kim.keyboard.type("aud lic")
    expect(kim.get_by_test_id("jump")).to_have_count(1)
    judge.look("03-switcher")
    kim.keyboard.press("Enter")
    expect(kim.locator("#talk-title")).to_have_text("Licence audit")
    kim.keyboard.press("Control+k")
    kim.locator("#search").fill("")
    kim.keyboard.press("Enter")
    expect(kim.locator("#talk-title")).to_have_text("Budget 2027")
    kim.keyboard.press("Control+k")
    kim.locator("#search").fill("zoe@example.org mirrors")
    kim.keyboard.press("Enter")
    expect(kim.locator("#wish")).to_have_value("zoe@example.org mirrors")
    kim.keyboard.press("Escape")

    # Settings hold at once.
    settings(kim)
    judge.look("04-settings")
    kim.get_by_role("radio", name="Dark").check()
    expect(kim.locator("html")).to_have_attribute("data-theme", "dark")
    kim.get_by_role("radio", name="Like the system").check()
    kim.get_by_test_id("ccm-letters").click()
    kim.keyboard.press("Escape")
    kim.locator("#outcome-title").focus()
    kim.keyboard.press("?")
    expect(kim.get_by_role("heading", name="Keys")).to_have_count(0)
    settings(kim)
    kim.get_by_test_id("ccm-letters").click()
    kim.keyboard.press("Escape")
    kim.locator("#outcome-title").focus()
    kim.keyboard.press("?")
    expect(kim.get_by_role("heading", name="Keys")).to_be_visible()
    kim.go_back()
    expect(kim.get_by_role("heading", name="Keys")).to_be_hidden()
    expect(kim.locator("#talk-title")).to_have_text("Budget 2027")

    # Columns and the parts of the page, by keys and by hand.
    edge = kim.get_by_test_id("edge-topics")
    width = kim.locator("#topics").evaluate("pane => pane.offsetWidth")
    edge.press("ArrowRight")
    edge.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", str(width + 32))
    for button, by in (("left", 20), ("right", 60), ("left", -20)):
        box = edge.bounding_box()
        assert box
        kim.mouse.move(box["x"] + 4, 300)
        kim.mouse.down(button=button)
        kim.mouse.move(box["x"] + 4 + by, 340, steps=3)
        kim.mouse.up(button=button)
        kim.keyboard.press("Escape")
        expect(edge).to_have_attribute("aria-valuenow", str(width + (52 if by > 0 else 32)))
    kim.reload()
    expect(kim.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    assert kim.locator("#topics").evaluate("pane => pane.offsetWidth") == width + 32
    expect(kim.get_by_test_id("composer")).to_be_visible(timeout=10_000)
    kim.locator("#topics .topic").first.focus()
    for part in (".log", "#w", "#outcome-title"):
        kim.keyboard.press("F6")
        expect(kim.locator(part)).to_be_focused()

    # Muted, it asks for nothing.
    kim.get_by_label("More for this topic").click()
    kim.get_by_role("button", name="Mute it").click()
    expect(kim.get_by_test_id("topic").filter(has_text="Budget 2027")).to_contain_text("muted")

    # Back closes the drawer, and a phone's other pane, before it leaves the topic.
    kim.set_viewport_size(TABLET)  # type: ignore[arg-type]
    kim.locator(".drawer").click()
    expect(kim.locator("#topics")).to_be_visible()
    kim.go_back()
    expect(kim.locator("#topics")).to_be_hidden()
    kim.set_viewport_size(PHONE)  # type: ignore[arg-type]
    kim.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Topics").click()
    judge.look("05-topics-phone")
    kim.go_back()
    expect(kim.get_by_test_id("composer")).to_be_visible()
    expect(kim.locator("#talk-title")).to_have_text("Budget 2027")
    kim.evaluate("document.querySelector('ccm-app').showSettings()")
    judge.look("06-settings-phone")
    assert not judge.wrong, "\n".join(judge.wrong)
