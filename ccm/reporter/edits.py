"""
Changes of an item by its number: ``#edit``, ``#drop``, ``#assign``, ``#due``, ``#done``, ``#undo`` and their kin.

Each change is remembered with the message that made it, so that it goes when the message is withdrawn
(:mod:`ccm.reporter.withdrawal`). Leaves out plain words for the same (:mod:`ccm.reporter.spoken`).
"""

import re
from collections.abc import Iterable
from datetime import UTC, date
from functools import lru_cache
from zoneinfo import ZoneInfo

from ccm.reporter import record
from ccm.reporter.anchors import words_of
from ccm.reporter.context import Context, Outcome
from ccm.reporter.dates import Due, due
from ccm.reporter.effects import Ack, Effect, Say
from ccm.reporter.marks import REPLACEMENT, Mark
from ccm.reporter.outcomes import owner_of
from ccm.reporter.remarks import flat
from ccm.reporter.state import Change, Entry, How, State
from ccm.reporter.transcript import Message

MAX_CHANGES = 30
MAX_REFUSED = 500
MAX_UNDO = 50
MAX_NAME = 60
_KINDS = "actions?|tasks?|decisions?|resolutions?|questions?|ideas?|infos?|notes?|topics?|links?|proposals?|helps?"
_LETTERS = {
    "action": "A", "task": "A", "decision": "D", "resolution": "D", "question": "Q", "idea": "E", "info": "I",
    "note": "I", "topic": "T", "link": "L", "proposal": "P", "help": "H",
}  # fmt: skip
#: An item's number: ``A3``, ``ACTION-3``, ``action 3``, ``A-2026-11-22-03``.
ID = rf"(?:[adeqitlph]-\d{{4}}-\d\d-\d\d-\d{{1,4}}|[adeqitlph]-?\d{{1,4}}|(?:{_KINDS})[ -]#?\d{{1,4}})"
#: An item's number at the beginning of an order, and the rest of it.
TARGET = re.compile(rf"^(?P<id>{ID})\b\??[:,]?\s*(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)
_IDS = re.compile(rf"\b{ID}\b", re.IGNORECASE)
_NOBODY = frozenset(["nobody", "none", "no one", "noone", "unassigned", "-"])
_ME = frozenset(["me", "myself", "i"])
_NO_WORDS = frozenset(
    ["the", "a", "an", "about", "of", "with", "to", "on", "for", "item", "one", "that", "our", "my", "again"]
)


def id_of(written: str) -> str:
    """The number as the record has it: ``ACTION-3`` and ``A-2026-11-22-03`` are ``A3``."""
    number = int(re.findall(r"\d+", written)[-1])
    word = re.match(r"[A-Za-z]+", written)
    name = (word[0] if word else "").lower()
    letter = _LETTERS.get(name.rstrip("s"), _LETTERS.get(name, name[:1].upper()))
    return f"{letter}{number}"


def entry_of(state: State, written: str) -> Entry | None:
    """The item with that number, however it is written."""
    wanted = id_of(written)
    return next((e for e in state.entries if e.id == wanted), None)


def by_words(entries: Iterable[Entry], said: str) -> list[Entry]:
    """The items that words mean: *the cake action* is the action in whose text *cake* stands."""
    words = [word for word in words_of(flat(said)) if word not in _NO_WORDS]
    kinds = [_LETTERS.get(word.rstrip("s"), "") for word in words]
    wanted = [word for word, kind in zip(words, kinds, strict=True) if not kind]
    letters = {kind for kind in kinds if kind}
    if not wanted:
        return []
    among = [e for e in entries if e.kind != "link" and (not letters or e.id[0] in letters)]
    return [e for e in among if all(word in words_of(flat(f"{e.text} {e.owner}")) for word in wanted)]


def numbers_in(text: str) -> tuple[str, ...]:
    """Every number of an item in a text, as the record has them."""
    return tuple(dict.fromkeys(id_of(found[0]) for found in _IDS.finditer(text)))


def ids(state: State) -> str:
    """The numbers there are, for people."""
    return ", ".join(e.id for e in state.entries if e.kind not in ("link", "topic")) or "none yet"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def day_of(message: Message, zone: str) -> date | None:
    """The day of a message in that zone, UTC if there is no such zone."""
    return message.time.astimezone(_zone(zone) or UTC).date() if message.time else None


def day_named(text: str, message: Message, zone: str, state: State | None = None) -> Due:
    """The day that a text names; *state* knows when the next meeting is."""
    following = state.following if state is not None else None
    next_meeting = date.fromisoformat(following.at[:10]) if following is not None else None
    return due(text, message.time, zone, next_meeting=next_meeting)


def passed(id_: str, when: Due) -> tuple[Effect, ...]:
    """What to say of a day that is before that of the message."""
    if when.doubt != "past":
        return ()
    return (Say(f"{id_} is due {when.iso}, which has passed. #due {id_} friday changes it."),)


# ---- changes and how they are remembered


def changed(state: State, message: Message, before: Entry, after: Entry) -> State:
    """The state with *after* in the place of *before*; a find that somebody changes is confirmed by that."""
    if after == before:
        return state
    if before.provenance == "detected":
        after = record.replace(after, provenance="confirmed", confirmed=message.id)
    return record.replace_entry(noted(state, Change(message.id, message.nick, before, after)), after)


def dropped(state: State, message: Message, entry: Entry) -> State:
    """The state without an item; a find is not brought up again."""
    if entry.provenance != "marked":
        refused = (*state.refused, f"{entry.kind} {entry.source}")[-MAX_REFUSED:]
        state = record.replace(state, refused=refused)
    place = next((place for place, e in enumerate(state.entries) if e.id == entry.id), 0)
    return record.drop_entry(noted(state, Change(message.id, message.nick, entry, place=place)), entry.id)


def noted(state: State, change: Change) -> State:
    """The state that remembers a change, to be taken back."""
    made = sum(state.counters.values())
    return record.replace(state, changes=(*state.changes, record.replace(change, made=made))[-MAX_CHANGES:])


def restored(state: State, change: Change) -> State:
    """The state with a dropped item back in its place."""
    entry, place = change.before, change.place
    if any(e.id == entry.id for e in state.entries):
        return state
    refused = tuple(each for each in state.refused if each != f"{entry.kind} {entry.source}")
    entries = (*state.entries[:place], entry, *state.entries[place:])
    return record.changed(state, entries=entries, refused=refused)


# ---- commands


def amend(state: State, mark: Mark, message: Message, context: Context) -> Outcome:
    """Do what a command says of an item, by its number."""
    verb = mark.verb
    if verb == "undo":
        return undo(state, mark.text, message)
    found = TARGET.match(mark.text)
    if found and verb == "restore":
        return restore(state, id_of(found["id"]), message)
    target = entry_of(state, found["id"]) if found else None
    if found is None or target is None:
        if not mark.command:
            return Outcome(state, (), "remark")
        return Outcome(state, (Say(f"#{verb} needs one of my ids, as in: #{verb} A1. I have: {ids(state)}."),))
    return change(state, verb, target, found["rest"].strip(), message, context)


def change(state: State, verb: str, target: Entry, rest: str, message: Message, context: Context) -> Outcome:
    """:param rest: what follows the number: a text, a name, a day."""
    if verb == "drop":
        return Outcome(dropped(state, message, target), (Say(f"{target.id} is off the record."),))
    if verb in ("done", "cancel", "reopen"):
        status = {"done": "answered" if target.kind == "question" else "done", "cancel": "cancelled"}.get(verb, "open")
        if target.kind not in ("action", "question"):
            return Outcome(state, (Say(f"{target.id} is no action: only an action can be {status}."),))
        return _put(state, message, target, record.replace(target, status=status))
    if not rest:
        return Outcome(state, (Say(f"#{verb} {target.id} needs a word after it."),))
    if verb == "assign":
        return _assigned(state, message, target, rest)
    if verb == "due":
        return _due(state, message, target, rest, context)
    names = frozenset(name.lower() for name in state.people)
    made = _reworded(target, rest, message)
    if target.kind == "action":
        made = record.replace(made, owner=owner_of(rest, message.nick, names)[0] or target.owner)
        when = day_named(rest, message, context.zone, state)
        if when.iso:
            made = record.replace(made, due=when.iso, phrase=when.phrase, assumed=when.assumed)
            return _put(state, message, target, made, passed(target.id, when))
    return _put(state, message, target, made, _told(target, made))


def _reworded(target: Entry, text: str, message: Message) -> Entry:
    """An item in other words; voices on a decision were for the earlier ones, and the new ones are one person's."""
    made = record.replace(target, text=text)
    if target.kind != "decision" or words_of(flat(text)) == words_of(flat(target.text)):
        return made
    how: How = "ruling" if target.how == "ruling" else ""
    return record.replace(made, how=how, votes={}, owner="", sources=(), edited=message.nick)


def _told(before: Entry, after: Entry) -> tuple[Effect, ...]:
    """What to say of voices that an edit took off a decision."""
    if not (before.votes or before.how == "consensus") or after.votes or after.how:
        return ()
    words = f"{after.id} is edited by {after.edited}; the voices were for the earlier words and stand no longer."
    return (Say(f"{words} +1 is a voice for these."),)


def _put(state: State, message: Message, before: Entry, after: Entry, said: tuple[Effect, ...] = ()) -> Outcome:
    return Outcome(changed(state, message, before, after), said or (Ack(message.id),))


def _assigned(state: State, message: Message, target: Entry, rest: str) -> Outcome:
    if target.kind != "action":
        return Outcome(state, (Say(f"{target.id} is no action: only an action has an owner."),))
    name = re.sub(r"^(?:to|for)\s+", "", rest, flags=re.IGNORECASE).strip().lstrip("@").rstrip(".!,")
    if len(name) > MAX_NAME or "\n" in name:
        return Outcome(state, (Say(f"That is no name. Write it as: #assign {target.id} Kim."),))
    owner = "" if name.lower() in _NOBODY else message.nick if name.lower() in _ME else named(state, name)
    return _put(state, message, target, record.replace(target, owner=owner))


def named(state: State, name: str) -> str:
    """That person as the room knows them: ``kim`` is *Kim* if Kim spoke; else as it was written."""
    return next((person for person in state.people if person.lower() == name.lower()), name)


def _due(state: State, message: Message, target: Entry, rest: str, context: Context) -> Outcome:
    if target.kind != "action":
        return Outcome(state, (Say(f"{target.id} is no action: only an action is due."),))
    if rest.lower() in _NOBODY or rest.lower() in ("never", "no date"):
        return _put(state, message, target, record.replace(target, due="", phrase="", assumed=False))
    said = re.sub(r"^(?:to|by|on|until|till|for)\s+", "", rest, flags=re.IGNORECASE)
    when = day_named(f"by {said}", message, context.zone, state)
    if not when.iso:
        when = day_named(said, message, context.zone, state)
    if not when.iso:
        return Outcome(state, (Say(f"I cannot read “{rest}” as a date. Write it as: #due {target.id} 2026-11-27."),))
    words = when.phrase[3:] if when.phrase.lower().startswith("by ") else when.phrase
    made = record.replace(target, due=when.iso, phrase=words, assumed=when.assumed)
    return _put(state, message, target, made, passed(target.id, when))


def undo(state: State, text: str, message: Message) -> Outcome:
    """Take the newest *n* items off the record; an item that was just dropped comes back instead."""
    number = re.match(r"(?:the )?(?:last )?(\d{1,3})\b", text)
    count = int(number[1]) if number else 1
    if text and not number and text.lower() not in ("that", "it", "this", "last", "the last", "the last one"):
        found = TARGET.match(text)
        target = entry_of(state, found["id"]) if found else None
        if target is None:
            return Outcome(state, (Say("#undo takes a number of items, as in: #undo 2; or one of them: #drop A1."),))
        return Outcome(dropped(state, message, target), (Say(f"{target.id} is off the record."),))
    if not 1 <= count <= MAX_UNDO:
        return Outcome(state, (Say(f"#undo takes a number from 1 to {MAX_UNDO}."),))
    last = state.changes[-1] if state.changes else None
    if count == 1 and last is not None and last.after is None and last.made == sum(state.counters.values()):
        state = record.replace(state, changes=state.changes[:-1])
        return Outcome(restored(state, last), (Say(f"{last.before.id} is on the record again."),))
    made = sorted(state.entries, key=lambda e: e.at) if state.arranged else state.entries
    own = [e for e in made if e.kind != "link" and e.provenance != "detected"][-count:]
    if not own:
        return Outcome(state, (Say("There is nothing to undo."),))
    for each in own:
        state = dropped(state, message, each)
    done = tuple(record.replace(c, made=-1) if c.source == message.id else c for c in state.changes)
    state = record.replace(state, changes=done)  # one undo after another takes more off, and brings nothing back
    words = ", ".join(each.id for each in own)
    return Outcome(state, (Say(f"{words} {'is' if len(own) == 1 else 'are'} off the record."),))


def restore(state: State, id_: str, message: Message) -> Outcome:
    """Put a dropped item back on the record."""
    gone = next((c for c in reversed(state.changes) if c.before.id == id_ and c.after is None), None)
    if gone is None or any(e.id == id_ for e in state.entries):
        return Outcome(state, (Say(f"I know of no dropped {id_}. I have: {ids(state)}."),))
    changes = tuple(c for c in state.changes if c is not gone)
    return Outcome(restored(record.replace(state, changes=changes), gone), (Ack(message.id),))


def replaced(state: State, text: str, message: Message) -> Outcome:
    """``s/old/new/``: in the author's newest entry that holds the old words."""
    found = REPLACEMENT.match(text)
    own = [e for e in state.entries if e.by == message.nick and e.kind != "link" and found and found["old"] in e.text]
    if found is None or not own:
        others = [e for e in state.entries if found and e.kind not in ("link", "topic") and found["old"] in e.text]
        words = f"{others[-1].id} is by {others[-1].by}. #edit {others[-1].id} text changes it." if others else ""
        return Outcome(state, (Say(words),) if words else ())
    made = _reworded(own[-1], own[-1].text.replace(found["old"], found["new"], 1), message)
    if not made.text.strip():
        return Outcome(state, (Say(f"That would leave {made.id} empty. Say #drop {made.id}."),))
    return _put(state, message, own[-1], made, _told(own[-1], made))
