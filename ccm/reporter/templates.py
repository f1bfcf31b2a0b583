"""
Document types as data: TOML files with attributes, and what of a remark ties it to one of them.

Six are built in (``templates/*.toml``); an operator's folder adds more or replaces some. A file holds ``key``,
``label``, ``words`` (what people call the type), ``strict`` (only labels count), ``interview`` (whether to ask for
what is missing) and ``[[attribute]]`` tables with ``key``, ``label``,
``question``, ``shape``, ``labels`` ("the goal is …", "Goal: …"), ``leads`` (phrases before the substance), ``cues``
(phrases anywhere), ``weak`` (hints that count only while nothing better was said), ``asks`` (how people ask for it)
and ``carry`` (other type -> attribute that takes it over). Phrases are lower-case regular expressions in which a
space is any
run of spaces and ``~`` any one word. Leaves out: languages other than English, which are one more file.
"""

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import msgspec

from ccm.errors import ConfigError
from ccm.reporter.anchors import keys_of_pattern

LABEL, LEAD, CUE, WEAK = 4, 3, 2, 1


class Attribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute of a type as its file describes it."""

    key: str
    label: str
    question: str
    shape: str = ""
    labels: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    carry: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One document type as its file describes it."""

    key: str
    label: str
    words: tuple[str, ...]
    attribute: tuple[Attribute, ...]
    strict: bool = False
    interview: bool = True

    def get(self, key: str) -> Attribute:
        """:raises KeyError: if the type has no such attribute."""
        for attribute in self.attribute:
            if attribute.key == key:
                return attribute
        raise KeyError(key)


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
        self.has_shapes = not template.strict and any(shape in ("time", "place") for shape in self.shapes.values())
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
            noun = _noun(label)
            keys = keys_of_pattern(rf"\b{noun}\b")
            self._add(Sign(key, LABEL, _labelled(noun), True), keys)
            if not strict:
                self._add(Sign(key, LEAD, _having(noun), True, True), keys)
                if label not in _PRONOUNS and label not in types:
                    self._add(Sign(key, CUE, _predicate(noun), False), keys)
                    self._ask(key, _asking(noun), keys)
        for lead in attribute.leads:
            self._add(Sign(key, LEAD, _leading(lead), True), keys_of_pattern(_expand(lead)))
        for cue in attribute.cues:
            self._add(Sign(key, CUE, _anywhere(cue), False), keys_of_pattern(_expand(cue)))
        for weak in attribute.weak:
            self._add(Sign(key, WEAK, _anywhere(weak), False), keys_of_pattern(_expand(weak)))
        for ask in attribute.asks:
            self._ask(key, _expand(ask), keys_of_pattern(_expand(ask)))

    def _add(self, sign: Sign, keys: Iterable[str]) -> None:
        self._signs.append(sign)
        for word in keys:
            self._by_key.setdefault(word, []).append(len(self._signs) - 1)

    def _ask(self, key: str, pattern: str, keys: Iterable[str]) -> None:
        self._asks.append(Sign(key, CUE, pattern, False))
        for word in keys:
            self._asks_by_key.setdefault(word, []).append(len(self._asks) - 1)


