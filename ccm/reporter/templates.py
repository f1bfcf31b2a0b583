"""
All document types there are, and the one that goes by a name.

Six are built in (``templates/*.toml``); plug-ins and an operator's folder add more or replace some
(:mod:`ccm.reporter.template_files`). Leaves out languages other than English, which are one more file.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from ccm.reporter.anchors import keys_of_pattern
from ccm.reporter.signs import CUE, LABEL, LEAD, WEAK, Sign, Signs, noun_pattern
from ccm.reporter.template_files import built_in, check_together, of_folder, of_plugins
from ccm.reporter.template_shape import Attribute, Template

__all__ = ["CUE", "LABEL", "LEAD", "WEAK", "Attribute", "Sign", "Signs", "Template", "Templates"]


class Templates:
    """All known types; read only."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = {template.key: template for template in templates}
        self._signs: dict[str, Signs] = {}
        names = {word: key for key, template in self._templates.items() for word in (template.key, *template.words)}
        self._type_words = dict(sorted(names.items(), key=lambda item: (-len(item[0]), item[0])))
        choice = "|".join(noun_pattern(word) for word in self._type_words)
        self.type_name = re.compile(rf"\b({choice})\b")
        self.type_keys = frozenset().union(
            *(keys_of_pattern(rf"\b{noun_pattern(word)}\b") for word in self._type_words)
        )

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Templates":
        """
        The built-in types, those of installed plug-ins, and those of an operator's folder; the later replace the earlier.

        :raises ConfigError: naming file, place and remedy.
        """
        found = (*built_in(), *of_plugins(), *(of_folder(folder) if folder else ()))
        check_together(found)
        return cls(each.template for each in found)

    def __contains__(self, key: object) -> bool:
        return key in self._templates

    def keys(self) -> tuple[str, ...]:
        """The known types, built-in ones first, by file name."""
        return tuple(self._templates)

    def get(self, key: str) -> Template:
        """That type; one without attributes if its file is gone since a discussion had it."""
        known = self._templates.get(key)
        return known if known is not None else Template(key, key.capitalize(), (), (), interview=False)

    def signs(self, key: str) -> Signs:
        """The patterns of a type, made when they are first needed."""
        if key not in self._signs:
            self._signs[key] = Signs(self.get(key))
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
