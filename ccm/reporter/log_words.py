"""
What a line of the conversation says on a page: a command stands there as what it did, not as it was typed.

Commands with ``#`` or ``/``, typed or said by a button through the reporter's mouth ("Ann says: #done A1"), and the
reporter's receipts for them. For reading alone: the record keeps each line as it was, so that it can be folded again.
Leaves out marked lines in words ("ACTION: …"), which read well as they are.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ccm.reporter.document_shape import Line
from ccm.reporter.edits import TARGET, id_of
from ccm.reporter.marks import LINES, mark_of

#: What somebody had the reporter say for them.
BY_BUTTON = re.compile(r"([^:\n]{1,100}?) says(?: by mail)?: (.*)$", re.DOTALL)
_RECEIPT = re.compile(
    r"(?:[A-Z]\d+(?:, | and )?)+ (?:is|are) (?:off|on) the record(?: again)?\.$|"
    r"On the record again\.$"
)
_DID = {
    "startmeeting": "began the meeting",
    "endmeeting": "ended the meeting",
    "chair": "said who is in the chair: {text}",
    "unchair": "said who is in the chair no more: {text}",
    "present": "said who is here: {text}",
    "startvote": "opened a vote: {text}",
    "vote": "voted “{text}”",
    "showvote": "asked how the vote stands",
    "endvote": "closed the vote",
    "ok": "confirmed {text}",
    "no": "said no to {text}",
    "undo": "took back what was noted last",
    "edit": "put {id} into other words: “{rest}”",
    "drop": "took {id} off the record",
    "restore": "took back the last change of {id}",
    "move": "moved {id}",
    "assign": "gave {id} to {rest}",
    "due": "set a day for {id}: {rest}",
    "done": "said that {id} is done",
    "cancel": "cancelled {id}",
    "reopen": "opened {id} again",
    "status": "asked how things stand",
    "draft": "asked for the draft",
    "publish": "asked for publication",
    "hold": "held the publication",
    "skip": "skipped the question",
    "stop": "ended the questions",
    "off": "went off the record",
    "on": "came back on the record",
    "forget": "took everything of theirs off the record",
    "nextmeeting": "set the next meeting: {text}",
    "title": "named the meeting “{text}”",
    "commands": "asked for help",
}
_LINES = frozenset([*LINES.values(), "supersede", "help"]) - frozenset(_DID)


class Told(NamedTuple):
    """*did*: ``text`` tells what somebody did, and goes on after the name; else it is what they said."""

    nick: str
    text: str
    did: bool = False
    reporter: bool = False


def told(line: Line) -> Told:
    """Who says what in a line, as people read it."""
    button = BY_BUTTON.match(line.text) if line.reporter else None
    nick, text = (button[1], button[2]) if button else (line.nick, line.text)
    mark = mark_of(text) if button or not line.reporter else None
    if mark is None or not mark.command:
        return Told(line.nick, line.text, reporter=line.reporter)
    words, target = _DID.get(mark.verb, ""), TARGET.match(mark.text)
    if not words or ("{id}" in words and not target) or ("{text}" in words and not mark.text):
        labelled = mark.verb in _LINES and mark.text
        return Told(nick, f"{mark.word.capitalize()}: {mark.text}" if labelled else text)
    id_, rest = (id_of(target["id"]), target["rest"].removeprefix("to ").strip()) if target else ("", "")
    if mark.verb == "assign" and rest.lower() in ("me", nick.lower()):
        return Told(nick, f"took {id_}", did=True)
    return Told(nick, words.format(id=id_, rest=rest or "nobody", text=mark.text), did=True)


def quoted(text: str) -> str:
    """What was said, without the sign that marked it; ``""`` for a command that says nothing itself."""
    button = BY_BUTTON.match(text)
    mark = mark_of(button[2] if button else text)
    if mark is None or not mark.command:
        return text
    return "" if mark.verb in _DID else mark.text if mark.verb in _LINES else text


def shown(log: Sequence[Line]) -> Iterator[tuple[Line, Told]]:
    """The lines that people read, each with what it says: without the reporter's receipt for a command."""
    did = False
    for line in log:
        words = told(line)
        if not (did and words.reporter and _RECEIPT.match(line.text)):
            yield line, words
        did = words.did
