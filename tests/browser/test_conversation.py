"""Two people talk: who comes late, completion, replies, reactions, files, and a talk of ten thousand messages."""

import re
from pathlib import Path

import pytest
from browser.dashboard import NARROW, WIDE, Judge, add_account, invite, message, say, signed_in, wish
from browser.pictures import picture
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Ten thousand messages more, put before those that are there, as pages of the archive would be.
MANY = """() => {
  const { room } = document.querySelector('ccm-app');
  const [first] = room.log;
  const made = (_, i) => ({
    ...first, key: `m${i}`, id: `000${String(i).padStart(9, '0')}`, mine: false, body: `Message number ${i}`,
    nick: i % 7 ? 'Tom' : 'Kim', at: new Date(first.at - (10000 - i) * 120000), reactions: new Map(), reply: null,
  });
  const lines = Array.from({ length: 10000 }, made);
  room.log.unshift(...lines);
  room.complete = true;
  document.querySelector('ccm-app').requestUpdate();
}"""
# To the top and down again, page by page: the most rows that ever stood there, and how far what was read has moved.
WALK = """async () => {
  const log = document.querySelector('.log');
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  let most = 0, moved = 0;
  for (const by of [-500, -500, -500, -500, -500, -500, -500, -500, 500, 500, 500]) {
    for (let i = 0; i < 5; i += 1) {
      log.scrollTop += by;
      const foot = (one) => one.getBoundingClientRect().bottom; // a name may stand above it, or not any more
      const edge = log.getBoundingClientRect().top;
      const row = [...document.querySelectorAll('.msg')].find((one) => foot(one) > edge + 40);
      const before = foot(row);
      await frame();
      most = Math.max(most, log.querySelectorAll('li').length);
      if (row.isConnected) moved = Math.max(moved, Math.abs(foot(row) - before));
    }
  }
  return { most, moved };
}"""


def typed(page: Page, words: str) -> None:
    page.get_by_test_id("composer").press_sequentially(words)


def proposed_in_the_talk(ann: Page, kim: Page, judge: Judge) -> None:
    """What the reporter proposes is a card at its message: settled there, taken back, and settled by a thumb."""
    say(kim, "I will call the partners by Friday.")
    say(ann, "#topic Hosting")
    card = kim.locator("#talk").get_by_role("group", name=re.compile(r"Proposed action A\d"))
    expect(card).to_contain_text("Owner Kim", timeout=10_000)
    expect(card.get_by_text("Call the partners", exact=True)).to_be_visible()
    expect(card).to_contain_text("from “by Friday”")
    expect(kim.get_by_text("#no A")).to_have_count(0)
    expect(kim.locator("#outcome").get_by_role("link", name="1 to confirm").first).to_be_visible()
    judge.look("02-proposed")
    kim.set_viewport_size(NARROW)  # type: ignore[arg-type]
    kim.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Talk").click()
    judge.look("02-proposed-narrow")
    kim.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Outcome").click()
    expect(kim.get_by_test_id("cards")).to_have_count(1)
    expect(kim.locator("#outcome").get_by_test_id("ok")).to_be_visible()
    kim.set_viewport_size(WIDE)  # type: ignore[arg-type]
    card.get_by_test_id("ok").click()
    settled = kim.locator("#talk").get_by_test_id("answered")
    expect(settled).to_contain_text("Kim confirmed it.", timeout=10_000)
    expect(ann.locator("#talk").get_by_test_id("answered")).to_contain_text("Kim confirmed it.", timeout=10_000)
    settled.get_by_role("button").click()
    expect(card.get_by_test_id("ok")).to_be_visible(timeout=10_000)
    kim.get_by_test_id("message").filter(has=kim.get_by_test_id("cards")).focus()
    kim.keyboard.press("e")
    kim.get_by_role("button", name="Thumbs up").click()
    expect(settled).to_contain_text("Kim confirmed it.", timeout=10_000)


