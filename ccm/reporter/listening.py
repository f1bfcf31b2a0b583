"""
What a remark does while the reporter only listens: it may state the type, fill attributes, begin a topic.

Leaves out marked lines (:mod:`ccm.reporter.commands`) and the interview (:mod:`ccm.reporter.interview`).
"""

import re

from ccm.reporter import commands, record
from ccm.reporter.attributes import Finding, Reading, read
from ccm.reporter.context import Context, Step, statements
from ccm.reporter.effects import Converted, Effect, Say
from ccm.reporter.outcomes import links_of
from ccm.reporter.record import Source
from ccm.reporter.remarks import Sentence, flat, is_phatic, may_be_chit_chat, sentences
from ccm.reporter.state import Asked, State
from ccm.reporter.templates import LEAD
from ccm.reporter.transcript import Message


def observed(state: State, message: Message, low: str, context: Context, *, told: bool = False) -> Step:
    effects: list[Effect] = []
    stating: list[int] = []
    ends: dict[int, int] = {}
    parts = sentences(low, message.text)
    for part in parts:
        stated, end = statements(context.templates).type_of(part)
        surely = bool(stated)
        if not stated and not state.settled and state.type == "incident":
            stated, end = statements(context.templates).likely(part)
        if not stated:
            continue
        if len(part.low) - end < 45:
            stating.append(part.start)
        ends[part.start] = end
        if stated == state.type:
            state = record.replace(state, settled=True, guessed=False, pending=())
        elif not state.settled or (state.guessed and surely) or (told and len(part.low) < 80):
            state, more = converted(state, stated, context)
            state = record.replace(state, guessed=not surely)
            effects.extend(more)
    signs = context.templates.signs(state.type)
    asked = state.asked if state.asked and state.asked.by != message.nick else None
    reading = read(
        message.text,
        signs,
        record.topical(state) if any(may_be_chit_chat(part) for part in parts) else "",
        asked.key if asked else "",
        tuple(stating),
        parts,
        _filled(state),
        _following(state, context),
        record.aside(asked),
    )
    before = state
    for finding in reading.findings:
        state = record.fill(state, finding, message.text, Source.of(message), signs.shapes[finding.key])
    for part in parts:
        if part.start in ends and not any(part.start <= f.start < part.end for f in reading.findings):
            state = _told_with_type(state, message, part, ends[part.start], context)
    state = _note_question(state, reading, message, asking=bool(parts) and parts[-1].asks, answered=state is not before)
    for url in links_of(message.text):
        state = commands.note_link(state, url, message)
    if not state.settled and len(low) > 5 and not is_phatic(low):
        state = record.keep_pending(state, message)
    return state, tuple(effects)


_FOR = re.compile(r"\s+(?:for|of|in|from)\s+(?:the )?(?P<rest>[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3})")
_NO_NAME = frozenset(
    {"I", "I'm", "I'd", "I'll", "We", "It", "That", "This", "You", "So", "And", "But", "Not", "Right", "OK"}
)
_NO_ACCOUNT = re.compile(
    r"(?:i|i'm|i'd|i'll|if|you|your|so|as|not|and|but|isn't|right|officially|really|for (?:sure|me|real)|in my|"
    r"(?:we|they|somebody|someone) (?:should|could|can|must|need|have to|ought)|let's|let|shall|thanks?|please)\b"
)
_REST = re.compile(r"\s*(?:[,:–—-]|called|named|titled)+\s+(?P<rest>\S.*)", re.DOTALL)


def _told_with_type(state: State, message: Message, part: Sentence, end: int, context: Context) -> State:
    """*This is a project, Night Trains* names it; *This is a challenge: nobody comes any more* says what it is."""
    signs = context.templates.signs(state.type)
    belongs = _FOR.match(message.text, part.start + end, part.end) if "project" in signs.shapes else None
    if belongs is not None:
        finding = Finding("project", LEAD, belongs.start("rest"), belongs.end("rest"))
        return record.fill(state, finding, message.text, Source.of(message), signs.shapes["project"])
    found = _REST.match(message.text, part.start + end, part.end)
    if found is None:
        return state
    rest = found["rest"].rstrip()
    words = rest.rstrip(".!").split()
    if "name" in signs.shapes and len(words) <= 5 and rest[:1].isupper() and words[0] not in _NO_NAME:
        key, stop = "name", found.start("rest") + len(rest.rstrip(".!"))
    elif len(words) >= 5 and not _NO_ACCOUNT.match(flat(rest)):
        key = next((key for key, shape in signs.shapes.items() if shape == ""), "")
        stop = found.start("rest") + len(rest)
    else:
        return state
    finding = Finding(key, LEAD, found.start("rest"), stop)
    return record.fill(state, finding, message.text, Source.of(message), signs.shapes.get(key, ""))


def _filled(state: State) -> frozenset[str]:
    return frozenset(k for k, values in state.attributes.items() if any(not v.carried for v in values))


def _following(state: State, context: Context) -> str:
    """The empty attribute to which people come next: the first of free text after the last one that was filled."""
    template = context.templates.get(state.type)
    if not state.settled or template.strict or state.mode != "listening" or state.type == "incident":
        return ""
    following = ""
    for attribute in template.attribute:
        if state.attributes.get(attribute.key):
            following = ""
        elif not following and attribute.shape in ("", "deed"):
            following = attribute.key
    return following


def _note_question(state: State, reading: Reading, message: Message, *, asking: bool, answered: bool) -> State:
    if asking and not reading.asks and not answered:
        return record.replace(state, asked=Asked("", message.nick, 2 if reading.strays else 1))
    if reading.asks and asking:
        return record.replace(state, asked=Asked(reading.asks, message.nick, 4))
    if state.asked is None:
        return state
    over = (answered or not state.asked.key) and state.asked.by != message.nick
    left = 0 if over else state.asked.left - 1
    return record.replace(state, asked=Asked(state.asked.key, state.asked.by, left) if left > 0 else None)


def converted(state: State, key: str, context: Context, *, carry: bool = True, settled: bool = True) -> Step:
    templates = context.templates
    old = state.type
    state = record.convert(state, templates.get(key), templates.get(old), templates.signs(key), carry=carry)
    if settled:
        state = record.replace(state, settled=True, pending=())
    template = templates.get(key)
    kept = [a.label for a in template.attribute if state.attributes.get(a.key)]
    words = f"{template.label}, understood."
    if kept:
        words += f" I have {conjoined(kept)} already."
    return state, (Converted(old, key), Say(words))


def as_meeting(state: State, verb: str, context: Context) -> State:
    """The first marked line makes a discussion of no stated type a meeting."""
    if (state.settled and not state.guessed) or state.type == "meeting" or "meeting" not in context.templates:
        return state
    if verb not in ("startmeeting", "topic", "action", "decision", "agenda", "title", "chair"):
        return state
    templates = context.templates
    return record.convert(
        state, templates.get("meeting"), templates.get(state.type), templates.signs("meeting"), carry=False
    )


def as_topic(state: State, message: Message, title: str, context: Context) -> Step:
    before = state.type
    state = commands.topic(as_meeting(state, "agenda", context), title, message)
    return state, ((Converted(before, state.type),) if state.type != before else ())


def conjoined(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
