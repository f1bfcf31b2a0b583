"""
A component that is asked more than it can answer: the dashboard says so with the reason, what a person asks of it waits
its turn and can be taken back, and everything else works as ever.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import NARROW, PHONE, WIDE, Judge, add_account, invite, message, say, signed_in, wish
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

#: A component is busy with three open requests, and free when all are answered.
EASILY_BUSY = ("component_queue.local_requests=1", "component_queue.high_requests=3", "component_queue.low_requests=0")
FLOOD = """topic => {
  const { session } = document.querySelector('ccm-app');
  const ask = () => {
    const iq = document.createElementNS('jabber:client', 'iq');
    iq.setAttribute('type', 'get');
    iq.setAttribute('to', `invitations.${session.domain}`);
    const list = document.createElementNS('urn:ccm:invitations:0', 'invitations');
    list.setAttribute('xmlns', 'urn:ccm:invitations:0');
    list.setAttribute('topic', topic);
    iq.append(list);
    return session.request({ tree: () => iq }).catch(() => {});
  };
  // Each asks again after a moment of its own: answers that come together would leave the component free for a moment.
  const moment = () => new Promise((resolve) => { setTimeout(resolve, 20 * Math.random()); });
  window.flooding = true;
  for (let i = 0; i < 60; i += 1) (async () => { while (window.flooding) { await ask(); await moment(); } })();
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    server = Server(tmp_path, EASILY_BUSY)
    for name in ("ann", "kim"):
        add_account(server, name)
    server.start()
    yield server
    server.stop()


def topic_of(page: Page) -> str:
    return str(page.locator("[data-testid=topic][aria-current]").get_attribute("data-id"))


def test_what_a_busy_component_serves_waits_with_the_reason_shown(
    browser: Browser, server: Server, artefacts: Path
) -> None:
    ann, kim = (signed_in(browser, server, name) for name in ("ann", "kim"))
    judge = Judge(ann, artefacts)
    for page, name in ((ann, "Licence audit"), (kim, "Many guests")):
        wish(page, f"{name} now")
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    door = ann.get_by_test_id("why-slow")
    expect(door).to_have_count(0)

    kim.evaluate(FLOOD, topic_of(kim))
    expect(door).to_contain_text("Invitations are slow just now", timeout=10_000)
    invite(ann, "bob@example.org")
    turn = ann.get_by_test_id("turn")
    expect(turn).to_contain_text("The invitation of bob@example.org waits its turn")
    expect(ann.get_by_test_id("one-field")).not_to_be_visible()
    say(ann, "Meanwhile the talk goes on.")
    expect(message(ann, "Meanwhile the talk goes on.")).to_have_attribute("data-state", "sent", timeout=5_000)

    # Taken back in time, it never goes out.
    turn.get_by_role("button", name="Take it back").press("Enter")
    expect(turn).to_have_count(0)
    expect(ann.get_by_test_id("toast")).to_contain_text("Taken back before it went out.")
    expect(ann.get_by_test_id("chip")).to_have_count(0)

    # What still waits goes out by itself when the component is free again.
    expect(door).to_be_visible()
    invite(ann, "tom@example.org")
    expect(turn).to_contain_text("tom@example.org")
    judge.look("busy")
    for size, screen in ((PHONE, "busy-phone"), (NARROW, "busy-narrow")):
        ann.set_viewport_size(size)  # type: ignore[arg-type]
        judge.look(screen)
    ann.set_viewport_size(WIDE)  # type: ignore[arg-type]
    kim.evaluate("window.flooding = false")
    expect(ann.get_by_test_id("chip")).to_have_count(1, timeout=15_000)
    expect(ann.get_by_test_id("chip")).to_contain_text("Tom")
    expect(turn).to_have_count(0)
    expect(door).to_have_count(0)
    assert not judge.wrong, "\n".join(judge.wrong)
