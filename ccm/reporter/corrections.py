"""
Corrections in plain talk: "no, the goal is …", "it's for the nurses, not the doctors", "I meant …", "scratch that".

What is put right takes the place of what was there and stays; the earlier words remain as a lower candidate, so that
nothing is lost. Only what fills an attribute can be put right, and only words that say which one, or name what they
replace, do so: an ordinary *no* or *actually* changes nothing. Leaves out corrected messages (XEP-0308), which
:mod:`ccm.reporter.discussion` reads anew, and the lines of a meeting's record, which have commands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ccm.reporter.attributes import Finding, read, trimmed
from ccm.reporter.candidates import ANSWERED, Candidate, assigned
from ccm.reporter.remarks import after_fillers, flat
from ccm.reporter.state import Asked
from ccm.reporter.templates import LABEL, LEAD, Signs


class Words(NamedTuple):
    """
    A remark.

    :ivar question: what somebody asked just before, if anything.
    """

    text: str
    by: str
    source: str
    at: str = ""
    question: Asked | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """
    What a correction does to what was heard.

    :ivar heard: what is left of it, with what takes its place.
    :ivar rest: where in the text that begins which is still to be read, or -1.
    """

    heard: tuple[Candidate, ...]
    rest: int = -1


SHORT = 12  # words of a remark that puts something right by "…, not …" alone
LONG = 25  # words beyond which only a label is plain enough
_BEFORE = r"^\W*(?:(?:oh|ah|hm+|wait|sorry|oops|well|so|and|but|ok|okay|um|uh|er)\b[,.!: ]*)*"
_NO = r"(?:no|nope|nah)(?:[,.!:]+| wait[,.!]*| sorry[,.!]*) "
_PLAIN = (
    r"correction:? |(?:let me |to |i (?:have|need|want) to )?correct (?:that|this|it|myself)[:,.]? |not quite[,:.] |"
    r"(?:no, )?(?:that|this|it)(?:'s| is| was) (?:wrong|not right|not quite right|not it|not true|a mistake)[,:;.!] |"
    r"wrong[,:.!] |on second thoughts?,? "
)
_MEANT = r"i (?:meant|mean)(?: to say)?[,:]? |make (?:that|it):? |(?:that|it|this) should (?:be|read|say):? "
_OPENER = re.compile(rf"{_BEFORE}(?:{_NO})?(?:(?P<meant>{_MEANT})|(?P<plain>{_PLAIN})|(?P<weak>actually,? |rather,? ))")
_ONLY_NO = re.compile(rf"{_BEFORE}{_NO}")
_LAST = r"what i (?:just )?said|my last (?:line|remark|message|one)|that last (?:line|remark|bit|one)"
_SCRATCH = re.compile(
    rf"{_BEFORE}(?:{_NO})?(?:please )?(?:(?:scratch|strike|disregard|ignore) (?:that|this|{_LAST})|forget (?:{_LAST}))"
    r"(?: please)?(?:[.,;:!–-]+ *|$)"
)
_NOT = re.compile(
    r"(?:(?:,| -| –) (?:and )?not| instead of| rather than) (?!only\b|just\b|yet\b|sure\b|to\b|that\b)"
    r"(?P<what>[^,.;!?]{2,60})"
)
_BUT = re.compile(
    r"\bnot (?:for |at |in |on |to )?(?:the |our |a |an )?(?P<what>[^,.;!?]{2,60}?),? but "
    r"(?:rather |really )?(?:for |at |in |on )?"
)
_IT_IS = re.compile(
    r"(?:(?:it|that|this|they|there)(?:'s|'re| is| are| was| should be| will be)|we mean|i mean) "
    r"(?:only |really |just )*(?:for |called |at |in |on |by )?"
)
_NO_VALUE = re.compile(
    r"(?:it|that|this|to|what|as|how|why|when|if|because|like|you|we|they|he|she|i|well|really|for|no|yes)\b"
)
_WORD = re.compile(r"[^\W\d_]{3,}|\d+")
_CUES = ("not ", "instead of ", "rather than ")


def corrected(words: Words, heard: tuple[Candidate, ...], signs: Signs) -> Change | None:
    """What a remark puts right among the candidates heard so far; ``None`` if it is no correction."""
    if not heard:
        return None
    low = flat(words.text)
    opener = _OPENER.match(low) or _ONLY_NO.match(low)
    scratched = _SCRATCH.match(low)
    if scratched:
        return _scratched(words, heard, scratched.end())
    if opener is None and (not any(cue in low for cue in _CUES) or len(low.split()) > SHORT):
        return None
    filled = _filled(heard, signs)
    start = opener.end() if opener else after_fillers(low)
    found = _put_right(words, low, start, opener, filled, signs)
    if found is None and opener is not None and opener.groupdict().get("meant"):
        found = _meant(words, low, start, heard, filled, signs)
    if found is None or found.text == " · ".join(c.text for c in filled[found.key]):
        return None
    return Change((*heard, found))


def _filled(heard: tuple[Candidate, ...], signs: Signs) -> Mapping[str, tuple[Candidate, ...]]:
    singles = frozenset(key for key, shape in signs.shapes.items() if shape in ("name", "level"))
    return assigned(heard, singles)


def _scratched(words: Words, heard: tuple[Candidate, ...], end: int) -> Change | None:
    """Take back what the speaker said last, if nobody's words have counted since."""
    last = heard[-1]
    if last.by != words.by:
        return None
    left = tuple(c for c in heard if c.source != last.source)
    rest = end if words.text[end:].strip(" .!,;") else -1
    return Change(left, rest)


