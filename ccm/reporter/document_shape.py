"""
What a published document is made of: a frozen tree of plain values, read and written as JSON.

Its JSON Schema is ``docs/document-schema.json``; a field that is added has a default, so that documents written before
are read. Leaves out how a document is made (:mod:`ccm.reporter.document`) and shown.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

SCHEMA = "urn:ccm:document:1"
#: Schemas that are read besides, each an older part of this one.
EARLIER = ("urn:ccm:document:0",)
PRODUCER = "CCM chat reporter 1"


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What the document takes from outside the discussion.

    :ivar room: the room's address, kept inside the document's JSON and printed nowhere.
    :ivar invited: display names of everybody who was invited.
    :ivar published: when this version goes out; ``None`` takes the time of the log's last message.
    :ivar follow_up: what is arranged to come next.
    :ivar summarizer: name of the language model that worded sentences, ``""`` if none did.
    :ivar retention: how long it is kept, in words.
    :ivar summary: what that model wrote, each sentence with the messages it cites.
    :ivar day: ISO date on which a talk was held whose messages have no times.
    """

    title: str = ""
    room: str = ""
    topic: str = ""
    chair: str = ""
    scheduled: datetime | None = None
    zone: str = "UTC"
    language: str = "en"
    invited: tuple[str, ...] = ()
    version: int = 1
    published: datetime | None = None
    approved_by: str = ""
    licence: str = ""
    approved_at: str = ""
    follow_up: "FollowUp | None" = None
    summarizer: str = ""
    retention: str = ""
    summary: "tuple[Sentence, ...]" = ()
    day: str = ""


class Quote(msgspec.Struct, frozen=True):
    """Somebody's words and where they stand."""

    text: str
    by: str
    source: str
    at: str


class Section(msgspec.Struct, frozen=True):
    """An attribute with what was said of it; without quotes when nobody did."""

    key: str
    label: str
    quotes: tuple[Quote, ...]


class Sentence(msgspec.Struct, frozen=True):
    """A sentence of a summary, with the ids of the messages that it rests on, at least one."""

    text: str
    sources: tuple[str, ...]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    An action, decision, question, note, idea or call for help.

    :ivar id: ``A1`` in the discussion, ``A-2026-11-22-01`` for good.
    :ivar said: the whole line as it was typed.
    :ivar provenance: ``marked`` by somebody; ``detected`` in free talk, with *confidence* in thousandths; then
        ``confirmed``.
    :ivar sources: ids of further messages that it rests on.
    :ivar how: of a decision: ``consensus``, ``vote``, ``ruling``, or ``""`` where nobody said.
    :ivar votes: option -> names.
    :ivar supersedes: number of the decision whose place this one takes.
    :ivar task: of an action: its text from the verb on, where the owner stands before it.
    :ivar assumed: the due date is the reporter's reading of vague words.
    :ivar why: of an open question: ``unanswered`` (nobody else spoke after it), or ``unsettled`` (somebody did, and
        nothing was noted as the answer).
    :ivar edited: who put a decision into other words, alone, after it was taken.
    """

    id: str
    number: str
    text: str
    by: str
    source: str
    at: str
    said: str
    owner: str = ""
    due: str = ""
    phrase: str = ""
    status: str = "open"
    topic: str = ""
    provenance: str = "marked"
    confidence: int = 1000
    sources: tuple[str, ...] = ()
    how: str = ""
    votes: dict[str, tuple[str, ...]] = {}
    supersedes: str = ""
    task: str = ""
    assumed: bool = False
    why: str = ""
    edited: str = ""


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A topic in the order of the agenda, or of the talk.

    :ivar status: ``reached``, ``planned`` (and not reached), ``before`` (the first one that was announced), or
        ``found``: nobody announced it, its title is made of words that were said then more than at other times, or is
        what was said first.
    :ivar minutes: ``None`` without times or when it was not reached.
    :ivar items: numbers of its actions, decisions and questions.
    :ivar planned: it stood on the agenda.
    :ivar narrative: up to three sentences about what was said.
    """

    id: str
    title: str
    source: str
    at: str
    status: str
    minutes: int | None
    items: tuple[str, ...] = ()
    planned: bool = False
    narrative: tuple[Sentence, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """An address that somebody gave."""

    url: str
    title: str
    by: str
    source: str
    at: str


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the log. *kept*: ``said``, ``corrected`` or ``withdrawn`` (then without text)."""

    id: str
    nick: str
    at: str
    text: str
    kept: str = "said"
    reporter: bool = False


class FollowUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    When those who took part meet next.

    :ivar start: ISO date and time in the document's zone, without zone, or an ISO day where nobody said the hour.
    :ivar phrase: the words that say so. :ivar source: id of their message, ``""`` if it was arranged elsewhere.
    """

    start: str
    phrase: str = ""
    source: str = ""
    minutes: int = 60
    title: str = ""


class Document(msgspec.Struct, frozen=True):
    """
    The published record of a discussion.

    :ivar id: stable for topic or title, without version.
    :ivar headline: one sentence of the people's own, the first decision, or ``""``.
    :ivar status: ``approved``, ``unopposed`` (its grace period passed) or ``draft``.
    :ivar invited: everybody who was; *absent* those of them who did not come.
    :ivar digest: hash of everything in it. :ivar input: hash of the log that it was made of.
    :ivar summary: sentences about the whole; worded by *summarizer*, a language model, if that is not ``""``.
    :ivar day: ISO date on which it was held, where the messages have no times.
    :ivar possible_actions: what may have been one; nobody confirmed it. *possible_decisions* likewise.
    """

    schema: str
    id: str
    title: str
    type: str
    type_label: str
    headline: str
    topic: str
    language: str
    zone: str
    scheduled: str
    started: str
    ended: str
    published: str
    chair: str
    status: str
    approved_by: str
    version: int
    sections: tuple[Section, ...]
    actions: tuple[Item, ...]
    decisions: tuple[Item, ...]
    questions: tuple[Item, ...]
    notes: tuple[Item, ...]
    ideas: tuple[Item, ...]
    topics: tuple[Topic, ...]
    links: tuple[Link, ...]
    present: tuple[str, ...]
    invited: tuple[str, ...]
    log: tuple[Line, ...]
    off_record: int
    licence: str
    producer: str
    digest: str
    approved_at: str = ""
    possible_actions: tuple[Item, ...] = ()
    possible_decisions: tuple[Item, ...] = ()
    absent: tuple[str, ...] = ()
    follow_up: FollowUp | None = None
    input: str = ""
    summarizer: str = ""
    retention: str = ""
    summary: tuple[Sentence, ...] = ()
    day: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that has a number."""
        sure = (*self.actions, *self.decisions, *self.questions, *self.notes, *self.ideas)
        return (*sure, *self.possible_actions, *self.possible_decisions)


def superseded(decisions: Sequence[Item]) -> dict[str, str]:
    """Number of each decision that stands no more -> that of the one which took its place."""
    return {item.supersedes: item.number for item in decisions if item.supersedes}
