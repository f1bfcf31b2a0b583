"""
What marked lines, commands and plain orders to the reporter do to the record.

Leaves out publishing and the interview: an :class:`Outcome` says in ``then`` that one of them is to follow.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from ccm.reporter import record
from ccm.reporter.context import Context
from ccm.reporter.dates import due
from ccm.reporter.effects import Ack, Effect, Ended, Record, Say
from ccm.reporter.outcomes import REPLACEMENT, Mark, entry, links_of, new_id, owner_of, stamp
from ccm.reporter.state import Entry, Kind, State
from ccm.reporter.transcript import Message

Then = Literal["", "publish", "hold", "skip", "stop", "summary", "remark"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a command, what to do, and what is to follow."""

    state: State
    effects: tuple[Effect, ...] = ()
    then: Then = ""


_HELP = (
    "I understand #topic, #action, #agreed, #question, #info, #idea, #link, #undo, #drop A1, #assign A1 name, "
    "#due A1 friday, "
    "#done A1, #status, #publish, #off and #on, or plain words: “reporter, what do we have so far?”, “publish "
    "this, reporter”."
)
_KINDS: tuple[Kind, ...] = ("action", "decision", "question", "info", "idea")


def marked(state: State, message: Message, mark: Mark, context: Context, instead: tuple[Entry, ...] = ()) -> Outcome:
    """
    Do what a marked line says.

    :param instead: entries that an earlier wording of this message had made; they keep their ids.
    """
    verb, zone = mark.verb, context.zone
    if verb == "proposal":
        return _noted(state, "idea", mark.text, message, zone, instead, status="proposed")
    if verb in _KINDS:
        return _noted(state, verb, mark.text, message, zone, instead)
    if verb == "help":
        return _noted(state, "help", mark.text, message, zone, instead) if mark.text else Outcome(state, (Say(_HELP),))
    if verb == "topic":
        return Outcome(topic(state, mark.text, message) if mark.text else state, (Ack(message.id),))
    if verb == "link":
        urls = links_of(mark.text)
        for url in urls:
            state = note_link(state, url, message, mark.text)
        return (
            Outcome(state, (Ack(message.id),))
            if urls
            else Outcome(state, (Say("#link needs an address: #link https://…"),))
        )
    if verb in ("startmeeting", "title"):
        changes = {"title": mark.text or state.title}
        if verb == "startmeeting":
            changes["chair"], changes["chair_jid"] = message.nick, message.jid or ""
        return Outcome(record.changed(state, settled=True, pending=(), **changes), (Ack(message.id),))
    if verb == "endmeeting":
        return Outcome(record.changed(state, ended=True), (Ended(),), "publish")
    if verb == "chair":
        chair = mark.text.split()[0].lstrip("@").rstrip(",:") if mark.text else message.nick
        jid = message.jid if chair == message.nick else state.jids.get(chair)
        return Outcome(record.changed(state, chair=chair, chair_jid=jid or ""), (Ack(message.id),))
    if verb == "unchair":
        was = mark.text.split()[0].lstrip("@").rstrip(",:") if mark.text else state.chair
        if not state.chair or was.lower() != state.chair.lower():
            return Outcome(state, (Say(f"The chair is {state.chair or 'nobody'}."),))
        return Outcome(record.changed(state, chair="", chair_jid=""), (Ack(message.id),))
    if verb == "present":
        return _present(state, mark.text, message)
    if verb == "forget":
        return _forgotten(state, message, context)
    if verb == "replace":
        return _replaced(state, mark.text, message)
    if verb == "agenda":
        return Outcome(state)
    if verb in ("publish", "hold", "skip", "stop"):
        return Outcome(state, (), verb)  # type: ignore[arg-type]
    if verb in ("status", "draft"):
        return Outcome(state, (), "summary")
    if verb in ("off", "on"):
        return _off(state, message, verb == "on", mark.text.lower().startswith("me"))
    return _amended(state, verb, mark.text, message, zone)


def _noted(
    state: State, kind: Kind, text: str, message: Message, zone: str, instead: tuple[Entry, ...], status: str = ""
) -> Outcome:
    if not text:
        return Outcome(state, (Say(f"#{'agreed' if kind == 'decision' else kind} needs a text after it."),))
    names = frozenset(name.lower() for name in state.people)
    former = next((e for e in instead if e.kind == kind), None)
    if former is None:
        id_, counters = new_id(kind, state.counters)
    else:
        id_, counters = former.id, state.counters
    made = entry(kind, id_, text, message.nick, message.id, message.time, state.topic, names)
    if kind == "action":
        day, phrase = due(text, day_of(message, zone))
        made = record.replace(made, due=day, phrase=phrase)
    if status:
        made = record.replace(made, status=status)
    if former is not None:
        made = record.replace(made, topic=former.topic, at=former.at)
    state = record.add_entry(state, made, counters)
    if former is not None:
        state = record.replace(state, entries=tuple(sorted(state.entries, key=_order)))
    for url in links_of(text):
        state = note_link(state, url, message)
    return Outcome(state, (Ack(message.id),))


