"""Host-meta, health, metrics, the mails of a server that is tried out."""

import json
from xml.etree import ElementTree

import pytest_twisted
import treq
from klein.resource import KleinResource
from treq.testing import StubTreq

from ccm.records import Mail
from ccm.web.operations import Operations

XRD = "{http://docs.oasis-open.org/ns/xri/xrd-1.0}"


@pytest_twisted.ensureDeferred
async def test_host_meta_names_bosh_and_websocket_to_everybody(site):
    found = await site.browser().get("/.well-known/host-meta")
    links = {link.get("rel"): link.get("href") for link in ElementTree.fromstring(found.body).findall(f"{XRD}Link")}
    assert links["urn:xmpp:alt-connections:xbosh"] == f"{site.url}http-bind"
    assert links["urn:xmpp:alt-connections:websocket"].startswith("ws://")
    assert found.header("Access-Control-Allow-Origin") == "*"
    as_json = await site.browser().get("/.well-known/host-meta.json")
    assert {link["rel"]: link["href"] for link in json.loads(as_json.text)["links"]} == links


@pytest_twisted.ensureDeferred
async def test_mails_are_shown_only_where_that_is_switched_on(open_site):
    closed = await open_site()
    assert (await closed.browser().get("/dev/mail")).text == "dashboard"
    site = await open_site(dev_mail=True)
    assert "None yet." in (await site.browser().get("/dev/mail")).text
    text = b"From: a@x\r\nTo: b@x\r\nSubject: <b>Hi</b>\r\n\r\nSee https://x.example/i/abc. <script>\r\n"
    await site.mailer.send(Mail("a@x", "b@x", text))
    page = await site.browser().get("/dev/mail")
    assert '<a href="https://x.example/i/abc">https://x.example/i/abc</a>. &lt;script&gt;' in page.text
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page.text


def operations(troubles=(), **figures):
    resource: KleinResource = Operations(lambda: list(troubles), lambda: figures, {}).app.resource()
    return StubTreq(resource)


async def answer_to(stub, path):
    response = await stub.get(f"http://localhost{path}")
    return response, await treq.text_content(response)


@pytest_twisted.ensureDeferred
async def test_health_is_ok_or_says_what_is_wrong():
    answer, text = await answer_to(operations(), "/healthz")
    assert (answer.code, text) == (200, "ok\n")
    answer, text = await answer_to(operations(["the disk is full"]), "/healthz")
    assert (answer.code, text) == (503, "the disk is full\n")


@pytest_twisted.ensureDeferred
async def test_metrics_are_read_when_asked_for():
    answer, text = await answer_to(operations(sessions=3), "/metrics")
    assert "\nccm_sessions 3.0\n" in text
    assert answer.headers.getRawHeaders("content-type")[0].startswith("text/plain")
