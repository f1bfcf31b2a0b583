"""
The reporter's state of one discussion: frozen plain values, written as JSON and read back equal.

Leaves out the transcript: that is the room's archive.
"""

from typing import Literal

import msgspec

from ccm.reporter.candidates import Candidate

Mode = Literal["listening", "interviewing", "grace", "published"]
Kind = Literal["action", "decision", "question", "topic", "info", "idea", "link", "help"]
Provenance = Literal["marked", "confirmed", "detected"]
How = Literal["", "consensus", "vote", "ruling"]

SCHEMA = 2


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What somebody said that fills an attribute.

    :ivar text: an exact part of the message.
    :ivar source: archive id of the message.
    :ivar at: its time, ISO 8601 in UTC, or ``""``.
    :ivar carried: came over from the discussion's former type; a direct remark takes its place.
    """

    text: str
    by: str
    source: str
    at: str = ""
    carried: bool = False


class Pending(msgspec.Struct, frozen=True, omit_defaults=True):
    """A remark that is kept: until the discussion's type is known, or as one of the last ones."""

    source: str
    by: str
    text: str
    at: str = ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One line of the record: marked by somebody, or found in free talk.

    :ivar id: ``A1``, ``D2``, ``Q1`` …, given in order and never again.
    :ivar owner: name as it was said, or ``""`` for nobody yet.
    :ivar due: ISO date, or ``""``.
    :ivar phrase: the words from which the date was read.
    :ivar assumed: they leave the day open, or it had passed when they were said.
    :ivar status: of an action: open, done, carried, cancelled; of a topic: current, over, planned; of an idea that is
        a proposal: proposed; of a question: open, answered.
    :ivar topic: id of the topic under which it was said, or ``""``.
    :ivar provenance: a find in free talk is ``detected`` until somebody confirms it.
    :ivar confidence: of a find, in thousandths.
    :ivar sources: ids of further messages that it rests on: who agreed, who said when.
    :ivar how: a decision was taken so.
    :ivar votes: of a vote: option -> those who took it, in the order of their votes.
    :ivar supersedes: id of the decision whose place this one takes, or ``""``.
    :ivar sure: of a find: it may stand under its heading where nobody marked anything.
    :ivar confirmed: id of the message that confirmed a find, or ``""``.
    :ivar edited: who put a decision into other words, alone, after it was taken; or ``""``.
    """

    kind: Kind
    id: str
    text: str
    by: str
    source: str
    at: str = ""
    owner: str = ""
    due: str = ""
    phrase: str = ""
    status: str = "open"
    topic: str = ""
    provenance: Provenance = "marked"
    confidence: int = 1000
    sources: tuple[str, ...] = ()
    how: How = ""
    votes: dict[str, tuple[str, ...]] = {}
    supersedes: str = ""
    assumed: bool = False
    sure: bool = True
    confirmed: str = ""
    edited: str = ""


class Ballot(msgspec.Struct, frozen=True):
    """
    One voice.

    :ivar voter: bare JID where it is known, else the nick in lower case: one voice each.
    :ivar source: id of the message in which it was given.
    """

    voter: str
    nick: str
    option: str
    source: str


class Poll(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A vote, or the voices for and against a proposal.

    :ivar source: id of the message that began it.
    :ivar entry: id of the decision that came of it, or of the proposal.
    :ivar ended: id of the message that ended it; ``""`` while voices count.
    """

    question: str
    options: tuple[str, ...]
    by: str
    source: str
    at: str = ""
    jid: str = ""
    ballots: tuple[Ballot, ...] = ()
    entry: str = ""
    ended: str = ""


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What a command did to an entry, to be taken back with it.

    :ivar source: id of the message with the command.
    :ivar after: ``None`` if it took the entry off the record.
    :ivar made: how many entries had been made by then.
    :ivar place: of a dropped or moved entry in the record.
    :ivar moved: it was put elsewhere in the record.
    """

    source: str
    by: str
    before: Entry
    after: Entry | None = None
    made: int = 0
    place: int = 0
    moved: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """A confirmation asked of somebody, which a plain yes or no of theirs gives: id of the find, their nick."""

    id: str
    nick: str


class Following(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The next meeting, as it was announced.

    :ivar at: ISO date and time in the topic's zone, without zone.
    :ivar source: id of the message.
    """

    at: str
    by: str
    source: str
    phrase: str = ""


