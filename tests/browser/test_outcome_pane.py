"""The record as it is written before everybody's eyes: votes, proposals, finds, the draft, where it goes; search."""

from pathlib import Path

import pytest
from browser.dashboard import NARROW, PHONE, WIDE, Judge, add_account, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# What the reporter is not sure of, put into the page's own copy as an event would put it there.
FOUND = """() => {
  const app = document.querySelector('ccm-app');
  const known = [...app.client.outcomes.values()][0];
  const { source, at } = known.entries[0];
  const entry = { ...known.entries.find((e) => e.id === 'A1'), id: 'A7', source, at, found: true, sure: false };
  Object.assign(entry, { text: 'Kim checks whether the mirrors are in step', phrase: 'soon', assumed: true });
  const target = { name: 'wordpress', state: 'waiting', url: '', reason: 'It answered 503.', again: at };
  const failed = { ...target, name: 'git', state: 'failed', reason: 'The key is refused. Give it write access.' };
  const more = { entries: [...known.entries, entry], targets: [...known.targets, target, failed] };
  app.client.outcomes.set(known.topic, { ...known, ...more });
  app.requestUpdate();
}"""

# The talk has ended and its draft waits, likewise.
ENDED = """() => {
  const app = document.querySelector('ccm-app');
  const known = [...app.client.outcomes.values()][0];
  const ago = (minutes) => new Date(Date.now() - minutes * 60_000);
  app.client.topics.set(known.topic, { ...app.topic, state: 'ended', start: ago(45) });
  app.client.outcomes.set(known.topic, { ...known, mode: 'grace', ended: ago(1), until: ago(-9) });
  app.requestUpdate();
}"""
SMALL = {"width": 1200, "height": 800}


def entry(page: Page, words: str):  # type: ignore[no-untyped-def]
    return page.locator("#outcome .ent").filter(has_text=words)


def change_in_place(ann: Page, judge: Judge) -> None:
    """Text, owner and day in one row; the reporter reads them, and tells a way back; keys move what stands too low."""
    task = ann.locator("[data-entry=A1]")
    task.get_by_role("button", name="Kim to check all mirrors").click()
    field = task.get_by_label("What A1 says")
    expect(field).to_be_focused()
    field.fill("Lou to do something else")
    field.press("Escape")
    expect(task.get_by_role("button", name="Kim to check all mirrors")).to_be_focused()
    ann.keyboard.press("Enter")
    task.get_by_label("Who does A1").fill("Tom")
    task.get_by_label("When A1 is due").fill("2 December 2026")
    judge.look("02-edit")
    task.get_by_label("When A1 is due").press("Enter")
    toast = ann.get_by_test_id("toast").filter(has_text="A1 is Tom’s and is due Wed 2 Dec")
    expect(toast).to_be_visible(timeout=20_000)
    expect(task.locator(".meta")).to_contain_text("Tom")
    expect(ann.locator("li.told").filter(has_text="gives A1 to Tom.")).to_have_count(1)  # once to see: the toast
    toast.get_by_test_id("undo").click()
    expect(task.locator(".meta")).to_contain_text("Kim", timeout=10_000)

    ann.locator("[data-entry=D2] .say").focus()
    ann.keyboard.press("Alt+ArrowUp")
    expect(ann.locator("ol[data-kind=decision] .ent").first).to_have_attribute("data-entry", "D2", timeout=10_000)
    expect(ann.locator("[data-entry=D2] .say")).to_be_focused()


def change_on_the_card(ann: Page) -> None:
    """What is asked in the talk is changed there, before it is kept."""
    card = ann.locator("#talk [data-proposal=P1]")
    card.get_by_test_id("change").press("Enter")
    field = card.get_by_label("What P1 says")
    expect(field).to_be_focused()
    expect(ann.locator("#outcome").get_by_test_id("edit")).to_have_count(0)
    field.press("Escape")
    expect(card.get_by_test_id("change")).to_be_focused()
    ann.keyboard.press("Enter")
    field.fill("The old mirror is switched off in February.")
    field.press("Enter")
    expect(card).to_contain_text("in February", timeout=10_000)
    expect(card.get_by_test_id("change")).to_be_focused()


