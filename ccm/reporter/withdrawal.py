"""
Taking back what a message brought: items, votes, voices, confirmations, changes, the next meeting.

For retractions (XEP-0424) and, before the new wording is read, for corrections (XEP-0308). Leaves out who may do so
(:mod:`ccm.reporter.discussion`).
"""

from dataclasses import dataclass, field

from ccm.reporter import proposals, record, votes
from ccm.reporter.candidates import ANSWERED
from ccm.reporter.edits import restored
from ccm.reporter.record import changed, replace, without
from ccm.reporter.state import Change, Entry, Poll, State
from ccm.reporter.templates import Template

#: Fields of an entry that commands change.
_FIELDS = (
    "text",
    "owner",
    "due",
    "phrase",
    "assumed",
    "status",
    "provenance",
    "confirmed",
    "sure",
    "votes",
    "sources",
    "how",
    "edited",
)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """
    What a message had brought.

    :ivar entries: with their places in the record.
    :ivar answered: keys of attributes that it answered when asked.
    :ivar poll: the vote that it had opened.
    :ivar confirmed: ids of finds to which it was the yes or no.
    """

    entries: tuple[Entry, ...] = ()
    answered: tuple[str, ...] = ()
    poll: Poll | None = None
    confirmed: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)


def authors_of(state: State, source: str) -> set[str]:
    """Nicks of who brought what came of that message."""
    authors = {e.by for e in state.entries if e.source == source}
    authors |= {c.by for c in state.heard if c.source == source}
    authors |= {c.by for c in state.changes if c.source == source}
    authors |= {b.nick for poll in _polls(state) for b in poll.ballots if b.source == source}
    authors |= {poll.by for poll in _polls(state) if poll.source == source}
    if state.following is not None and state.following.source == source:
        authors.add(state.following.by)
    return authors | {remark.by for remark in (*state.pending, *state.recent) if remark.source == source}


def _polls(state: State) -> tuple[Poll, ...]:
    return state.polls if state.vote is None else (*state.polls, state.vote)


def take_back(state: State, source: str, template: Template) -> tuple[State, TakenBack]:
    """The state without anything that the message *source* brought."""
    places = {e.id: place for place, e in enumerate(state.entries)}
    gone = tuple(e for e in state.entries if e.source == source or _rests_on(e, source))
    answered = tuple(c.key for c in state.heard if c.source == source and c.score >= ANSWERED)
    confirmed = tuple(c.before.id for c in state.changes if c.source == source and c.before.provenance == "detected")
    before = state
    state = without(state, template, source=source)
    state = _reverted(state, source)
    if any(c.before.source == source for c in state.changes):  # what was dropped is not kept either
        state = replace(state, changes=tuple(c for c in state.changes if c.before.source != source))
    state, poll = without_votes(state, source)
    if state.following is not None and state.following.source == source:
        state = changed(state, following=None)
    if gone:
        state = _without_entries(state, source, gone)
    places = {e.id: places[e.id] for e in gone}
    return state, TakenBack(gone, answered, poll, confirmed if before.inquired else (), places)


def _rests_on(entry: Entry, source: str) -> bool:
    """Whether an entry is a find that would not be there without that message: the yes to a request."""
    return entry.provenance == "detected" and source in entry.sources


def put_back(state: State, entry: Entry, place: int) -> State:
    """The state with an item where an earlier wording of it stood."""
    others = tuple(e for e in state.entries if e.id != entry.id)
    return replace(state, entries=(*others[:place], entry, *others[place:]))


def _without_entries(state: State, source: str, gone: tuple[Entry, ...]) -> State:
    entries = tuple(e for e in state.entries if e not in gone)
    topic = "" if any(e.id == state.topic for e in gone) else state.topic
    ids = {e.id for e in gone}
    wanted = tuple(w for w in state.wanted if w.id not in ids)
    polls = tuple(poll for poll in state.polls if poll.source != source)
    state = changed(state, entries=entries, topic=topic, wanted=wanted, polls=polls)
    for decision in gone:
        if decision.kind == "decision":
            state = _proposed_again(state, decision)
    return state


def _proposed_again(state: State, decision: Entry) -> State:
    """The decision is withdrawn, so what it took up is a proposal again."""
    for each in state.entries:
        if each.kind == "idea" and each.status == "agreed" and each.source in decision.sources:
            state = record.replace_entry(state, replace(each, status="proposed"))
    return state


# ---- votes


def without_votes(state: State, source: str) -> tuple[State, Poll | None]:
    """The state without a vote that the message opened, its voice, or the end that it made; and that vote."""
    vote = state.vote
    if vote is not None and vote.source == source:
        return changed(state, vote=None), vote
    if vote is not None and any(b.source == source for b in vote.ballots):
        state = changed(state, vote=votes.without_ballots(vote, source))
    opened: Poll | None = None
    for poll in state.polls:
        if poll.source == source and poll.ended:
            opened = poll  # its decision has the same source and goes with it
            state = changed(state, polls=tuple(each for each in state.polls if each is not poll))
        elif poll.ended == source and poll.ended:
            state = _reopened(state, poll)
        elif any(b.source == source for b in poll.ballots):
            fewer = votes.without_ballots(poll, source)
            state = votes.recounted(state, fewer) if poll.ended else proposals.revoiced(state, fewer)
    return state, opened


def _reopened(state: State, poll: Poll) -> State:
    """The end of a vote is withdrawn: it is open again, if no other is."""
    polls = tuple(each for each in state.polls if each.entry != poll.entry)
    entries = tuple(e for e in state.entries if e.id != poll.entry)
    again = replace(poll, entry="", ended="")
    return changed(state, polls=polls, entries=entries, vote=state.vote or again)


# ---- changes


def _reverted(state: State, source: str) -> State:
    """The state with the changes that a message made undone, as far as nobody changed the same since."""
    mine = [c for c in state.changes if c.source == source]
    if not mine:
        return state
    state = replace(state, changes=tuple(c for c in state.changes if c.source != source))
    for change in reversed(mine):
        state = reverted(state, change)
    return state


def reverted(state: State, change: Change) -> State:
    """The state without what a change did, as far as nobody changed the same since."""
    if change.after is None:
        return restored(state, change)
    now = next((e for e in state.entries if e.id == change.before.id), None)
    if now is None:
        return state
    fields = {
        name: getattr(change.before, name)
        for name in _FIELDS
        if getattr(change.before, name) != getattr(change.after, name) == getattr(now, name)
    }
    if now.confirmed == change.source:
        fields |= {"provenance": "detected", "confirmed": "", "sure": change.before.sure}
    then = replace(now, **fields) if fields else now
    if change.moved:
        return changed(put_back(state, then, change.place))
    return record.replace_entry(state, then) if fields else state
