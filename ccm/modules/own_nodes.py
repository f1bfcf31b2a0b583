"""A module asks an account's own publish-subscribe service, as the account itself would (XEP-0163)."""

from twisted.internet.defer import Deferred

from ccm import namespaces as ns
from ccm.router.router import Router
from ccm.wire.stanza import Stanza


async def changed(router: Router, owner: str, inner: str) -> Stanza:
    """Have *inner* done, which is what ``<pubsub/>`` holds; answers the result or the error."""
    query = f"<pubsub xmlns='{ns.PUBSUB}'>{inner}</pubsub>".encode()
    answered: Deferred[Stanza] = Deferred()
    request = Stanza("iq", {"type": "set", "from": owner, "to": owner}, query, ((ns.PUBSUB, "pubsub"),))
    router.request(request, answered.callback)
    return await answered
