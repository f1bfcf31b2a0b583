"""
What of a talk could be an outcome: a quick look at every line, so that few are read closely.

A line passes for words in it (somebody takes something on, asks for it, settles it), for how it begins (a name and a
verb, a bare verb), or for what stands around it (agreement, the same words again). Leaves out judging
(:mod:`ccm.reporter.traits`, :mod:`ccm.reporter.finding`).
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

READ = 600  # characters of a line
EDGE = ".,:;!?()[]\"'*`“”’<>"


def listed(words: str) -> frozenset[str]:
    """The words of a text, for looking them up."""
    return frozenset(words.split())


def typed(words: str) -> frozenset[str]:
    """The words of a text as people type them: with any mark after them."""
    return frozenset(word + mark for word in words.split() for mark in ("", ".", ",", ":", "!", "?", ";", ")"))


class Remark(NamedTuple):
    """A line of the talk: who, and what."""

    nick: str
    text: str


VERBS = listed(
    "accept add address adjust adopt agree align allow amend announce answer apply appoint approve archive arrange ask "
    "assess assign attend audit backport block book bring build bump call cancel change chase check circulate clarify "
    "clean clear close collate collect comment communicate compare compile complete confirm consider consolidate "
    "contact continue contribute convene convert coordinate copy correct create cross-post cut decide defer define "
    "delegate delete deliver deploy deprecate describe design determine develop diagnose discuss distribute do "
    "document doublecheck double-check draft drop edit email e-mail enable ensure escalate establish evaluate examine "
    "expand experiment explain explore extend facilitate figure file fill finalise finalize find finish fix flesh flag "
    "follow follow-up followup formalize format forward gather generate get give go handle help host identify "
    "implement improve include incorporate inform inquire install integrate introduce investigate invite issue join "
    "keep label land launch lead list liaise link look mail maintain make mark measure meet mention merge message "
    "migrate modify monitor move nag name negotiate nominate note notify nudge obtain open order organise organize "
    "outline own package paste pick ping plan poke poll post pr prepare present prime print prioritise prioritize "
    "probe process produce prod promote query propose provide publicise publicize publish pull purchase push put raise "
    "re-test "
    "reach read rebase rebuild recheck recommend reconcile record recruit refactor refer refine register release "
    "relocate remind remove rename reopen replace reply report repost request require research resolve respond restart "
    "restore resubmit resurrect retest return review revise revisit revert rewrite roll run scan schedule see seek "
    "select send separate set setup share sign simplify sit solicit sort speak specify split stand start steer sub "
    "submit subscribe suggest summarise summarize supply support survey switch sync synthesize tag take talk tell test "
    "think tidy track transcribe transfer translate triage trim try tweak turn understand unblock update upgrade "
    "upload use validate verify visit volunteer vote wait walk warn work wrap write"
)
ROLES = listed(
    "chair chairs co-chair co-chairs cochairs editor editors staff secretary everyone everybody all team board "
    "author authors scribe group cg wg ccg committee maintainers maintainer members reviewers contact treasurer "
    "council qa docs infra marketing moderators admins developers devs"
)
_VOTES = listed(
    "+ ++ 0 1 +.5 ++1 aye agreed agree agrees supported seconded 👍 👍🏻 👍🏼 :+1: :thumbsup: ditto "
    "lgtm sgtm abstain concur"
)
_NODS = listed(
    "yes yep yup yeah ok okay sure works sounds fine good great perfect ack yea same absolutely definitely right "
    "cool thanks "
    "excellent fantastic done nice yay awesome +100 +1000"
)
_SAYS_SO = listed(
    "i'll i’ll i'd ill volunteer volunteers volunteering volunteered action actions todo to-do ai assign "
    "assigned assignee "
    "please someone somebody anyone we'll we’ll let's lets task tasks homework follow-up followup "
    "committed commit promise promised he'll she'll they'll nudge"
)
_WILL = listed("will take can could should would shall need needs must gonna going plan plans happy try")
_TAKES_ON = _SAYS_SO | _WILL
_ONE = listed("i you")
NOT_NAMES = listed(
    "i we you he she it they this that there what who how when why where if so but and or not the a an need needs want "
    "wants going have has had having is are was were be been do does did yes no ok okay also just well then now maybe "
    "please let let's trying try tried used able like happy hard easy nice good great glad ready way thing "
    "things point "
    "time reason goal idea plan order addition regards respect due according back up down next first second "
    "third people "
    "folks someone somebody anyone anybody everything something nothing one in on at for with from by as of all "
    "i'd i'm "
    "it's that's here once after before wanted hoping looking planning ought got seems seem supposed meant want needs"
)
_SETTLES = listed(
    "agreed agree agreement decided decide decision decisions resolved resolution resolve consensus approved approve "
    "accept accepted adopt adopted objections objection objecting opposed unanimous motion carried passes passed "
    "proposal "
    "proposed propose settled hearing ratified wontfix adopting rejected deferred decides"
)
_CONDUCTS = typed("scribe scribing scribenick agenda action actions chair chairs meeting meetings +1 present+ minuted")
CONDUCTED = 5  # lines with such a word make it a meeting
_LABELS = listed(
    "note: notes: todo: done: topic: action: issue: issues: example: question: proposal: agenda: update: minutes:"
)
_SETTLES_TYPED = frozenset(word + mark for word in _SETTLES for mark in ("", ".", ",", ":", "!", "?", ";"))
_MAY_SETTLE = _SETTLES_TYPED | {"close", "merge"}
NAME = re.compile(r"[A-Za-z][\w.|^{}\-]*$")


class Talk:
    """
    A talk as it is read: each line in lower case, its words, and whether it agrees or objects.

    :ivar agrees: for each line 1 if it is a vote in favour, -1 against, else 0.
    :ivar nods: whether it says "yes" or "ok" and little else.
    """

    def __init__(self, lines: Sequence[Remark], people: Iterable[str] = (), chair: str = "") -> None:
        self.lines, self.chair = lines, chair
        self.lows = [line.text[:READ].lower() for line in lines]
        self.words = [low.split() for low in self.lows]
        said = [_agreement(words, low) for words, low in zip(self.words, self.lows, strict=True)]
        self.agrees = [one if one < 2 else 0 for one in said]
        self.nods = [one == 2 for one in said]
        spoken = Counter(line.nick for line in lines)
        self.leader = chair or (min(spoken, key=lambda nick: (-spoken[nick], nick)) if spoken else "")
        quoted = Counter(
            words[0] for words in self.words if len(words) > 1 and words[0][-1] == ":" and len(words[0]) > 3
        )
        heard = [
            word[:-1]
            for word, times in sorted(quoted.items())
            if times > 2 and NAME.match(word[:-1]) and word not in _LABELS
        ]
        self.names = names_of([*spoken, *people, *heard])
        self.mentions = sum("action" in words or "actions" in words for words in self.words)
        self._votes = [0, *accumulate(map(abs, self.agrees))]
        self.votes = self._votes[-1]
        self._quotes: dict[str, int] = {}
        self._typed = ""
        self._called: dict[str, bool] = {}
        self._parts = sorted({name for name in self.names if len(name) > 2})
        self._long = tuple(name for name in self._parts if len(name) > 3)

    def calls(self, word: str) -> bool:
        """Whether a word is somebody's name, or the beginning of a nick ("Kim" of ``kimhd``)."""
        known = self._called.get(word)
        if known is None:
            name = word.strip(EDGE).lower()
            known = name in self.names or word[:1] == "@"
            if (
                not known
                and len(name) > 2
                and "'" not in name
                and "’" not in name
                and name not in VERBS
                and name not in NOT_NAMES
                and name not in ROLES
            ):
                after = bisect_left(self._parts, name)
                known = self._parts[after : after + 1] != [] and self._parts[after].startswith(name)
                known = known or name.startswith(self._long)
            self._called[word] = known
        return known

    @property
    def is_conducted(self) -> bool:
        """
        Whether it is held as a meeting is: its lines speak of agenda, chair, scribe, actions, or are votes.

        There what counts is written down, so what is merely said is less.
        """
        return sum(not _CONDUCTS.isdisjoint(words) for words in self.words) >= CONDUCTED

    def voted(self, start: int, end: int) -> int:
        """How many lines from *start* up to *end* are votes."""
        last = len(self._votes) - 1
        return self._votes[min(last, max(0, end))] - self._votes[min(last, max(0, start))]

    def has_typed(self, word: str) -> bool:
        """Whether somebody typed a word in lower case: if it begins a line with a capital, it need be no name."""
        if not self._typed:
            self._typed = "\n".join(["", *[line.text for line in self.lines], ""])
        place = self._typed.find(word) if word else -1
        while place >= 0 and not (self._typed[place - 1].isspace() and self._typed[place + len(word)].isspace()):
            place = self._typed.find(word, place + 1)
        return place >= 0

    def quotes_by(self, nick: str) -> int:
        """How many lines of somebody begin with the name of somebody else: more than a few, and they take notes."""
        if nick not in self._quotes:
            self._quotes[nick] = sum(
                line.nick == nick and words[0][-1] == ":" and words[0][:-1].strip("<>@") in self.names
                for line, words in zip(self.lines, self.words, strict=True)
                if words
            )
        return self._quotes[nick]


