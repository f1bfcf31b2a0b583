"""
The order of the record (``#move A3 before A1``), and ``#restore A3`` of an item that is there: its last change goes.

Actions are printed by owner, so that there the order counts among those of one owner. Leaves out all other changes of
an item (:mod:`ccm.reporter.edits`).
"""

import re

from ccm.reporter import edits, record
from ccm.reporter.context import Outcome
from ccm.reporter.effects import Ack, Say
from ccm.reporter.state import Change, Entry, State
from ccm.reporter.transcript import Message
from ccm.reporter.withdrawal import reverted

_PLACE = re.compile(
    rf"^(?P<one>{edits.ID})\b[:,]?\s*(?:to\s+(?:the\s+)?)?"
    rf"(?:(?P<side>before|after|above|below)\s+(?P<other>{edits.ID})|(?P<end>first|last|top|bottom|up|down))\W*$",
    re.IGNORECASE,
)
_BEFORE = ("before", "above", "first", "top", "up")
USAGE = "Write it as: #move A3 before A1, or after, first, last. Its day is set by #due A3 friday."


def move(state: State, text: str, message: Message) -> Outcome:
    """Put an item before or after another one of its kind, or at an end."""
    found = _PLACE.match(text)
    if found is None:
        return Outcome(state, (Say(USAGE),))
    target = edits.entry_of(state, found["one"])
    if target is None or (found["other"] and edits.entry_of(state, found["other"]) is None):
        return Outcome(state, (Say(f"#move needs ids of mine. I have: {edits.ids(state)}."),))
    word = (found["side"] or found["end"]).lower()
    other = edits.entry_of(state, found["other"]) if found["other"] else _neighbour(state, target, word)
    if other is None or other.id == target.id:
        return Outcome(state, (Ack(message.id),))
    if other.id[0] != target.id[0]:
        return Outcome(state, (Say(f"{target.id} and {other.id} stand under headings of their own. {USAGE}"),))
    return Outcome(moved(state, message, target, other, before=word in _BEFORE), (Ack(message.id),))


def _neighbour(state: State, target: Entry, word: str) -> Entry | None:
    """Whom an item goes past that is to be first, last, or one up or down."""
    same = [e for e in state.entries if e.id[0] == target.id[0]]
    place = same.index(target)
    if word in ("first", "top", "last", "bottom"):
        return same[0] if word in ("first", "top") else same[-1]
    step = place - 1 if word == "up" else place + 1
    return same[step] if 0 <= step < len(same) else None


def moved(state: State, message: Message, target: Entry, other: Entry, *, before: bool) -> State:
    """The state with *target* beside *other*; a find that somebody moves is confirmed by that."""
    place = state.entries.index(target)
    after = target
    if target.provenance == "detected":
        after = record.replace(target, provenance="confirmed", confirmed=message.id)
    rest = tuple(e for e in state.entries if e.id != target.id)
    at = rest.index(other) + (0 if before else 1)
    entries = (*rest[:at], after, *rest[at:])
    if entries == state.entries:
        return state
    state = edits.noted(state, Change(message.id, message.nick, target, after, place=place, moved=True))
    return record.changed(state, entries=entries, arranged=True)


def taken_back(state: State, text: str, message: Message) -> Outcome | None:
    """An item as it was before its last change; ``None`` if it is not there, or nobody changed it."""
    found = re.match(rf"(?P<id>{edits.ID})\b", text, re.IGNORECASE)
    if found is None or edits.entry_of(state, found["id"]) is None:
        return None
    id_ = edits.id_of(found["id"])
    again = _proposed_again(state, id_, message)
    if again is not None:
        return Outcome(again, (Ack(message.id),))
    last = next((c for c in reversed(state.changes) if c.before.id == id_ and c.after is not None), None)
    if last is None:
        return None
    changes = tuple(c for c in state.changes if c is not last)
    return Outcome(reverted(record.replace(state, changes=changes), last), (Ack(message.id),))


def _proposed_again(state: State, id_: str, message: Message) -> State | None:
    """The state without the decision that a proposal became; ``None`` for whatever else it is."""
    target = edits.entry_of(state, id_)
    if target is None or (target.kind, target.status) != ("idea", "agreed"):
        return None
    made = next((e for e in state.entries if e.kind == "decision" and target.source in e.sources), None)
    if made is not None:
        state = edits.dropped(state, message, made)
    return record.replace_entry(state, record.replace(target, status="proposed"))


def order_of(state: State) -> tuple[str, ...]:
    """Ids in the order that people gave the record; nothing if nobody moved an item."""
    return tuple(e.id for e in state.entries) if state.arranged else ()
