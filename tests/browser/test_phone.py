"""A whole talk on a touch phone: messages on their way, a mention elsewhere, files, a record to take along."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import NARROW, WIDE, Judge, add_account, message, on_a_phone, say, signed_in, wish
from browser.pictures import picture
from browser.server import Server
from browser.test_frame import ASKS
from fixtures.faulty_line import FaultyLine
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SECONDS = 20_000.0
FINGER = 44


@pytest.fixture
def line(server: Server) -> Iterator[FaultyLine]:
    made = FaultyLine(server.port)
    yield made
    made.cut()


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("link", name=name)


def write(page: Page, words: str) -> Locator:
    """Type it and tap Send, as Enter makes a new line there; the message as it stands in the log."""
    page.get_by_test_id("composer").tap()
    page.get_by_test_id("composer").press_sequentially(words)
    page.get_by_test_id("send").tap()
    return message(page, words)


def wide_enough(one: Locator) -> None:
    box = one.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= FINGER, box


def on_its_way(kim: Page, ann: Page, server: Server, line: FaultyLine, judge: Judge) -> None:
    """Sending, slow, kept while offline, and what was refused: said at the message, with buttons for fingers."""
    server.freeze()
    slow = write(kim, "Is anybody there?")
    expect(slow).to_have_attribute("data-state", "sending")
    kim.clock.fast_forward(6_000)
    expect(slow).to_have_attribute("data-state", "slow")
    judge.look("02-slow")
    server.go_on()
    expect(slow).to_have_attribute("data-state", "sent", timeout=SECONDS)

    line.cut()
    expect(kim.get_by_test_id("banner")).to_be_visible(timeout=SECONDS)
    kept = write(kim, "I am in a tunnel.")
    expect(kept).to_have_attribute("data-state", "kept")
    expect(kept).to_contain_text("Kept here, goes out when you are back")
    wide_enough(kim.get_by_test_id("banner").get_by_role("button", name="Try now"))
    judge.look("03-kept")
    line.mend()
    kim.get_by_test_id("banner").get_by_role("button", name="Try now").tap()
    expect(kept).to_have_attribute("data-state", "sent", timeout=SECONDS)
    expect(message(ann, "I am in a tunnel.")).to_have_count(1)


def elsewhere(kim: Page, ann: Page, judge: Judge) -> None:
    """What is written in another topic is counted on the tab; the mention that was missed offers to tell the next."""
    ann.get_by_test_id("topic").filter(has_text="Budget 2027").click()
    say(ann, "The sums are in.")
    expect(tab(kim, "Topics")).to_contain_text("1 unread", timeout=SECONDS)
    say(ann, "@Kim can you look?")
    expect(kim).to_have_title("(1) Licence audit · CCM", timeout=SECONDS)
    expect(kim.get_by_test_id("offer").filter(visible=True)).to_be_visible()
    wide_enough(kim.get_by_test_id("offer-yes").filter(visible=True))
    judge.look("04-mention")
    kim.get_by_test_id("offer-yes").filter(visible=True).tap()
    expect(kim.get_by_test_id("offer").filter(visible=True)).to_have_count(0)
    say(ann, "@Kim today?")
    expect(tab(kim, "Topics")).to_contain_text("3 unread", timeout=SECONDS)
    assert kim.evaluate("shown.length") == 0, "who is in a meeting is not called out of it"
    tab(kim, "Topics").tap()
    row = kim.get_by_test_id("topic").filter(has_text="Budget 2027")
    expect(row).to_contain_text("2 mentions, 3 unread")
    judge.look("05-topics")
    judge.touch("05-topics")

    # What was begun here is there when one is back.
    tab(kim, "Talk").tap()
    kim.get_by_test_id("composer").fill("Before I forget")
    tab(kim, "Topics").tap()
    row.tap()
    expect(kim.locator("#talk-title")).to_have_text("Budget 2027")
    expect(message(kim, "@Kim today?")).to_be_in_viewport(timeout=SECONDS)
    expect(kim.get_by_test_id("composer")).to_have_value("")
    tab(kim, "Topics").tap()
    kim.get_by_test_id("topic").filter(has_text="Licence audit").tap()
    expect(kim.get_by_test_id("composer")).to_have_value("Before I forget")
    kim.get_by_test_id("composer").fill("")


def files_and_typing(kim: Page, ann: Page, judge: Judge) -> None:
    """A picture from the phone, and who is writing, both ways."""
    ann.get_by_test_id("topic").filter(has_text="Licence audit").click()
    wide_enough(kim.get_by_test_id("attach"))
    with kim.expect_file_chooser() as chosen:
        kim.get_by_test_id("attach").tap()
    chosen.value.set_files([{"name": "mirrors.png", "mimeType": "image/png", "buffer": picture()}])
    expect(ann.get_by_test_id("picture").locator("img")).to_have_attribute("alt", "mirrors.png", timeout=SECONDS)
    expect(kim.get_by_test_id("picture")).to_be_in_viewport()
    ann.get_by_test_id("composer").press_sequentially("So that is")
    expect(kim.get_by_text("Ann is writing")).to_be_visible(timeout=SECONDS)
    judge.look("06-picture")
    ann.get_by_test_id("composer").fill("")
    expect(kim.get_by_text("Ann is writing")).to_have_count(0, timeout=SECONDS)
    kim.get_by_test_id("composer").press_sequentially("Yes")
    expect(ann.get_by_text("Kim is writing")).to_be_visible(timeout=SECONDS)
    kim.get_by_test_id("send").tap()
    say(ann, "So that is what we keep.")


def test_a_whole_talk_on_a_phone(browser: Browser, server: Server, line: FaultyLine, artefacts: Path) -> None:
    for name in ("ann", "kim"):
        add_account(server, name)
    ann = signed_in(browser, server, "ann", WIDE)
    for name in ("Budget 2027", "Licence audit"):
        wish(ann, f"kim@localhost {name} now")
        expect(ann.locator("#talk-title")).to_have_text(name, timeout=SECONDS)
        expect(message(ann, "I am the reporter")).to_be_visible(timeout=SECONDS)
    kim = on_a_phone(browser, f"http://localhost:{line.port}/", "kim", clock=True, script=ASKS)
    judge = Judge(kim, artefacts)
    for name in ("Budget 2027", "Licence audit"):  # who never opened a topic is not in its room
        tab(kim, "Topics").tap()
        kim.get_by_test_id("topic").filter(has_text=name).tap()
        expect(kim.locator("#talk-title")).to_have_text(name, timeout=SECONDS)
        expect(message(kim, f"what you say about {name}")).to_be_visible(timeout=SECONDS)
    expect(write(kim, "Hello from the tram")).to_have_attribute("data-state", "sent", timeout=SECONDS)
    judge.look("01-talk")
    judge.touch("01-talk")

    on_its_way(kim, ann, server, line, judge)
    elsewhere(kim, ann, judge)
    kim.context.close()

    kim = on_a_phone(browser, server.url, "kim", clock=True, script=ASKS)  # files go to the server's own address
    wrong, judge = judge.wrong, Judge(kim, artefacts)
    tab(kim, "Topics").tap()
    kim.get_by_test_id("topic").filter(has_text="Licence audit").tap()
    files_and_typing(kim, ann, judge)

    # The record on a phone, and a copy to take along.
    write(kim, "ACTION: Kim to list the mirrors by Friday")
    tab(kim, "Outcome").tap()
    expect(kim.locator("[data-entry=A1]")).to_contain_text("list the mirrors", timeout=SECONDS)
    expect(kim.locator("[data-entry=L1]").get_by_role("link", name="mirrors.png", exact=True)).to_be_visible()
    kim.get_by_test_id("files").tap()
    with kim.expect_download() as copy:
        kim.get_by_role("button", name="Markdown").tap()
    assert "list the mirrors" in copy.value.path().read_text()
    judge.look("07-outcome")
    judge.touch("07-outcome")
    kim.emulate_media(media="print")
    expect(kim.locator("[data-entry=A1]")).to_be_visible()
    expect(tab(kim, "Outcome")).to_be_hidden()
    kim.emulate_media(media="screen")
    kim.set_viewport_size(NARROW)  # type: ignore[arg-type]
    for name in ("Topics", "Talk", "Outcome"):
        tab(kim, name).tap()
        judge.look(f"08-narrow-{name.lower()}")
        judge.touch(f"08-narrow-{name.lower()}")
    wrong += judge.wrong
    assert not wrong, "\n".join(wrong)
