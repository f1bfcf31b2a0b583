"""
What every component of CCM answers besides its own requests: disco, ping, version, and a refusal of the rest.

XEP-0030 2.5, XEP-0199 2.0, XEP-0092 1.1, all by wokkel's own handlers. Leaves out entity time.
"""

from importlib.metadata import version

from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm.components.commands import Commands
from ccm.components.context import Context
from ccm.components.operations import Gate, Operation
from ccm.components.presence import ComponentPresence
from ccm.components.requests import Requests
from wokkel.disco import DiscoHandler, DiscoIdentity
from wokkel.generic import FallbackHandler, VersionHandler
from wokkel.iwokkel import IDisco
from wokkel.ping import PingHandler
from wokkel.subprotocols import XMPPHandler


@implementer(IDisco)
class Identity(XMPPHandler):  # type: ignore[misc]
    """Says what the component is (XEP-0030 §3)."""

    def __init__(self, category: str, type_: str, name: str) -> None:
        super().__init__()
        self._identity = DiscoIdentity(category, type_, name)

    def getDiscoInfo(self, _requestor: object, _target: object, nodeIdentifier: str = "") -> list[object]:
        return [] if nodeIdentifier else [self._identity]

    def getDiscoItems(self, _requestor: object, _target: object, _node: str = "") -> list[object]:
        return []


def component(
    title: str, namespace: str, operations: tuple[Operation, ...], context: Context, max_requests: int
) -> list[XMPPHandler]:
    """The handlers of a component that serves a table of operations, in the order in which they are attached."""
    presence = ComponentPresence(context)
    gate = Gate(max_requests, presence.become)
    return [
        Identity("component", "generic", title),
        presence,
        Requests(namespace, operations, context, gate),
        Commands(namespace, operations, context, gate),
        DiscoHandler(),
        PingHandler(),
        VersionHandler("CCM", version("ccm")),
        FallbackHandler(),
    ]