def _put_right(
    words: Words,
    low: str,
    start: int,
    opener: re.Match[str] | None,
    filled: Mapping[str, tuple[Candidate, ...]],
    signs: Signs,
) -> Candidate | None:
    """The words that say which attribute they are for, or what they replace."""
    replaced, begin, end = _instead(low, start)
    groups = opener.groupdict() if opener is not None else {}
    sure = bool(groups.get("plain") or groups.get("meant"))
    answer = opener is not None and not groups and words.question is not None and words.question.by != words.by
    rest = words.text[begin:end]
    least = LEAD if len(low.split()) <= LONG else LABEL
    stated = [f for f in read(rest, signs).findings if f.weight >= least and f.key in filled]
    for finding in sorted(stated, key=lambda f: -f.weight):
        names = replaced and _named_in(replaced, filled[finding.key], opener)
        plainly = finding.weight == LABEL and opener is not None
        own = filled[finding.key][-1].by == words.by and opener is not None and not answer
        no = opener is not None and not groups.get("weak") and not answer
        if names or sure or plainly or own or no:
            return _candidate(words, begin, finding, signs)
    if replaced:
        for key, values in filled.items():
            if _named_in(replaced, values, opener):
                lead = _IT_IS.match(low, begin)
                first = lead.end() if lead else begin
                return _candidate(words, 0, Finding(key, LABEL, first, end), signs)
    return None


def _instead(low: str, start: int) -> tuple[str, int, int]:
    """What is said to be replaced, and where the words for it begin and end."""
    but = _BUT.search(low, start)
    if but:
        return but["what"], but.end(), len(low)
    found = _NOT.search(low, start)
    if found and found.start() > start:
        return found["what"], start, found.start()
    return "", start, len(low)


def _named_in(replaced: str, values: tuple[Candidate, ...], opener: re.Match[str] | None) -> bool:
    """Whether the words said to be wrong are among those of the values: all of them, half where a correction opens."""
    there = {_stem(word) for value in values for word in _WORD.findall(flat(value.text))}
    named = {_stem(word) for word in _WORD.findall(replaced)} - _NO_WORDS
    return bool(named) and len(named & there) * (1 if opener is None else 2) >= len(named)


_NO_WORDS = frozenset(("the", "our", "for", "and", "any", "this", "that", "its", "with", "one"))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _meant(
    words: Words,
    low: str,
    start: int,
    heard: tuple[Candidate, ...],
    filled: Mapping[str, tuple[Candidate, ...]],
    signs: Signs,
) -> Candidate | None:
    """*I meant nurses*: the speaker's own last words, if nobody's have counted since."""
    last = heard[-1]
    text = low[start:].strip(" .!")
    if last.by != words.by or not text or text.endswith("?") or len(text.split()) > 12 or _NO_VALUE.match(text):
        return None
    mine = [key for key, values in filled.items() if any(c.source == last.source for c in values)]
    if len(mine) != 1:
        return None
    return _candidate(words, 0, Finding(mine[0], LABEL, start, len(low)), signs)


def _candidate(words: Words, offset: int, finding: Finding, signs: Signs) -> Candidate | None:
    low = flat(words.text)
    moved = Finding(finding.key, finding.weight, finding.start + offset, finding.end + offset)
    exact = trimmed(moved, low, signs.shapes.get(finding.key, ""))
    text = words.text[exact.start : exact.end].strip()
    if not text.strip(" .,!?"):
        return None
    return Candidate(finding.key, ANSWERED, text, words.by, words.source, words.at, offset, plain=True, instead=True)
