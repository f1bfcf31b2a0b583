"""
Who is off the record when: ``#off`` … ``#on`` for the room, ``#off me`` for a person, ``[off]`` for a line.

The fold knows it as it goes along; this tells it of a whole log, for those who read one: the document, and whoever
looks for what nobody marked. Leaves out keeping such lines from being stored, which the room does.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ccm.reporter.asides import comes_on, is_aside
from ccm.reporter.orders import addressed
from ccm.reporter.remarks import flat
from ccm.reporter.transcript import Message

_OFF_COMMAND = re.compile(r"\s*[#/]off\b\s*(?P<who>me\b)?", re.IGNORECASE)
#: Nothing but that: "this is not on the record" puts nobody there.
_BACK = re.compile(
    r"^(?:(?:please|now|and|so|ok|okay|then|let's|let us|go|get|be|come|put us|we are|we're|this is|i am|i'm),? )*"
    r"(?:back )?on (?:the )?record(?:,? (?:again|now|please|then|from now on|from here on))*\W*$"
)
_OFF = re.compile(
    r"^(?:(?:please|now|go|let's go|this is|we are|we're|the following is|this stays) )*off (?:the )?record\b"
)
_ME_OFF = re.compile(
    r"^(?:please )?(?:do not|don't|stop) (?:record|note|keep|write down|quote)(?:ing)? (?:me|what i say)\b|"
    r"^(?:please )?(?:leave me out|keep me off (?:the )?record|i(?:'m| am| go)? off (?:the )?record)\b"
)
LONGEST = 400  # characters in which somebody speaks of the record
KEEPS_NOTHING = "nothing is kept until somebody says “on the record, reporter”, or #on."
OFF, ON = f"Off the record: {KEEPS_NOTHING}", "On the record again."
_ANNOUNCED = re.compile(
    rf"(?:{re.escape(ON)}|[^:\n]{{1,100}} (?:puts us on the record\.|"
    rf"(?P<off>takes us off) the record(?:\.|: nothing is kept [^\n]{{1,80}})))$"
)


def goes_off(said: str) -> bool:
    """Whether words to the reporter take the room off the record."""
    return bool(_OFF.match(said))


def silences(said: str) -> bool:
    """Whether words to the reporter take their author off the record."""
    return bool(_ME_OFF.match(said))


def comes_back(said: str) -> bool:
    """Whether words to the reporter put the room on the record."""
    return bool(_BACK.match(said))


def puts_back(text: str, names: tuple[str, ...]) -> bool:
    """Whether a message puts the room on the record again: ``#on`` alone, or words to the reporter."""
    return comes_on(text) or comes_back(addressed(flat(text[:LONGEST]), names)[0])


def announced(text: str) -> str:
    """``off`` or ``on`` if the reporter says that the room is so now, ``""`` for all else that it says."""
    found = _ANNOUNCED.match(text)
    return ("off" if found["off"] else "on") if found else ""


def told(messages: Iterable[Message], names: tuple[str, ...] = ("reporter",)) -> tuple[Message, ...]:
    """The same messages, those that were said off the record marked so."""
    marked: list[Message] = []
    recording = True
    silent: set[str] = set()
    for message in messages:
        said = message.pressed or message
        who = said.jid or said.nick
        whole = message.from_reporter and (message.pressed is None or not message.pressed.nick)
        off = not whole and (is_aside(said.text) or not recording or who in silent)
        verb, mine = turn(said, names)
        if verb == "off" and not mine and not off:
            recording = False
        elif verb == "off" and mine and not off:
            silent.add(who)
        elif verb == "on" and (not is_aside(said.text)):
            off = False
            if who in silent:
                silent.discard(who)
            elif not mine:
                recording = True
        marked.append(replace(message, on_record=False) if off and message.on_record else message)
    return tuple(marked)


def on_record(messages: Iterable[Message], names: tuple[str, ...] = ("reporter",)) -> tuple[Message, ...]:
    """The messages that were said on the record."""
    return tuple(message for message in told(messages, names) if message.on_record)


def turn(message: Message, names: tuple[str, ...] = ("reporter",)) -> tuple[str, bool]:
    """``off`` or ``on`` if a message turns the record, and whether for its author alone."""
    if message.from_reporter:
        return announced(message.text), False
    if message.text.lstrip()[:1] in ("#", "/"):
        if comes_on(message.text):
            return "on", False
        found = _OFF_COMMAND.match(message.text)
        return ("off", bool(found["who"])) if found else ("", False)
    if "record" not in message.text and " me" not in message.text:
        return "", False
    said, _ = addressed(flat(message.text[:LONGEST]), names)
    if silences(said):
        return "off", True
    if goes_off(said):
        return "off", False
    return ("on", False) if comes_back(said) else ("", False)
