"""The webhook: contract, signature, what counts as success."""

import pytest
import pytest_twisted
from twisted.internet import reactor

from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.publish.target import TargetServices
from ccm.publish.webhook import Webhook, WebhookOptions
from ccm.testing.contracts_publish import PublisherContract, document

SERVICES = TargetServices(reactor, "https://chat.example.org/")


def webhook(url, secret="shared secret"):
    return Webhook().configure(WebhookOptions(url=url, secret=secret), SERVICES)


class TestContract(PublisherContract):
    @pytest.fixture
    def publisher(self, receiver):
        return webhook(f"{receiver.url}hook?from=ccm")

    @pytest.fixture
    def shelf(self, receiver):
        return receiver


@pytest_twisted.ensureDeferred
async def test_a_wrong_secret_is_refused_for_good(receiver):
    with pytest.raises(Rejected, match="403: not signed"):
        await webhook(receiver.url, "another secret").publish(document("t"), "k")
    assert receiver.kept == {}


@pytest_twisted.ensureDeferred
async def test_any_2xx_is_success_and_an_empty_answer_names_the_hook_itself(receiver):
    receiver.instead = [(204, {}, b""), (200, {}, b"thanks"), (202, {}, b"[1]")]
    for _ in range(3):
        receipt = await webhook(receiver.url).publish(document("t"), "key-1")
        assert (receipt.url, receipt.remote_id, receipt.version) == (receiver.url, "key-1", "1")


@pytest_twisted.ensureDeferred
async def test_a_redirect_is_no_success_and_names_the_address_to_configure(receiver):
    receiver.instead = [(301, {"Location": "/new"}, b"")]
    with pytest.raises(Rejected, match=f"{receiver.url}new: configure that address"):
        await webhook(receiver.url).publish(document("t"), "k")
    assert len(receiver.requests) == 1


@pytest_twisted.ensureDeferred
async def test_a_failure_of_the_receiver_is_tried_again(receiver):
    receiver.instead = [(503, {"Retry-After": "120"}, b"busy")]
    with pytest.raises(Unavailable) as caught:
        await webhook(receiver.url).publish(document("t"), "k")
    assert (caught.value.retry_after, caught.value.ambiguous) == (120.0, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (WebhookOptions(url="ftp://x"), "publish.webhook.url"),
        (WebhookOptions(url="https://x"), "publish.webhook"),
        (WebhookOptions(url="https://x", secret="a", secret_file="b"), "only one"),
        (WebhookOptions(url="https://x", secret_file="/nowhere/at/all"), "/nowhere/at/all"),
    ],
)
def test_a_wrong_configuration_names_its_key(options, words):
    with pytest.raises(ConfigError, match=words):
        Webhook().configure(options, SERVICES)


@pytest_twisted.ensureDeferred
async def test_the_secret_may_stand_in_a_file(receiver, tmp_path):
    (tmp_path / "secret").write_text("shared secret\n")
    options = WebhookOptions(url=receiver.url, secret_file=str(tmp_path / "secret"))
    await Webhook().configure(options, SERVICES).publish(document("t"), "k")
    assert list(receiver.kept) == ["t"]
