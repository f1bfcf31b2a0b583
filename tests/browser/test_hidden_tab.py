"""A tab that nobody looks at: a browser lets its timers run once a minute, or not at all."""

from pathlib import Path

import pytest
from browser.dashboard import add_account, invite, message, say, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(120)]

WAIT_SECONDS, INACTIVITY_SECONDS = 1, 3
SECONDS = 15_000.0
# Playwright keeps every page visible: this is what becomes of timers when it does not. Those that run still run out.
DOZES = """
const later = window.setTimeout;
window.setTimeout = (f, ms, ...given) => later(f, window.dozes ? 3_600_000 : ms, ...given);
"""


def test_the_session_of_a_hidden_tab_goes_on_without_any_timer(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path, [f"bosh.wait_seconds={WAIT_SECONDS}", f"bosh.inactivity_seconds={INACTIVITY_SECONDS}"])
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
        sid = "JSON.parse(sessionStorage.getItem('strophe-bosh-session')).sid"
        before = ann.evaluate(sid)
        states = "document.querySelector('ccm-app').session"
        ann.evaluate(f"window.turned = []; {states}.on('state', state => turned.push(state)); window.dozes = true")
        kim.wait_for_timeout(3 * INACTIVITY_SECONDS * 1000)
        say(kim, "while it dozed")
        expect(message(ann, "while it dozed")).to_be_visible(timeout=SECONDS)
        assert ann.evaluate("turned") == []
        assert ann.evaluate(sid) == before
    finally:
        server.stop()
