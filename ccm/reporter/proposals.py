"""
Proposals: ``PROPOSED:`` … ``+1`` … ``RESOLVED:`` (W3C's words) become one decision, with its proposer and who agreed.

``#ok P1`` of owner or chair settles a proposal, anybody else's is a voice like ``+1``; ``+1`` right after a decision is
a voice for it. A decision is by consensus where several had a voice for it and nobody was against. Leaves out formal
votes (:mod:`ccm.reporter.votes`).
"""

import re

from ccm.reporter import record, votes
from ccm.reporter.anchors import words_of
from ccm.reporter.context import Context, Outcome
from ccm.reporter.edits import changed
from ccm.reporter.effects import Ack
from ccm.reporter.outcomes import new_id, stamp
from ccm.reporter.remarks import flat
from ccm.reporter.state import Entry, Poll, State
from ccm.reporter.transcript import Message

ALIKE = 0.6  # of two texts: so much of their words in common makes them one
_AS_PROPOSED = re.compile(
    r"^(?:as (?:proposed|above)|the (?:proposal|above)|(?:proposal|it|this) (?:is )?(?:accepted|agreed|adopted))?\W*$"
)


def alike(one: str, other: str) -> float:
    """How much two texts say the same: the share of their words that both have."""
    a, b = set(words_of(flat(one))), set(words_of(flat(other)))
    return len(a & b) / len(a | b) if a and b else 0.0


def resolved(state: State, text: str) -> Entry | None:
    """The open proposal that a resolution takes up: by its number, by *as proposed*, or by the same words."""
    open_ = [e for e in state.entries if e.kind == "idea" and e.status == "proposed"]
    if not open_:
        return None
    number = re.match(r"P-?\d{1,4}\b", text, re.IGNORECASE)
    if number:
        return next((e for e in open_ if e.id == f"P{re.sub(r'[^0-9]', '', number[0])}"), None)
    if _AS_PROPOSED.match(text.lower()):
        return open_[-1]
    best = max(open_, key=lambda e: (alike(e.text, text), int(e.id[1:])))
    return best if alike(best.text, text) >= ALIKE else None


def taken_up(state: State, proposal: Entry, decision: Entry) -> tuple[State, Entry]:
    """The decision that a proposal became, with its proposer, the voices, and where both were said."""
    poll = voices_on(state, proposal.id)
    ballots = poll.ballots if poll else ()
    agree = decision.how == "consensus" and (decision.by != proposal.by or _agree(poll))
    against = any(b.option == votes.AGAINST for b in ballots)
    decision = record.replace(
        decision,
        owner=proposal.by,
        sources=(proposal.source, *(b.source for b in ballots)),
        how=decision.how if decision.how != "consensus" or (agree and not against) else "",
        votes={o: names for o, names in votes.count(poll).votes.items() if names} if poll else {},
    )
    return record.replace_entry(state, record.replace(proposal, status="agreed")), decision


def voiced(state: State, message: Message) -> Outcome | None:
    """Count a ``+1`` line for the newest open proposal of the topic; ``None`` if it is none or there is none."""
    voice = votes.voice_in(message.text)
    if not voice:
        return None
    open_ = [e for e in state.entries if e.kind == "idea" and e.status == "proposed" and e.topic == state.topic]
    target = open_[-1] if open_ else _just_decided(state)
    return Outcome(_voice(state, target, voice, message), (Ack(message.id),)) if target is not None else None


def _just_decided(state: State) -> Entry | None:
    """The decision of this topic after which nothing else was noted, if voices on it may count."""
    noted = [e for e in state.entries if e.kind != "link" and e.provenance != "detected"]
    last = noted[-1] if noted else None
    if last is None or last.kind != "decision" or last.topic != state.topic or last.how not in ("", "consensus"):
        return None
    return last if not (last.votes or last.sources) or voices_on(state, last.id) else None


def _agree(poll: Poll | None) -> bool:
    """Whether somebody beside the author is for it, and nobody against."""
    ballots = poll.ballots if poll is not None else ()
    others = any(b.option == votes.FOR and poll is not None and b.nick != poll.by for b in ballots)
    return others and not any(b.option == votes.AGAINST for b in ballots)


def _voice(state: State, target: Entry, voice: str, message: Message) -> State:
    poll = voices_on(state, target.id)
    if poll is None:
        poll = Poll(target.text, votes.VOICES, target.by, target.source, target.at, entry=target.id)
    poll = votes.with_ballot(poll, voice, message)
    polls = (*(each for each in state.polls if each.entry != target.id), poll)[-votes.MAX_POLLS :]
    return record.replace_entry(record.replace(state, polls=polls), _with_voices(target, poll))


def _with_voices(target: Entry, poll: Poll) -> Entry:
    made = record.replace(target, sources=tuple(b.source for b in poll.ballots), votes=_shares(poll))
    if target.kind != "decision":
        return made
    return record.replace(made, how="consensus" if _agree(poll) else "")


def voices_on(state: State, id_: str) -> Poll | None:
    """The voices on a proposal."""
    return next((each for each in state.polls if each.entry == id_), None)


def _shares(poll: Poll) -> dict[str, tuple[str, ...]]:
    return {option: names for option, names in votes.count(poll).votes.items() if names}


def revoiced(state: State, poll: Poll) -> State:
    """The state with the voices on a proposal as they are after one was withdrawn."""
    polls = tuple(poll if each.entry == poll.entry else each for each in state.polls)
    state = record.replace(state, polls=polls)
    before = next((e for e in state.entries if e.id == poll.entry), None)
    sources = tuple(b.source for b in poll.ballots)
    if before is not None:
        state = record.replace_entry(state, _with_voices(before, poll))
    for each in state.entries:
        if each.kind == "decision" and poll.source in each.sources:
            alone = each.how == "consensus" and each.by == poll.by and not _agree(poll)
            made = record.replace(each, sources=(poll.source, *sources), votes=_shares(poll))
            made = record.replace(made, how="") if alone else made
            state = record.replace_entry(state, made)
    return state


def judged(state: State, target: Entry, message: Message, context: Context, yes: bool) -> tuple[State, str]:
    """A yes or no to a proposal: owner and chair settle it, the proposer may take it back, others have a voice."""
    settles = context.may_approve(message.nick, message.jid, state) if context.roles else message.nick == state.chair
    if not yes and (settles or message.nick == target.by):
        return changed(state, message, target, record.replace(target, status="rejected")), f"{target.id} is rejected."
    if not (yes and settles):
        return _voice(state, target, votes.FOR if yes else votes.AGAINST, message), ""
    id_, counters = new_id("decision", state.counters)
    made = Entry(
        "decision", id_, target.text, message.nick, message.id, stamp(message.time), topic=target.topic, how="consensus"
    )
    agree = _agree(voices_on(state, target.id))
    state, made = taken_up(state, target, made if agree else record.replace(made, how=""))
    return record.add_entry(state, made, counters), f"{target.id} is agreed: {id_}."