def test_two_people_talk_with_replies_reactions_and_files(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    add_account(server, "kim")
    ann, kim = signed_in(browser, server, "ann", WIDE), signed_in(browser, server, "kim", WIDE)
    wish(ann, "licence audit now")
    expect(message(ann, "I am the reporter")).to_be_visible(timeout=15_000)
    for words in (
        "#topic Mirrors",
        "#topic Money",
        "ACTION: Kim to list the mirrors by Friday",
        "#decision We use one licence.",
        "Who signs for the partners?",
    ):
        say(ann, words)
    expect(ann.locator("[data-entry=D1]")).to_be_visible(timeout=10_000)
    expect(ann.get_by_test_id("agenda")).to_contain_text("Point 2 of 2: Money")
    invite(ann, "kim@localhost")

    # Who comes late learns what was kept meanwhile.
    judge = Judge(kim, artefacts)
    kim.get_by_test_id("topic").filter(has_text="Licence audit").click()
    missed = kim.get_by_test_id("missed")
    expect(missed).to_contain_text("1 decision and 1 action, 1 for you.", timeout=15_000)
    missed.get_by_role("link", name="We use one licence.").click()
    expect(kim.locator("[data-entry=D1]")).to_have_class(re.compile("found-entry"))

    # Names and orders complete themselves.
    composer = kim.get_by_test_id("composer")
    composer.focus()
    typed(kim, "/que")
    expect(kim.get_by_test_id("option").first).to_contain_text("What stays open")
    composer.press("Tab")
    typed(kim, "who pays, @a")
    expect(kim.get_by_test_id("option")).to_have_count(1)
    judge.look("01-completion")
    composer.press("Enter")
    expect(composer).to_have_value("/question who pays, @Ann ")
    composer.press("Enter")
    expect(kim.locator("[data-entry=Q1]")).to_be_visible(timeout=10_000)
    typed(kim, "/")
    expect(kim.get_by_test_id("option").first).to_contain_text("/action")
    composer.press("Escape")
    expect(kim.get_by_test_id("option")).to_have_count(0)
    composer.fill("")

    # A reply by keys; the quotation is nobody's new word.
    asked = message(kim, "ACTION: Kim to list the mirrors").first
    asked.focus()
    kim.keyboard.press("r")
    expect(kim.get_by_test_id("answering")).to_contain_text("Kim to list the mirrors")
    expect(composer).to_be_focused()
    typed(kim, "Until Thursday, rather.")
    composer.press("Enter")
    answer = message(ann, "Until Thursday, rather.")
    expect(answer.locator(".quote")).to_contain_text("ACTION: Kim to list the mirrors", timeout=10_000)
    expect(answer.locator("p")).to_have_text("Until Thursday, rather.")
    answer.locator(".quote").click()
    expect(ann.locator(".msg.found")).to_contain_text("ACTION: Kim to list the mirrors")
    expect(ann.locator("ol[data-kind=action] > li")).to_have_count(1)

    # A reaction by keys, and one in words of one's own.
    asked.focus()
    kim.keyboard.press("e")
    expect(kim.get_by_role("button", name="Thumbs up")).to_be_focused()
    judge.look("02-picker")
    kim.keyboard.press("Enter")
    expect(message(ann, "ACTION: Kim to list").first.get_by_role("button", name="👍 1 person")).to_be_visible(
        timeout=10_000
    )
    expect(asked).to_be_focused()

    # Kept by a letter.
    message(kim, "Who signs for the partners?").first.focus()
    kim.keyboard.press("q")
    expect(kim.locator("[data-entry=Q2]")).to_contain_text("Who signs for the partners?", timeout=10_000)

    proposed_in_the_talk(ann, kim, judge)

    # Files: a picture is shown, anything else is a link, and what cannot be sent says why.
    files = kim.locator(".composer input[type=file]")
    files.set_input_files([{"name": "mirrors.png", "mimeType": "image/png", "buffer": picture()}])
    seen = ann.get_by_test_id("picture").locator("img")
    expect(seen).to_have_attribute("alt", "mirrors.png", timeout=10_000)
    seen.scroll_into_view_if_needed()
    ann.wait_for_function("document.querySelector('.pic img').naturalWidth === 160")
    files.set_input_files([{"name": "list.csv", "mimeType": "text/csv", "buffer": b"mirror,size\n" * 2000}])
    expect(ann.get_by_test_id("file")).to_contain_text("list.csv 24 kB", timeout=10_000)
    files.set_input_files([{"name": "empty.txt", "mimeType": "text/plain", "buffer": b""}])
    expect(kim.get_by_test_id("going")).to_contain_text("empty.txt is not sent. It is empty")
    message(kim, "list.csv").hover()
    judge.look("03-files")
    kim.get_by_role("button", name="Remove empty.txt").click()
    expect(kim.get_by_test_id("going")).to_have_count(0)

    # What was seen for a second is read, for the room too.
    mine = message(kim, "Until Thursday, rather.")
    mine.focus()
    expect(mine.get_by_text("Seen by Ann")).to_be_attached(timeout=15_000)
    kim.set_viewport_size(NARROW)  # type: ignore[arg-type]
    kim.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Talk").click()
    mine.focus()
    expect(mine.get_by_role("button", name="Reply")).to_be_visible()
    judge.look("04-tools-narrow")
    kim.set_viewport_size(WIDE)  # type: ignore[arg-type]

    # However long it is, little of it stands in the page, and what is read stays where it is.
    kim.evaluate(MANY)
    kim.locator(".log").focus()
    walked = kim.evaluate(WALK)
    assert walked["most"] <= 200, walked
    assert walked["moved"] < 4, walked

    # What came meanwhile is new, on every device of hers; what she had read is not.
    say(ann, "One more thing.")
    pill = kim.get_by_role("button", name="1 new")
    expect(pill).to_be_visible(timeout=10_000)
    other = signed_in(browser, server, "kim", WIDE)
    other.get_by_test_id("topic").filter(has_text="Licence audit").click()
    expect(other.locator("#new + .msg")).to_contain_text("One more thing.", timeout=15_000)
    expect(other.get_by_test_id("missed")).to_have_count(0)
    pill.click()
    expect(message(kim, "One more thing.")).to_be_in_viewport()

    # Tabs reach the spine, whatever room a scroll bar takes; nothing makes the page longer than the window.
    edges = kim.evaluate(
        "() => [...document.querySelectorAll('#talk, .msg .m .mark')].map((one) => one.getBoundingClientRect().right)"
    )
    assert len(edges) > 1, edges
    assert max(edges) - min(edges) < 1, edges
    assert kim.evaluate("document.documentElement.scrollHeight <= innerHeight")

    # Whoever scrolls up is not taken back to the end by what is drawn because another row is under the pointer.
    kim.locator(".log").hover()
    kim.mouse.wheel(0, -400)
    expect(kim.get_by_role("button", name="To the end")).to_be_visible()
    assert not judge.wrong, "\n".join(judge.wrong)
