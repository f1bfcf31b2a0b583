"""How contacts look on the wire: items, versions (RFC 6121 §2.6) and roster pushes (§2.1.6)."""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import count

from ccm import namespaces as ns
from ccm.records import RosterItem
from ccm.router.router import Router
from ccm.wire.stanza import Stanza, attribute

QUERY = ((ns.ROSTER, "query"),)


def rendered(item: RosterItem) -> str:
    """One ``<item/>``."""
    out = f"<item jid='{attribute(item.jid)}' subscription='{item.subscription}'"
    if item.name:
        out += f" name='{attribute(item.name)}'"
    if item.ask:
        out += " ask='subscribe'"
    if item.approved:
        out += " approved='true'"
    groups = "".join(f"<group>{attribute(group)}</group>" for group in item.groups)
    return f"{out}>{groups}</item>" if groups else f"{out}/>"


def rendered_all(items: Mapping[str, RosterItem]) -> str:
    """Every ``<item/>`` that its owner may see."""
    return "".join(rendered(item) for item in items.values() if not item.hidden)


def version(items: Mapping[str, RosterItem]) -> str:
    """A name for what a roster holds: equal contents, equal version, whatever happened in between."""
    lines = sorted(rendered(item) for item in items.values() if not item.hidden)
    return blake2b("".join(lines).encode(), digest_size=10).hexdigest()


class RosterPush:
    """Tells an account's interested resources (those that asked for the roster) of one changed item."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._ids = count(1)

    def push(self, bare: str, items: Mapping[str, RosterItem], contact: str) -> None:
        """Push the contact as it is now in *items*; removed if it is not there (or not to be seen)."""
        interested = [s for s in self._router.sessions_of(bare) if s.state.get("roster")]
        if not interested:
            return
        item = items.get(contact)
        if item is None or item.hidden:
            body = f"<item jid='{attribute(contact)}' subscription='remove'/>"
        else:
            body = rendered(item)
        inner = f"<query xmlns='{ns.ROSTER}' ver='{version(items)}'>{body}</query>".encode()
        id_ = f"push{next(self._ids)}"
        for session in interested:
            session.deliver(Stanza("iq", {"type": "set", "id": id_, "to": session.jid}, inner, QUERY))
