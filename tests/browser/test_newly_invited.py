"""A topic that somebody was just asked into is marked until it was opened."""

from pathlib import Path

import pytest
from browser.dashboard import PHONE, WIDE, Judge, add_account, invite, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_a_topic_is_new_until_it_was_opened(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    add_account(server, "kim")
    ann, kim = signed_in(browser, server, "ann", WIDE), signed_in(browser, server, "kim", WIDE)
    judge = Judge(kim, artefacts)
    wish(ann, "Licence audit tomorrow 10:00")
    expect(ann.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    expect(ann.get_by_test_id("topic")).not_to_contain_text("New")
    invite(ann, "kim@localhost")
    topic = kim.get_by_test_id("topic").filter(has_text="Licence audit")
    expect(topic).to_contain_text("New", timeout=15_000)
    judge.look("01-new")
    kim.set_viewport_size(PHONE)  # type: ignore[arg-type]
    kim.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Topics").click()
    judge.look("02-new-phone")
    topic.click()
    kim.set_viewport_size(WIDE)  # type: ignore[arg-type]
    expect(topic).not_to_contain_text("New")
    kim.reload()
    expect(topic).to_be_visible(timeout=15_000)
    expect(topic).not_to_contain_text("New")
    assert not judge.wrong, "\n".join(judge.wrong)
