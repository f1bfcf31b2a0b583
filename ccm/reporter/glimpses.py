"""
What the newest remark makes of what was just said: a promise, a yes to a request, an agreement, a question left open.

So what people say in plain words is on record as they say it, as a find that nobody confirmed. It takes no model and
sees only the last remarks, which the state keeps. When the whole talk is looked through
(:mod:`ccm.reporter.confirmations`), what is found there takes the place of it, under the same numbers. Leaves out what
only the whole talk shows, and who is asked about a find.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from ccm.reporter import record
from ccm.reporter.agreements import (
    ANSWERING,
    PROPOSING,
    SETTLED,
    WITHIN,
    Agreement,
    agreed_to,
    agrees,
    may_settle,
    proposed,
    settling,
    told,
)
from ccm.reporter.commitments import SPEAKS, commitment, undertaken
from ccm.reporter.confirmations import is_no_talk, is_same
from ccm.reporter.context import Context
from ccm.reporter.cues import Remark, Talk, typed
from ccm.reporter.everyday import TIMES
from ccm.reporter.finding import Found, of_agreement, of_commitment, of_question, of_request
from ccm.reporter.finds import found_entry
from ccm.reporter.outcomes import MAX_ENTRIES, new_id, stamp
from ccm.reporter.remarks import flat
from ccm.reporter.requests import YES, accepted_at, asks, is_yes, may_ask
from ccm.reporter.standing import UNKNOWN, knows_not, leaves_open, left_open
from ccm.reporter.state import Entry, Pending, State
from ccm.reporter.transcript import Message

KEPT = 6  # remarks
READ = 600  # characters of each
SHORT = 16  # words of an answer are fewer
_TWO_WORDS = (  # a yes whose first word mostly begins something else
    "i will", "i'll", "i can", "i do", "i agree", "i like", "you got", "no prob", "no worr", "no obj", "can do",
    "will do", "all right", "of course", "with pleasure", "happy to", "on it", "consider it", "leave it", "in favo",
    "let's", "lets", "like it", "ill", "me",
)  # fmt: skip
_FIRST_OF_TWO = typed("i i'll ill you no can will all of with happy on consider leave in let's lets like me")
_ANSWERS = YES | ANSWERING
_SINGLE = _ANSWERS - _FIRST_OF_TWO
_TELLING = SETTLED | typed("go stick settle then wir answer open unclear offen unklar")
_ANY = _TELLING | UNKNOWN | TIMES


def remembered(state: State, message: Message, context: Context) -> tuple[Pending, ...]:
    """The last remarks with this one, which is no command."""
    if context.find is None or message.text[0] in "#/":
        return state.recent
    return (*state.recent[1 - KEPT :], _kept(message))


def glimpsed(state: State, message: Message, context: Context) -> State:
    """The state with what comes of the last remark."""
    recent = state.recent
    if not recent or recent[-1].source != message.id:
        return state
    low = flat(message.text)
    words = low.split()
    begins = _begins(low, words, recent) if words else -1
    if begins < 0 or is_no_talk(message, context):
        return state
    return _concluded(state, recent[begins:], context)


def put_right(
    state: State, message: Message, recent: Sequence[Pending], context: Context, former: Sequence[Entry]
) -> State:
    """
    The state with the new wording of a remark among the last ones, and with what it and those after it bring.

    :param recent: the last remarks before. :param former: the items that rested on the earlier wording: what is found
        again keeps its number.
    """
    place = next((place for place, one in enumerate(recent) if one.source == message.id), -1)
    if context.find is None or place < 0:
        return state
    recent = (*recent[:place], _kept(message), *recent[place + 1 :])
    state = record.replace(state, recent=recent)
    for end in range(place + 1, len(recent) + 1):
        state = _concluded(state, recent[:end], context, former)
    return state


def _kept(message: Message) -> Pending:
    return Pending(message.id, message.nick, message.text[:READ], stamp(message.time))


def _concluded(state: State, recent: Sequence[Pending], context: Context, former: Sequence[Entry] = ()) -> State:
    for each in _found(recent, state, context):
        state = _taken(state, each, former)
    return state


def _begins(low: str, words: Sequence[str], recent: Sequence[Pending]) -> int:
    """From which of the last remarks on they may bring something: few do, and only they are read closely; or -1."""
    first, short = words[0], len(words) < SHORT
    tells = not _ANY.isdisjoint(words)
    if tells and not TIMES.isdisjoint(words) and not SPEAKS.isdisjoint(words) and undertaken(recent[-1].text):
        return 0
    if (" it is" in low[-12:] or (tells and not _TELLING.isdisjoint(words))) and (
        leaves_open(low) or (may_settle(low, words) and settling(recent[-1].text))
    ):
        return 0
    if not short:
        return -1
    if (first in _SINGLE or (first in _FIRST_OF_TWO and low.startswith(_TWO_WORDS))) and (agrees(low) or is_yes(low)):
        for place in range(max(0, len(recent) - 1 - WITHIN), len(recent) - 1):
            if _awaits(recent[place].text):
                return place
    if tells and not UNKNOWN.isdisjoint(words):
        before = range(max(0, len(recent) - 1 - WITHIN), len(recent) - 1)
        asked = next((place for place in before if recent[place].text[-1:] == "?"), -1)
        return asked if asked >= 0 and knows_not(low) else -1
    return -1


@lru_cache(maxsize=64)
def _awaits(text: str) -> bool:
    """Whether a yes to a remark may bring something: it asks somebody for a deed, or proposes one."""
    low = flat(text)
    words = low.split()
    if may_ask(low, words) and asks(text):
        return True
    return not PROPOSING.isdisjoint(words) and proposed(text) is not None


def _found(window: Sequence[Pending], state: State, context: Context) -> list[Entry]:
    """What the last of these remarks brings, as items without numbers."""
    lines = [Remark(one.by, one.text) for one in window]
    found = concluded(Talk(lines, _called(state.people, lines)))
    if not found:
        return []
    said = [Message(one.source, one.by, one.text, None, _time(one.at)) for one in window]
    return [
        found_entry(each, said[each.place], [said[place].id for place in each.sources], context.zone)
        for each in found
        if not is_no_talk(said[each.place], context)
    ]


def concluded(talk: Talk) -> list[Found]:
    """What the last line of a talk makes of it."""
    last = len(talk.lines) - 1
    before = range(max(0, last - WITHIN), last)
    found: list[Found] = []
    requests = [
        one
        for place in before
        if may_ask(talk.lows[place], talk.words[place]) and (one := accepted_at(talk, place)) is not None
    ]
    answered = [one for one in requests if last in (one.place, one.other)]
    found += [of_request(talk, one, sure=True) for one in answered]
    if not answered and (promise := commitment(talk, last)) is not None:
        found.append(of_commitment(promise, sure=True))
    if may_settle(talk.lows[last], talk.words[last]) and (what := told(talk, last)):
        found.append(of_agreement(talk, Agreement(last, what, (), True), sure=True))
    for place in before:
        if PROPOSING.isdisjoint(talk.words[place]):
            continue
        agreed = agreed_to(talk, place)
        if agreed is not None and last in agreed.sources:
            found.append(of_agreement(talk, agreed, sure=True))
    taken = {place for one in requests for place in (one.place, one.other)}
    for place in (*before[-3:], last):
        if place not in taken and left_open(talk, place) == last:
            found.append(of_question(talk, place, last))
    return found


def _called(people: Sequence[str], window: Sequence[Remark]) -> list[str]:
    """Those whose names may occur in these remarks."""
    said = " ".join([one.text for one in window]).lower()
    return [nick for nick in people if nick[:4].strip().lower() in said]


def _time(at: str) -> datetime | None:
    return datetime.fromisoformat(at) if at else None


def _taken(state: State, find: Entry, former: Sequence[Entry]) -> State:
    """The record with a find, if it is news."""
    known = next(
        (e for e in state.entries if e.provenance == "detected" and (e.kind, e.source) == (find.kind, find.source)),
        None,
    )
    if known is not None:
        find = record.replace(find, id=known.id, topic=known.topic)
        return state if find == known or known.sure else record.replace_entry(state, find)
    if f"{find.kind} {find.source}" in state.refused or len(state.entries) >= MAX_ENTRIES:
        return state
    if any(is_same(find, e) for e in state.entries):
        return state
    again = next((e for e in former if e.kind == find.kind and e.provenance == "detected"), None)
    id_, counters = (again.id, state.counters) if again else new_id(find.kind, state.counters)
    jid = state.jids.get(find.by)
    authors = {**state.authors, find.source: jid} if jid else state.authors
    find = record.replace(find, id=id_, topic=state.topic)
    return record.changed(state, entries=(*state.entries, find), counters=counters, authors=authors)
