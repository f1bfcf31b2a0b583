"""
Actions, decisions and open questions that people did not mark, found in free talk.

A filter that lets through whatever could be one (:mod:`ccm.reporter.cues`), then a linear model on what it lets through
and on the lines around it, then one outcome from all the lines that speak of it: what, who, until when, and who agreed
(M. Purver et al., 2007). The weights are a flat file of whole numbers, trained by ``training/outcomes.py``, so every
Python finds the same. Leaves out what people mark (:mod:`ccm.reporter.outcomes`), dates (:mod:`ccm.reporter.dates`).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import repeat
from typing import Literal

from ccm.reporter.agreements import Agreement, agreements
from ccm.reporter.commitments import Commitment, committed
from ccm.reporter.cues import EDGE, Remark, Talk, could_be_action, could_be_decision
from ccm.reporter.given_out import given_out
from ccm.reporter.promises import NOTHING, promise
from ccm.reporter.promises import spoken as said_to_be_done
from ccm.reporter.readback import ReadBack
from ccm.reporter.requests import Accepted, accepted
from ccm.reporter.roles_of_actions import roles_of
from ccm.reporter.second_look import LEAST, Scores, SecondLook
from ccm.reporter.settled import settled
from ccm.reporter.standing import Rounds, asked, is_suggestion, open_questions, suggested, unopposed
from ccm.reporter.traits import Traits, words_of
from ccm.reporter.trees import Grove, Tree
from ccm.reporter.word_weights import WordWeights

FoundKind = Literal["action", "decision", "question"]
How = Literal["", "consensus", "vote", "ruling"]


@dataclass(frozen=True, slots=True)
class Found:
    """
    An outcome that nobody marked.

    :ivar place: of the line that says it, in the lines given.
    :ivar text: worded for the record: of an action, verb first.
    :ivar by: nick of whoever said it.
    :ivar owner: of an action: a participant's nick, a role, a name as it was said, or ``""`` for nobody.
    :ivar phrase: the words that say until when, or ``""``.
    :ivar confidence: in thousandths.
    :ivar sure: stands under its heading; otherwise it is only possible, and nobody is sent it as a task.
    :ivar status: ``open``, ``done``, or ``carried``: an old action that was read out.
    :ivar sources: places of further lines that it rests on: who proposed, who agreed.
    :ivar how: of a decision: ``consensus``, ``vote``, ``ruling`` or ``""``.
    """

    kind: FoundKind
    place: int
    text: str
    by: str
    owner: str = ""
    phrase: str = ""
    confidence: int = 500
    sure: bool = False
    status: Literal["open", "done", "carried"] = "open"
    sources: tuple[int, ...] = ()
    how: How = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """
    The model.

    :ivar tables: ``stated`` or ``decided`` -> trait -> hundredths of the log-odds; ``""`` is what every line has.
    :ivar trees: the same names -> the trees of the second look, and ``spoken``, which has no first.
    :ivar limits: what a score must reach, in hundredths.
    """

    tables: Mapping[str, Mapping[str, int]]
    trees: Mapping[str, Sequence[Tree]]
    limits: Mapping[str, int]
    words: Mapping[str, WordWeights] = field(init=False, repr=False, compare=False)
    groves: Mapping[str, Grove] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", {name: WordWeights(table) for name, table in self.tables.items()})
        object.__setattr__(self, "groves", {name: Grove(trees) for name, trees in self.trees.items()})

    def score(self, table: str, seen: Iterable[str]) -> int:
        """Hundredths of the log-odds."""
        return self.tables[table][""] + self.sum(table, seen)

    def sum(self, table: str, seen: Iterable[str]) -> int:
        """What these traits are worth together."""
        return sum(map(self.tables[table].get, seen, repeat(0)))

    def itself(self, table: str, traits: Traits, place: int) -> int:
        """What a line by itself is worth: the score of :meth:`Traits.itself`, without naming each trait."""
        tokens = traits.tokens(place)
        return self.words[table].of(tokens) + self.score(table, traits.look(place, tokens))


@cache
def trained() -> Weights:
    """The model that is shipped."""
    read = json.loads(files("ccm.reporter").joinpath("finding.json").read_text(encoding="utf-8"))
    return Weights(read["tables"], read["trees"], read["limits"])


def scores(traits: Traits, model: Weights, skip: Collection[int] = ()) -> Scores:
    """Read closely what could be an outcome."""
    talk = traits.talk
    stated, spoken, decided = {}, {}, {}
    for place in range(len(talk.lines)):
        if place in skip:
            continue
        kind = could_be_action(talk, place)
        if kind & 1 and (manner := traits.kind_of(place)) != "other":
            stated[place] = CLEAR if manner == "clear" else model.score("stated", traits.stated(place))
        if kind & 2 and (seen := said_to_be_done(talk, place)) is not None:
            spoken[place] = max(model.groves["spoken"].worth(seen), promise(seen))
        if could_be_decision(talk, place):
            score = model.itself("decided", traits, place)
            if agreed_to(traits, place) or score >= (
                HOPELESS if talk.voted(place - 17, place + 16) else HOPELESS_UNVOTED
            ):
                near = traits.near(place)
                score += model.sum("decided", near)
                if score >= UNREPEATED:
                    score += model.sum("decided", traits.said_again(place, near))
                decided[place] = score
    return Scores(stated, spoken, decided)


def second(traits: Traits, first: Scores, model: Weights) -> Scores:
    """Look again at what the first look did not rule out."""
    look, groves = SecondLook(traits, first), model.groves
    decided = {
        p: groves["decided"].worth(look.decided(p)) if s >= LEAST["decided"] else NOTHING
        for p, s in first.decided.items()
        if s >= LEAST["decided"] or look.read_back.twice(p)
    }
    if look.read_back.voted > 1:  # what is read out but once is less likely to be decided
        decided = {p: score if look.read_back.twice(p) else score - ONCE for p, score in decided.items()}
    for place in look.read_back.decided():
        decided[place] = max(decided[place], model.limits["decided"])
    if max(decided.values(), default=NOTHING) < model.limits["unread"]:  # nobody reads decisions back here
        decided |= {p: CLEAR for p in first.decided if agreed_to(traits, p)}
    return Scores(
        {
            p: CLEAR if traits.kind_of(p) == "clear" else groves["stated"].worth(look.stated(p))
            for p, s in first.stated.items()
            if s >= LEAST["stated"] or (s >= LEAST["order"] and traits.kind_of(p) != "other")
        },
        first.spoken,
        decided,
    )


def agreed_to(traits: Traits, place: int) -> bool:
    """Whether a line is called a proposal and at least two vote for it at once and nobody against."""
    talk = traits.talk
    low = talk.lows[place]
    called = "propos" in low and "?" not in low
    if not (called or is_suggestion(low)) or traits.first_vote(place):
        return False
    _, against, *_ = traits.votes_around(place)
    votes = talk.agrees[place + 1 : place + (3 if called else 4)]
    return not against and votes == [1] * len(votes) and len(votes) > (1 if called else 2)


def found(
    lines: Sequence[Remark],
    people: Iterable[str] = (),
    *,
    chair: str = "",
    marked: Collection[str] = (),
    skip: Collection[int] = (),
) -> tuple[Found, ...]:
    """
    The outcomes of a talk that nobody marked, in its order.

    :param people: names of participants beside the nicks that speak.
    :param chair: nick of the chair where it is known.
    :param marked: kinds (``action``, ``decision``, ``question``) of which somebody marked one: people who mark say what
        counts, so finds of that kind are only possible, never sure.
    :param skip: places of lines that are marked, commands or the reporter's own: context, but no outcome.
    """
    traits = Traits(Talk(lines, people, chair))
    model = trained()
    return outcomes(traits, second(traits, scores(traits, model, skip), model), model.limits, marked, skip)


def outcomes(
    traits: Traits,
    scored: Scores,
    limits: Mapping[str, int],
    marked: Collection[str] = (),
    skip: Collection[int] = (),
) -> tuple[Found, ...]:
    """One outcome from all the lines that speak of it."""
    read_back = ReadBack(traits.talk, scored.decided)
    settles = limits["decided"] if read_back.voted else limits["unread"]
    decisions = _decisions(traits, scored.decided, settles, read_back)
    taken = {place for one in decisions for place in (one.place, *one.sources)}
    stated = {place: score for place, score in scored.stated.items() if score >= limits["stated"]}
    for place in taken & stated.keys():
        if scored.decided.get(place, 0) - settles >= stated[place] - limits["stated"]:
            del stated[place]
    decisions = [one for one in decisions if one.place not in stated]
    actions = [_action(traits, place, score - limits["stated"], stated=True) for place, score in stated.items()]
    limit, beside = limits["spoken"], limits["beside"] if actions else 0
    given = [
        Found("action", one.place, one.text, traits.talk.lines[one.place].nick, one.owner, one.phrase, GIVEN,
              not beside, sources=one.sources)
        for one in given_out(traits.talk) if one.place not in taken and one.place not in skip
        and not any(-AFTER <= other - one.place <= BEFORE for other in stated)
    ]  # fmt: skip
    taken |= {place for one in given for place in (one.place, *one.sources)}
    actions += given
    asked_for = [one for one in accepted(traits.talk) if one.place not in taken]
    taken |= {place for one in asked_for for place in (one.place, one.other)}
    actions += [
        of_request(traits.talk, one, sure=not beside)
        for one in asked_for if one.place not in stated and one.place not in skip
    ]  # fmt: skip
    said = [one for one in committed(traits.talk) if one.place not in taken]
    agreed = agreements(traits.talk)
    plainly = not beside and not ((said or agreed) and traits.talk.is_conducted)
    taken |= {place for one in said for place in (one.place, *one.sources)}
    actions += [of_commitment(one, sure=plainly) for one in said if one.place not in stated and one.place not in skip]
    likely = {p: s for p, s in scored.spoken.items() if s >= limits["possible"] and p not in taken and p not in stated}
    for found_one in _best(traits, likely, stated):
        over = likely[found_one.place] - limit
        if _confidence(over) >= SHOWN:
            actions.append(replace(found_one, confidence=_confidence(over), sure=over >= beside))
    recorded = any(scored.decided[one.place] != CLEAR for one in decisions)
    decisions += [
        Found("decision", place, text, traits.talk.lines[place].nick, confidence=800, sure=not recorded,
              how="consensus")
        for place, text in settled(traits.talk) if place not in taken and place not in skip
    ]  # fmt: skip
    taken |= {one.place for one in decisions}
    decisions += [
        of_agreement(traits.talk, one, sure=plainly and not recorded)
        for one in agreed if one.place not in taken and one.place not in skip
    ]  # fmt: skip
    if not decisions:
        decisions = _unopposed(traits, {one.place for one in actions})
    actions = [one for one in actions if not _is_marked(traits, one, skip)]
    rounds = Rounds(traits.talk)
    actions = [replace(one, status=rounds.status(one.place)) for one in actions]
    requests = {place for one in asked_for for place in (one.place, one.other)}
    questions = [of_question(traits.talk, *places) for places in open_questions(traits.talk, requests)]
    every = sorted([*decisions, *actions, *questions], key=lambda one: (one.place, one.kind))
    return tuple(replace(one, sure=one.sure and one.kind not in marked) for one in every)


def of_request(talk: Talk, one: Accepted, *, sure: bool) -> Found:
    """What somebody was asked for and took on; *sure* as far as the talk goes."""
    return Found(
        "action", one.place, one.text, talk.lines[one.place].nick, one.owner, one.phrase,
        LIKELY if one.sure else PERHAPS, one.sure and sure, sources=(one.other,),
    )  # fmt: skip


def of_commitment(one: Commitment, *, sure: bool) -> Found:
    """What somebody took on; *sure* as far as the talk goes."""
    return Found(
        "action", one.place, one.text, one.owner, one.owner, one.phrase, LIKELY if one.sure else PERHAPS,
        one.sure and sure, sources=one.sources,
    )  # fmt: skip


def of_agreement(talk: Talk, one: Agreement, *, sure: bool) -> Found:
    """What was agreed on; *sure* as far as the talk goes."""
    return Found(
        "decision", one.place, one.text, talk.lines[one.place].nick, confidence=LIKELY if one.sure else PERHAPS,
        sure=one.sure and sure, sources=one.sources, how="consensus" if one.sources else "",
    )  # fmt: skip


def of_question(talk: Talk, place: int, answer: int) -> Found:
    """A question that a line leaves open."""
    return Found("question", place, asked(talk.lines[place].text), talk.lines[place].nick, sure=True, sources=(answer,))


def _action(traits: Traits, place: int, over: int, *, stated: bool) -> Found:
    talk = traits.talk
    roles = roles_of(talk, place, stated=stated)
    return Found(
        "action", place, roles.text, talk.lines[place].nick, roles.owner, roles.phrase, _confidence(over), True,
        sources=roles.sources,
    )  # fmt: skip


def _is_marked(traits: Traits, one: Found, skip: Collection[int]) -> bool:
    """Whether a line close by that somebody marked says the same."""
    talk, mine = traits.talk, words_of(one.text.lower())
    for place in range(max(0, one.place - AFTER), min(len(talk.lines), one.place + BEFORE + 1)):
        if place not in skip:
            continue
        both = len(mine & traits.content(place))
        named = one.owner and one.owner in {talk.names.get(word.strip(EDGE)) for word in talk.words[place]}
        if (both > 1 and 2 * both >= len(mine)) or (both and named):
            return True
    return False


def _best(traits: Traits, spoken: Mapping[int, int], stated: Collection[int]) -> list[Found]:
    """Of lines in which one owner takes one thing on, that which says it best; none that is stated afterwards."""
    kept: list[Found] = []
    for place in sorted(spoken, key=lambda place: (-spoken[place], place)):
        if len(kept) == MOST or any(0 <= other - place <= BEFORE for other in stated):
            continue
        one = _action(traits, place, 0, stated=False)
        if not any(abs(place - other.place) <= NEAR and one.owner == other.owner for other in kept):
            kept.append(one)
    return kept


def _decisions(traits: Traits, decided: Mapping[int, int], limit: int, read_back: ReadBack) -> list[Found]:
    """Proposal and resolution are one: the last of the lines that say the same."""
    kept: list[list[int]] = []
    for place in sorted(place for place, score in decided.items() if score >= limit):
        near = [places for places in kept if place - places[-1] <= SAME]
        again = [places for places in near if any(read_back.same(place, other) for other in places)]
        alike = (
            places
            for places in near
            if any(_alike(traits, place, other) and not read_back.apart(place, other) for other in places)
        )
        if (places := again[0] if again else next(alike, None)) is not None:
            places.append(place)
        else:
            kept.append([place])
    talk, made = traits.talk, []
    for places in kept:
        place = max(places, key=lambda place: (decided[place], place))
        line = talk.lines[place]
        text = suggested(line.text.strip())
        made.append(
            Found("decision", place, text, line.nick, confidence=_confidence(decided[place] - limit),
                  sure=True, sources=tuple(other for other in places if other != place), how=_how(traits, places))
        )  # fmt: skip
    return made


def _unopposed(traits: Traits, taken: Collection[int]) -> list[Found]:
    """Decisions told only by "any objections?" and nobody having one."""
    return [
        Found("decision", place, text, traits.talk.lines[place].nick, confidence=600, sure=place not in taken,
              sources=sources, how="consensus")
        for place, text, sources in unopposed(traits.talk)
    ]  # fmt: skip


def _how(traits: Traits, places: Iterable[int]) -> How:
    """Whether people voted for what was decided, or against it."""
    votes = [traits.votes_around(place) for place in places]
    if any(vote[0] + vote[3] > 1 and vote[1] + vote[4] for vote in votes):
        return "vote"
    return "consensus" if any(vote[2] > 1 or vote[5] > 1 for vote in votes) else ""


def _alike(traits: Traits, place: int, other: int) -> bool:
    """Whether two lines share most words, or one close by has all words of the other."""
    mine, theirs = traits.content(place), traits.content(other)
    both = len(mine & theirs)
    return 2 * both > len(mine | theirs) or (place - other <= NEAR and 1 < both == min(len(mine), len(theirs)))


def _confidence(over: int) -> int:
    """Thousandths, from how far a score lies over its limit."""
    return max(50, min(990, 500 + over))


NEAR, BEFORE, AFTER, SAME = 3, 12, 4, 60  # lines
LIKELY, PERHAPS = 800, 450  # thousandths: what is told in plain words, sure or not
GIVEN = 850  # thousandths: the confidence of what people call an action
MOST = 12  # finds in talk, sure or possible
SHOWN = 400  # thousandths below which a find is not worth a line
CLEAR = 400  # the score of what needs no model: "Kim to check with Kaliya"
ONCE = 150  # hundredths
UNREPEATED = -380  # below it a line is no decision even if it is repeated
HOPELESS, HOPELESS_UNVOTED = -215, -140  # scores of a line by itself that what is around it never makes good
