"""
A document type as its TOML file holds it (``docs/templates.md``).

``key``, ``label``, ``words`` (what people call the type), ``strict`` (only labels count), ``interview`` (whether to ask
for what is missing) and ``[[attribute]]`` tables with ``key``, ``label``, ``question``, ``shape``, ``labels`` ("the
goal is …", "Goal: …"), ``leads`` (phrases before the substance), ``cues`` (phrases anywhere), ``weak`` (hints that
count only while nothing better was said), ``asks`` (how people ask for it), ``carry`` (other type -> attribute that
takes it over) and ``takes`` (other type -> attribute of it that this one takes over). Leaves out what is done with it.
"""

import msgspec

SHAPES = ("", "name", "people", "time", "place", "level", "state", "deed")


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
    takes: dict[str, str] = {}


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
