"""
The configuration: one TOML file, typed, every key with a default and a unit (``etc/ccm.toml``).

A section is a ``msgspec.Struct`` that lives beside the code it configures; :mod:`ccm.service` gathers them. An
unknown key stops start-up, naming file, key and the nearest known one.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ccm.bounds import allowed, shown
from ccm.errors import ConfigError


class Section(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every section inherits: keyword arguments only, and no unknown keys."""

    def check(self) -> None:
        """
        What the types of the options cannot say.

        :raises ConfigError: naming the option (``section.key: …``) and the remedy.
        """


S = TypeVar("S", bound=Section)


class Config:
    """
    A file's values, not yet typed.

    :ivar source: the file's name, for messages.
    :ivar values: section -> key -> value; ``[modules.ping]`` is the section ``modules.ping``.
    """

    def __init__(self, source: str, values: Mapping[str, Any]) -> None:
        self.source = source
        self.values = dict(values)

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = ()) -> "Config":
        """
        Read a file, then apply ``section.key=value`` overrides, whose values are TOML (a bare word is a string).

        :raises ConfigError: if the file is missing, no TOML, or an override is malformed.
        """
        try:
            values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be read: {error.strerror}. Name an existing file with --config."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: is not valid TOML: {error}") from error
        for override in overrides:
            _override(values, override)
        return cls(str(path), values)

    def section(self, name: str, shape: type[S]) -> S:
        """
        One section as its typed struct; defaults fill what is absent.

        :param name: dotted, e.g. ``"web"`` or ``"publish.wordpress"``.
        :raises ConfigError: naming file, key, remedy.
        """
        value: Any = self.values
        for part in name.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            raise ConfigError(f"{self.source}: [{name}] must be a table, not {value!r}.")
        known = {field.encode_name: field for field in msgspec.structs.fields(shape)}
        mine = {key: v for key, v in value.items() if key in known or not isinstance(v, dict)}
        for key in mine:
            if key not in known:
                raise ConfigError(f"{self.source}: unknown key {name}.{key}{nearest(key, known)}")
        try:
            made = msgspec.convert(mine, shape)
            made.check()
        except msgspec.ValidationError as error:
            wrong = (self._wrong(f"{name}.{key}", value, known[key]) for key, value in mine.items())
            text = next(filter(None, wrong), f"[{name}]: {error}")
            raise ConfigError(f"{self.source}: {text}") from error
        except ConfigError as error:
            raise ConfigError(f"{self.source}: {error}") from error
        return made

    @staticmethod
    def _wrong(option: str, value: Any, field: Any) -> str:
        """What is wrong with an option's value, and what may be written; nothing if it may be."""
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            by_default = "" if default is msgspec.NODEFAULT else f" The default is {shown(default)}."
            return f"{option} = {shown(value)}: write {allowed(field.type)}.{by_default}"
        return ""

    def check_sections(self, known: Iterable[str]) -> None:
        """:raises ConfigError: if the file has a section that is none of *known* (dotted names)."""
        names = set(known)
        parents = {part for name in names for part in _prefixes(name)}
        for name in _tables(self.values):
            if name not in names and name not in parents:
                raise ConfigError(f"{self.source}: unknown section [{name}]{nearest(name, names)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them."""
    choices = sorted(known)
    match = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else f"; known: {', '.join(choices)}."


def _tables(values: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield prefix + key
            yield from _tables(value, f"{prefix}{key}.")


def _prefixes(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _override(values: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    *sections, key = path.strip().split(".")
    if not equals or not sections or not all((*sections, key)):
        raise ConfigError(f"--set {override}: write it as section.key=value.")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    table = values
    for part in sections:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f"--set {override}: {part} is not a section.")
    table[key] = value
