"""
A node: configuration, affiliations, subscriptions, and who may do what with it (XEP-0060 1.26.0 §4).

Pure values; leaves out keeping them and telling anybody.
"""

from typing import Literal

import msgspec

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.pubsub.config import NodeConfig

Affiliation = Literal["owner", "publisher", "publish-only", "member", "none", "outcast"]
SubscriptionState = Literal["subscribed", "pending"]

AFFILIATIONS: tuple[Affiliation, ...] = ("owner", "publisher", "publish-only", "member", "none", "outcast")
_READERS = frozenset(("owner", "publisher", "member"))
_WRITERS = frozenset(("owner", "publisher", "publish-only"))


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    :ivar service: bare JID of the account, or domain of the service.
    :ivar affiliations: bare JID -> what it is; those not named are ``none``. An account owns its nodes without entry.
    :ivar subscriptions: JID as subscribed -> state.
    """

    service: str
    name: str
    config: NodeConfig = NodeConfig()
    affiliations: dict[str, Affiliation] = {}
    subscriptions: dict[str, SubscriptionState] = {}

    def affiliation(self, bare: str) -> Affiliation:
        """What somebody is at this node."""
        return "owner" if bare == self.service else self.affiliations.get(bare, "none")

    def check_owner(self, bare: str) -> None:
        """:raises StanzaError: ``forbidden``."""
        if self.affiliation(bare) != "owner":
            raise StanzaError("forbidden", "Only an owner of the node may do that.")

    def check_publisher(self, bare: str) -> None:
        """:raises StanzaError: ``forbidden`` (§7.1.3.1)."""
        model, what = self.config.publish_model, self.affiliation(bare)
        allowed = what in _WRITERS or (
            what != "outcast"
            and (model == "open" or (model == "subscribers" and self.subscription(bare) == "subscribed"))
        )
        if not allowed:
            raise StanzaError("forbidden", "You may not publish here. Ask an owner of the node.")

    def subscription(self, bare: str) -> SubscriptionState | None:
        """That of a bare JID or of one of its resources."""
        for jid, state in self.subscriptions.items():
            if jid.partition("/")[0] == bare:
                return state
        return None

    def check_reader(self, bare: str, sees_presence: bool) -> None:
        """
        Whether somebody may subscribe and read (§4.5).

        :param sees_presence: they may see the presence of the account whose node it is.
        :raises StanzaError: as the access model tells (§6.1.3).
        """
        what = self.affiliation(bare)
        if what == "outcast":
            raise StanzaError("forbidden", "You are shut out of this node.")
        model = self.config.access_model
        if what in _READERS or model == "open" or (model == "presence" and sees_presence):
            return
        if model == "presence":
            raise refused("not-authorized", "presence-subscription-required", "Subscribe to the owner's presence.")
        if model == "whitelist":
            raise refused("not-allowed", "closed-node", "Ask an owner of the node to be made a member.")
        if self.subscription(bare) != "subscribed":
            raise refused("not-authorized", "not-subscribed", "Subscribe, and wait until an owner lets you in.")


def refused(condition: str, special: str, text: str) -> StanzaError:
    """An error with the condition of publish-subscribe's own that tells more (§16.6)."""
    return StanzaError(condition, text, extra=f"<{special} xmlns='{ns.PUBSUB}#errors'/>".encode())
