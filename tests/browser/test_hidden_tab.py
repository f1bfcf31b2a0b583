"""A tab that nobody looks at: a browser lets its timers run once a second, later once a minute, or not at all."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser.conftest import CHROMIUM, FLAGS
from browser.dashboard import KEPT, PASSWORD, add_account, invite, message, over_websocket, say, signed_in, wish
from browser.server import ROOT, Server
from fixtures.faulty_line import FaultyLine
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WAIT_SECONDS, INACTIVITY_SECONDS = 1, 3
SECONDS = 15_000.0
TEN_MINUTES = 600
#: Chromium lets a hidden tab's timers run once a minute after five minutes: for CI, after as many seconds.
SOON = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/5"
SAID = re.compile(r"\bsaid-\d+\b")
SID = f"{KEPT}.sid"
TURNS = "window.turned = []; document.querySelector('ccm-app').session.on('state', state => turned.push(state))"
#: When a timer that would run ten times a second really ran.
CLOCK = """() => {
  window.ran = [];
  const run = () => { ran.push(performance.now()); setTimeout(run, 100); };
  run();
}"""
#: This is what becomes of timers when none runs any more. Those that run still run out.
DOZES = """
const later = window.setTimeout;
window.setTimeout = (f, ms, ...given) => later(f, window.dozes ? 3_600_000 : ms, ...given);
"""


@contextmanager
def chromium_of_a_person(browser: Browser, profile: Path, *flags: str) -> Iterator[Browser]:
    """One whose hidden tabs are hidden: Playwright's own keeps every page visible, and lets its timers run."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", *FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", *flags]
    with subprocess.Popen([*command, "about:blank"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = (re.search(r"listening on (ws://\S+)", told) for told in process.stderr)
            address = next(match[1] for match in found if match)
            theirs = browser.browser_type.connect_over_cdp(address, no_defaults=True)
            yield theirs
            theirs.close()
        finally:
            process.terminate()


def transport(over: str) -> str:
    """The option by which the dashboard stays on BOSH, or goes over to WebSocket."""
    return f"web.dashboard_websocket={str(over == 'websocket').lower()}"


def enter(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("E-mail or chat address").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)


def ledger(page: Page, said: list[str]) -> None:
    """Everything that was said stands there once, in its order."""
    expect(message(page, said[-1])).to_be_visible(timeout=SECONDS)
    assert SAID.findall(" ".join(page.get_by_test_id("message").all_inner_texts())) == said


@pytest.mark.parametrize("over", ["bosh", "websocket"])
@pytest.mark.parametrize(
    "seconds", [15, pytest.param(TEN_MINUTES, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_what_is_said_while_a_tab_is_hidden_stands_there_once(
    browser: Browser, tmp_path: Path, seconds: int, over: str
) -> None:
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    short = seconds < TEN_MINUTES
    patience = [f"bosh.wait_seconds={WAIT_SECONDS}", f"bosh.inactivity_seconds={INACTIVITY_SECONDS}"] if short else []
    server = Server(tmp_path, [*patience, transport(over)])
    for name in ("ann", "kim"):
        add_account(server, name)
    server.start()
    line = FaultyLine(server.port)
    try:
        with chromium_of_a_person(browser, tmp_path / "profile", *([SOON] if short else [])) as theirs:
            (context,) = theirs.contexts
            ann, other = context.new_page(), context.new_page()
            ann.bring_to_front()
            enter(ann, f"http://localhost:{line.port}/")
            kim = signed_in(browser, server, "kim")
            wish(ann, "Licence audit now")
            invite(ann, "kim@localhost")
            kim.get_by_test_id("topic").filter(has_text="Licence audit").click(timeout=SECONDS)
            said: list[str] = []

            def tell() -> None:
                said.append(f"said-{len(said)}")
                say(kim, said[-1])
                expect(message(kim, said[-1])).to_have_attribute("data-state", "sent", timeout=SECONDS)

            tell()
            ledger(ann, said)

            # She looks at another tab of the same window. The session goes on without this one's timers.
            if over == "websocket":
                over_websocket(ann)
            sid = ann.evaluate(SID)
            ann.evaluate(TURNS)
            ann.evaluate(CLOCK)
            other.bring_to_front()
            assert ann.evaluate("document.visibilityState") == "hidden"
            for _ in range(5):
                kim.wait_for_timeout(seconds * 200)
                tell()
            assert len(ann.evaluate("ran")) < 2 * seconds, "no timer was held back"  # of ten times as many
            assert ann.evaluate("[turned, document.visibilityState]") == [[], "hidden"]
            assert ann.evaluate(SID) == sid
            ann.bring_to_front()
            ledger(ann, said)

            # Hidden again, its line is cut and comes back: it notices when she looks.
            other.bring_to_front()
            line.cut()
            tell()
            line.mend()
            tell()
            ann.bring_to_front()
            expect(ann.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
            ledger(ann, said)
            expect(ann.get_by_test_id("banner")).to_have_count(0)
            ledger(kim, said)
    finally:
        line.cut()
        server.stop()


@pytest.mark.long
@pytest.mark.parametrize("over", ["bosh", "websocket"])
def test_the_session_of_a_hidden_tab_goes_on_without_any_timer(browser: Browser, tmp_path: Path, over: str) -> None:
    patience = [f"bosh.wait_seconds={WAIT_SECONDS}", f"bosh.inactivity_seconds={INACTIVITY_SECONDS}"]
    server = Server(tmp_path, [*patience, "websocket.ping_seconds=1", transport(over)])
    server.start()
    try:
        for name in ("ann", "kim"):
            add_account(server, name)
        ann, kim = signed_in(browser, server, "ann"), signed_in(browser, server, "kim")
        ann.add_init_script(DOZES)
        ann.reload()
        expect(ann.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
        wish(ann, "Licence audit now")
        invite(ann, "kim@localhost")
        kim.get_by_test_id("topic").filter(has_text="Licence audit").click(timeout=SECONDS)
        say(ann, "before")
        expect(message(kim, "before")).to_be_visible(timeout=SECONDS)
        if over == "websocket":
            over_websocket(ann)
        before = ann.evaluate(SID)
        ann.evaluate(f"{TURNS}; window.dozes = true")
        kim.wait_for_timeout(3 * INACTIVITY_SECONDS * 1000)
        say(kim, "while it dozed")
        expect(message(ann, "while it dozed")).to_be_visible(timeout=SECONDS)
        assert ann.evaluate("turned") == []
        assert ann.evaluate(SID) == before
    finally:
        server.stop()
