"""Eight tabs of one browser over BOSH alone: one session for all of them, which outlives each of them."""

import json
from pathlib import Path

import pytest
from browser.dashboard import add_account, invite, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TABS = 8
SECONDS = 15_000.0


def holders(tabs: list[Page]) -> list[Page]:
    """The tabs that speak to the server themselves."""
    return [tab for tab in tabs if tab.evaluate("sessionStorage.getItem('strophe-bosh-session')")]


def echoed(tab: Page, words: str) -> float:
    """:returns: milliseconds from Enter until the room has sent it back."""
    start = tab.evaluate("performance.now()")
    say(tab, words)
    expect(message(tab, words)).to_have_attribute("data-state", "sent", timeout=SECONDS)
    return float(tab.evaluate("performance.now()")) - float(start)


def test_eight_tabs_share_one_session(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    add_account(server, "kim")
    first = signed_in(browser, server, "ann")
    wish(first, "Licence audit now")
    expect(first.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    address, context = first.url, first.context
    loads, echoes, tabs = [], [echoed(first, "tab-0")], [first]
    for number in range(1, TABS):
        tab = context.new_page()
        start = tab.evaluate("Date.now()")
        tab.goto(address)
        expect(message(tab, "tab-0")).to_be_visible(timeout=SECONDS)
        loads.append(float(tab.evaluate("Date.now()")) - float(start))
        echoes.append(echoed(tab, f"tab-{number}"))
        tabs.append(tab)
    (artefacts / "tabs.json").write_text(json.dumps({"load ms": loads, "echo ms": echoes}))
    for tab in tabs:
        for number in range(TABS):
            expect(message(tab, f"tab-{number}")).to_have_count(1)
    assert holders(tabs) == [first]

    # What is being typed in a tab is its own, whatever is typed and sent in others of the same topic.
    fields = [tab.get_by_test_id("composer") for tab in tabs[:2]]
    fields[0].fill("half a thought")
    fields[1].fill("another one")
    echoed(tabs[2], "from a third tab")
    for field, words in zip(fields, ("half a thought", "another one"), strict=True):
        expect(field).to_have_value(words)
    echoed(tabs[1], "said")
    expect(message(first, "said")).to_be_visible()
    expect(fields[0]).to_have_value("half a thought")

    # Whoever holds the session may close its tab: another goes on, and the room notices nothing.
    first.close()
    tabs.remove(first)
    for number, tab in enumerate(tabs[:2]):
        echoed(tab, f"after-{number}")
    (holder,) = holders(tabs)
    expect(holder.get_by_test_id("banner")).to_have_count(0)

    # So may it be reloaded, or fall asleep: the others take over.
    holder.reload()
    expect(message(holder, "after-0")).to_be_visible(timeout=SECONDS)
    echoed(holder, "reloaded")
    (holder,) = holders(tabs)
    chromium = context.new_cdp_session(holder)
    chromium.send("Page.setWebLifecycleState", {"state": "frozen"})
    awake = next(tab for tab in tabs if tab is not holder)
    awake.bring_to_front()
    awake.evaluate("window.dispatchEvent(new Event('focus'))")
    say(awake, "one sleeps")
    expect(message(awake, "one sleeps")).to_have_attribute("data-state", "sent", timeout=SECONDS)
    chromium.send("Page.setWebLifecycleState", {"state": "active"})
    expect(message(holder, "one sleeps")).to_be_visible(timeout=SECONDS)
    for tab in tabs:
        for words in ("after-0", "reloaded", "one sleeps"):
            expect(message(tab, words)).to_have_count(1, timeout=SECONDS)

    # The last one finds its session again after a reload.
    for tab in tabs:
        if tab is not awake:
            tab.close()
    echoed(awake, "alone")
    kept = "JSON.parse(sessionStorage.getItem('strophe-bosh-session')).sid"
    before = awake.evaluate(kept)
    awake.reload()
    expect(message(awake, "alone")).to_be_visible(timeout=SECONDS)
    echoed(awake, "alone again")
    assert awake.evaluate(kept) == before

    # Signing out is for all.
    other = context.new_page()
    other.goto(address)
    expect(message(other, "alone again")).to_have_count(1, timeout=SECONDS)
    awake.get_by_test_id("sign-out").evaluate("button => button.click()")
    for tab in (awake, other):
        expect(tab.get_by_label("Password", exact=True)).to_be_visible(timeout=SECONDS)


@pytest.mark.long
def test_who_closes_the_page_is_soon_out_of_the_room(browser: Browser, server: Server) -> None:
    for name in ("ann", "kim"):
        add_account(server, name)
    ann, kim = signed_in(browser, server, "ann"), signed_in(browser, server, "kim")
    wish(ann, "Licence audit now")
    invite(ann, "kim@localhost")
    kim.get_by_test_id("topic").filter(has_text="Licence audit").click(timeout=SECONDS)
    people = ann.get_by_test_id("people")
    expect(people).to_have_attribute("aria-label", "Here: Ann, Kim, Reporter", timeout=SECONDS)
    kim.goto("about:blank")
    expect(people).to_have_attribute("aria-label", "Here: Ann, Reporter", timeout=40_000)