def through(ann: Page, judge: Judge) -> None:
    """When people are through, the head of the record says how it stands; what was decided is in sight below it."""
    ann.evaluate(ENDED)
    ann.set_viewport_size(SMALL)  # type: ignore[arg-type]
    stand = ann.locator("[data-bar=grace]")
    expect(stand).to_contain_text("Ended")
    expect(stand).to_contain_text("goes out at")
    expect(stand.get_by_test_id("publish")).to_have_text("Approve and publish")
    expect(stand.get_by_test_id("hold")).to_be_visible()
    ann.locator("#outcome .scroll").evaluate("pane => pane.scrollTo(0, 0)")
    expect(ann.locator("ol[data-kind=decision] .ent").first).to_be_in_viewport(ratio=1)
    expect(ann.get_by_test_id("topic").filter(has_text="Licence audit")).to_contain_text("Ended")
    judge.look("05-ended")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("05-ended-phone")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]


def compare_versions(ann: Page, judge: Judge) -> None:
    """What is changed after publication makes a version, which is told apart from the former in words."""
    task = ann.locator("[data-entry=A1]")
    task.get_by_role("button", name="Kim to check all mirrors").click()
    task.get_by_label("When A1 is due").fill("4 December 2026")
    ann.locator("#outcome-title").focus()  # leaving saves
    again = ann.get_by_test_id("again")
    expect(again).to_have_text("Publish version 2", timeout=10_000)
    again.click()
    expect(ann.get_by_test_id("news")).to_contain_text("Published, version 2", timeout=15_000)
    ann.get_by_test_id("versions").click()
    expect(ann.locator("[data-version='2']")).to_contain_text("approved by Ann", timeout=10_000)
    expect(ann.get_by_test_id("diff")).to_contain_text("4 Dec", timeout=10_000)
    judge.look("06-versions")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    ann.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Outcome").click()
    judge.look("06-versions-phone")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]
    ann.get_by_test_id("back").click()
    expect(task).to_be_visible()
    ann.get_by_test_id("files").click()
    with ann.expect_download() as kept:
        ann.get_by_role("button", name="Markdown").click()
    assert kept.value.suggested_filename.endswith(".md")
    assert "Kim" in kept.value.path().read_text()


