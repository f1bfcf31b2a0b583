"""
Publishing to a webhook: the document as JSON, signed.

One ``POST`` with ``Content-Type: application/json``; ``Idempotency-Key`` is the same for every try of one revision, and
``X-CCM-Signature: sha256=<hex>`` is the HMAC-SHA-256 of the body under the shared secret. Any 2xx is success; a JSON
object with ``url``, ``id`` or ``version`` in the answer says where the document is. Leaves out fetching it back.
"""

import hashlib
import hmac
import json

from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.bounds import Amount
from ccm.config import Section
from ccm.errors import ConfigError, Rejected
from ccm.interfaces import IPublisher
from ccm.publish.egress import Egress, Refusal
from ccm.publish.secret import read_secret
from ccm.publish.target import TargetServices
from ccm.records import Receipt
from ccm.reporter import render_json
from ccm.reporter.document import Document


class WebhookOptions(Section):
    """
    ``[publish.webhook]``: off while ``url`` is empty. Give ``secret`` or, better, ``secret_file``.

    ``private``: the host may be this machine or on a private network.
    """

    url: str = ""
    secret: str = ""
    secret_file: str = ""
    private: bool = False
    timeout_seconds: Amount = 5.0


@implementer(IPlugin, IPublisher)
class Webhook:
    """See the module; made ready by :meth:`configure`."""

    name = "webhook"
    options = WebhookOptions

    def __init__(self, egress: Egress | None = None, url: str = "", secret: bytes = b"") -> None:
        self._egress = egress
        self._url = url
        self._secret = secret

    def configure(self, options: WebhookOptions, services: TargetServices) -> "Webhook":
        """:raises ConfigError: if the URL is none or no secret is given."""
        if not options.url.startswith(("https://", "http://")):
            raise ConfigError("publish.webhook.url must begin with https:// (or http:// on a trusted network).")
        secret = read_secret("publish.webhook", options.secret, options.secret_file)
        egress = services.egress("publish.webhook", options.url, options.timeout_seconds, options.private)
        return Webhook(egress, options.url, secret.encode())

    async def publish(self, document: Document, key: str) -> Receipt:
        """See :class:`~ccm.interfaces.IPublisher`."""
        assert self._egress is not None, "configure() first"
        body = render_json.dumps(document).encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-CCM-Signature": f"sha256={signature}",
        }
        try:
            answer = await self._egress.request("POST", self._url, data=body, headers=headers)
        except Refusal as error:
            if error.answer.status in (401, 403):
                raise Rejected(f"{error} Check publish.webhook.secret on both sides.") from error
            raise
        try:
            said = json.loads(answer.body) if answer.body else {}
        except ValueError:
            said = {}
        said = said if isinstance(said, dict) else {}
        return Receipt(
            str(said.get("url") or self._url),
            str(said.get("id") or key),
            str(said.get("version") or document.version),
        )


plugin = Webhook()