class Templates:
    """All known types; read only."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = {template.key: template for template in templates}
        self._signs: dict[str, Signs] = {}
        names = {word: key for key, template in self._templates.items() for word in (template.key, *template.words)}
        self._type_words = dict(sorted(names.items(), key=lambda item: (-len(item[0]), item[0])))
        choice = "|".join(_noun(word) for word in self._type_words)
        self.type_name = re.compile(rf"\b({choice})\b")
        self.type_keys = frozenset().union(*(keys_of_pattern(rf"\b{_noun(word)}\b") for word in self._type_words))

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Templates":
        """
        The built-in types and those of an operator's folder, which win.

        :raises ConfigError: naming file and key.
        """
        built_in = resources.files("ccm.reporter") / "templates"
        names = sorted(entry.name for entry in built_in.iterdir() if entry.name.endswith(".toml"))
        found = [_parse(name, (built_in / name).read_text("utf-8"), built_in=True) for name in names]
        try:
            for path in sorted(Path(folder).glob("*.toml")) if folder else ():
                found.append(_parse(str(path), path.read_text("utf-8"), built_in=False))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{folder}: templates cannot be read: {error}.") from error
        return cls(found)

    def __contains__(self, key: object) -> bool:
        return key in self._templates

    def keys(self) -> tuple[str, ...]:
        """The known types, built-in ones first, by file name."""
        return tuple(self._templates)

    def get(self, key: str) -> Template:
        """:raises KeyError: for an unknown type."""
        return self._templates[key]

    def signs(self, key: str) -> Signs:
        """The patterns of a type, made when they are first needed."""
        if key not in self._signs:
            self._signs[key] = Signs(self._templates[key])
        return self._signs[key]

    def type_of(self, word: str) -> str:
        """The type that goes by this name (lower-case, singular or plural), or ``""``."""
        if word in self._type_words:
            return self._type_words[word]
        for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
            stem = word.removesuffix(ending) + instead
            if word.endswith(ending) and stem in self._type_words:
                return self._type_words[stem]
        return ""


def _parse(name: str, text: str, *, built_in: bool) -> Template:
    try:
        template = msgspec.convert(tomllib.loads(text), Template)
        if not built_in:
            for phrase in (p for a in template.attribute for p in (*a.leads, *a.cues, *a.weak, *a.asks)):
                re.compile(_expand(phrase))
            Signs(template).check()
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}. docs/reporter.md describes template files.") from error
    except re.error as error:
        raise ConfigError(f"{name}: the phrase {error.pattern!r} is no regular expression: {error}") from error
    keys = [attribute.key for attribute in template.attribute]
    if not keys or len(set(keys)) != len(keys):
        raise ConfigError(f"{name}: needs attributes with keys of their own, has {keys}.")
    return template


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


def _expand(phrase: str) -> str:
    spoken = _APOSTROPHE.sub("'?", phrase)
    return spoken.replace("~", r"[\w'-]+").replace(" ", r"\s+")


_APOSTROPHE = re.compile(
    r"(?<=n)'(?=t)|(?<=it)'(?=s)|(?<=hat)'(?=s)|(?<=who)'(?=s)|(?<=let)'(?=s)|(?<=ere)'(?=s)|(?<=\|)'(?=s\b)|(?<=\()'(?=s\b)"
)


def _leading(phrase: str) -> str:
    start = "" if phrase.startswith("^") else r"(?<![\w'-])"
    if phrase.startswith("^(?"):
        return rf"(?:{_expand(phrase)})(?P<rest>.*)"
    return rf"{start}(?:{_expand(phrase)})(?:(?<=\s)|(?![\w'-]))[\s,:–—-]*(?P<rest>.*)"


def _anywhere(phrase: str) -> str:
    start = "" if phrase.startswith(("^", "(^")) else r"(?<![\w'-])"
    end = "" if phrase.endswith((" ", ")", "$", "\\b")) else r"(?![\w'-])"
    return f"{start}{_expand(phrase)}{end}"


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
        rf"(?:[\w-]+ )?{noun}(?: (?:for|of|behind|in|to) (?:that|it|this|us|all (?:that|this)|the \w+)| here| then)?\W*$"
    )


def _noun(label: str) -> str:
    """A pattern for the label in singular and plural."""
    *first, last = label.split(" ")
    if last.endswith("y") and last[-2:-1] not in tuple("aeou"):
        last = rf"{re.escape(last[:-1])}(?:y|ies)"
    elif last.endswith("s"):
        last = rf"{re.escape(last)}(?:es)?"
    else:
        last = rf"{re.escape(last)}(?:s|es)?"
    return r"\s+".join([*(re.escape(word) for word in first), last])
