"""
The languages of the pages: which one a browser asks for (RFC 9110 §12.5.4), and what is said in it.

English stands in templates and code, as gettext's sentences; every other language has a catalogue ``locale/<code>.po``,
read once. What a catalogue does not have stays English; a test does not let that happen. Leaves out plural forms and
contexts, which no page needs so far, and the words of documents, which are in the language of their talk.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from twisted.web.http import Request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header


@dataclass(frozen=True, slots=True)
class Language:
    """:ivar code: as in ``lang``. :ivar sentences: English -> its own."""

    code: str
    sentences: Mapping[str, str]

    def say(self, sentence: str, **values: str) -> str:
        """*sentence* in this language, with *values* in the places of ``%(name)s``."""
        said = self.sentences.get(sentence, sentence)
        return said % values if values else said

    def day(self, at: datetime) -> str:
        """For example ``Tue 24 Nov 2026``."""
        values = {"weekday": self.say(f"{at:%a}"), "day": str(at.day), "month": self.say(f"{at:%b}")}
        return self.say("%(weekday)s %(day)s %(month)s %(year)s", year=str(at.year), **values)

    def month(self, at: datetime) -> str:
        """For example ``November 2026``."""
        return f"{self.say(f'{at:%B}')} {at.year}"


def read_po(text: str) -> dict[str, str]:
    """
    The sentences of a catalogue of GNU gettext; those that are not translated yet are left out.

    :raises ValueError: if it has a plural form or a context.
    """
    found: dict[str, str] = {}
    parts: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), 'msgid ""']:
        word, _, rest = line.strip().partition(" ")
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith('"'):
            parts[name] += ast.literal_eval(line.strip())
            continue
        if word not in ("msgid", "msgstr"):
            raise ValueError(f"{word!r} is neither msgid nor msgstr: plural forms and contexts are not read here")
        if word == "msgid":
            if parts.get("msgid") and parts.get("msgstr"):
                found[parts["msgid"]] = parts["msgstr"]
            parts = {}
        name = word
        parts[name] = ast.literal_eval(rest)
    return found


def _load() -> dict[str, Language]:
    catalogues = sorted(files("ccm.web").joinpath("locale").iterdir(), key=lambda one: one.name)
    found = {"en": Language("en", {})}
    for catalogue in catalogues:
        code, dot, ending = catalogue.name.rpartition(".")
        if dot and ending == "po":
            found[code] = Language(code, read_po(catalogue.read_text(encoding="utf-8")))
    return found


#: By code; English is first, and for everybody who asks for nothing that is there.
LANGUAGES: Mapping[str, Language] = _load()
ENGLISH = LANGUAGES["en"]


def asked(request: Request) -> Language:
    """The best language for whoever asks."""
    accepted = parse_accept_header(request.getHeader("Accept-Language") or "", LanguageAccept)
    return LANGUAGES[accepted.best_match(list(LANGUAGES), "en") or "en"]
