"""
Votes: ``#startvote question? yes, no``, ``#vote yes``, ``#endvote`` (Debian MeetBot's words), and ``+1`` lines.

One voice each, told apart by JID where it is known; the last one counts, until the vote ends. The result is a decision
with its counts and names. The voices on a proposal (``+1`` after ``PROPOSED:``) are kept in the same way. Leaves out
secret votes: a voice is a line in the room; how plain words are read (:mod:`ccm.reporter.voices`).
"""

import re
from dataclasses import dataclass

from ccm.reporter import record, voices
from ccm.reporter.context import Context, Outcome
from ccm.reporter.effects import Ack, Say
from ccm.reporter.orders import addressed
from ccm.reporter.outcomes import new_id, stamp
from ccm.reporter.remarks import flat
from ccm.reporter.state import Ballot, Entry, Poll, State
from ccm.reporter.transcript import Message

MAX_OPTIONS = 12
MAX_OPTION = 60
MAX_BALLOTS = 1000
MAX_POLLS = 200
NAMES_SHOWN = 20
ORDINARY = ("yes", "no", "abstain")
FOR, NEITHER, AGAINST = "+1", "0", "-1"
VOICES = (FOR, NEITHER, AGAINST)
ONLY_WHO_STARTED = "Only who started the vote, owner or chair may end it."
_MEANS = {
    FOR: ("+1", "yes", "aye", "for", "agree", "approve", "accept", "support", "in favour", "in favor"),
    AGAINST: ("-1", "no", "nay", "against", "disagree", "reject", "oppose"),
    NEITHER: ("0", "+0", "-0", "abstain", "abstention", "neutral"),
}
_ABSTAINED = frozenset(_MEANS[NEITHER])
_VOICE = re.compile(
    r"^[*_(\[]{0,2}(?:(?P<for>\+\s?1)|(?P<against>[-−–]\s?1)|(?P<zero>[+−–-]\s?0|0(?=\W*$)))(?![\d.:%])(?P<rest>.{0,60})$"
)
_THUMB = {"👍": FOR, "👎": AGAINST}
_MAY_BE_VOICE = frozenset("*_([+-−–0👍👎")


def start(state: State, text: str, message: Message, instead: Poll | None = None) -> Outcome:
    """
    Open a vote; one at a time.

    :param instead: the vote that an earlier wording of this message had opened: its voices stay where they fit.
    """
    if state.vote is not None:
        words = f"A vote is open: {state.vote.question} Say #endvote first, or #vote {_choices(state.vote.options)}."
        return Outcome(state, (Say(words),))
    question, options = _parsed(text)
    if not question:
        return Outcome(state, (Say("#startvote needs a question: #startvote Buy the boat? yes, no, abstain"),))
    if len(options) < 2 or len(options) > MAX_OPTIONS or any(len(option) > MAX_OPTION for option in options):
        return Outcome(state, (Say(f"A vote needs 2 to {MAX_OPTIONS} short options with commas between them."),))
    spelt = {option.lower(): option for option in options}
    kept = [b for b in instead.ballots if b.option.lower() in spelt] if instead else []
    ballots = tuple(record.replace(b, option=spelt[b.option.lower()]) for b in kept)
    poll = Poll(question, options, message.nick, message.id, stamp(message.time), message.jid or "", ballots)
    if instead is not None and instead.ended:
        return Outcome(_decided(state, record.replace(poll, entry=instead.entry, ended=instead.ended)))
    words = f"The vote is open: {question} Say #vote {_choices(options)}; #endvote counts."
    return Outcome(record.changed(state, vote=poll), (Say(words),))


def _parsed(text: str) -> tuple[str, tuple[str, ...]]:
    """Question and options: what follows the last question mark, else yes, no and abstain."""
    text = " ".join(text.split())
    question, mark, rest = text.rpartition("?")
    if not mark:
        return text, ORDINARY
    options: dict[str, str] = {}
    for part in re.split(r",|;|/|\bor\b", rest):
        option = part.strip(" .")
        options.setdefault(option.lower(), option)
    return f"{question.strip()}?" if question.strip() else "", tuple(o for o in options.values() if o) or ORDINARY


def _choices(options: tuple[str, ...]) -> str:
    return f"{', '.join(options[:-1])} or {options[-1]}"


