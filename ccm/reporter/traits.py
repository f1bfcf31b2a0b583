"""
What the model sees of a line that could be an outcome: its words, how it begins, who says it, what stands around it.

Names of people, numbers and addresses are seen as such and never as themselves, so that what was learnt in one meeting
holds in another. Leaves out which lines are read (:mod:`ccm.reporter.cues`) and the weights
(:mod:`ccm.reporter.finding`).
"""

import re
from collections.abc import Collection, Sequence
from itertools import repeat

from ccm.reporter.cues import NOT_NAMES, ROLES, VERBS, Talk, listed
from ccm.reporter.statements import CALLED, kind_of, may_state, shape_of
from ccm.reporter.word_weights import MOST_WORDS

_WORD = re.compile(r"https?://\S++|[@#]?[a-z0-9]\w*+(?:['’./+-]++\w++)*+|[+-]\d|[?!:,;.…<>]")
_MARKS = repeat(".,:;!?")
_REACH = 25  # lines among which the same words are looked for
_ALIKE = 3  # words that a line must have to be compared
_SMALL = listed(
    "a an the to of and or in on for is are be been was were will would should can could i we you he she it they this "
    "that with as at by from not do does have has had if so but our your my me us them its also just about into"
)


class Traits:
    """The traits of the lines of one talk; what several lines need is worked out once."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._tokens: dict[int, list[str]] = {}
        self._known = _Tokens(talk.names)
        self._sets: dict[int, frozenset[str]] = {}
        self._alike: dict[tuple[int, bool], tuple[int, str]] = {}
        count = len(talk.lines)
        self._telling: dict[int, list[str]] = {}
        self._shapes: dict[int, str] = {}
        per = 100 * talk.votes // count if count else 0
        self._votes = "v0" if not talk.votes else "v1" if per < 4 else "v2" if per < 15 else "v3"

    def tokens(self, place: int) -> list[str]:
        """The words of a line as the model knows them: ``N`` a participant, ``R`` a role, ``#`` a number, ``U`` "
        "an address."""
        known = self._tokens.get(place)
        if known is None:
            known = list(map(self._known.__getitem__, _WORD.findall(self.talk.lows[place])[:60]))
            if known.count("N") > 1:
                known = [one for one, before in zip(known, ["", *known], strict=False) if not one == before == "N"]
            self._tokens[place] = known
        return known

    def content(self, place: int) -> frozenset[str]:
        """The words of a line that say something."""
        known = self._sets.get(place)
        if known is None:
            known = self._sets[place] = words_of(self.talk.lows[place])
        return known

    def stated(self, place: int) -> list[str]:
        """Of a line that could state an action as minutes do: "Kim to check with Kaliya"."""
        tokens = self._head(place)
        seen = _words(tokens, MOST_WORDS)
        seen += self.look(place, tokens)
        seen += self._around(place)
        seen += self._agreement(place)
        line = self.talk.lines[place]
        owner = self.talk.names.get(self.talk.words[place][0].strip("@,:.").lower())
        by = "nobody" if owner is None else "self" if owner == line.nick else "other"
        seen.append(f"*by {by}")
        shape = self._shape(place)
        lead = "lead" if line.nick == self.talk.leader else ""
        who, _, rest = shape.partition(" ")
        if rest and who in CALLED:
            seen += [f"*who {rest}", f"*who {'called' if who in 'NRC' else who}"]
        seen += [f"*{shape}", f"*{shape} {by}", f"*{shape} {lead}", f"*{shape} {'?' in line.text}"]
        count = len(tokens)
        seen.append(f"*{shape} {0 if count < 4 else 1 if count < 9 else 2 if count < 22 else 3}")
        return seen

    def kind_of(self, place: int) -> str:
        """What kind of statement a line is (:func:`ccm.reporter.statements.kind_of`)."""
        return kind_of(self.talk, place, self._shape(place)) if may_state(self.talk, place) else "other"

    def _shape(self, place: int) -> str:
        known = self._shapes.get(place)
        if known is None:
            known = self._shapes[place] = shape_of(self.talk, place)
        return known

    def decided(self, place: int) -> list[str]:
        """Of a line that could be a decision, or what was proposed for one."""
        near = self.near(place)
        return [*self.itself(place), *near, *self.said_again(place, near)]

    def itself(self, place: int) -> list[str]:
        """Of a line by itself: its words and how it is written."""
        tokens = self.tokens(place)
        seen = _words(tokens, MOST_WORDS)
        seen += self.look(place, tokens)
        return seen

    def near(self, place: int) -> list[str]:
        """Of what stands around a line, and who agrees."""
        return [*self._around(place), *self._agreement(place)]

    def said_again(self, place: int, near: Sequence[str]) -> list[str]:
        """Of whether a line repeats another; *near* is what was seen around it."""
        again = self._again(place)
        cluster = next(trait for trait in near if trait.startswith("*ab"))
        return [*again, f"{cluster} {again[-1]}"]

    def _head(self, place: int) -> list[str]:
        """The tokens, with a name that begins the line as ``N`` whoever it is."""
        tokens = self.tokens(place)
        text = self.talk.lines[place].text
        found = _LEAD.match(text)
        if found is None:
            return tokens
        rest = _WORD.findall(text[found.end() : 400].lower())[:40]
        first = found[1].split()[0].strip("@,").lower()
        lead = "R" if first in ROLES else "N" if self.talk.calls(first) else "X"
        if lead == "X" and (first in NOT_NAMES or first in VERBS):
            return tokens
        names = self.talk.names
        return [
            lead + found[2].lower().strip(),
            *("N" if word in names else "#" if word[0].isdigit() else word for word in rest),
        ]

    def look(self, place: int, tokens: Sequence[str]) -> list[str]:
        """How a line is written; of its *tokens*."""
        talk = self.talk
        text, nick = talk.lines[place].text, talk.lines[place].nick
        count = len(tokens)
        seen = [
            f"n {min(count, 50).bit_length()}{'+' if count > 12 else ''}",
            "lead" if nick == talk.leader else "not lead",
        ]
        if text[:1].isupper():
            seen.append("upper")
        last = text[-1:]
        seen.append(f"ends {last}" if last in ".?!:…" else "ends")
        if "?" in text:
            seen.append("?")
        if "U" in tokens:
            seen.append("url")
        if tokens and tokens[0] in VERBS:
            seen.append("verb")
        if len(tokens) > 1 and tokens[1] in VERBS:
            seen.append("verb2")
        if place < 10:
            seen.append("early")
        if len(talk.lines) - place < 8:
            seen.append("late")
        return seen

    def _cues(self, place: int) -> list[str]:
        """The words of a line that tell something of the lines around it."""
        known = self._telling.get(place)
        if known is None:
            known = self._telling[place] = [
                word for word in map(str.strip, self.talk.words[place], _MARKS) if word in _CONTEXT
            ]
        return known

    def _around(self, place: int) -> list[str]:
        """How the lines before and after begin and end, and words in them that tell."""
        talk = self.talk
        seen: list[str] = []
        for name, other in (("p", place - 1), ("q", place - 2), ("x", place + 1), ("y", place + 2)):
            if not 0 <= other < len(talk.lines):
                seen.append(f"{name} none")
                continue
            if talk.lines[other].nick == talk.lines[place].nick:
                seen.append(f"{name} same")
            if talk.agrees[other]:
                seen.append(f"{name} {talk.agrees[other]:+}")
            elif talk.nods[other]:
                seen.append(f"{name} nod")
            if talk.lows[other][-1:] == "?":
                seen.append(f"{name} ?")
            seen += [f"{name} {word}" for word in self._cues(other)]
        return seen

    def _agreement(self, place: int) -> list[str]:
        agrees = self.talk.agrees
        after = self._run(range(place + 1, min(len(agrees), place + 16)), 3)
        before = self._run(range(place - 1, max(-1, place - 18), -1), 3)
        near = agrees[place + 1 : place + 2] == [1] or (agrees[place + 2 : place + 3] == [1] and after[0] > 1)
        seen = [f"*a {_few(after[0])}", f"*b {_few(before[0])}", self._votes]
        if after[1]:
            seen.append(f"*a- {min(after[1], 2)}")
        if before[1]:
            seen.append(f"*b- {min(before[1], 2)}")
        nods = sum(self.talk.nods[place + 1 : place + 5])
        if nods:
            seen.append(f"nods {min(nods, 3)}")
        if agrees[place + 1 : place + 2] == [1]:
            seen.append(f"*at once {_few(after[0])}")
        if near and after[0] > 1:
            seen.append("*a now")
            text = self.talk.lines[place].text
            seen.append(f"*a now {'?' in text} {len(self.talk.words[place]) > 5}")
        seen += [f"*V {_few(after[2])}", f"*W {_few(before[2])}"]
        seen.append(f"*ab {_few(after[0])} {_few(before[0])}")
        return seen

    def first_vote(self, place: int) -> int:
        """How many lines after this one somebody votes; 9 for none soon."""
        return next((n for n, said in enumerate(self.talk.agrees[place + 1 : place + 9]) if said), 9)

    def _run(self, places: range, gaps: int) -> tuple[int, int, int]:
        """How many agree and object before others have spoken more than *gaps* lines, and how many of them vote."""
        yes = no = votes = 0
        agrees, nods = self.talk.agrees, self.talk.nods
        for place in places:
            said = agrees[place]
            if said > 0:
                yes += 1
                votes += 1
            elif said < 0:
                no += 1
            elif nods[place]:
                yes += 1
            else:
                gaps -= 1
                if gaps < 0:
                    break
        return yes, no, votes

    def repeats(self, place: int, *, on: bool = False) -> int:
        """How much of a line was said before, or with *on* is said again: 0 nothing, 1 some, 2 most, 3 all."""
        return self._likeness(place, on)[0]

    def votes_around(self, place: int) -> tuple[int, ...]:
        """Who agrees and objects after a line and before it, how far the first vote is, and who agrees beyond."""
        agrees = self.talk.agrees
        after = self._run(range(place + 1, min(len(agrees), place + 16)), 3)
        before = self._run(range(place - 1, max(-1, place - 18), -1), 3)
        return (
            *after,
            *before,
            self.first_vote(place),
            sum(map(abs, agrees[place + 1 : place + 25])),
            sum(self.talk.nods[place + 1 : place + 5]),
        )

    def _likeness(self, place: int, on: bool) -> tuple[int, str]:
        known = self._alike.get((place, on))
        if known is not None:
            return known
        mine, talk, sets = self.content(place), self.talk, self._sets
        best, who = 0, ""
        count, agrees, words, lows = len(talk.lines), talk.agrees, talk.words, talk.lows
        least = (3 * len(mine) + 9) // 10  # words in common without which two lines are not alike at all
        first, end = (place + 1, min(count, place + 1 + _REACH)) if on else (max(0, place - _REACH), place)
        near = "\n".join(lows[first:end])
        shared = [word for word in mine if word in near]
        if len(shared) >= least and (len(mine) >= _ALIKE or (mine and len(talk.words[place]) > 1)):
            for other in range(first, end):
                if agrees[other] or len(words[other]) < 2:
                    continue
                theirs = sets.get(other)
                if theirs is None:
                    if sum(map(lows[other].__contains__, shared)) < least:
                        continue
                    theirs = self.content(other)
                if mine.isdisjoint(theirs):
                    continue
                both = len(mine & theirs)
                if both >= least and (both > 1 or len(mine) == 1):
                    alike = 10 * both // (len(mine) + len(theirs) - both)
                    if alike > best:
                        best, who = alike, talk.lines[other].nick
        level = 0 if best < 3 else 1 if best < 5 else 2 if best < 9 else 3
        self._alike[place, on] = (level, who)
        return level, who

    def _again(self, place: int) -> list[str]:
        """Whether the same was said before, or is said again."""
        seen: list[str] = []
        nick = self.talk.lines[place].nick
        for name, on in (("r", False), ("s", True)):
            level, who = self._likeness(place, on)
            seen.append(f"*{name} {level}")
            if level > 1:
                seen.append(f"*{name} {level} {'same' if who == nick else 'other'}")
        seen.append(f"*rs {self.repeats(place)}{self.repeats(place, on=True)}")
        if len(self.content(place)) < _ALIKE:
            seen.insert(0, "short")
        return seen