class Asked(msgspec.Struct, frozen=True):
    """
    A question that one of the people put and the next remarks may answer.

    :ivar key: of the attribute it is about, or ``""``.
    :ivar text: its beginning in lower case.
    :ivar left: how many more remarks without substance it outlives.
    """

    key: str
    by: str
    text: str
    left: int


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Everything the reporter knows about a discussion.

    :ivar schema: version of this shape.
    :ivar type: template's key.
    :ivar settled: somebody said what kind of discussion this is; it is not converted again unless the reporter is told.
    :ivar guessed: that was read between the lines: plain words, or the first marked line, still count.
    :ivar asking: key of the attribute asked for, or ``""``.
    :ivar skipped: keys that people would not answer.
    :ivar revision: rises with each change that people can see.
    :ivar heard: everything that may fill an attribute, in the order in which it was said.
    :ivar attributes: what fills them: key -> values in the order in which they were said.
    :ivar said: how many remarks were read; three and more are one.
    :ivar counters: highest number given per kind of entry.
    :ivar version: of the document last asked to be published; 0 before.
    :ivar topic: id of the current topic.
    :ivar approved_by: who asked for that version, or let it go out.
    :ivar chair_jid: the chair's bare JID where it is known.
    :ivar requested_by: who asked for a publication that is not yet out.
    :ivar requested_jid: their bare JID where it is known.
    :ivar request: id of the message that last asked for a publication.
    :ivar authors: id of a message that brought something -> its author's bare JID, where that is known.
    :ivar jids: nick -> bare JID of who spoke last under it, where that is known, for those in *people*.
    :ivar people: nicks of those who spoke, in that order, the first 500.
    :ivar recording: ``False`` while off the record.
    :ivar off: nicks who went off the record for themselves.
    :ivar last: id of the newest message folded in.
    :ivar cochairs: further chairs: nick -> bare JID, or ``""`` where it is not known.
    :ivar vote: the open vote.
    :ivar polls: votes that are over, and the voices on proposals.
    :ivar changes: the newest changes of entries by commands, the last one last.
    :ivar refused: ``kind source`` of finds that somebody refused or dropped.
    :ivar wanted: confirmations asked for, that a plain yes or no may answer.
    :ivar inquired: ids of finds that people were asked about.
    :ivar printed: what stood in the newest version: id of an entry or key of an attribute -> a short hash.
    :ivar amending: people were told that what they change needs a new version.
    :ivar following: the next meeting.
    :ivar followed: its time when its topic was asked for.
    :ivar taken: ids of the actions that were carried into it.
    :ivar arranged: somebody has moved an entry.
    :ivar recent: the last remarks, which the next one may answer.
    """

    schema: int
    type: str = "incident"
    settled: bool = False
    guessed: bool = False
    mode: Mode = "listening"
    asking: str = ""
    skipped: tuple[str, ...] = ()
    revision: int = 0
    heard: tuple[Candidate, ...] = ()
    attributes: dict[str, tuple[Value, ...]] = {}
    said: int = 0
    pending: tuple[Pending, ...] = ()
    entries: tuple[Entry, ...] = ()
    counters: dict[str, int] = {}
    asked: Asked | None = None
    version: int = 0
    topic: str = ""
    chair: str = ""
    chair_jid: str = ""
    title: str = ""
    document: str = ""
    approved_by: str = ""
    approved_at: str = ""
    requested_by: str = ""
    requested_jid: str = ""
    request: str = ""
    authors: dict[str, str] = {}
    jids: dict[str, str] = {}
    people: tuple[str, ...] = ()
    recording: bool = True
    off: tuple[str, ...] = ()
    ended: bool = False
    last: str = ""
    cochairs: dict[str, str] = {}
    vote: Poll | None = None
    polls: tuple[Poll, ...] = ()
    changes: tuple[Change, ...] = ()
    refused: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    inquired: tuple[str, ...] = ()
    printed: dict[str, str] = {}
    amending: bool = False
    following: Following | None = None
    followed: str = ""
    taken: tuple[str, ...] = ()
    arranged: bool = False
    recent: tuple[Pending, ...] = ()


_decoder = msgspec.json.Decoder(State)
_encoder = msgspec.json.Encoder(order="deterministic")


def new_state(type_: str = "incident") -> State:
    """The state of a discussion in which nothing was said."""
    return State(SCHEMA, type_)


def to_json(state: State) -> bytes:
    """The state as JSON: the same bytes for equal states."""
    return _encoder.encode(state)


def from_json(text: bytes) -> State:
    """:raises ValueError: if *text* is no state, or one of another version."""
    try:
        state = _decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"Not a reporter's state: {error}. Rebuild it from the room's archive.") from error
    if state.schema != SCHEMA:
        raise ValueError(f"State of version {state.schema}, this is {SCHEMA}. Rebuild it from the room's archive.")
    return state
