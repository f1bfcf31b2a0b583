"""
The discussion of a published document, to be folded once more: ``ccm replay DOC.json`` gives the same bytes.

A document keeps the log as it was printed: corrections in place, withdrawn lines without words, nothing off the
record. What was asked for outside the room (a button, an IQ) shows in what the reporter said next. Leaves out the
withdrawn words and the first wording of corrected ones: what they had led to is not made up for.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from ccm.reporter import discussion
from ccm.reporter.commands import ONLY_A_CHAIR, ONLY_THE_CHAIR
from ccm.reporter.context import Context, Step
from ccm.reporter.discussion import questions_of
from ccm.reporter.document import Document, Line, Meta
from ccm.reporter.log_words import BY_BUTTON
from ccm.reporter.outcomes import mark_of
from ccm.reporter.silence import announced
from ccm.reporter.state import State
from ccm.reporter.transcript import Meeting, Message
from ccm.reporter.votes import ONLY_WHO_STARTED

RESERVED = ("chair", "unchair", "ruling", "endvote")
REFUSALS = (ONLY_THE_CHAIR, ONLY_A_CHAIR, ONLY_WHO_STARTED)


def meta_of(document: Document) -> Meta:
    """What the document took from outside the discussion."""
    arranged = document.follow_up if document.follow_up and not document.follow_up.source else None
    return Meta(
        title=document.title,
        topic=document.topic,
        chair=document.chair,
        scheduled=_time(document.scheduled),
        zone=document.zone,
        language=document.language,
        invited=document.invited,
        version=document.version,
        published=_time(document.published),
        approved_by=document.approved_by,
        approved_at=document.approved_at,
        licence=document.licence,
        follow_up=arranged,
        summarizer=document.summarizer,
        retention=document.retention,
        summary=document.summary,
        day=document.day,
    )


def meeting_of(document: Document) -> Meeting:
    """The document's log, with a wordless message for each one that was off the record."""
    off = tuple(Message(f"off-{number}", "", "", on_record=False) for number in range(document.off_record))
    said = tuple(message for line in document.log for message in _messages(line))
    return Meeting(document.id, document.title, None, document.chair, off + said)


def _messages(line: Line) -> tuple[Message, ...]:
    said = Message(line.id, line.nick, line.text, None, _time(line.at), from_reporter=line.reporter)
    if line.kept == "said":
        return (said,)
    before = replace(said, text="…")
    if line.kept == "withdrawn":
        return before, replace(said, id=f"{line.id} withdrawn", retracts=line.id)
    return before, replace(said, id=f"{line.id} corrected", replaces=line.id)


def roles_of(document: Document) -> dict[str, str]:
    """Who may approve, as far as the document tells: who approved it, and the chairs."""
    roles = {**dict.fromkeys(document.chair.split(", "), "chair"), document.approved_by: "owner"}
    for line, after in pairwise(document.log):  # who could do what only owner and chair may
        button = BY_BUTTON.match(line.text) if line.reporter else None
        nick, text = button.groups() if button else (line.nick, "" if line.reporter else line.text)
        mark = mark_of(text)
        if mark is not None and mark.verb in RESERVED and after.text not in REFUSALS:
            roles.setdefault(nick, "owner")
    return {nick: role for nick, role in roles.items() if nick} or {"": "owner"}


def fold(document: Document, context: Context) -> Iterator[State]:
    """The state after each message, and after the publication of the document."""
    state = discussion.new_state()
    by = document.approved_by
    said: list[Message] = []

    def after(turn: Step) -> State:
        return discussion.settled(turn, said, context)[0]

    for message in meeting_of(document).messages:
        said.append(message)
        if message.from_reporter:
            state = after(_asked_for(state, message, by, context))
            verb = announced(message.text)
            if verb:
                state = after(discussion.record_on(state, verb == "on"))
        state = after(discussion.step(state, _by_button(message), context))
        yield state
    if state.mode == "grace" and not by:
        state = after(discussion.grace_over(state, context))
    elif state.mode != "published":
        at = _time(document.published)
        state = after(discussion.request_publish(state, by, None, "", at, context, at_once=True))
        if state.mode == "grace":
            state = after(discussion.grace_over(state, context))
    yield state


def _by_button(message: Message) -> Message:
    """What somebody had the reporter say for them counts as theirs."""
    found = BY_BUTTON.match(message.text) if message.from_reporter else None
    return replace(message, nick=found[1], text=found[2], from_reporter=False) if found else message


def _asked_for(state: State, said: Message, by: str, context: Context) -> Step:
    """The reporter asks, or announces, what nobody in the room had it do: somebody did so outside the room."""
    if state.mode in ("interviewing", "grace"):
        return state, ()
    questions = tuple(question for _, _, question, _ in questions_of(state, context))
    if said.text.endswith(questions) or said.text.startswith("I publish this in "):
        return discussion.request_publish(state, by, None, "", said.time, context)
    return state, ()


def _time(stamped: str) -> datetime | None:
    return datetime.fromisoformat(stamped) if stamped else None
