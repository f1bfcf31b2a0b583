"""Bad networks: a line that is cut or frozen, a server that dies or stands still, a laptop that sleeps."""

import pytest
from browser.ledger_of_talk import SECONDS, Talk, talk
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def says_offline(talk: Talk) -> None:
    expect(talk.banner).to_be_visible(timeout=SECONDS)
    expect(talk.banner).to_contain_text("You are offline.")
    expect(talk.ann.get_by_test_id("connection")).not_to_have_text("Connected")


def says_connected(talk: Talk) -> None:
    expect(talk.ann.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
    expect(talk.banner).to_have_count(0)


def try_now(talk: Talk) -> None:
    """By the banner's button, unless the page came first."""
    talk.ann.evaluate("document.querySelector('[data-testid=banner] button')?.click()")


def away(talk: Talk, milliseconds: float) -> None:
    """The line is cut for so long; both go on writing."""
    talk.line.cut()
    says_offline(talk)
    kept = talk.say("ann")
    talk.say("kim")
    expect(talk.state(kept)).to_have_attribute("data-state", "kept")
    talk.ann.wait_for_timeout(milliseconds)
    says_offline(talk)
    talk.say("ann")
    talk.line.mend()
    talk.say("kim")
    says_connected(talk)
    talk.settle()


def sleep(talk: Talk, milliseconds: float, *, cut: bool) -> None:
    """Ann's laptop sleeps for so long; on some networks its connections are gone afterwards."""
    chromium = talk.ann.context.new_cdp_session(talk.ann)
    chromium.send("Page.setWebLifecycleState", {"state": "frozen"})
    talk.say("kim")
    if cut:
        talk.line.cut()
    talk.kim.wait_for_timeout(milliseconds)
    talk.say("kim")
    if cut:
        talk.line.mend()
    chromium.send("Page.setWebLifecycleState", {"state": "active"})
    says_connected(talk)
    talk.say("ann")
    talk.settle()


def test_what_is_said_over_a_bad_line_arrives_once(browser: Browser, server: Server) -> None:
    with talk(browser, server) as made:
        away(made, 100)

        # Ten minutes, as her clock tells them.
        made.line.cut()
        says_offline(made)
        made.say("ann")
        made.say("kim")
        made.ann.clock.fast_forward("10:00")
        says_offline(made)
        made.line.mend()
        try_now(made)
        says_connected(made)
        made.settle()

        # The server dies, and is back.
        server.kill()
        says_offline(made)
        made.say("ann")
        made.say("kim")
        server.start()
        try_now(made)
        says_connected(made)
        made.settle()

        # Nobody answers: what is said is slow, then it is told that nobody does.
        server.freeze()
        slow = made.say("ann")
        expect(made.state(slow)).to_have_attribute("data-state", "sending")
        made.ann.clock.fast_forward(6_000)
        expect(made.state(slow)).to_have_attribute("data-state", "slow")
        made.ann.clock.fast_forward(8_000)
        says_offline(made)
        server.go_on()
        says_connected(made)
        made.settle()

        sleep(made, 500, cut=True)
        sleep(made, 500, cut=False)
        late = made.page(browser, server.url, "kim")
        late.get_by_test_id("topic").filter(has_text="Licence audit").click()
        made.settle(late)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seconds", [5, 30, 600])
def test_a_line_that_is_away_for_long_loses_nothing(browser: Browser, server: Server, seconds: int) -> None:
    with talk(browser, server) as made:
        away(made, seconds * 1000)


@pytest.mark.long
def test_a_server_that_stands_still_for_twenty_seconds_loses_nothing(browser: Browser, server: Server) -> None:
    with talk(browser, server) as made:
        server.freeze()
        made.say("ann")
        made.ann.wait_for_timeout(20_000)
        says_offline(made)
        made.say("kim")
        server.go_on()
        says_connected(made)
        made.settle()


@pytest.mark.long
def test_a_line_that_swallows_everything_loses_nothing(browser: Browser, server: Server) -> None:
    with talk(browser, server) as made:
        made.line.freeze()
        made.say("ann")
        made.say("kim")
        says_offline(made)
        made.ann.wait_for_timeout(5_000)
        made.line.mend()
        says_connected(made)
        made.settle()


@pytest.mark.long
@pytest.mark.parametrize("cut", [True, False])
def test_a_laptop_that_sleeps_for_a_minute_loses_nothing(browser: Browser, server: Server, *, cut: bool) -> None:
    with talk(browser, server) as made:
        sleep(made, 60_000, cut=cut)
