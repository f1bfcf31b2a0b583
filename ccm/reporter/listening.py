"""
What a remark does while the reporter only listens: it may state the type, fill attributes, begin a topic.

Leaves out marked lines (:mod:`ccm.reporter.commands`) and the interview (:mod:`ccm.reporter.interview`).
"""

import re
from dataclasses import replace
from functools import partial

from ccm.reporter import commands, record
from ccm.reporter.candidates import Candidate
from ccm.reporter.context import Context, Step, statements
from ccm.reporter.corrections import Change, Words, corrected
from ccm.reporter.effects import Ack, Converted, Effect, Say
from ccm.reporter.hearing import RULE, Said, hear
from ccm.reporter.likeness import of_talk
from ccm.reporter.outcomes import links_of
from ccm.reporter.record import Source
from ccm.reporter.remarks import Sentence, flat, is_phatic, sentences
from ccm.reporter.state import State
from ccm.reporter.telling import conjoined
from ccm.reporter.templates import LEAD, Signs
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
            stated, end = statements(context.templates).likely(part, partial(_content, state))
        if not stated:
            continue
        if len(part.low) - end < 45:
            stating.append(part.start)
        ends[part.start] = end
        if stated == state.type and not surely:
            continue
        if stated == state.type:
            state = record.replace(state, settled=True, guessed=False, pending=())
        elif not state.settled or (state.guessed and surely) or (told and len(part.low) < 80):
            state, more = converted(state, stated, context)
            state = record.replace(state, guessed=not surely)
            effects.extend(more)
    signs = context.templates.signs(state.type)
    put_right = corrected(_words(message, state), state.heard, signs) if state.heard and not ends else None
    if put_right is not None:
        return _put_right(state, message, put_right, context)
    read = hear(Said(message.text, message.nick, state.asked, state.said), signs, parts, tuple(stating))
    if read.ties or ends:
        source = Source.of(message)
        found = [tie.candidate(message.text, source.by, source.id, source.at) for tie in read.ties]
        for part in parts:
            if part.start in ends and not any(c.place == part.start for c in found):
                found.extend(_told_with_type(message, source, part, ends[part.start], signs))
        state = record.consider(state, found, signs.template)
    if state.said < 3 or read.question is not state.asked:
        state = record.replace(state, asked=read.question, said=min(state.said + 1, 3))
    for url in links_of(message.text):
        state = commands.note_link(state, url, message)
    if not state.settled and len(low) > 5 and not is_phatic(low):
        state = record.keep_pending(state, message)
    return state, tuple(effects)


def _content(state: State) -> dict[str, int]:
    """How much what was said so far is like each type."""
    return of_talk(*record.pending_texts(state))


def _words(message: Message, state: State) -> Words:
    source = Source.of(message)
    return Words(message.text, source.by, source.id, source.at, state.asked)


def _put_right(state: State, message: Message, change: Change, context: Context) -> Step:
    """Take a correction, and read what follows it."""
    state = record.put_right(state, change.heard, context.templates.get(state.type))
    if not state.settled:
        state = record.keep_pending(state, message)
    state = record.replace(state, asked=None, said=min(state.said + 1, 3))
    if change.rest < 0:
        return state, (Ack(message.id),)
    rest = replace(message, text=message.text[change.rest :])
    read = hear(Said(rest.text, rest.nick, None, state.said), context.templates.signs(state.type))
    source = Source.of(message)
    found = [tie.candidate(rest.text, source.by, source.id, source.at) for tie in read.ties]
    return record.consider(state, found, context.templates.get(state.type)), (Ack(message.id),)


def corrected_while_asked(state: State, message: Message, context: Context) -> Step | None:
    """A correction in the middle of the interview: the question stands."""
    change = corrected(_words(message, state), state.heard, context.templates.signs(state.type))
    return _put_right(state, message, change, context) if change is not None else None


_FOR = re.compile(r"\s+(?:for|of|in|from)\s+(?:the )?(?P<rest>[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,3})")
_NO_NAME = frozenset(
    {"I", "I'm", "I'd", "I'll", "We", "It", "That", "This", "You", "So", "And", "But", "Not", "Right", "OK"}
)
_NO_ACCOUNT = re.compile(
    r"(?:i|i'm|i'd|i'll|if|you|your|so|as|not|and|but|isn't|right|officially|really|for (?:sure|me|real)|in my|"
    r"(?:we|they|somebody|someone) (?:should|could|can|must|need|have to|ought)|let's|let|shall|thanks?|please)\b"
)
_REST = re.compile(r"\s*(?:[,:–—-]|called|named|titled)+\s+(?P<rest>\S.*)", re.DOTALL)


def _told_with_type(message: Message, source: Source, part: Sentence, end: int, signs: Signs) -> list[Candidate]:
    """*This is a project, Night Trains* names it; *This is a challenge: nobody comes any more* says what it is."""
    text = message.text
    belongs = _FOR.match(text, part.start + end, part.end) if "project" in signs.shapes else None
    if belongs is not None:
        key, words = "project", belongs["rest"]
    else:
        found = _REST.match(text, part.start + end, part.end)
        if found is None:
            return []
        words = found["rest"].rstrip()
        told = words.rstrip(".!").split()
        if "name" in signs.shapes and len(told) <= 5 and words[:1].isupper() and told[0] not in _NO_NAME:
            key, words = "name", words.rstrip(".!")
        elif len(told) >= 5 and not _NO_ACCOUNT.match(flat(words)):
            key = next((key for key, shape in signs.shapes.items() if shape == ""), "")
        else:
            return []
    return [Candidate(key, RULE[LEAD], words, source.by, source.id, source.at, part.start)]


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
