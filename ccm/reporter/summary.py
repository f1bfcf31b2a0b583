"""
Sentences that a summariser wrote: what it gets to see, and which of its sentences stand.

Nobody trusts a summariser, least of all one that has read what strangers typed: a sentence stands only if it cites
messages that are on record and in the document, and says nothing in numbers, addresses and most of its words that they
do not. Leaves out how summarisers work (:class:`ccm.interfaces.ISummarizer`) and who asks them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from ccm.reporter.document import sealed
from ccm.reporter.document_shape import Document, Line, Sentence

MOST_SENTENCES = 12
MOST_CITED = 12
SHORTEST, LONGEST = 12, 400  # characters of a sentence
SUPPORTED = 3  # one in so many of a sentence's words of weight must be in the messages it cites

_MARKUP = re.compile(r"<[a-z/!]|\]\(|&#|\bjavascript:|```", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\S+@\S+\.\w+|\b(?:[\w-]+\.)+(?:com|net|org|io|dev|app|info)\b"
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W\d_]{4,}")


def shown(document: Document) -> tuple[Line, ...]:
    """What a summariser may see: what people said on record and have not taken back."""
    return tuple(line for line in document.log if line.text and line.kept != "withdrawn" and not line.reporter)


def checked(written: Iterable[object], document: Document) -> tuple[Sentence, ...]:
    """
    The sentences that stand, in their order, at most `MOST_SENTENCES`.

    :param written: pairs of a text and the ids of messages; anything else in it is dropped.
    """
    lines = {line.id: line for line in shown(document)}
    names = {word for name in (*document.present, *document.invited) for word in _words(name)}
    stand: dict[str, Sentence] = {}
    for each in written:
        sentence = _sentence(each)
        if sentence is not None and sentence.text not in stand and _rests(sentence, lines, names):
            stand[sentence.text] = sentence
        if len(stand) == MOST_SENTENCES:
            break
    return tuple(stand.values())


def with_summary(document: Document, written: Iterable[object], name: str) -> Document:
    """The document with those sentences for its summary; as it was if none of them stands."""
    sentences = checked(written, document)
    if not sentences:
        return document
    return sealed(msgspec.structs.replace(document, summary=sentences, summarizer=name))


def _sentence(written: object) -> Sentence | None:
    if not isinstance(written, tuple | list) or len(written) != 2:
        return None
    text, sources = written
    if not isinstance(text, str) or not isinstance(sources, tuple | list):
        return None
    plain = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * LONGEST]).split())
    cited = tuple(dict.fromkeys(sources[: MOST_CITED + 1])) if all(isinstance(s, str) for s in sources) else ()
    if not SHORTEST <= len(plain) <= LONGEST or not 1 <= len(cited) <= MOST_CITED or _MARKUP.search(plain):
        return None
    return Sentence(plain, cited)


def _rests(sentence: Sentence, lines: Mapping[str, Line], names: set[str]) -> bool:
    """Whether all that a sentence cites is there, and carries it."""
    if not all(source in lines for source in sentence.sources):
        return False
    cited = [lines[source] for source in sentence.sources]
    said = " ".join(f"{line.nick} {line.text}" for line in cited).casefold()
    low = sentence.text.casefold()
    if any(found.rstrip(".,;:!?)") not in said for found in _ADDRESS.findall(low)):
        return False
    if any(number not in said for number in _NUMBER.findall(low)):
        return False
    there = _words(said)
    words = _words(low) - names
    return len(words & there) * SUPPORTED >= len(words)


def _words(text: str) -> set[str]:
    """The beginnings of its words: *published* and *publishing* are one."""
    return {word[:5] for word in _WORD.findall(text.casefold())}
