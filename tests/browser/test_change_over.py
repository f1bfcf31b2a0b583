"""The dashboard begins over BOSH and goes on over WebSocket: nothing is lost or doubled, and no room notices."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from browser.dashboard import KEPT, add_account, message, over_websocket, say, signed_in
from browser.ledger_of_talk import SECONDS, Talk, talk
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Error, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SOCKET = b"GET /xmpp-websocket"
#: Every state of the connection, and everybody who is seen leaving a room.
WATCH = """() => {
  const { session } = document.querySelector('ccm-app');
  window.turned = [];
  window.left = [];
  session.on('state', (state) => turned.push(state));
  session.on('stanza', (stanza) => {
    if (stanza.getAttribute('type') === 'unavailable') left.push(stanza.getAttribute('from'));
  });
}"""


def polls(page: Page) -> list[str]:
    """:returns: requests over BOSH from now on, as they are made."""
    made: list[str] = []
    page.on("request", lambda request: made.append(request.url) if request.url.endswith("/http-bind") else None)
    return made


def nothing_was_noticed(talk: Talk) -> None:
    assert talk.ann.evaluate("[turned, left]") == [[], []]
    assert talk.kim.evaluate("[turned, left]") == [[], []]
    expect(talk.banner).to_have_count(0)


@contextmanager
def watched(browser: Browser, server: Server, *, refused: bytes = b"") -> Iterator[Talk]:
    with talk(browser, server, refused) as made:
        for page in (made.ann, made.kim):
            page.evaluate(WATCH)
        yield made


def test_a_talk_goes_on_over_websocket(browser: Browser, server: Server) -> None:
    with watched(browser, server) as made:
        for _ in range(20):
            made.say("kim")
            made.kim.wait_for_timeout(250)
        over_websocket(made.ann)
        over_websocket(made.kim)
        assert made.sockets == [f"ws://localhost:{made.line.port}/xmpp-websocket"]
        polled = polls(made.ann)
        for name in ("ann", "kim", "ann", "ann"):
            made.say(name)
        made.settle()
        assert polled == []
        assert made.ann.context.cookies() == []
        nothing_was_noticed(made)

        # Sockets that end are replaced; nobody notices that either.
        assert made.line.end(SOCKET) == 1
        for name in ("ann", "kim", "ann"):
            made.say(name)
        made.settle()
        assert len(made.sockets) == 2
        nothing_was_noticed(made)

        # A page that is loaded anew goes on with its session.
        sid = made.ann.evaluate(f"{KEPT}.sid")
        made.ann.reload()
        made.say("kim")
        made.settle()
        made.say("ann")
        made.settle()
        assert made.ann.evaluate(f"{KEPT}.sid") == sid
        assert made.kim.evaluate("left") == []

        # The line is away: what both say then is kept, and the talk goes on over BOSH.
        made.line.cut()
        expect(made.banner).to_contain_text("You are offline.", timeout=SECONDS)
        made.say("ann")
        made.say("kim")
        made.line.mend()
        expect(made.banner).to_have_count(0, timeout=SECONDS)
        made.say("ann")
        made.settle()


def test_where_websocket_is_refused_the_talk_stays_on_bosh(browser: Browser, server: Server) -> None:
    with watched(browser, server, refused=SOCKET) as made:
        while not made.sockets:
            made.ann.wait_for_timeout(100)
        for name in ("ann", "kim", "ann"):
            made.say(name)
        made.settle()
        assert made.ann.evaluate(f"{KEPT}.rid") > 0
        assert len(made.sockets) == 1
        nothing_was_noticed(made)


def test_a_socket_that_is_cut_while_both_write_loses_nothing(browser: Browser, server: Server) -> None:
    with watched(browser, server) as made:
        over_websocket(made.ann)
        for number in range(24):
            made.say("ann" if number % 3 else "kim")
            if number % 8 == 3:
                made.line.end(SOCKET)
        made.settle()

        # Proxies that refuse all further ones: it goes back to BOSH.
        made.line.refused = SOCKET
        made.line.end(SOCKET)
        for name in ("ann", "kim", "ann"):
            made.say(name)
        expect(made.banner).to_have_count(0, timeout=SECONDS)
        made.settle()
        assert made.ann.evaluate(f"{KEPT}.rid") > 0


def test_the_operator_may_have_it_stay_on_bosh(browser: Browser, tmp_path: Path) -> None:
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    server = Server(tmp_path, ["web.dashboard_websocket=false"])
    server.start()
    try:
        add_account(server, "ann")
        ann = signed_in(browser, server, "ann")
        sockets: list[str] = []
        ann.on("websocket", lambda socket: sockets.append(socket.url))
        ann.wait_for_timeout(5_000)
        assert sockets == []
    finally:
        server.stop()


@pytest.mark.parametrize("how", ["closed", "crashed"])
def test_who_closes_the_page_is_soon_out_of_the_room(browser: Browser, tmp_path: Path, how: str) -> None:
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    server = Server(tmp_path, ["session.resume_page_seconds=2"])
    server.start()
    try:
        with watched(browser, server) as made:
            over_websocket(made.ann)
            people = made.kim.get_by_test_id("people")
            expect(people).to_have_attribute("aria-label", "Here: Ann, Kim, Reporter", timeout=SECONDS)
            if how == "closed":
                made.ann.goto("about:blank")
            else:
                with suppress(Error):  # which says that it did
                    made.ann.goto("chrome://crash")
            expect(people).to_have_attribute("aria-label", "Here: Kim, Reporter", timeout=10_000)
    finally:
        server.stop()


def test_only_the_tab_that_holds_the_session_moves_and_hands_it_over(browser: Browser, server: Server) -> None:
    with watched(browser, server) as made:
        other = made.ann.context.new_page()
        sockets: list[str] = []
        other.on("websocket", lambda socket: sockets.append(socket.url))
        polled = polls(other)
        other.goto(made.ann.url)
        expect(message(other, made.said[0])).to_be_visible(timeout=SECONDS)
        over_websocket(made.ann)
        made.settle(other)
        assert (len(made.sockets), sockets) == (1, [])
        sid = made.ann.evaluate(f"{KEPT}.sid")
        made.said.append("kim-last")
        made.ann.close()
        say(made.kim, "kim-last")
        expect(message(other, "kim-last")).to_be_visible(timeout=SECONDS)
        say(other, "ann-last")
        expect(message(made.kim, "ann-last")).to_have_count(1, timeout=SECONDS)
        assert other.evaluate(f"{KEPT}.sid") == sid
        assert (len(sockets), polled) == (1, [])
        assert made.kim.evaluate("left") == []
