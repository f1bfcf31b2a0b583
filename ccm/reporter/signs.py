"""
From a template's phrases to patterns, and which of them may match a sentence.

Phrases are lower-case regular expressions in which a space is any run of spaces and ``~`` any one word. A *label* makes
several patterns of its own: "the goal is …", "Goal: …", "we have two goals: …". Leaves out the reading of a sentence
(:mod:`ccm.reporter.attributes`).
"""

import re
from collections.abc import Iterable

from ccm.reporter.anchors import alternatives, keys_of_pattern
from ccm.reporter.template_shape import Attribute, Template

LABEL, LEAD, CUE, WEAK = 4, 3, 2, 1


class Sign:
    """
    One pattern, compiled when it is first needed: most of the two thousand never are.

    :ivar weight: LABEL, LEAD, CUE or WEAK.
    :ivar colon: whether it needs a colon or dash.
    :ivar rest: whether the substance is what follows (group ``rest``) and not the whole sentence.
    """

    __slots__ = ("_compiled", "_text", "colon", "key", "rest", "weight")

    def __init__(self, key: str, weight: int, text: str, rest: bool, colon: bool = False) -> None:
        self.key, self.weight, self.rest, self.colon = key, weight, rest, colon
        self._text = text
        self._compiled: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern, for lower-case text."""
        if self._compiled is None:
            self._compiled = re.compile(self._text, re.DOTALL)
        return self._compiled


class Signs:
    """The patterns of one template, found by the words that must occur for them to match."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.shapes = {a.key: a.shape for a in template.attribute}
        self.seen = [(key, shape) for key, shape in self.shapes.items() if shape in ("time", "place")]
        self.has_shapes = not template.strict and bool(self.seen)
        self._by_key: dict[str, list[int]] = {}
        self._signs: list[Sign] = []
        self._asks_by_key: dict[str, list[int]] = {}
        self._asks: list[Sign] = []
        for attribute in template.attribute:
            self._compile(attribute, template.strict, template.words)

    def candidates(self, keys: set[str]) -> list[Sign]:
        """Signs that may match a sentence with these keys (:mod:`ccm.reporter.anchors`), in the order of the file."""
        found: set[int] = set()
        for key in self._by_key.keys() & keys:
            found.update(self._by_key[key])
        return [self._signs[index] for index in sorted(found)]

    def asked(self, keys: set[str], question: str) -> str:
        """The key of the attribute that a question (lower-case, with its keys) asks for, or ``""``."""
        found: set[int] = set()
        for key in self._asks_by_key.keys() & keys:
            found.update(self._asks_by_key[key])
        for index in sorted(found):
            pattern = self._asks[index].pattern
            if pattern.search(question) or pattern.search(question.rstrip(" ?!.\"')")):
                return self._asks[index].key
        return ""

    def check(self) -> None:
        """:raises re.error: for a phrase that is no regular expression."""
        for sign in (*self._signs, *self._asks):
            sign.pattern  # noqa: B018 - compiled for its error

    def _compile(self, attribute: Attribute, strict: bool, types: tuple[str, ...]) -> None:
        key = attribute.key
        for label in attribute.labels:
            noun = noun_pattern(label)
            keys = keys_of_pattern(rf"\b(?:{'|'.join(_forms(label))})\b")
            self._add(Sign(key, LABEL, _labelled(noun), True), keys)
            if not strict:
                self._add(Sign(key, LEAD, _having(noun), True, True), keys)
                if label not in _PRONOUNS and label not in types:
                    self._add(Sign(key, CUE, _predicate(noun), False), keys)
                    self._ask(key, _asking(noun), keys)
        for lead in attribute.leads:
            self._add(Sign(key, LEAD, _leading(lead), True), keys_of_pattern(expand(lead)))
        for cue in attribute.cues:
            self._add(Sign(key, CUE, _anywhere(cue), False), keys_of_pattern(expand(cue)))
        for weak in attribute.weak:
            self._add(Sign(key, WEAK, _anywhere(weak), False), keys_of_pattern(expand(weak)))
        for ask in attribute.asks:
            self._ask(key, expand(ask), keys_of_pattern(expand(ask)))

    def _add(self, sign: Sign, keys: Iterable[str]) -> None:
        self._signs.append(sign)
        for word in keys:
            self._by_key.setdefault(word, []).append(len(self._signs) - 1)

    def _ask(self, key: str, pattern: str, keys: Iterable[str]) -> None:
        self._asks.append(Sign(key, CUE, pattern, False))
        for word in keys:
            self._asks_by_key.setdefault(word, []).append(len(self._asks) - 1)


# ---- from phrases to patterns

_PRONOUNS = frozenset({"what", "why", "where", "who", "which", "when", "how"})
_COPULA = (
    r"(?:is|are|was|were|will be|would be|should be|shall be|could be|might be|may be|must be|has been|have been|"
    r"'s|'re|includes?|included|means?|remains?|becomes?|being|seems? to be|lies in|lie in|consists? of)"
)
_DETERMINER = (
    r"(?:(?:the|our|its|their|a|an|my|your|this|these|one|another|some|any|all|her|his|both|two|three|four|five|"
    r"(?!(?:that|it|what|there|here|who|let|he|she|where|how)'s)[\w-]+'s|[\w-]+s') )?"
)