def names_of(people: Iterable[str]) -> dict[str, str]:
    """Every word by which people are called, in lower case -> a nick."""
    names: dict[str, str] = {}
    parts: list[tuple[str, str]] = []
    for nick in people:
        names.setdefault(nick.lower(), nick)
        for whole in (nick.strip("_|`^0123456789").lower(),):
            if len(whole) > 1:
                names.setdefault(whole, nick)
        pieces = [piece for piece in _PARTS.split(nick) if piece]
        parts += [(piece.lower(), nick) for piece in pieces if len(piece) > 1]
        if len(pieces) > 1:
            parts.append(("".join(piece[0] for piece in pieces).lower(), nick))
    for piece, nick in parts:
        if piece not in _NO_NAMES:
            names.setdefault(piece, nick)
    return names


_PARTS = re.compile(r"[\s._|\-()\[\],\d]+|(?<=[a-z])(?=[A-Z])")
_NO_NAMES = listed("chair the and for of to in on a an it is be we do so at me my no up us w3c")


def _agreement(words: list[str], low: str) -> int:
    """1 for a vote in favour, -1 for one against, 2 for a nod: "yes", "ok", which may mean no more than "I hear"."""
    if not words or len(words) > 40:
        return 0
    first = words[0]
    if first[0] == "<" and len(words) > 1:
        first = words[1]
    if first[0] in "+-" and first[1:2].isdigit():
        return -1 if first[0] == "-" and first[1] != "0" else 1
    if len(words) > 12 or low[-1] == "?":
        return 0
    first = first.strip(EDGE) or first
    if first in _VOTES:
        return 1 if len(words) < 4 or not first.isdigit() else 0
    if first in _NODS and len(words) < 8:
        return 2
    if len(words) < 7 and (
        "no objection" in low
        or "no opposition" in low
        or "works for me" in low
        or "in favor" in low
        or "in favour" in low
    ):
        return 1
    return 0


