"""What goes wrong at a target, as its publisher says it and as the room hears it: one sentence that names the cause."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_twisted
from target_sites import NEVER
from twisted.internet import reactor

from ccm.components.publication_news import delayed, given_up
from ccm.errors import Rejected, Unavailable
from ccm.publish.hippo import Hippo, HippoOptions
from ccm.publish.jcr import Jcr, JcrOptions
from ccm.publish.target import TargetServices
from ccm.publish.webhook import Webhook, WebhookOptions
from ccm.publish.wordpress import WordPress, WordPressOptions
from ccm.testing.contracts_publish import document

SERVICES = TargetServices(reactor, "https://chat.example.org/")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def hippo(url):
    kind = "site:contentdocument"
    options = HippoOptions(url=url, user="u", password="p", document_type=kind, timeout_seconds=0.2)
    return Hippo().configure(options, SERVICES)


def jcr(url):
    return Jcr().configure(JcrOptions(url=url, user="u", password="p", timeout_seconds=0.2), SERVICES)


def webhook(url):
    return Webhook().configure(WebhookOptions(url=url, secret="s", timeout_seconds=0.2), SERVICES)


def wordpress(url):
    options = WordPressOptions(url=url, user="u", password="p", timeout_seconds=0.2)
    return WordPress().configure(options, SERVICES)


TARGETS = {"hippo": hippo, "jcr": jcr, "webhook": webhook, "wordpress": wordpress}
every_target = pytest.mark.parametrize("target", TARGETS)


async def failure(target, listening, answer, kind):
    listening.serve = lambda request: answer
    with pytest.raises(kind) as caught:
        await TARGETS[target](listening.url.rstrip("/")).publish(document("t"), "t:1")
    return caught.value


def sentence(words):
    assert "\n" not in words
    assert len(words) < 350
    assert words[0].isalnum()
    return words


@every_target
@pytest_twisted.ensureDeferred
async def test_a_server_that_fails_is_asked_again(listening, target):
    error = await failure(target, listening, (503, {}, b'{"message": "Down for repairs"}'), Unavailable)
    words = sentence(delayed(target, str(error), NOW + timedelta(seconds=8), NOW))
    assert "answered 503: Down for repairs; I keep trying, next in 8 s." in words


@every_target
@pytest_twisted.ensureDeferred
async def test_a_server_that_wants_a_pause_gets_it(listening, target):
    error = await failure(target, listening, (429, {"Retry-After": "120"}, b"Slow down."), Unavailable)
    assert error.retry_after == 120.0
    words = sentence(delayed(target, str(error), NOW + timedelta(seconds=error.retry_after), NOW))
    assert "answered 429: Slow down; I keep trying, next in 2 min." in words


@every_target
@pytest_twisted.ensureDeferred
async def test_a_server_that_does_not_answer_in_time_is_asked_again(listening, target):
    error = await failure(target, listening, NEVER, Unavailable)
    assert error.ambiguous
    words = sentence(delayed(target, str(error), NOW + timedelta(seconds=8), NOW))
    assert "did not answer within 0.2 s; I keep trying" in words


@every_target
@pytest_twisted.ensureDeferred
async def test_a_server_that_does_not_take_the_credentials_is_not_asked_again(listening, target):
    link = {"Link": f'<{listening.url}?rest_route=/>; rel="https://api.w.org/"'}
    listening.instead = [(200, link, b"")] if target == "wordpress" else []
    error = await failure(target, listening, (401, {}, b"no"), Rejected)
    words = sentence(given_up(target, str(error), "https://chat.example.org/archive/x"))
    assert words.endswith("The archive has it: https://chat.example.org/archive/x")
    assert "Check " in words
    assert "401" in words or "does not" in words