def expand(phrase: str) -> str:
    spoken = _APOSTROPHE.sub("'?", phrase)
    return spoken.replace("~", r"[\w'-]+").replace(" ", r"\s+")


_APOSTROPHE = re.compile(
    r"(?<=n)'(?=t)|(?<=it)'(?=s)|(?<=hat)'(?=s)|(?<=who)'(?=s)|(?<=let)'(?=s)|(?<=ere)'(?=s)|(?<=\|)'(?=s\b)|(?<=\()'(?=s\b)"
)


def _leading(phrase: str) -> str:
    if phrase.startswith("^(?"):
        return rf"(?:{expand(phrase)})(?P<rest>.*)"
    start, words = ("", expand(phrase)) if phrase.startswith("^") else _bordered(expand(phrase))
    return rf"{start}(?:{words})(?:(?<=\s)|(?![\w'-]))[\s,:–—-]*(?P<rest>.*)"


def _anywhere(phrase: str) -> str:
    start, words = ("", expand(phrase)) if phrase.startswith(("^", "(^")) else _bordered(expand(phrase))
    end = "" if phrase.endswith((" ", ")", "$", "\\b")) else r"(?![\w'-])"
    return f"{start}{words}{end}"


def _bordered(words: str) -> tuple[str, str]:
    """
    What asks for the border of a word before a pattern, and the pattern.

    A first letter is taken from it and comes before the border, so that ``re`` goes from one such letter to the next.
    """
    if _PLAIN.match(words) and len(alternatives(words)) == 1:
        return rf"{words[0]}(?<![\w'-]{words[0]})", words[1:]
    return r"(?<![\w'-])", words


_PLAIN = re.compile("[a-z](?![?*+{])")


def _labelled(noun: str) -> str:
    """``(so) the (main) goal (of all this) is rest`` or ``goal: rest``, at the start of a sentence."""
    inner = rf"(?:\s+(?!{_COPULA}\b)[^\s:,;.!?]+){{0,6}}?"
    if noun.removesuffix("(?:s|es)?") in _PRONOUNS:
        return rf"^(?:the )?(?P<noun>{noun})(?:{inner}\s*(?:[:=–—]|\s-)\s*)(?P<rest>\S.*)"
    return (
        rf"^{_DETERMINER}(?:(?!(?:who|what|that|which|it|i|we|is|are|was|were|no|not)\b)[\w'-]+ ){{0,2}}?"
        rf"(?P<noun>{noun})(?:{inner}(?:,\s[^:;.!?]{{1,40}})?\s*(?:[:=–—]|\s-)\s*|"
        rf"{inner}\s*(?<=[\w)'’\"”,]),?(?:\s+|(?=')){_COPULA}(?:n't)?\b[\s:,]*(?:that\s+)?"
        r"(?!(?:up|over|off|out|here|there|fine|ok|good|great|right|bad|nice|clear)\W*$)"
        rf"|\s*,\s*(?=(?:i|we|it|that|this|the|a|an|mainly|mostly|well)\b))(?P<rest>\S.*)"
    )


def _having(noun: str) -> str:
    """``we have two barriers: rest``, ``there are competitors, rest``."""
    return (
        rf"\b(?:have|has|had|is|are|see|sees|face|faces|got|know|knows|remain|expect|need|needs|there's|with) "
        rf"(?:[\w'-]+ ){{0,3}}?{noun}(?:\s+[^\s:]+){{0,4}}?\s*[:–—]\s*(?P<rest>\S.*)"
    )


def _predicate(noun: str) -> str:
    """``teachers are our (main) audience``, ``as (an) audience I see teachers``."""
    return (
        rf"\b(?:is|are|was|were|'s|'re|be|as|makes?|became|remains?|seems?) "
        rf"(?:the|our|its|their|a|an|my|one of (?:the|our))? ?(?:(?!no\b|not\b)[\w'-]+ ){{0,2}}?{noun}(?![\w'-])"
        rf"(?!\s+(?:is|are|was|were)\b)"
    )


def _asking(noun: str) -> str:
    """``what is our goal?``, ``which project``, ``any competitors?``."""
    return (
        rf"^(?:(?:and|so|but|ok|okay|then|well)[, ]+)?(?:(?:what|which|who|where|how|whom|any|is there|are there)"
        rf"(?:'?s|'re| is| are| was| were| would be| will be| about)? )?(?:an? |the |our |its |your |their |any )?"
        rf"(?:[\w-]+ )?{noun}(?: (?:for|of|behind|in|to) (?:that|it|this|us|all (?:that|this)|the \w+)| here| then)?"
        r"\W*$"
    )


def _forms(label: str) -> tuple[str, ...]:
    """The patterns of a label in singular and plural."""
    noun = noun_pattern(label)
    if noun.endswith("(?:y|ies)"):
        return noun.removesuffix("(?:y|ies)") + "y", noun.removesuffix("(?:y|ies)") + "ies"
    return (noun,)


def noun_pattern(label: str) -> str:
    """A pattern for the label in singular and plural."""
    *first, last = label.split(" ")
    if last.endswith("y") and last[-2:-1] not in tuple("aeou"):
        last = rf"{re.escape(last[:-1])}(?:y|ies)"
    elif last.endswith("s"):
        last = rf"{re.escape(last)}(?:es)?"
    else:
        last = rf"{re.escape(last)}(?:s|es)?"
    return r"\s+".join([*(re.escape(word) for word in first), last])