def _order(entry: Entry) -> tuple[str, int]:
    return entry.kind, int(entry.id[1:])


def topic(state: State, title: str, message: Message) -> State:
    """Begin a topic; one that was announced before is taken up again, lines of an agenda in a row are only
    announced."""
    same = next((e for e in state.entries if e.kind == "topic" and e.text.lower() == title.lower()), None)
    if same is not None:
        entries = tuple(
            record.replace(e, status="current") if e is same
            else record.replace(e, status="over") if e.kind == "topic" and e.status == "current" else e
            for e in state.entries
        )  # fmt: skip
        return record.changed(state, entries=entries, topic=same.id)
    id_, counters = new_id("topic", state.counters)
    names: frozenset[str] = frozenset()
    return record.add_entry(
        state, entry("topic", id_, title, message.nick, message.id, message.time, "", names), counters
    )


def note_link(state: State, url: str, message: Message, title: str = "") -> State:
    """Keep an address once, where it was first said."""
    if any(e.kind == "link" and e.text == url for e in state.entries):
        return state
    id_, counters = new_id("link", state.counters)
    phrase = title.replace(url, "").strip(" -:") if title else ""
    made = Entry("link", id_, url, message.nick, message.id, stamp(message.time), phrase=phrase, topic=state.topic)
    return record.add_entry(state, made, counters)


def _off(state: State, message: Message, on: bool, mine: bool) -> Outcome:
    if mine:
        off = tuple(nick for nick in state.off if nick != message.nick)
        return Outcome(record.changed(state, off=off if on else (*off, message.nick)), (Ack(message.id),))
    if on and message.nick in state.off:
        return Outcome(record.changed(state, off=tuple(n for n in state.off if n != message.nick)), (Ack(message.id),))
    if state.recording == on:
        return Outcome(state)
    words = "On the record again." if on else "Off the record: nothing is kept until somebody says #on."
    return Outcome(record.changed(state, recording=on), (Record(on), Say(words)))


def _present(state: State, text: str, message: Message) -> Outcome:
    """Names of those who are there and say nothing."""
    names = [name.lstrip("@") for name in re.split(r"\s*(?:,|\band\b|;)\s*|\s{2,}", text) if name.strip("@ ")]
    if not names or any(len(name) > 40 for name in names):
        return Outcome(state, (Say("#present needs names: #present Kim, Lou."),))
    known = {name.lower() for name in state.people}
    people = (*state.people, *(name for name in dict.fromkeys(names) if name.lower() not in known))
    return Outcome(record.changed(state, people=people[:500]), (Ack(message.id),))


def _forgotten(state: State, message: Message, context: Context) -> Outcome:
    """Everything of the author's is off the record: what stands in the log, only its author takes back (XEP-0424)."""
    by = message.nick
    entries = tuple(e for e in state.entries if e.by != by)
    gone = sum(value.by == by for values in state.attributes.values() for value in values)
    gone += len(state.entries) - len(entries)
    topic = state.topic if any(e.id == state.topic for e in entries) else ""
    state = record.without(state, context.templates.get(state.type), by=by)
    state = record.changed(state, entries=entries, topic=topic)
    return Outcome(state, (Say(f"{by}: {gone or 'nothing'} of yours is off my record. The log keeps your lines."),))


def _replaced(state: State, text: str, message: Message) -> Outcome:
    """``s/old/new/``: in the author's newest entry that holds the old words."""
    found = REPLACEMENT.match(text)
    own = [e for e in state.entries if e.by == message.nick and e.kind != "link" and found and found["old"] in e.text]
    if found is None or not own:
        return Outcome(state)
    made = record.replace(own[-1], text=own[-1].text.replace(found["old"], found["new"], 1))
    if not made.text.strip():
        return Outcome(state, (Say(f"That would leave {made.id} empty. Say #drop {made.id}."),))
    return Outcome(record.replace_entry(state, made), (Ack(message.id),))


_TARGET = re.compile(r"^(?P<id>[adqiel]\d{1,4})\b[:,]?\s*(?P<rest>.*)$", re.IGNORECASE | re.DOTALL)


