"""
The fold: one message after another changes the reporter's state and says what is to be done.

Pure: the same messages give the same state and effects, in the live room and in ``ccm replay``. The room's face of the
reporter: a shell needs nothing but this module. Leaves out I/O, clocks, and the building of the document.
"""

import re
from dataclasses import replace

from ccm.reporter import (
    amendments,
    commands,
    confirmations,
    followup,
    glimpses,
    meetings,
    proposals,
    record,
    spoken,
    telling,
    votes,
    withdrawal,
)
from ccm.reporter.asides import comes_on, is_aside
from ccm.reporter.attributes import answer
from ccm.reporter.commands import ONLY_THE_CHAIR
from ccm.reporter.confirmations import settled
from ccm.reporter.context import Context, Outcome, Step
from ccm.reporter.effects import Say
from ccm.reporter.interview import (
    end,
    grace_over,
    hold,
    interviewed,
    published,
    record_on,
    request_publish,
    skipped,
)
from ccm.reporter.listening import observed
from ccm.reporter.marks import Mark, mark_of
from ccm.reporter.orders import addressed, asks_to_publish
from ccm.reporter.record import Source
from ccm.reporter.remarks import flat
from ccm.reporter.silence import ON, puts_back
from ccm.reporter.state import State, Value, Wanted, from_json, new_state, to_json
from ccm.reporter.transcript import Message
from ccm.reporter.withdrawal import TakenBack

__all__ = [
    "ONLY_THE_CHAIR",
    "Context",
    "State",
    "Step",
    "end",
    "from_json",
    "grace_over",
    "hold",
    "new_state",
    "published",
    "questions_of",
    "record_on",
    "request_publish",
    "settled",
    "step",
    "to_json",
]

MAX_AUTHORS = 2000
LONGEST = 4000  # characters of a message that are read
RUN = 80  # characters without letters after which a message is not read on
_RUN = re.compile(rf"(?:\W|\d|_){{{RUN}}}")


def step(state: State, message: Message, context: Context) -> Step:
    """
    Fold one message in.

    A message that was folded in last is left alone, so that a shell may give it again after a crash.
    """
    if message.id == state.last:
        return state, ()
    text = readable(message.text)
    if not _is_remark(state, message, text):
        return _no_remark(state, record.replace(state, last=message.id), message, text, context)
    before, message = state, message if len(text) == len(message.text) else replace(message, text=text)
    state = record.replace(state, last=message.id, recent=glimpses.remembered(state, message, context))
    state = _met(state, message)
    after, effects = _remark(state, message, context)
    if state.mode != "interviewing":
        after = glimpses.glimpsed(after, message, context)
    return amendments.noticed(before, (_signed(state, after, message.id, message.jid), effects))


def _is_remark(state: State, message: Message, text: str) -> bool:
    """Whether a message is one that is read: on the record, and neither the reporter's nor a change of another."""
    if message.from_reporter or not message.on_record or message.retracts is not None or message.replaces is not None:
        return False
    if not text or is_aside(text) or not state.recording:
        return False
    return not commands.is_silent(state, message) or comes_on(text)


def _no_remark(before: State, state: State, message: Message, text: str, context: Context) -> Step:
    """What any other message does."""
    if message.from_reporter:
        return meetings.followed(state, followup.carried_in(state, message), context)
    if not message.on_record:
        return state, ()
    if message.retracts is not None:
        return amendments.noticed(before, (_retracted(state, message, context), ()), meant=True)
    if message.replaces is not None:
        after, effects = _corrected(state, message, context)
        return amendments.noticed(before, (_signed(state, after, message.replaces, message.jid), effects), meant=True)
    if not text or is_aside(text) or (commands.is_silent(state, message) and not comes_on(text)):
        return state, ()
    return _while_off(state, text, context)


def readable(text: str) -> str:
    """What is read of a message: its beginning, up to a long run without letters, which says nothing."""
    run = _RUN.search(text, 0, LONGEST) if len(text) >= RUN else None
    return text[: run.start() if run else LONGEST].strip()


def _met(state: State, message: Message) -> State:
    """Remember who spoke, and who is behind the nick now."""
    if message.nick not in state.people and len(state.people) < 500:
        state = record.replace(state, people=(*state.people, message.nick))
    if message.jid and state.jids.get(message.nick) != message.jid and message.nick in state.people:
        state = record.replace(state, jids={**state.jids, message.nick: message.jid})
    return state


def _signed(before: State, after: State, source: str, jid: str | None) -> State:
    """Remember whose words those of *source* are, where they brought something: a nick may change hands."""
    if (
        not jid
        or source in after.authors
        or (after.revision, after.pending, after.heard) == (before.revision, before.pending, before.heard)
    ):
        return after
    if not withdrawal.authors_of(after, source):
        return after
    authors = {**after.authors, source: jid}
    if len(authors) > MAX_AUTHORS:
        authors = {id_: author for id_, author in authors.items() if withdrawal.authors_of(after, id_)}
    return record.replace(after, authors=authors)


