"""
What the model sees of a line that could be an outcome: its words, how it begins, who says it, what stands around it.

Names of people, numbers and addresses are seen as such and never as themselves, so that what was learnt in one meeting
holds in another. Leaves out which lines are read (:mod:`ccm.reporter.cues`) and the weights
(:mod:`ccm.reporter.finding`).
"""

import re
from collections.abc import Sequence

from ccm.reporter.cues import ROLES, VERBS, Talk

_WORD = re.compile(r"https?://\S+|[@#]?[a-z0-9](?:[\w'’./+-]*\w)?|[+-]\d|[?!:,;.…<>]")
_REACH_BACK, _REACH_ON = 25, 25  # lines among which the same words are looked for
_ALIKE = 3  # words that a line must have to be compared
_SMALL = frozenset(
    "a an the to of and or in on for is are be been was were will would should can could i we you he she it they this "
    "that with as at by from not do does have has had if so but our your my me us them its also just about into".split()
)


class Traits:
    """The traits of the lines of one talk; what several lines need is worked out once."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._tokens: dict[int, list[str]] = {}
        self._sets: dict[int, frozenset[str]] = {}
        count = len(talk.lines)
        per = 100 * talk.votes // count if count else 0
        self._votes = "v0" if not talk.votes else "v1" if per < 4 else "v2" if per < 15 else "v3"

    def tokens(self, place: int) -> list[str]:
        """The words of a line as the model knows them: ``N`` a participant, ``R`` a role, ``#`` a number, ``U`` an address."""
        known = self._tokens.get(place)
        if known is None:
            names, known = self.talk.names, []
            for word in _WORD.findall(self.talk.lows[place])[:60]:
                first = word[0]
                if word in names or (first == "@" and len(word) > 1):
                    if not known or known[-1] != "N":
                        known.append("N")
                elif first == "h" and word[:4] == "http":
                    known.append("U")
                elif first.isdigit() or (first == "#" and len(word) > 1):
                    known.append("#")
                elif word in ROLES:
                    known.append("R")
                else:
                    known.append(word.replace("’", "'"))
            self._tokens[place] = known
        return known

    def content(self, place: int) -> frozenset[str]:
        """The words of a line that say something."""
        known = self._sets.get(place)
        if known is None:
            known = self._sets[place] = frozenset(_CONTENT.findall(self.talk.lows[place])) - _SMALL
        return known

    def stated(self, place: int) -> list[str]:
        """Of a line that could state an action as minutes do: "Kim to check with Kaliya"."""
        tokens = self._head(place)
        seen = _words(tokens, 24)
        seen += self._look(place, tokens)
        seen += self._around(place)
        seen += self._agreement(place)
        line = self.talk.lines[place]
        owner = self.talk.names.get(self.talk.words[place][0].strip("@,:.").lower())
        if owner is not None:
            seen.append("self" if owner == line.nick else "other")
        return seen

    def spoken(self, place: int) -> list[str]:
        """Of a line in which somebody could take something on, or be asked to."""
        tokens = self.tokens(place)
        seen = _words(tokens, 40)
        seen += self._look(place, tokens)
        seen += self._around(place)
        seen += self._agreement(place)
        talk = self.talk
        near = [word for other in (place - 2, place - 1, place + 1, place + 2) for word in self._cues(other)]
        seen += [f"c {word}" for word in sorted(set(near))]
        seen.append(f"m {min(talk.mentions, 3)}")
        return seen

    def decided(self, place: int) -> list[str]:
        """Of a line that could be a decision, or what was proposed for one."""
        tokens = self.tokens(place)
        seen = _words(tokens, 24)
        seen += self._look(place, tokens)
        seen += self._around(place)
        seen += self._agreement(place)
        seen += self._again(place)
        return seen

    def _head(self, place: int) -> list[str]:
        """The tokens, with a name that begins the line as ``N`` whoever it is."""
        tokens = self.tokens(place)
        text = self.talk.lines[place].text
        found = _LEAD.match(text)
        if found is None:
            return tokens
        rest = _WORD.findall(text[found.end() : 400].lower())[:40]
        first = found[1].split()[0].strip("@,").lower()
        lead = "R" if first in ROLES else "N" if first in self.talk.names else "X"
        if lead == "X" and (first in _NOT_NAMES or first in VERBS):
            return tokens
        names = self.talk.names
        return [lead + found[2].lower().strip(), *("N" if word in names else "#" if word[0].isdigit() else word for word in rest)]

    def _look(self, place: int, tokens: Sequence[str]) -> list[str]:
        talk = self.talk
        text, nick = talk.lines[place].text, talk.lines[place].nick
        count = len(tokens)
        seen = [f"n {min(count, 50).bit_length()}{'+' if count > 12 else ''}", "lead" if nick == talk.leader else "not lead"]
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
        if not 0 <= place < len(self.talk.lines):
            return []
        return [word for word in self.tokens(place) if word in _CONTEXT]

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
            if talk.lows[other][-1:] == "?":
                seen.append(f"{name} ?")
            seen += [f"{name} {word}" for word in self._cues(other)]
        return seen

    def _agreement(self, place: int) -> list[str]:
        agrees = self.talk.agrees
        after = self._run(range(place + 1, min(len(agrees), place + 16)), 3)
        before = self._run(range(place - 1, max(-1, place - 18), -1), 3)
        near = agrees[place + 1 : place + 2] == [1]
        seen = [f"a {_few(after[0])}", f"b {_few(before[0])}", self._votes]
        if after[1]:
            seen.append(f"a- {min(after[1], 2)}")
        if before[1]:
            seen.append(f"b- {min(before[1], 2)}")
        if near and after[0] > 1:
            seen.append("a now")
        seen.append(f"ab {_few(after[0])} {_few(before[0])}")
        return seen

    def _run(self, places: range, gaps: int) -> tuple[int, int]:
        """How many agree and object before others have spoken more than *gaps* lines."""
        yes = no = 0
        for place in places:
            said = self.talk.agrees[place]
            if said > 0:
                yes += 1
            elif said < 0:
                no += 1
            else:
                gaps -= 1
                if gaps < 0:
                    break
        return yes, no

    def _again(self, place: int) -> list[str]:
        """Whether the same was said before, or is said again."""
        mine = self.content(place)
        if len(mine) < _ALIKE:
            return ["short"]
        seen = []
        count = len(self.talk.lines)
        for name, places in (("r", range(max(0, place - _REACH_BACK), place)), ("s", range(place + 1, min(count, place + 1 + _REACH_ON)))):
            best, who = 0, ""
            for other in places:
                if self.talk.agrees[other] or len(self.talk.words[other]) < _ALIKE:
                    continue
                theirs = self.content(other)
                both = len(mine & theirs)
                if both > 2:
                    alike = 10 * both // (len(mine) + len(theirs) - both)
                    if alike > best:
                        best, who = alike, self.talk.lines[other].nick
            level = 0 if best < 3 else 1 if best < 5 else 2 if best < 9 else 3
            seen.append(f"{name} {level}")
            if level > 1:
                seen.append(f"{name} {'same' if who == self.talk.lines[place].nick else 'other'}")
        seen.append("rs " + seen[0][-1] + next((one[-1] for one in seen[1:] if one[:3] in ("s 0", "s 1", "s 2", "s 3")), ""))
        return seen


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


_CONTENT = re.compile(r"[a-z0-9#][\w'’-]+")
_CONTEXT = frozenset(
    "action actions volunteer volunteers volunteering i'll objections objection opposed agreed resolved proposal proposed "
    "propose consensus thanks thank great ok okay who someone somebody assign vote please anyone can could any "
    "opposition hearing none no next topic approve accept motion todo done decided decide agree + - should".split()
)
_NOT_NAMES = frozenset(
    "i we you he she it they this that there what who how when why where if so but and or not the a an need needs want "
    "going have has had is are was were be do does yes no ok okay also just well then now maybe please let let's".split()
)
_LEAD = re.compile(
    r"\s*((?:@?[A-Za-z][\w.|-]{0,24}(?: [A-Z][\w.'-]+){0,2}(?:,? (?:and|&|or) |, ?|/)){0,3}@?[A-Za-z][\w.|-]{0,24}"
    r"(?: (?:[A-Z][\w.'-]*)){0,2})(?: \([^)]{1,20}\))?( to | will | should | please |: to |: |, )"
)
