"""
A document for machines that read pages: schema.org ``Event`` and ``Action`` as JSON-LD 1.1.

Leaves out decisions, for which schema.org has no word.
"""

import json

from ccm.reporter import wording
from ccm.reporter.document_shape import Document, Item

_STATUS = {
    "done": "https://schema.org/CompletedActionStatus",
    "cancelled": "https://schema.org/FailedActionStatus",
    "carried": "https://schema.org/ActiveActionStatus",
}
_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def event(document: Document) -> str:
    """The text of a script element; nothing typed can end that element."""
    made: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": document.title,
        **({"description": document.headline} if document.headline else {}),
        "inLanguage": document.language,
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "eventStatus": "https://schema.org/EventScheduled",
        "attendee": [_person(name) for name in document.present],
        "potentialAction": [_action(item) for item in document.actions],
    }
    if document.started:
        made |= {"startDate": document.started, "endDate": document.ended}
    if document.chair:
        made["organizer"] = _person(document.chair)
    text = json.dumps(made, ensure_ascii=False, sort_keys=True)
    return "".join(_SCRIPT.get(character, character) for character in text)


def _person(name: str) -> dict[str, str]:
    return {"@type": "Person", "name": name}


def _action(item: Item) -> dict[str, object]:
    return {
        "@type": "Action",
        "identifier": item.id,
        "name": wording.task(item),
        "actionStatus": _STATUS.get(item.status, "https://schema.org/PotentialActionStatus"),
        **({"agent": _person(item.owner)} if item.owner else {}),
        **({"endTime": item.due} if item.due else {}),
    }