def test_the_record_is_voted_on_settled_previewed_published_and_found(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann", WIDE)
    judge = Judge(ann, artefacts)
    wish(ann, "licence audit now")
    expect(ann.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    expect(message(ann, "I am the reporter")).to_be_visible(timeout=15_000)
    for words in (
        "#topic Mirrors",
        "ACTION: Kim to check all mirrors by Friday",
        "#agreed We use one licence for every data set.",
        "PROPOSED: The old mirror is switched off in January.",
        "#question Who signs off the mirrors that partners run?",
        "#nextmeeting 1 December 15:00",
        "#startvote Ship on Friday? yes, no, abstain",
    ):
        say(ann, words)
    poll = ann.get_by_test_id("poll")
    expect(poll).to_contain_text("Ship on Friday?", timeout=10_000)
    poll.get_by_role("button", name="yes").click()
    expect(poll.get_by_role("button", name="yes")).to_have_attribute("aria-pressed", "true", timeout=10_000)
    expect(message(ann, "Ann votes “yes”.")).to_be_visible()
    judge.look("01-vote")
    poll.get_by_role("button", name="End the vote").click()
    expect(poll).to_have_count(0, timeout=10_000)
    expect(entry(ann, "Ship on Friday")).to_contain_text("by vote", timeout=10_000)

    # A proposal is accepted by a button, where it was made, and becomes a decision.
    cards = ann.get_by_test_id("cards")
    expect(ann.locator("#talk").get_by_role("group", name="Proposal P1")).to_contain_text("Ann decides.")
    change_on_the_card(ann)
    cards.locator("[data-proposal=P1]").get_by_test_id("ok").press("Enter")
    expect(ann.locator("ol[data-kind=proposal]")).to_have_count(0, timeout=10_000)
    expect(ann.locator("#talk [data-answer=P1] button")).to_be_focused()
    decisions = ann.locator("ol[data-kind=decision] .ent")
    expect(decisions.nth(2)).to_contain_text("old mirror is switched off", timeout=10_000)
    answered = ann.get_by_test_id("answered").filter(has_text="P1 is agreed")
    answered.get_by_role("button").click()
    expect(cards.locator("[data-proposal=P1]")).to_be_visible(timeout=10_000)
    cards.get_by_test_id("ok").click()
    expect(decisions.nth(2)).to_contain_text("old mirror is switched off", timeout=10_000)
    change_in_place(ann, judge)

    # What was only found stands apart, with its buttons.
    ann.evaluate(FOUND)
    possible = ann.locator("ol[data-kind='possible action']")
    expect(cards.get_by_role("button", name="OK, A7 is right")).to_be_visible()
    expect(possible).to_contain_text("(assumed)")
    possible.scroll_into_view_if_needed()
    expect(ann.locator("[data-target=git]")).to_contain_text("Give it write access.")
    judge.look("02-possible")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    ann.get_by_role("navigation", name="Parts of the dashboard").get_by_text("Outcome").click()
    judge.look("03-possible-phone")
    ann.set_viewport_size(NARROW)  # type: ignore[arg-type]
    # Its bar stays at the foot of what scrolls, and covers half a line wherever it comes to lie: at the end, none.
    ann.locator("#outcome").evaluate("pane => pane.scrollTo(0, pane.scrollHeight)")
    judge.look("04-possible-narrow")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]

    # The draft, before anybody else sees it.
    ann.get_by_test_id("preview").click()
    draft = ann.get_by_role("dialog")
    expect(draft.get_by_role("heading", name="Licence audit")).to_be_visible(timeout=10_000)
    expect(draft).to_contain_text("Kim to check all mirrors")
    expect(draft.get_by_role("heading", name="Possible actions")).to_be_visible()
    expect(draft).to_contain_text("whether the mirrors are in step")
    expect(draft).to_contain_text("1 Dec")
    judge.look("05-draft")
    draft.get_by_role("button", name="Close").first.click()

    through(ann, judge)
    say(ann, "publish now, reporter")
    expect(ann.get_by_test_id("document")).to_be_visible(timeout=15_000)
    expect(ann.locator("[data-bar=published]")).to_contain_text("Published.")
    judge.look("06-published")
    compare_versions(ann, judge)

    # Search, by keys alone.
    ann.locator("#outcome-title").focus()
    ann.keyboard.press("/")
    ann.keyboard.type("mirror check")
    expect(ann.get_by_test_id("search-state")).to_have_text("2 results.", timeout=10_000)
    expect(ann.get_by_test_id("hit").first).to_contain_text("Document")
    judge.look("07-search")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("08-search-phone")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]
    ann.locator("#search").focus()
    ann.keyboard.press("ArrowDown")
    ann.keyboard.press("ArrowDown")
    ann.keyboard.press("Enter")
    expect(ann.locator(".msg.found")).to_contain_text("Kim to check all mirrors", timeout=10_000)
    ann.keyboard.press("/")
    ann.locator("#search").fill("zebra")
    expect(ann.get_by_test_id("search-state")).to_contain_text("Nothing about “zebra”", timeout=10_000)
    ann.keyboard.press("Escape")
    expect(ann.locator("#search")).to_have_value("")
    ann.keyboard.press("Escape")
    expect(ann.locator("#search")).to_be_hidden()
    ann.locator("#outcome-title").focus()
    ann.keyboard.press("/")
    expect(ann.locator("#search")).to_be_focused()
    ann.keyboard.press("Escape")
    expect(ann.locator("#search")).to_be_hidden()
    assert not judge.wrong, "\n".join(judge.wrong)
