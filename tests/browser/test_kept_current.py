"""The record as talk goes on: nothing before anybody spoke, meetings are not asked, what changed after publication."""

from pathlib import Path

import pytest
from browser.dashboard import PHONE, WIDE, Judge, add_account, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_a_meeting_is_kept_current_before_and_after_it_is_published(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann", WIDE)
    judge = Judge(ann, artefacts)
    wish(ann, "licence audit now")
    expect(message(ann, "I am the reporter")).to_be_visible(timeout=15_000)
    pane = ann.locator("#outcome")
    expect(pane).to_contain_text("Nothing is kept yet.")
    expect(pane).not_to_contain_text("Incident")
    expect(pane).not_to_contain_text("Not said")
    judge.look("01-nobody-spoke")

    say(ann, "#action Kim to check all mirrors by Friday")
    expect(ann.locator("[data-entry=A1]")).to_be_visible(timeout=10_000)
    say(ann, "#nextmeeting Tuesday 15:00")
    expect(ann.get_by_test_id("next")).to_contain_text("15:00", timeout=10_000)
    expect(ann.get_by_test_id("unsaid")).to_contain_text("Not said yet: Subject")
    expect(pane).not_to_contain_text("missing")
    judge.look("02-meeting")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    ann.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Outcome").click()
    expect(ann.locator("[data-entry=A1]")).to_be_in_viewport()
    judge.look("03-meeting-phone")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]

    ann.get_by_test_id("publish").click()
    expect(ann.get_by_test_id("news")).to_contain_text("Published.", timeout=15_000)
    say(ann, "#decision We use one licence.")
    expect(ann.get_by_test_id("news")).to_contain_text("Changed since version 1. D1 is new", timeout=10_000)
    judge.look("04-changed")
    ann.get_by_test_id("again").click()
    expect(ann.get_by_test_id("news")).to_contain_text("Published, version 2.", timeout=15_000)
    assert not judge.wrong, "\n".join(judge.wrong)