# ---- voices


def voter_of(message: Message) -> str:
    """Who votes: the bare JID, else the nick."""
    return message.jid or message.nick.lower()


def cast(state: State, text: str, message: Message) -> Outcome:
    """``#vote yes``: one of the options, or its beginning where that is clear."""
    if state.vote is None:
        return Outcome(state, (Say("No vote is open. #startvote question? yes, no opens one."),))
    option = option_of(state.vote.options, text)
    if not option:
        return Outcome(state, (Say(f"{message.nick}: #vote {_choices(state.vote.options)}?"),))
    return Outcome(_counted(state, option, message), (Ack(message.id),))


def option_of(options: tuple[str, ...], text: str) -> str:
    """The option that a text names, or ``""``."""
    wanted = " ".join(text.lower().split()).strip(" .!“”\"'")
    same = [option for option in options if option.lower() == wanted]
    if same or not wanted:
        return same[0] if same else ""
    near = [option for option in options if option.lower().startswith(wanted)]
    if len(near) == 1:
        return near[0]
    voice = voice_in(wanted) if wanted[:1] in "+-−–0" else ""
    return meant(options, voice) if voice else ""


def meant(options: tuple[str, ...], voice: str) -> str:
    """The option that +1, 0 or -1 stands for among these, or ``""``."""
    return next((option for option in options if option.lower() in _MEANS[voice]), "")


def voice_in(text: str) -> str:
    """``+1``, ``0`` or ``-1`` for a line that is nothing but a voice, else ``""``."""
    bare = text.strip()
    if bare[:1] not in _MAY_BE_VOICE:
        return ""
    for thumb, voice in _THUMB.items():
        if bare.startswith(thumb) and len(bare) < 6:
            return voice
    found = _VOICE.match(bare) if len(bare) < 80 else None
    if found is None:
        return ""
    return FOR if found["for"] else AGAINST if found["against"] else NEITHER


def voiced(state: State, message: Message, names: tuple[str, ...] = ()) -> Outcome | None:
    """
    Count a ``+1`` line, or plain words for an option, in the open vote; ``None`` if it is none, or no vote takes it.

    :param names: what people call the reporter, lower case: it may be told, too.
    """
    if state.vote is None:
        return None
    option, _ = _spoken(state, message, names)
    return Outcome(_counted(state, option, message), (Ack(message.id),)) if option else None


def missed(state: State, message: Message, names: tuple[str, ...]) -> Outcome | None:
    """The answer to what looks like a voice in the open vote and names none of its options."""
    if state.vote is None:
        return None
    option, other = _spoken(state, message, names)
    if option or not other or state.mode == "interviewing":
        return None
    choices = _choices(state.vote.options)
    return Outcome(state, (Say(f"{message.nick}: “{other[:MAX_OPTION]}” is no option of this vote. #vote {choices}?"),))


def _spoken(state: State, message: Message, names: tuple[str, ...]) -> tuple[str, str]:
    """The option that a line votes for, and what it names instead of one."""
    assert state.vote is not None
    options = state.vote.options
    voice = voice_in(message.text)
    if voice:
        return meant(options, voice), message.text.strip()
    low = flat(message.text).strip()
    spelt = {option.lower(): option for option in options}
    asked = state.mode == "interviewing" or any(each.nick == message.nick for each in state.wanted)
    said = addressed(low, names)[0] if not low.endswith("?") else ""
    what, other = voices.named(said or low, tuple(spelt), plainly=asked)
    return spelt.get(what) or (meant(options, what) if what in VOICES else ""), other or what


def is_over(state: State, source: str) -> bool:
    """Whether a message gave a voice in a vote that has ended."""
    return any(poll.ended and any(b.source == source for b in poll.ballots) for poll in state.polls)


def _counted(state: State, option: str, message: Message) -> State:
    assert state.vote is not None
    return record.changed(state, vote=with_ballot(state.vote, option, message))


def with_ballot(poll: Poll, option: str, message: Message) -> Poll:
    """The poll with somebody's voice, in the place of the one they gave before."""
    voter = voter_of(message)
    others = tuple(b for b in poll.ballots if b.voter != voter)
    if len(others) >= MAX_BALLOTS:
        return poll
    return record.replace(poll, ballots=(*others, Ballot(voter, message.nick, option, message.id)))


