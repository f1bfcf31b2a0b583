"""
Presence subscription as a pure machine: RFC 6121 §3 and Appendix A, all nine states, with pre-approval (§3.4).

A state is a :class:`~ccm.records.RosterItem`: *subscription* with *ask* (Pending Out) and *pending_in*. Leaves out
who is told: :mod:`ccm.modules.subscriptions` does that.
"""

from dataclasses import dataclass, replace
from typing import Literal

from ccm.records import RosterItem

TYPES = ("subscribe", "subscribed", "unsubscribe", "unsubscribed")
SEEN_BY = ("from", "both")  # the contact sees the user's presence
SEES = ("to", "both")  # the user sees the contact's presence

_Subscription = Literal["none", "to", "from", "both"]
_WITH_TO: dict[str, _Subscription] = {"none": "to", "from": "both", "to": "to", "both": "both"}
_WITH_FROM: dict[str, _Subscription] = {"none": "from", "to": "both", "from": "from", "both": "both"}
_WITHOUT_TO: dict[str, _Subscription] = {"to": "none", "both": "from", "none": "none", "from": "from"}
_WITHOUT_FROM: dict[str, _Subscription] = {"from": "none", "both": "to", "none": "none", "to": "to"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a subscription stanza does to one side's roster.

    :ivar item: the contact from now on; ``None`` if it is (or stays) out of the roster.
    :ivar changed: whether there is anything to save.
    :ivar push: whether interested resources are told.
    :ivar passed: whether the stanza goes on: to the contact's server (outbound) or the user's clients (inbound).
    :ivar reply: the type of presence that the server answers by itself.
    :ivar shown: the contact may see the user's presence from now on.
    :ivar hidden: the contact may no longer see it.
    """

    item: RosterItem | None
    changed: bool = False
    push: bool = False
    passed: bool = False
    reply: str | None = None
    shown: bool = False
    hidden: bool = False


def outbound(item: RosterItem | None, contact: str, type_: str) -> Outcome:
    """What happens to the user's roster when the user sends *type_* to *contact* (Appendix A.2)."""
    now = item or RosterItem(contact, hidden=True)
    if type_ == "subscribe":
        if now.subscription in SEES or now.ask:
            return Outcome(item, passed=True)
        return Outcome(replace(now, ask=True, hidden=False), changed=True, push=True, passed=True)
    if type_ == "unsubscribe":
        if now.subscription not in SEES and not now.ask:
            return Outcome(item, passed=True)
        left = replace(now, ask=False, subscription=_WITHOUT_TO[now.subscription])
        return Outcome(left, changed=True, push=True, passed=True)
    if type_ == "subscribed":
        if now.pending_in:
            accepted = replace(now, pending_in=False, hidden=False, subscription=_WITH_FROM[now.subscription])
            return Outcome(accepted, changed=True, push=True, passed=True, shown=True)
        if now.subscription in SEEN_BY or now.approved:
            return Outcome(item)
        # §3.4.2: "the user's server MUST NOT route or deliver the presence stanza … to the contact"
        return Outcome(replace(now, approved=True, hidden=False), changed=True, push=True)
    if not (now.pending_in or now.approved or now.subscription in SEEN_BY):
        return Outcome(item)
    seen = now.subscription in SEEN_BY
    left = replace(now, pending_in=False, approved=False, subscription=_WITHOUT_FROM[now.subscription])
    return Outcome(
        None if left.hidden else left,
        changed=True,
        push=seen or now.approved,
        passed=seen or now.pending_in,
        hidden=seen,
    )


def inbound(item: RosterItem | None, contact: str, type_: str) -> Outcome:
    """What happens to the user's roster when *contact* sends *type_* to the user (Appendix A.3)."""
    now = item or RosterItem(contact, hidden=True)
    if type_ == "subscribe":
        if now.subscription in SEEN_BY:
            return Outcome(item, reply="subscribed")  # §3.1.3 rule 2: answered on the user's behalf
        if now.approved:
            accepted = replace(now, subscription=_WITH_FROM[now.subscription], pending_in=False)
            return Outcome(accepted, changed=True, push=True, reply="subscribed", shown=True)
        if now.pending_in:
            return Outcome(item)
        return Outcome(replace(now, pending_in=True), changed=True, passed=True)
    if type_ == "unsubscribe":
        seen = now.subscription in SEEN_BY
        if not seen and not now.pending_in:
            return Outcome(item)
        left = replace(now, pending_in=False, subscription=_WITHOUT_FROM[now.subscription])
        return Outcome(None if left.hidden else left, changed=True, push=seen, passed=True, hidden=seen)
    if type_ == "subscribed":
        if not now.ask:
            return Outcome(item)
        granted = replace(now, ask=False, subscription=_WITH_TO[now.subscription])
        return Outcome(granted, changed=True, push=True, passed=True)
    if not now.ask and now.subscription not in SEES:
        return Outcome(item)
    left = replace(now, ask=False, subscription=_WITHOUT_TO[now.subscription])
    return Outcome(left, changed=True, push=True, passed=True)
