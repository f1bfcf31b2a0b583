"""
Many requests at once are one batch on the wire: twenty go out in at most three BOSH requests, and all are answered.

How long the slowest takes beside one alone is measured into ``batching.json`` among the artefacts, not judged: it is
the machine's as much as the server's.
"""

import json
from pathlib import Path

import pytest
from browser.dashboard import add_account, signed_in, wish
from browser.server import Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

REQUESTS = 20
ROUNDS = 15
MAX_BOSH_REQUESTS = 3
#: Asks in turn for what the dashboard shows: invitees, outcome, topic. Answers after how many ms each was there.
ASK = """async many => {
  const { client, session } = document.querySelector('ccm-app');
  const [id] = client.topics.keys();
  const get = (to, namespace, name, attributes) => {
    const iq = document.createElementNS('jabber:client', 'iq');
    iq.setAttribute('type', 'get');
    iq.setAttribute('to', to);
    const payload = document.createElementNS(namespace, name);
    payload.setAttribute('xmlns', namespace);
    for (const key of Object.keys(attributes)) payload.setAttribute(key, attributes[key]);
    iq.append(payload);
    return session.request({ tree: () => iq });
  };
  const asks = [
    () => client.invitees(id),
    () => client.outcome(id),
    () => get(`topics.${session.domain}`, 'urn:ccm:topics:0', 'topic', { id }),
  ];
  const ping = () => get(session.domain, 'urn:xmpp:ping', 'ping', {});
  const start = performance.now();
  const took = [];
  const all = many ? Array.from({ length: many }, (_, i) => asks[i % asks.length]()) : [ping()];
  await Promise.all(all.map((one) => one.then(() => took.push(performance.now() - start))));
  return took;
}"""


def slowest(page: Page, many: int) -> float:
    """:returns: milliseconds until the last of *many* requests was answered; of one round trip for none."""
    took = max(page.evaluate(ASK, many))
    page.wait_for_timeout(30)
    return float(took)


def test_twenty_requests_at_once_go_out_together(browser: Browser, server: Server, artefacts: Path) -> None:
    add_account(server, "ann")
    page = signed_in(browser, server, "ann")
    wish(page, "Licence audit tomorrow 10:00")
    expect(page.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    expect(page.locator("#outcome .pubbar")).to_be_visible(timeout=10_000)
    page.wait_for_timeout(500)
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or ""))
    slowest(page, REQUESTS)  # whatever is made on the first use is made

    trips: list[float] = []
    alone: list[float] = []
    together: list[float] = []
    batches: list[int] = []
    for _ in range(ROUNDS):
        trips.append(slowest(page, 0))
        alone.append(slowest(page, 1))
        bodies.clear()
        together.append(slowest(page, REQUESTS))
        carrying = [body for body in bodies if "urn:ccm:" in body]
        batches.append(len(carrying))
        assert sum(body.count("<iq ") for body in carrying) >= REQUESTS
    measured = {"round trip": trips, "one alone": alone, "slowest of twenty": together, "BOSH requests": batches}
    (artefacts / "batching.json").write_text(json.dumps(measured, indent=1))
    assert max(batches) <= MAX_BOSH_REQUESTS