def _amended(state: State, verb: str, text: str, message: Message, zone: str) -> Outcome:
    """``undo``, ``edit``, ``drop``, ``assign``, ``due``, ``done``."""
    if verb == "undo":
        own = [e for e in state.entries if e.kind != "link"]
        if not own:
            return Outcome(state, (Say("There is nothing to undo."),))
        return Outcome(record.drop_entry(state, own[-1].id), (Say(f"{own[-1].id} is off the record."),))
    found = _TARGET.match(text)
    target = next((e for e in state.entries if found and e.id.lower() == found["id"].lower()), None)
    if found is None or target is None:
        return Outcome(state, (Say(f"#{verb} needs one of my ids, as in: #{verb} A1. I have: {_ids(state)}."),))
    rest = found["rest"].strip()
    if verb == "drop":
        return Outcome(record.drop_entry(state, target.id), (Say(f"{target.id} is off the record."),))
    if verb == "done":
        return Outcome(record.replace_entry(state, record.replace(target, status="done")), (Ack(message.id),))
    if not rest:
        return Outcome(state, (Say(f"#{verb} {target.id} needs a word after it."),))
    if verb == "assign":
        return Outcome(record.replace_entry(state, record.replace(target, owner=rest.lstrip("@"))), (Ack(message.id),))
    if verb == "due":
        day, phrase = due(f"by {rest}", day_of(message, zone))
        if not day:
            return Outcome(
                state, (Say(f"I cannot read “{rest}” as a date. Write it as: #due {target.id} 2026-11-27."),)
            )
        return Outcome(
            record.replace_entry(state, record.replace(target, due=day, phrase=phrase[3:])), (Ack(message.id),)
        )
    names = frozenset(name.lower() for name in state.people)
    owner = owner_of(rest, message.nick, names)[0] or target.owner if target.kind == "action" else ""
    return Outcome(record.replace_entry(state, record.replace(target, text=rest, owner=owner)), (Ack(message.id),))


def _ids(state: State) -> str:
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


# ---- plain words

_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latest": -1, "only": 0}
_NAMES: dict[str, Kind] = {
    "action": "action", "task": "action", "todo": "action", "decision": "decision", "resolution": "decision",
    "question": "question", "idea": "idea", "note": "info", "link": "link", "topic": "topic",
}  # fmt: skip
_DROP = re.compile(
    r"^(?:please |could you |can you )?(?:drop|remove|delete|forget|strike|scrap|cancel|take (?:out|off|back)) "
    r"(?:the )?"
    r"(?:(?P<id>[adqiel]\d{1,4})|(?:(?P<nth>first|second|third|fourth|fifth|last|latest|only) )?(?P<kind>action|"
    r"task|todo|decision|resolution|"
    r"question|idea|note|link|topic)(?: (?P<number>\d+))?|(?P<key>[a-z ]+))(?: please)?$"
)
_SO_FAR = re.compile(
    r"\b(?:what (?:do|have) (?:we|you) (?:have|got|noted|written|collected)|so far|summar(?:y|ise|ize)|status|"
    r"where are we|what's missing|"
    r"what is missing|read (?:it )?back|show (?:me|us)|what did you (?:note|get|write))\b"
)


def spoken(state: State, said: str, message: Message, context: Context) -> Outcome | None:
    """Do what plain words to the reporter ask for; ``None`` if they are a remark like any other."""
    if re.match(
        r"^(?:please )?(?:hold|wait with|don't publish|do not publish|stop publishing|hold it|hold on)\b", said
    ):
        return Outcome(state, (), "hold")
    if re.match(r"^(?:please )?(?:skip|pass|next)\b", said):
        return Outcome(state, (), "skip")
    if re.match(r"^(?:please )?(?:stop|cancel|enough)\b", said):
        return Outcome(state, (), "stop")
    if said in ("help", "help us", "help me", "what can you do", "how do you work", "commands"):
        return Outcome(state, (Say(_HELP),))
    found = _DROP.match(said)
    if found:
        return _dropped(state, found, context)
    if re.match(
        r"^(?:(?:please|now|go|let's go|this is|we are|we're|the following is|this stays) )*off (?:the )?record\b", said
    ):
        return _off(state, message, False, False)
    if _SO_FAR.search(said) and len(said) < 60 and not said.startswith(("the status is", "status is", "status:")):
        return Outcome(state, (), "summary")
    return None


def _dropped(state: State, found: re.Match[str], context: Context) -> Outcome:
    if found["key"]:
        key = found["key"].strip().replace(" ", "_")
        if key not in state.attributes:
            return Outcome(
                state,
                (Say(f"I have no {found['key'].strip()}. I have: {', '.join(state.attributes) or 'nothing yet'}."),),
            )
        template = context.templates.get(state.type)
        return Outcome(record.drop_value(state, key, template), (Say(f"{key.capitalize()} is off the record."),))
    if found["id"]:
        target = next((e for e in state.entries if e.id.lower() == found["id"]), None)
    else:
        of_kind = [e for e in state.entries if e.kind == _NAMES[found["kind"]]]
        place = int(found["number"]) - 1 if found["number"] else _ORDINALS[found["nth"] or "last"]
        target = of_kind[place] if -len(of_kind) <= place < len(of_kind) else None
    if target is None:
        return Outcome(state, (Say(f"I have no such entry. I have: {_ids(state)}."),))
    return Outcome(record.drop_entry(state, target.id), (Say(f"{target.id} is off the record."),))