def could_be_action(talk: Talk, place: int) -> int:
    """How a line could be an action: 1 stated as minutes do, 2 spoken of, 3 both, 0 not at all."""
    words = talk.words[place]
    count = len(words)
    if not count or talk.agrees[place]:
        return 0
    kind = int(count < 70 and _stated(talk, words, count))
    if (
        2 < count < 120
        and not _TAKES_ON.isdisjoint(words)
        and (
            not _SAYS_SO.isdisjoint(words)
            or not (_WILL.isdisjoint(words) or _ONE.isdisjoint(words))
            or words[0] == "will"
            or ". will " in talk.lows[place]
        )
    ):
        kind |= 2
    return kind


def _stated(talk: Talk, words: list[str], count: int) -> bool:
    first = words[0]
    if first in _NO_OWNERS:
        return False
    if first not in VERBS:
        first = first.strip(EDGE)
    if first in VERBS:
        return True
    if count < 3 or first in NOT_NAMES:
        return False
    near = words[1:7]
    for number, word in enumerate(near, 1) if not _TO_DO.isdisjoint(near) else ():
        if word in _TO:
            following = words[number + 1].strip(EDGE) if number + 1 < count else ""
            return following in VERBS or (word == "to" and is_verb(following))
        if word in VERBS and (words[number - 1][-1] in ":," or words[number - 1].strip(EDGE) in ROLES or number < 4):
            return True
    return words[-2][-1] == "," and talk.calls(words[-1])


_TO = frozenset(("to", "will", "should", "shall", "must", "please"))
_TO_DO = _TO | VERBS
_NO_OWNERS = NOT_NAMES - VERBS


def is_verb(word: str) -> bool:
    """Whether a word after "to" could be a verb, known or not."""
    return word.isalpha() and word not in _NO_VERBS and not word.endswith(("ing", "ly"))


_NO_VERBS = listed(
    "the a an this that these those me my you your us our him her his them their it its all any some each every both "
    "what which who whom whose where when how why and or but of in on at for with from by as not no yes"
)


def could_be_decision(talk: Talk, place: int) -> bool:
    """Whether a line could be a decision or what was proposed for one."""
    words = talk.words[place]
    if len(words) < 2 or talk.agrees[place] > 0:
        return False
    if not _MAY_SETTLE.isdisjoint(words) and not (talk.nods[place] and _SETTLES_TYPED.isdisjoint(words)):
        return True
    if not talk.votes or talk.nods[place]:
        return False
    if talk.voted(place - 3, place) or talk.voted(place + 1, place + 5):
        return True
    if len(words) > 40 or talk.votes < 3:
        return False
    return True in talk.nods[place + 1 : place + 4] or True in talk.nods[max(0, place - 2) : place]
