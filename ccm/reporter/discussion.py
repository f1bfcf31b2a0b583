"""
The fold: one message after another changes the reporter's state and says what is to be done.

Pure: the same messages give the same state and effects, in the live room and in ``ccm replay``. States and their edges:
listening -> interviewing -> published, with grace before published when neither owner nor chair asked; published goes on
listening and may be published again as a new version. Leaves out I/O, clocks, and the building of the document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ccm.reporter import commands, record
from ccm.reporter.attributes import ANSWER, Finding, Reading, answer, read, shape_of
from ccm.reporter.effects import Converted, Effect, Grace, Hold, Publish, Record, Say
from ccm.reporter.outcomes import agenda_item, links_of, mark_of, stamp
from ccm.reporter.record import Source, changed
from ccm.reporter.remarks import (
    TypeStatements,
    addressed,
    after_fillers,
    asks_to_publish,
    chit_chat,
    flat,
    is_phatic,
    is_question,
    sentences,
)
from ccm.reporter.state import Asked, State, from_json, new_state, to_json
from ccm.reporter.templates import CUE, LABEL, LEAD, Attribute, Templates
from ccm.reporter.transcript import Message

__all__ = [
    "Context",
    "State",
    "end",
    "from_json",
    "grace_over",
    "hold",
    "new_state",
    "published",
    "questions_of",
    "record_on",
    "request_publish",
    "step",
    "to_json",
]

Step = tuple[State, tuple[Effect, ...]]


@lru_cache(maxsize=8)
def _statements(templates: Templates) -> TypeStatements:
    return TypeStatements(templates)


@dataclass(frozen=True)
class Context:
    """
    What the fold needs to know beside the messages.

    :ivar names: what people call the reporter, lower case.
    :ivar roles: bare JID or nick -> ``owner``, ``chair`` or ``participant``; empty: everybody counts as owner.
    :ivar grace_seconds: how long a publication waits that neither owner nor chair asked for.
    :ivar zone: IANA zone in which "by Friday" is read.
    """

    templates: Templates
    names: tuple[str, ...] = ("reporter",)
    roles: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: int = 600
    zone: str = "UTC"

    def may_approve(self, nick: str, jid: str | None, chair: str = "") -> bool:
        """Whether a request of that person is the approval."""
        if not self.roles:
            return True
        role = self.roles.get(jid or "") or self.roles.get(nick, "participant")
        return role in ("owner", "chair") or bool(chair and nick == chair)


def step(state: State, message: Message, context: Context) -> Step:
    """
    Fold one message in.

    A message that was folded in last is left alone, so that a shell may give it again after a crash.
    """
    if message.id == state.last:
        return state, ()
    state = record.replace(state, last=message.id)
    if message.from_reporter or not message.on_record:
        return state, ()
    if message.retracts is not None:
        return _retracted(state, message, context), ()
    if message.replaces is not None:
        return _corrected(state, message, context), ()
    text = message.text.strip()
    if not text or text[:5].lower() == "[off]" or (message.nick in state.off and not text.startswith(("#on", "/on"))):
        return state, ()
    if not state.recording:
        return _while_off(state, text, context)
    if message.nick not in state.people and len(state.people) < 500:
        state = record.replace(state, people=(*state.people, message.nick))
    return _remark(state, message, context)


def _remark(state: State, message: Message, context: Context) -> Step:
    mark = mark_of(message.text)
    if mark is not None:
        done = commands.marked(_as_meeting(state, mark.verb, context), message, mark, context.zone)
        after = _follow(done, message, context)
        if after[0].type != state.type:
            return after[0], (Converted(state.type, after[0].type), *after[1])
        return after
    low = flat(message.text)
    said = addressed(low, context.names)
    wish = asks_to_publish(said or low, bool(said)) if "publish" in low or said else ""
    if wish:
        return request_publish(
            state, message.nick, message.jid, message.id, message.time, context, at_once=wish == "publish now"
        )
    if said:
        order = commands.spoken(state, said, message)
        if order is not None:
            return _follow(order, message, context)
    title = agenda_item(message.text, state.type == "meeting") if low[:1].isdigit() else ""
    if title:
        return _as_topic(state, message, title, context)
    if state.mode == "interviewing":
        return _interviewed(state, message, low, context)
    return _observed(state, message, low, context, told=bool(said))


def _follow(outcome: commands.Outcome, message: Message, context: Context) -> Step:
    """Carry on where a command asks for more than a change of the record."""
    state, effects = outcome.state, outcome.effects
    if outcome.then == "publish":
        after, more = request_publish(state, message.nick, message.jid, message.id, message.time, context)
        return after, (*effects, *more)
    if outcome.then == "hold":
        return hold(state, message.nick, context, message.jid)
    if outcome.then in ("skip", "stop"):
        return _skipped(state, outcome.then, context)
    if outcome.then == "summary":
        return state, (*effects, Say(_summary(state, context)))
    if outcome.then == "remark":
        return _observed(state, message, flat(message.text), context, told=True)
    return state, effects


# ---- listening


def _observed(state: State, message: Message, low: str, context: Context, *, told: bool = False) -> Step:
    effects: list[Effect] = []
    stating: list[int] = []
    parts = sentences(low, message.text)
    for part in parts:
        stated, alone = _statements(context.templates).type_of(part)
        if not stated:
            continue
        if alone:
            stating.append(part.start)
        if stated == state.type:
            state = record.replace(state, settled=True, pending=())
        elif not state.settled or (told and len(part.low) < 80):
            state, more = _convert(state, stated, context)
            effects.extend(more)
    signs = context.templates.signs(state.type)
    asked = state.asked if state.asked and state.asked.by != message.nick else None
    reading = read(message.text, signs, record.topical(state), asked.key if asked else "", tuple(stating), parts)
    before = state
    for finding in reading.findings:
        state = record.fill(state, finding, message.text, Source.of(message), signs.shapes[finding.key])
    state = _note_question(state, reading, message, answered=state is not before)
    for url in links_of(message.text):
        state = commands.note_link(state, url, message)
    if not state.settled and len(low) > 5 and not is_phatic(low):
        state = record.keep_pending(state, message)
    return state, tuple(effects)


def _note_question(state: State, reading: Reading, message: Message, *, answered: bool) -> State:
    if reading.asks and is_question(flat(message.text)):
        return record.replace(state, asked=Asked(reading.asks, message.nick, 4))
    if state.asked is None:
        return state
    left = 0 if answered and state.asked.by != message.nick else state.asked.left - 1
    return record.replace(state, asked=Asked(state.asked.key, state.asked.by, left) if left > 0 else None)


def _convert(state: State, key: str, context: Context, *, carry: bool = True, settled: bool = True) -> Step:
    templates = context.templates
    old = state.type
    state = record.convert(state, templates.get(key), templates.get(old), templates.signs(key), carry=carry)
    if settled:
        state = record.replace(state, settled=True, pending=())
    template = templates.get(key)
    kept = [a.label for a in template.attribute if state.attributes.get(a.key)]
    words = f"{template.label}, understood."
    if kept:
        words += f" I have {_and(kept)} already."
    return state, (Converted(old, key), Say(words))


def _as_meeting(state: State, verb: str, context: Context) -> State:
    """The first marked line makes a discussion of no stated type a meeting."""
    if state.settled or state.type == "meeting" or "meeting" not in context.templates:
        return state
    if verb not in ("startmeeting", "topic", "action", "decision", "agenda", "title", "chair"):
        return state
    templates = context.templates
    return record.convert(
        state, templates.get("meeting"), templates.get(state.type), templates.signs("meeting"), carry=False
    )


def _as_topic(state: State, message: Message, title: str, context: Context) -> Step:
    before = state.type
    state = commands.topic(_as_meeting(state, "agenda", context), title, message)
    return state, ((Converted(before, state.type),) if state.type != before else ())


# ---- corrections


def _retracted(state: State, message: Message, context: Context) -> State:
    target = message.retracts or ""
    if not _may_change(state, target, message, context):
        return state
    return record.take_back(state, target)[0]


def _corrected(state: State, message: Message, context: Context) -> State:
    target = message.replaces or ""
    if not _may_change(state, target, message, context, moderation=False):
        return state
    state, gone = record.take_back(state, target)
    again = Message(target, message.nick, message.text, message.jid, message.time)
    if gone.answered:
        start, end = answer(message.text, "")
        for key in gone.answered:
            state = record.fill(state, Finding(key, ANSWER, start, end), message.text, Source.of(again), "")
        return state
    mark = mark_of(message.text)
    if mark is None:
        return _observed(state, again, flat(message.text), context)[0]
    return commands.marked(state, again, mark, context.zone, instead=gone.entries).state


def _may_change(state: State, target: str, message: Message, context: Context, *, moderation: bool = True) -> bool:
    authors = {e.by for e in state.entries if e.source == target}
    authors |= {v.by for values in state.attributes.values() for v in values if v.source == target}
    authors |= {remark.by for remark in state.pending if remark.source == target}
    if not authors or authors == {message.nick}:
        return True
    return moderation and bool(context.roles) and context.may_approve(message.nick, message.jid, state.chair)


def _while_off(state: State, text: str, context: Context) -> Step:
    low = flat(text)
    said = addressed(low, context.names)
    if low.split()[0] in ("#on", "/on") or re.search(r"\b(?:back )?on (?:the )?record\b", said):
        return record_on(state, True, context)
    return state, ()


# ---- publishing


def request_publish(
    state: State,
    by: str,
    jid: str | None,
    message_id: str,
    time: datetime | None,
    context: Context,
    *,
    at_once: bool = False,
) -> Step:
    """Somebody asks for publication: ask for what is missing, then publish or wait out the grace period."""
    if state.mode == "grace" and context.may_approve(by, jid, state.chair):
        return _approved(changed(state, requested_by=by), by, stamp(time))
    state, effects = _recognised(state, context)
    if context.may_approve(by, jid, state.chair):
        approver, at = by, stamp(time)
    else:
        approver, at = "", ""
    state = changed(state, requested_by=by, approved_by=approver, approved_at=at, asked=None)
    if at_once:
        state = record.replace(state, skipped=tuple(a.key for a in _missing(state, context)))
    after, more = _next_question(state, context)
    return after, (*effects, *more)


def _recognised(state: State, context: Context) -> Step:
    """A type nobody stated: that of which people said at least three things, if they said more than of an incident."""
    if state.settled or state.type == "meeting":
        return state, ()
    strength: dict[str, int] = {}
    for key in context.templates.keys():  # noqa: SIM118 - not a mapping
        if key != "meeting":
            found = record.readings(state.pending, context.templates.signs(key))
            weights = {f.key: f.weight for _, f in sorted(found, key=lambda pair: pair[1].weight)}
            strength[key] = sum(2 if weight >= LEAD else weight == CUE for weight in weights.values())
    best = max(strength, key=lambda key: (strength[key], key == state.type))
    if strength[best] >= 6 and strength[best] >= strength[state.type] + 3:
        return _convert(state, best, context)
    return record.replace(state, settled=True, pending=()), ()


def _missing(state: State, context: Context) -> list[Attribute]:
    template = context.templates.get(state.type)
    if not template.interview:
        return []
    return [a for a in template.attribute if not state.attributes.get(a.key) and a.key not in state.skipped]


def _next_question(state: State, context: Context) -> Step:
    missing = _missing(state, context)
    if missing:
        state = changed(state, mode="interviewing", asking=missing[0].key)
        return state, (Say(missing[0].question),)
    state = changed(state, asking="")
    if state.approved_by or context.may_approve(state.requested_by, None, state.chair):
        return _approved(state, state.approved_by or state.requested_by, state.approved_at)
    minutes = max(1, round(context.grace_seconds / 60))
    words = f"I publish this in {minutes} min. Owner or chair may say “hold, reporter” until then."
    return changed(state, mode="grace"), (Say(words), Grace(context.grace_seconds))


def _approved(state: State, by: str, at: str) -> Step:
    state = changed(
        state, mode="published", asking="", version=state.version + 1, approved_by=by, approved_at=at, requested_by=""
    )
    return state, (Publish(state.version),)


def grace_over(state: State, context: Context) -> Step:
    """The grace period passed without a word of owner or chair."""
    if state.mode != "grace":
        return state, ()
    return _approved(state, "", "")


def hold(state: State, by: str, context: Context, jid: str | None = None) -> Step:
    """Stop a publication before it is out."""
    if state.mode not in ("grace", "interviewing"):
        return state, (Say("There is nothing to hold: no publication is under way."),)
    if not context.may_approve(by, jid, state.chair) and by != state.requested_by:
        return state, (Say("Only owner or chair may hold a publication."),)
    was_grace = state.mode == "grace"
    state = changed(state, mode="listening", asking="", requested_by="", approved_by="", approved_at="")
    return state, ((Hold(),) if was_grace else ()) + (Say("Held. Nothing is published until somebody asks again."),)


def published(state: State, url: str, context: Context) -> Step:
    """The document is at that address now."""
    state = changed(state, document=url)
    words = "Published" if state.version < 2 else f"Published as version {state.version}"
    return state, (Say(f"{words}: {url}" if url else f"{words}."),)


def record_on(state: State, on: bool, context: Context) -> Step:
    """Go on or off the record."""
    if state.recording == on:
        return state, ()
    words = "On the record again." if on else "Off the record: nothing is kept until somebody says #on."
    return changed(state, recording=on), (Record(on), Say(words))


def end(state: State, context: Context, time: datetime | None = None) -> Step:
    """The discussion is over and nobody asked: publish what there is, as if the chair had asked without an interview."""
    state, effects = _recognised(state, context)
    after, more = _approved(changed(state, ended=True), state.chair, stamp(time))
    return after, (*effects, *more)


# ---- interview

_SKIP = re.compile(r"^\W*(?:skip(?: (?:it|this|that|this one|that one|this question|that question))?|pass|next(?: (?:one|question))?|"
                   r"(?:let's )?(?:leave|skip) (?:it|that|this)(?: out| open)?|not applicable|n/a|no comment)\W*$")  # fmt: skip
_STOP = re.compile(r"^\W*(?:stop(?: (?:it|asking|the interview|this))?|cancel|enough|abort|quit|never mind|no more questions)\W*$")
_UNSURE = re.compile(
    r"^\W*(?:(?:well|hm+|oh|sorry|i think)\W+)*(?:i )?(?:don't|do not|dunno|no idea|not sure|i'm not sure|no clue|who knows|good question|"
    r"can (?:somebody|someone|anybody|anyone|you)|what do you mean|let me|wait|hang on|hold on|one (?:moment|sec))\b(?!.*\bbut\b)"
)


def _interviewed(state: State, message: Message, low: str, context: Context) -> Step:
    bare = addressed(low, context.names) or low
    for word, pattern in (("skip", _SKIP), ("stop", _STOP)):
        if pattern.match(bare):
            return _skipped(state, word, context)
    signs = context.templates.signs(state.type)
    on_record = record.topical(state)
    reading = read(message.text, signs, on_record)
    stated = [f for f in reading.findings if f.weight >= LEAD]
    strong = [f for f in stated if f.key != state.asking and f.weight == LABEL]
    mine = [f for f in stated if f.key == state.asking]
    if strong and not mine:
        return _told_instead(state, strong, message, context)
    if is_question(low) and reading.statement is None or _UNSURE.match(low):
        return state, ()
    if (is_phatic(low) and len(low) < 60 and not mine) or (chit_chat(low, on_record) > 1 and not mine):
        return state, ()
    shape = signs.shapes[state.asking]
    key = state.asking if mine else _better_key(state, low, shape, reading, context)
    if mine and (shape == "name" or mine[0].weight == LABEL):
        found = Finding(key, ANSWER, mine[0].start, mine[-1].end if shape != "name" else mine[0].end)
    else:
        start, stop = answer(message.text, signs.shapes[key])
        found = Finding(key, ANSWER, start, stop)
    state = record.fill(state, found, message.text, Source.of(message), signs.shapes[key])
    for url in links_of(message.text):
        state = commands.note_link(state, url, message)
    return _next_question(state, context)


def _told_instead(state: State, findings: list[Finding], message: Message, context: Context) -> Step:
    """An answer that names another attribute goes there; the question stands."""
    signs = context.templates.signs(state.type)
    for finding in findings:
        state = record.fill(state, finding, message.text, Source.of(message), signs.shapes[finding.key])
    return state, ()


def _better_key(state: State, low: str, shape: str, reading: Reading, context: Context) -> str:
    """The attribute asked for, unless the answer plainly looks like that of another missing one."""
    others = [a for a in _missing(state, context) if a.key != state.asking]
    look = shape_of(low[after_fillers(low) :])
    if look and look != shape:
        for other in others:
            if other.shape == look:
                return other.key
    cued = {f.key for f in reading.findings if f.weight >= CUE}
    if cued and state.asking not in cued and shape:
        for other in others:
            if other.key in cued and any(f.key == other.key and f.weight >= LEAD for f in reading.findings):
                return other.key
    return state.asking


def _skipped(state: State, word: str, context: Context) -> Step:
    if state.mode != "interviewing":
        return state, ()
    if word == "stop":
        state = changed(state, mode="listening", asking="", requested_by="", approved_by="", approved_at="")
        return state, (Say("I stopped asking. Say “publish now, reporter” to publish it as it is."),)
    return _next_question(record.replace(state, skipped=(*state.skipped, state.asking)), context)


# ---- what the room may want to know


def questions_of(state: State, context: Context) -> tuple[tuple[str, str, str, tuple[record.Value, ...]], ...]:
    """The type's attributes in order: key, label, question, values."""
    template = context.templates.get(state.type)
    return tuple((a.key, a.label, a.question, state.attributes.get(a.key, ())) for a in template.attribute)


def _summary(state: State, context: Context) -> str:
    lines = [f"{context.templates.get(state.type).label}, so far:"]
    for _, label, _, values in questions_of(state, context):
        if values:
            lines.append(f"{label}: {' · '.join(value.text for value in values)}")
    missing = [label for _, label, _, values in questions_of(state, context) if not values]
    for entry in state.entries:
        if entry.kind in ("action", "decision", "question"):
            lines.append(f"{entry.id}: {entry.text}")
    if missing:
        lines.append(f"Not yet: {_and(missing)}.")
    return "\n".join(lines)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
