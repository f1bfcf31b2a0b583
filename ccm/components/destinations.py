"""
Where a topic's document goes besides the archive, read as somebody types it.

Names of configured targets apart by commas, blanks or "and"; "all" for every one, those of later too; "archive" or
nothing for none. Leaves out sending (:mod:`ccm.components.publication`), and whom it is shown to: only public documents
leave the archive.
"""

import re
from collections.abc import Iterable

from ccm.components.operations import Alternative, Correction
from ccm.records import Topic

ARCHIVE = "archive"
Targets = tuple[str, ...] | None

_BETWEEN = re.compile(r"[\s,;+&]+")
_SMALL = frozenset({"and", "und", "et", "en", "the", "only", "to", "nur"})
_ALL = frozenset({"all", "everywhere", "everything", "alle", "überall", "tous", "partout", "overal"})
_NONE = frozenset({ARCHIVE, "none", "nowhere", "nothing", "keine", "archiv", "archief", "archives"})


def goes_to(topic: Topic, configured: Iterable[str]) -> tuple[str, ...]:
    """The configured targets besides the archive that a public document of *topic* is sent to."""
    return tuple(name for name in configured if name != ARCHIVE and (topic.targets is None or name in topic.targets))


def destinations(text: str, configured: Iterable[str], name: str) -> tuple[Targets, tuple[Correction, ...]]:
    """
    Which targets are meant; a word that is none of them is told and sends the document nowhere.

    :param name: of the topic, for the sentence.
    :returns: the names, ``None`` for all.
    """
    known = {each.casefold(): each for each in configured if each != ARCHIVE}
    words = [word for word in _BETWEEN.split(text.casefold()) if word and word not in _SMALL]
    if any(word in _ALL and word not in known for word in words):
        return None, ()
    chosen = tuple(dict.fromkeys(known[word] for word in words if word in known))
    strange = [word for word in words if word not in known and word not in _NONE]
    if not strange:
        return chosen, ()
    there = ", ".join(known.values())
    others = (Alternative("Send it to all of them", {"targets": "all"}),) if known else ()
    said = (
        f"What {name} comes to goes to {spelled(chosen)}. “{strange[0][:40]}” is no target of this server"
        f"{f'; there are {there}' if there else ', which has none but the archive'}."
    )
    return chosen, (Correction("targets-guessed", said, text[:40], " ".join(chosen) or ARCHIVE, alternatives=others),)


def written(targets: Targets) -> str:
    """The same as text that :func:`destinations` reads."""
    return "all" if targets is None else " ".join(targets) or ARCHIVE


def spelled(targets: Targets) -> str:
    """For a sentence, the archive among them."""
    if targets is None:
        return "the archive and every target"
    names = ["the archive", *targets]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