def words_of(low: str) -> frozenset[str]:
    """The words of a text in lower case that say something."""
    return frozenset(_CONTENT.findall(low)) - _SMALL


class _Tokens(dict[str, str]):
    """Word as written -> the word as the model knows it."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(dict.fromkeys(names, "N"))

    def __missing__(self, word: str) -> str:
        first = word[0]
        known = word.replace("’", "'")
        if first == "@" and len(word) > 1:
            known = "N"
        elif first == "h" and word[:4] == "http":
            known = "U"
        elif first.isdigit() or (first == "#" and len(word) > 1):
            known = "#"
        elif word in ROLES:
            known = "R"
        self[word] = known
        return known


def _words(tokens: Sequence[str], most: int) -> list[str]:
    seen = {f"w {word}" for word in tokens[:most]}
    seen.update(f"k {word[:5]}" for word in tokens[:most] if len(word) > 5)
    seen.update([f"{one}_{two}" for one, two in zip(("^", *tokens[:most]), tokens[:most], strict=False)])
    for place, word in enumerate(tokens[:4]):
        seen.add(f"{place} {word}")
    if len(tokens) > 2:
        seen.add(f"t {tokens[0]} {tokens[1]} {tokens[2]}")
    return sorted(seen)


def _few(number: int) -> str:
    return str(number) if number < 3 else "3" if number < 5 else "5"


_CONTENT = re.compile(r"[a-z0-9#][\w'’-]++")
_CONTEXT = listed(
    "action actions volunteer volunteers volunteering i'll objections objection opposed agreed resolved proposal "
    "proposed "
    "propose consensus thanks thank great ok okay who someone somebody assign vote please anyone can could any "
    "opposition hearing none no next topic approve accept motion todo done decided decide agree + - should"
)
_LEAD = re.compile(
    r"\s*((?:@?[A-Za-z][\w.|-]{0,24}(?: [A-Z][\w.'-]+){0,2}(?:,? (?:and|&|or) |, ?|/)){0,3}@?[A-Za-z][\w.|-]{0,24}"
    r"(?: (?:[A-Z][\w.'-]*)){0,2})(?: \([^)]{1,20}\))?( to | will | should | please |: to |: |, )"
)