def without_ballots(poll: Poll, source: str) -> Poll:
    """The poll without the voice that a message gave."""
    return record.replace(poll, ballots=tuple(b for b in poll.ballots if b.source != source))


# ---- the end


@dataclass(frozen=True, slots=True)
class Count:
    """How a vote came out. *winner* is ``""`` without a majority of its own."""

    votes: dict[str, tuple[str, ...]]
    winner: str


def count(poll: Poll) -> Count:
    """Who voted for what; who abstained decides nothing."""
    votes = {option: tuple(b.nick for b in poll.ballots if b.option == option) for option in poll.options}
    voices = {option: len(names) for option, names in votes.items() if option.lower() not in _ABSTAINED}
    most = max(voices.values(), default=0)
    best = [option for option, number in voices.items() if number == most]
    return Count(votes, best[0] if most and len(best) == 1 else "")


def tally(poll: Poll) -> str:
    """The voices in words: ``yes 2 (Ann, Ben), no 0``."""
    return ", ".join(_share(option, names) for option, names in count(poll).votes.items())


def _share(option: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN]) + (f" and {len(names) - NAMES_SHOWN} more" * (len(names) > NAMES_SHOWN))
    return f"{option} {len(names)}" + (f" ({shown})" if names else "")


def show(state: State) -> Outcome:
    """How the open vote stands."""
    if state.vote is None:
        return Outcome(state, (Say("No vote is open. #startvote question? yes, no opens one."),))
    return Outcome(state, (Say(f"{state.vote.question} So far: {tally(state.vote)}."),))


def end(state: State, message: Message, context: Context) -> Outcome:
    """``#endvote``: the result is a decision."""
    poll = state.vote
    if poll is None:
        return Outcome(state, (Say("No vote is open."),))
    mine = message.jid == poll.jid if message.jid and poll.jid else message.nick == poll.by
    if not mine and not context.may_approve(message.nick, message.jid, state):
        return Outcome(state, (Say(ONLY_WHO_STARTED),))
    return ended(state, message.id)


def ended(state: State, source: str) -> Outcome:
    """Close the open vote, because of the message *source*; without a voice nothing is decided."""
    poll = state.vote
    if poll is None:
        return Outcome(state)
    if not poll.ballots:
        words = f"Nobody voted, so nothing is decided: {poll.question}"
        return Outcome(record.changed(state, vote=None), (Say(words),))
    id_, counters = new_id("decision", state.counters)
    state = record.replace(state, vote=None, counters=counters)
    state = _decided(state, record.replace(poll, entry=id_, ended=source))
    return Outcome(state, (Say(f"{id_}: {decision_text(poll)} The vote: {tally(poll)}."),))


def decision_text(poll: Poll) -> str:
    """What was decided: the question and the option that won."""
    winner = count(poll).winner
    question = poll.question if poll.question.endswith("?") else f"{poll.question}:"
    return f"{question} {winner[:1].upper() + winner[1:] if winner else 'No majority'}."


def _decided(state: State, poll: Poll) -> State:
    """The state with a vote that is over, and its decision."""
    made = _decision(state, poll)
    state = record.replace(state, polls=(*state.polls, poll)[-MAX_POLLS:])
    return record.add_entry(state, made, state.counters)


def _decision(state: State, poll: Poll) -> Entry:
    return Entry(
        "decision",
        poll.entry,
        decision_text(poll),
        poll.by,
        poll.source,
        poll.at,
        topic=state.topic,
        how="vote",
        votes=count(poll).votes,
        sources=(*(b.source for b in poll.ballots), poll.ended),
    )


def recounted(state: State, poll: Poll) -> State:
    """The state with a vote that is over counted again, after a voice was withdrawn."""
    polls = tuple(poll if each.entry == poll.entry else each for each in state.polls)
    state = record.replace(state, polls=polls)
    before = next((e for e in state.entries if e.id == poll.entry), None)
    if before is None or before.how != "vote":  # its text is another's by now
        return state
    again = _decision(state, poll)
    text = again.text if before.text.startswith(poll.question) else before.text
    return record.replace_entry(state, record.replace(before, text=text, votes=again.votes, sources=again.sources))