def _remark(state: State, message: Message, context: Context, again: TakenBack | None = None) -> Step:
    """:param again: what an earlier wording of this message had brought: then it is no answer and opens nothing."""
    mark = mark_of(message.text)
    if mark is not None:
        meeting = state if _refused(mark, message, state, context) else meetings.marked(state, mark.verb, context)
        after, effects = _follow(_marked(meeting, message, mark, context, again), message, context)
        return after, (*meetings.turned(state, meeting, context), *effects)
    voice = votes.voiced(state, message, context.names)
    if voice is None and state.mode != "interviewing":
        voice = proposals.voiced(state, message) or votes.missed(state, message, context.names)
    if voice is not None:
        return voice.state, voice.effects
    low = flat(message.text)
    said, place = addressed(low, context.names)
    if state.wanted:
        confirmed = confirmations.answered(state, said or low, message, context)
        if confirmed is not None:
            return confirmed.state, confirmed.effects
        state = confirmations.no_longer_asked(state, message.nick)
    order = spoken.worded(state, said, message, context) if said else None
    if order is not None:
        return _follow(order, message, context)
    wish = asks_to_publish(said or low, bool(said)) if "publish" in low or said else ""
    if wish:
        if place > 20 and state.mode != "interviewing":
            state, _ = observed(state, replace(message, text=message.text[:place]), low[:place], context)
        return request_publish(
            state, message.nick, message.jid, message.id, message.time, context, at_once=wish == "publish now"
        )
    if said:
        order = spoken.spoken(state, said, message, context)
        if order is not None:
            return _follow(order, message, context)
    if again is not None:
        return observed(state, message, low, context, told=bool(said))
    if state.mode == "interviewing":
        return interviewed(state, message, low, context)
    begun = meetings.announced(state, message, low, context)
    if begun is not None:
        return begun
    before = state
    state, effects = observed(state, message, low, context, told=bool(said))
    if said and not effects and state.attributes == before.attributes and spoken.is_puzzling(said, low, context.names):
        effects = (Say(spoken.NOT_UNDERSTOOD),)
    state, more = meetings.looked_back(state, context)
    return state, (*effects, *more)


def _marked(state: State, message: Message, mark: Mark, context: Context, instead: TakenBack | None) -> Outcome:
    """Do what a marked line says, as far as its author may."""
    if _refused(mark, message, state, context):
        return Outcome(state, (Say(ONLY_THE_CHAIR),))
    done = commands.marked(state, message, mark, context, instead or commands.NOTHING)
    if mark.verb == "startmeeting" and not context.may_approve(message.nick, message.jid, state):
        return replace(done, state=record.replace(done.state, chair=state.chair, chair_jid=state.chair_jid))
    return done


def _refused(mark: Mark, message: Message, state: State, context: Context) -> bool:
    """Whether that line is for owner and chair alone, and its author is neither."""
    return mark.verb in ("chair", "unchair") and not context.may_approve(message.nick, message.jid, state)


def _follow(outcome: Outcome, message: Message, context: Context) -> Step:
    """Carry on where a command asks for more than a change of the record."""
    state, effects = outcome.state, outcome.effects
    if outcome.then == "publish":
        after, more = request_publish(state, message.nick, message.jid, message.id, message.time, context)
        return after, (*effects, *more)
    if outcome.then == "hold":
        return hold(state, message.nick, context, message.jid)
    if outcome.then in ("skip", "stop"):
        return skipped(state, outcome.then, context)
    if outcome.then in ("summary", "status", "draft"):
        words = {"summary": telling.summary, "status": telling.status, "draft": telling.draft}[outcome.then]
        return state, (*effects, Say(words(state, context)))
    if outcome.then == "remark":
        return observed(state, message, flat(message.text), context, told=True)
    return state, effects


# ---- corrections


def _retracted(state: State, message: Message, context: Context) -> State:
    target = message.retracts or ""
    if not _may_change(state, target, message, context):
        return state
    return withdrawal.take_back(state, target, context.templates.get(state.type))[0]


def _corrected(state: State, message: Message, context: Context) -> Step:
    target = message.replaces or ""
    if not _may_change(state, target, message, context, moderation=False):
        return state, ()
    if votes.is_over(state, target):
        return state, (Say(f"{message.nick}: that vote is over. Only withdrawing the message takes your voice out."),)
    template = context.templates.get(state.type)
    recent = state.recent
    state, gone = withdrawal.take_back(state, target, template)
    text = readable(message.text)
    again = Message(target, message.nick, text, message.jid, message.time)
    if not text or is_aside(text) or not state.recording or commands.is_silent(state, message):
        return state, ()
    if gone.answered:
        start, stop = answer(text, "")
        for key in gone.answered:
            state = record.answered(state, key, text[start:stop], Source.of(again), template)
        return state, ()
    if gone.confirmed:
        wanted = tuple(Wanted(id_, message.nick) for id_ in gone.confirmed)
        state = record.replace(state, wanted=wanted)
    after, effects = _remark(state, again, context, gone)
    return glimpses.put_right(after, again, recent, context, gone.entries), effects


def _may_change(state: State, target: str, message: Message, context: Context, *, moderation: bool = True) -> bool:
    if not message.nick and message.jid is None:
        return True  # the room itself, for a moderator (XEP-0425)
    known = state.authors.get(target)
    authors = {known} if known and message.jid else withdrawal.authors_of(state, target)
    if not authors or authors == {message.jid if known and message.jid else message.nick}:
        return True
    return moderation and bool(context.roles) and context.may_approve(message.nick, message.jid, state)


def _while_off(state: State, text: str, context: Context) -> Step:
    if puts_back(text, context.names):
        state, effects = record_on(state, True)
        return state, (*effects, Say(ON))
    return state, ()


# ---- what the room may want to know


def questions_of(state: State, context: Context) -> tuple[tuple[str, str, str, tuple[Value, ...]], ...]:
    """The type's attributes in order: key, label, question, values."""
    template = context.templates.get(state.type)
    return tuple((a.key, a.label, a.question, state.attributes.get(a.key, ())) for a in template.attribute)
