"""
What was guessed is told where one looks, with a way back: other readings by one click, Undo from the toast, by keys and
from the log; several people invited in one sentence, each a chip with what can be done.
"""

import re
from pathlib import Path

import pytest
from browser.dashboard import NARROW, PHONE, WIDE, Judge, add_account, invite, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


# Whether it is seen without a pointer near it, within the words' pane.
IN_SIGHT = """(one) => {
  const [pane, here] = [one.closest('.scroll'), one].map((each) => each.getBoundingClientRect());
  let opacity = 1;
  for (let each = one; each; each = each.parentElement) opacity *= getComputedStyle(each).opacity;
  return opacity === 1 && here.left >= pane.left && here.right <= pane.right;
}"""
# How much of the pane's width a line's words may take.
WORDS_WIDE = "(one) => one.querySelector('p').offsetWidth / one.closest('.scroll').clientWidth"


def start(page: Page) -> str:
    return str(page.get_by_test_id("planned").inner_text())


def test_a_guess_can_be_read_otherwise_and_undone_in_the_toast_by_keys_and_from_the_log(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    judge = Judge(ann, artefacts)
    toast = ann.get_by_test_id("toast")

    # One sentence, three people, a day with two readings: one request, one toast.
    wish(ann, "Kim Vos <kim@example.org>; bob@example.org, tom@example.org 3/4 licence audit")
    expect(ann.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    expect(toast).to_contain_text("may also mean")
    expect(toast).to_contain_text("Kim Vos, Bob and Tom")
    expect(ann.get_by_test_id("chip")).to_have_count(3)
    read = start(ann)
    toast.get_by_test_id("undo").first.focus()  # while it has the focus it stays
    judge.look("toast")
    for size, screen in ((PHONE, "toast-phone"), (NARROW, "toast-narrow")):
        ann.set_viewport_size(size)  # type: ignore[arg-type]
        judge.look(screen)
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]

    # The other reading is one click away, and says so itself.
    toast.get_by_test_id("alternative").first.click()
    expect(ann.get_by_test_id("planned")).not_to_have_text(read)
    expect(toast).to_be_visible()

    # A new name, and back by the keys alone.
    ann.get_by_label("More for this topic").click()
    ann.get_by_role("button", name="Change the time").click()
    ann.locator("#ask-value").fill("yesterday at 3")
    ann.locator("#ask-value").press("Enter")
    expect(toast).to_contain_text("had already passed")
    moved = start(ann)
    ann.keyboard.press("Alt+z")
    expect(ann.get_by_test_id("planned")).not_to_have_text(moved)

    # All of it stands in the log, after a reload too; what was undone says so.
    ann.reload()
    expect(ann.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    ann.locator("#talk-title").focus()
    ann.keyboard.press("l")
    told = ann.get_by_test_id("told")
    expect(told.filter(has_text="had already passed")).to_contain_text("Undone")
    judge.look("log")
    told.filter(has_text="I invited").get_by_test_id("undo").click()
    expect(told.filter(has_text="I invited")).to_contain_text("Undone")
    ann.keyboard.press("Escape")
    expect(ann.get_by_test_id("chip")).to_have_count(0, timeout=10_000)
    assert not judge.wrong, "\n".join(judge.wrong)


def test_each_reading_of_the_one_field_is_changed_by_itself(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    judge = Judge(ann, artefacts)
    ann.keyboard.press("n")
    ann.locator("#wish").fill("talk to kim@example.net about a community garden tool library tomorrow at 3pm")
    who, about, when = (ann.locator(f"[data-row={row}]") for row in ("people", "name", "start"))
    expect(when).to_contain_text("15:00")
    about.get_by_role("button", name="Change the name").click()
    ann.keyboard.type("Garden tools")  # over what was selected
    judge.look("one-field-row")
    ann.keyboard.press("Enter")
    expect(about.get_by_role("button", name="Change the name")).to_be_focused()
    expect(about).to_contain_text("Garden tools")
    expect(who).to_contain_text("kim@example.net")
    when.get_by_role("button", name="Change the time").press("Enter")
    ann.keyboard.type("tomorrow 16:30")
    ann.keyboard.press("Escape")
    expect(when).to_contain_text("15:00")
    when.get_by_role("button", name="Change the time").press("Enter")
    ann.keyboard.type("tomorrow 16:30")
    when.get_by_role("button", name="Keep").click()
    expect(when).to_contain_text("16:30")
    who.get_by_role("button", name="Change who").press("Enter")
    ann.keyboard.press("End")
    ann.keyboard.type(", Lou <lou@example.net>")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("one-field-row-phone")
    judge.touch("one-field-row-phone")
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]
    ann.keyboard.press("Enter")
    expect(ann.locator("#wish")).to_have_value(re.compile("^talk to kim"))
    ann.get_by_test_id("do").click()
    expect(ann.get_by_role("heading", name="Garden tools", exact=True)).to_be_visible()
    expect(ann.get_by_test_id("planned")).to_contain_text("16:30")
    expect(ann.get_by_test_id("chip")).to_have_count(2)
    assert not judge.wrong, "\n".join(judge.wrong)


def test_an_invitee_is_a_chip_with_what_can_be_done(browser: Browser, server: Server, artefacts: Path) -> None:
    for name in ("ann", "kim"):
        add_account(server, name)
    ann, kim = signed_in(browser, server, "ann"), signed_in(browser, server, "kim", PHONE)
    judge = Judge(ann, artefacts)
    wish(ann, "Licence audit tomorrow 10:00")
    expect(ann.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    invite(ann, "bob@example.org, kim@localhost")
    chips = ann.get_by_test_id("chip")
    expect(chips).to_have_count(2)
    expect(ann.get_by_test_id("one-field")).not_to_be_visible()

    # Again, and back: in the chip's menu, by the keyboard alone.
    bob = chips.filter(has_text="Bob")
    bob.locator("summary").focus()
    ann.keyboard.press("Enter")
    judge.look("chip")
    ann.keyboard.press("Escape")
    expect(bob.locator("summary")).to_be_focused()
    ann.keyboard.press("Enter")
    bob.get_by_role("button", name="Send it again").press("Enter")
    expect(ann.get_by_test_id("toast")).to_contain_text("I sent Bob the invitation to Licence audit again.")
    bob.locator("summary").press("Enter")
    bob.get_by_role("button", name="Take the invitation back").press("Enter")
    expect(chips).to_have_count(1)

    # On Kim's phone the toast of the invitation is a way in, whatever part is looked at.
    kim.get_by_role("link", name="Outcome").click()
    toast = kim.get_by_test_id("toast")
    expect(toast).to_contain_text("Ann")
    phone = Judge(kim, artefacts)
    phone.look("invited-phone")
    toast.get_by_test_id("open").first.click()
    expect(kim.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    kim.get_by_test_id("join-early").click()

    # Who is here is listed once.
    ann.get_by_test_id("people").click()
    expect(ann.get_by_test_id("here").filter(has_text="Kim")).to_have_count(1, timeout=10_000)
    expect(ann.get_by_test_id("invitee").filter(has_text="Kim")).to_have_count(0)
    expect(ann.get_by_test_id("invitee").filter(has_text="Bob")).to_have_attribute("data-state", "revoked")
    judge.look("people")
    assert not judge.wrong + phone.wrong, "\n".join(judge.wrong + phone.wrong)


def test_a_link_says_who_signs_in_and_a_topic_of_others_is_not_waited_for(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    page.goto(server.url + "#/as/ann%40localhost/t/nowhere")
    expect(page.get_by_label("E-mail or chat address")).to_have_value("ann@localhost")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile(r"#/t/nowhere$"))
    page.get_by_label("Password", exact=True).fill("a meadow in November")
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("absent")).to_contain_text("not among yours", timeout=15_000)
    judge = Judge(page, artefacts)
    judge.look("absent")
    page.get_by_role("link", name="To my topics").click()
    expect(page.get_by_role("heading", name="Whom do you want to talk something through with?")).to_be_visible()
    assert not judge.wrong, "\n".join(judge.wrong)


def test_what_the_outcome_holds_is_corrected_and_taken_off_by_its_own_menu(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    judge = Judge(ann, artefacts)
    wish(ann, "Licence audit now")
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Reporter", timeout=10_000)
    goal, action = ann.locator("[data-attribute=goal]"), ann.locator("[data-entry=A1]")
    for words in (
        "This is a project.",
        "The goal is one licence for every data set.",
        "ACTION: Ann to list the mirrors",
    ):
        say(ann, words)
    expect(goal).to_contain_text("One licence for every data set")
    expect(action).to_be_visible()

    def change(what: str, deed: str) -> None:
        ann.get_by_label(f"Change {what}").press("Enter")
        ann.locator("details[open]").get_by_role("button", name=deed).press("Enter")

    # A click on any line's words changes them where they stand, or Enter; what else can be done is in sight.
    goal.get_by_role("button", name="One licence for every data set").click()
    field = goal.get_by_label("What Goal says")
    expect(field).to_be_focused()
    field.fill("Something else.")
    judge.look("outcome-edit")
    field.press("Escape")
    expect(goal.locator(".say")).to_be_focused()
    ann.keyboard.press("Enter")
    field.fill("Two licences, one of them for text.")
    field.press("Enter")
    expect(goal).to_contain_text("Two licences, one of them for text", timeout=10_000)
    log = ann.get_by_role("log")
    expect(log.get_by_text("Goal is now “Two licences, one of them for text.”", exact=True)).to_be_visible()
    expect(log.get_by_text("is off the record")).to_have_count(0)
    ann.mouse.move(0, 0)
    for one in (goal, action):
        assert one.locator("summary").evaluate(IN_SIGHT)
        assert one.evaluate(WORDS_WIDE) > 0.7
    change("A1", "Change it")
    action.get_by_label("What A1 says").fill("List all mirrors")
    action.get_by_label("What A1 says").press("Enter")
    expect(action).to_contain_text("List all mirrors", timeout=10_000)
    ann.get_by_label("Change Goal").click()
    judge.look("outcome-menu")
    ann.keyboard.press("Escape")
    ann.set_viewport_size(NARROW)  # type: ignore[arg-type]
    ann.get_by_role("link", name="Outcome").click()
    judge.look("outcome-narrow")
    change("Goal", "Remove this line")
    expect(goal).to_have_count(0, timeout=10_000)
    change("A1", "Remove this line")
    expect(action).to_have_count(0, timeout=10_000)
    expect(ann.get_by_test_id("toast")).to_contain_text("A1 is removed. What was said stays in the talk.")
    assert not judge.wrong, "\n".join(judge.wrong)


def test_off_the_record_is_told_once_with_the_way_back_by_a_button(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    judge = Judge(ann, artefacts)
    wish(ann, "Licence audit now")
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Reporter", timeout=10_000)
    log = ann.get_by_role("log")
    expect(log.get_by_text("Say “off the record, reporter” and nothing is kept")).to_be_visible(timeout=10_000)
    ann.get_by_label("More for this topic").click()
    ann.get_by_role("button", name="Go off the record").click()
    expect(log.get_by_text("Ann takes us off the record: nothing is kept")).to_be_visible(timeout=10_000)
    banner = ann.locator(".offrec")
    expect(banner).to_contain_text("Off the record: I keep nothing.")
    expect(log.get_by_test_id("message")).to_have_count(2)  # the greeting, and who did it
    judge.look("off")
    ann.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("off-phone")
    banner.get_by_role("button", name="Back on the record").click()
    expect(banner).to_have_count(0, timeout=10_000)
    expect(log.get_by_text("Ann puts us on the record.")).to_be_visible()
    expect(log.get_by_test_id("message")).to_have_count(3)
    assert not judge.wrong, "\n".join(judge.wrong)
