"""
What a request changed of a topic, as JSON-able facts by which it can be taken back; and who reads its document.

Only the parts named here can be taken back. Leaves out doing it: see :mod:`ccm.components.topic_desk`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ccm.components.operations import Alternative, Correction
from ccm.records import Topic

PARTS = ("name", "start", "minutes", "zone", "state", "visibility", "targets")
Visibility = Literal["public", "link", "members"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "link", "members")
_WORDS: dict[str, Visibility] = {
    **dict.fromkeys(
        ("everybody", "everyone", "anyone", "anybody", "all", "open", "world", "öffentlich", "alle"), "public"
    ),
    **dict.fromkeys(("publique", "openbaar", "tous", "iedereen"), "public"),
    **dict.fromkeys(("unlisted", "url", "lien"), "link"),
}


def created(topic: Topic) -> Mapping[str, Any]:
    """It did not exist before."""
    return {"did": "create", "id": topic.id}


def talked(topic: Topic) -> str:
    """Why a topic that was made on a guess must stay all the same; ``""`` if nothing would be lost with it."""
    if topic.state in ("ended", "published"):
        return f"{topic.name} has been talked through, so it stays. Delete it if you mean that."
    if topic.state == "live" and len(topic.members) > 1:
        return f"People talk in {topic.name} already, so it stays. Delete it if you mean that."
    return ""


def changes(before: Topic, after: Topic) -> Mapping[str, Any]:
    """The parts that differ, as they were and as they are."""
    parts = [name for name in PARTS if getattr(before, name) != getattr(after, name)]
    return {
        "did": "change",
        "id": after.id,
        "before": {name: _plain(getattr(before, name)) for name in parts},
        "after": {name: _plain(getattr(after, name)) for name in parts},
    }


def reverted(topic: Topic, work: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of *topic* to set so that it is as before; those that have been changed since stay."""
    values = {}
    for name, was in work["before"].items():
        if _plain(getattr(topic, name)) == work["after"][name]:
            values[name] = _read(name, was)
    return values


def readers(text: str, name: str) -> tuple[Visibility, tuple[Correction, ...]]:
    """Who is meant; a word that cannot be told shows the document of that topic to the fewest."""
    word = text.strip().casefold()
    for known in VISIBILITIES:
        if word == known:
            return known, ()
    guessed = _WORDS.get(word, "members")
    shown = {"public": "everybody", "link": "whoever has the link", "members": "those who take part"}
    others = tuple(
        Alternative(f"Show it to {shown[each]}", {"visibility": each}) for each in VISIBILITIES if each != guessed
    )
    said = f"What {name} comes to is shown to {shown[guessed]}, as I read “{text[:40]}”."
    return guessed, (Correction("visibility-guessed", said, text[:40], guessed, alternatives=others),)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _read(name: str, plain: Any) -> Any:
    if name == "start" and plain:
        return datetime.fromisoformat(plain)
    return tuple(plain) if isinstance(plain, list) else plain
