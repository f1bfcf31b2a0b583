"""
When a discussion of no stated type becomes a meeting, and how its topics begin.

The first marked line, an agenda, words that open a meeting, actions carried over from the last one, or a long talk
whose words are those of meetings. Leaves out what an agenda looks like (:mod:`ccm.reporter.agenda`).
"""

from datetime import datetime

from ccm.reporter import commands, record
from ccm.reporter.agenda import agenda_in, agenda_item, next_topic, opens_meeting
from ccm.reporter.context import Context, Step
from ccm.reporter.effects import Converted, Effect, Say
from ccm.reporter.likeness import of_talk
from ccm.reporter.remarks import flat
from ccm.reporter.state import State
from ccm.reporter.transcript import Message

MEETING = "meeting"
MARKS = (
    "startmeeting", "topic", "action", "decision", "agenda", "title", "chair", "startvote", "ruling", "nextmeeting",
)  # fmt: skip
LONG = 40  # remarks after which a talk of no stated type may be taken for a meeting …
MARGIN = 100  # … and by how many hundredths of log-odds it must be more like one than like anything else


def marked(state: State, verb: str, context: Context) -> State:
    """The first marked line makes a discussion of no stated type a meeting."""
    return _meeting(state, context) if verb in MARKS else state


def followed(before: State, state: State, context: Context) -> Step:
    """A record that begins with actions of the last meeting is a meeting's, until people say otherwise."""
    if state.entries is before.entries:
        return state, ()
    after = _meeting(state, context)
    return after, turned(state, after, context)


def announced(state: State, message: Message, low: str, context: Context) -> Step | None:
    """A remark that opens a meeting or begins a topic; ``None`` for any other."""
    before = state
    titles = _titles(message.text, low, state.type == MEETING)
    if opens_meeting(low) or (titles and low[:1].isdigit()):
        state = _meeting(state, context)
    if state.type != MEETING or (state is before and not titles):
        return None
    for title in titles:
        state = commands.topic(state, title, message)
    look = context.looking if titles and before.topic else ()
    return state, (*look, *turned(before, state, context))


def looked_back(state: State, context: Context) -> Step:
    """Whether a talk that has gone on for a while is a meeting: then its topics are looked for in what was said."""
    if state.settled or len(state.pending) != LONG:
        return state, ()
    return if_like_one(state, context)


def if_like_one(state: State, context: Context) -> Step:
    """Make it a meeting if its words are those of meetings."""
    content = of_talk(*record.pending_texts(state))
    like = content.pop(MEETING, None)
    if like is None or state.settled or state.type == MEETING or like < max(content.values()) + MARGIN:
        return state, ()
    before = state
    state = _meeting(state, context)
    for remark in state.pending if state is not before else ():
        low = flat(remark.text)
        time = datetime.fromisoformat(remark.at) if remark.at else None
        for title in _titles(remark.text, low, True):
            state = commands.topic(state, title, Message(remark.source, remark.by, remark.text, None, time))
    return state, turned(before, state, context)


def turned(before: State, state: State, context: Context) -> tuple[Effect, ...]:
    """What to say when a discussion has become a meeting."""
    if before.type == state.type:
        return ()
    if not before.attributes:
        return (Converted(before.type, state.type),)
    label = context.templates.get(before.type).label.lower()
    article = "an" if label[:1] in "aeiou" else "a"
    words = f"I take this for a meeting now. “Reporter, this is {article} {label}” brings back what I had."
    return Converted(before.type, state.type), Say(words)


def _meeting(state: State, context: Context) -> State:
    templates = context.templates
    if (state.settled and not state.guessed) or state.type == MEETING or state.mode == "interviewing":
        return state
    if MEETING not in templates:
        return state
    return record.convert(
        state, templates.get(MEETING), templates.get(state.type), templates.signs(MEETING), carry=False
    )


def _titles(text: str, low: str, in_meeting: bool) -> tuple[str, ...]:
    if low[:1].isdigit():
        title = agenda_item(text, in_meeting)
        return (title,) if title else ()
    if "agenda" in low and (titles := agenda_in(text)):
        return titles
    title = next_topic(text, low) if in_meeting else ""
    return (title,) if title else ()
