"""One's own words edited and withdrawn, an action given to somebody else and to another day."""

from pathlib import Path

import pytest
from browser.dashboard import PHONE, WIDE, Judge, add_account, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_own_messages_and_actions_are_put_right_by_menus_and_keys(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann", WIDE)
    judge = Judge(ann, artefacts)
    wish(ann, "licence audit now")
    expect(message(ann, "I am the reporter")).to_be_visible(timeout=15_000)
    expect(ann.get_by_label("Change your message")).to_have_count(0)  # nobody changes what the reporter said
    say(ann, "#action Kim to check all mirors by Friday")
    action = ann.locator("[data-entry=A1]")
    expect(action).to_contain_text("Kim to check all mirors", timeout=10_000)

    # What the menu writes before the words is a word.
    ann.get_by_text("Action, decision, question", exact=True).click()
    ann.get_by_role("button", name="Decision what is settled").click()
    expect(ann.get_by_test_id("composer")).to_have_value("Agreed: ")
    ann.get_by_test_id("composer").fill("")

    # The arrow in the empty field opens what was said last.
    ann.get_by_test_id("composer").press("ArrowUp")
    dialog = ann.get_by_role("dialog", name="Edit your message")
    field = dialog.get_by_label("As it should stand")
    expect(field).to_be_focused()
    field.fill("#action Kim to check all mirrors by Friday")
    judge.look("01-edit")
    field.press("Enter")
    expect(action).to_contain_text("Kim to check all mirrors", timeout=10_000)
    mine = message(ann, "check all mirrors")
    expect(mine).to_contain_text("edited")

    # Who does it, and by when.
    action.get_by_label("Change A1").click()
    action.get_by_role("button", name="Change it").click()
    ann.get_by_label("Who does A1").fill("Tom Baker")
    ann.get_by_label("When A1 is due").fill("1 December")
    judge.look("02-owner")
    action.get_by_role("button", name="Keep").click()
    expect(action).to_contain_text("Tom Baker", timeout=10_000)
    expect(action).to_contain_text("1 Dec", timeout=10_000)

    # By the message's own menu, on a phone and by keys.
    say(ann, "#decision We use one licence.")
    expect(ann.locator("[data-entry=D1]")).to_be_visible(timeout=10_000)
    mine = message(ann, "We use one licence.")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    mine.locator("p").click()
    mine.get_by_label("Change your message").click()
    judge.look("03-menu-phone")
    box = mine.get_by_role("button", name="Withdraw").bounding_box()
    assert box is not None and box["height"] >= 44, box
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]
    judge.look("04-menu")
    ann.keyboard.press("Escape")
    mine.focus()
    ann.keyboard.press("Enter")
    ann.keyboard.press("Tab")
    expect(mine.get_by_role("button", name="Edit")).to_be_focused()
    ann.keyboard.press("Tab")
    ann.keyboard.press("Enter")
    ann.get_by_role("button", name="Withdraw it").click()
    expect(message(ann, "Ann withdrew this.")).to_be_visible(timeout=10_000)
    expect(ann.locator("[data-entry=D1]")).to_have_count(0, timeout=10_000)
    assert not judge.wrong, "\n".join(judge.wrong)
