"""
Topics, invitees and events as elements (``docs/protocol.md``), and back.

An invitee's address is shown to the topic's owner and to the invitee only; that is decided here and nowhere else.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.destinations import ARCHIVE, goes_to, written
from ccm.components.room_requests import stamp
from ccm.records import Invitee, Topic

COLUMNS = (
    ("id", "Identifier"),
    ("name", "Name"),
    ("state", "State"),
    ("start", "Start"),
    ("room", "Room"),
    ("document", "Document"),
    ("visibility", "Who may read it"),
    ("targets", "Where a public one goes"),
)


def topic_element(
    topic: Topic, invitees: Iterable[Invitee], viewer: str, owner_name: str, publishers: Iterable[str]
) -> Element:
    """``<topic/>`` as one viewer (a bare JID) may see it. :param publishers: names of the configured targets."""
    element = Element((ns.TOPICS, "topic"))
    for name, value in (
        ("id", topic.id),
        ("name", topic.name),
        ("room", topic.room),
        ("state", topic.state),
        ("start", stamp(topic.start) if topic.start else ""),
        ("minutes", str(topic.minutes)),
        ("tz", topic.zone),
        ("owner", topic.owner),
        ("owner-name", owner_name),
        ("visibility", topic.visibility),
        ("revision", str(topic.revision)),
        ("document", topic.document or ""),
    ):
        element[name] = value
    if topic.state == "live" and topic.empty_since:
        element["empty-since"] = stamp(topic.empty_since)
    element[(ns.XML, "lang")] = topic.language
    goes = goes_to(topic, publishers)
    for name in publishers:
        if name != ARCHIVE:
            target = element.addElement("target")
            target["name"], target["chosen"] = name, "true" if name in goes else "false"
    for invitee in invitees:
        element.addChild(invitee_element(invitee, topic.owner, viewer, ns.TOPICS))
    return element


def invitee_element(invitee: Invitee, owner: str, viewer: str, namespace: str = ns.INVITATIONS) -> Element:
    """``<invitee/>`` as one viewer (a bare JID) may see it."""
    element = Element((namespace, "invitee"))
    shown = viewer in (owner, invitee.jid, invitee.inviter)
    for name, value in (
        ("id", invitee.id),
        ("topic", invitee.topic),
        ("address", invitee.address if shown else ""),
        ("name", invitee.name),
        ("state", invitee.state),
        ("jid", invitee.jid or ""),
        ("reason", invitee.reason if shown else ""),
    ):
        if value or name == "reason":
            element[name] = value
    return element


def event(to: str, node: str, item_id: str, payload: Element | None, id_: str = "") -> Element:
    """
    A headline that pushes an item, or its retraction if there is no payload (XEP-0060 §7.1.2.1).

    :param id_: of a push that may be made twice and is to arrive once.
    """
    message = Element((None, "message"))
    message["type"], message["to"] = "headline", to
    items = message.addElement((ns.PUBSUB_EVENT, "event")).addElement("items")
    items["node"] = node
    item = items.addElement("item" if payload is not None else "retract")
    item["id"] = item_id
    if payload is not None:
        item.addChild(payload)
    if id_:
        message.addElement((ns.STANZA_ID, "origin-id"))["id"] = id_
    return message


def row(topic: Topic) -> dict[str, str]:
    """A topic as a row of a form's result."""
    start = stamp(topic.start) if topic.start else ""
    return {
        "id": topic.id,
        "name": topic.name,
        "state": topic.state,
        "start": start,
        "room": topic.room,
        "document": topic.document or "",
        "visibility": topic.visibility,
        "targets": written(topic.targets),
    }


def parse_stamp(text: str) -> datetime | None:
    """A time as :func:`~ccm.components.room_requests.stamp` or XEP-0203 writes it; ``None`` if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
