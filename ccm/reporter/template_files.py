"""
Where document types come from, and what may be wrong with their files, told with the place and the remedy.

Built in (``templates/*.toml``), from plug-ins (:class:`ccm.interfaces.ITemplates`) and from an operator's folder.
Leaves out what a file means (:mod:`ccm.reporter.template_shape`, ``docs/templates.md``).
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from twisted.plugin import IPlugin, getPlugins
from zope.interface import implementer

from ccm.config import nearest
from ccm.errors import ConfigError
from ccm.interfaces import ITemplates
from ccm.reporter.signs import Signs, expand
from ccm.reporter.template_shape import SHAPES, Attribute, Template

PAGE = "docs/templates.md describes these files."
MOST_FILES, MOST_BYTES, MOST_ATTRIBUTES = 200, 200_000, 40
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_PHRASES = ("leads", "cues", "weak", "asks")


@dataclass(frozen=True, slots=True)
class Sourced:
    """
    A document type and the file that it came from.

    :ivar checked: whether what it says of other types is checked: not of those built in, whose neighbours may be
        replaced.
    """

    name: str
    template: Template
    checked: bool = True


@implementer(IPlugin, ITemplates)
class TemplatePackage:
    """
    The TOML files in a Python package, as a plug-in: two lines in ``twisted/plugins/`` publish them.

    :param name: for messages.
    :param package: dotted name of the package, or of a folder in it, that holds the files.
    """

    def __init__(self, name: str, package: str) -> None:
        self.name, self._package = name, package

    def files(self) -> Iterable[tuple[str, str]]:
        """Name and text of each file."""
        for entry in sorted(resources.files(self._package).iterdir(), key=lambda each: each.name):
            if entry.name.endswith(".toml"):
                yield entry.name, entry.read_text(encoding="utf-8")


def built_in() -> tuple[Sourced, ...]:
    """The six that come with CCM."""
    folder = resources.files("ccm.reporter") / "templates"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda each: each.name)
    return tuple(
        Sourced(each.name, msgspec.convert(tomllib.loads(each.read_text("utf-8")), Template), checked=False)
        for each in files  # the tests check them: their two thousand patterns are compiled when they are needed
    )


def of_plugins() -> tuple[Sourced, ...]:
    """
    Those of installed plug-ins, in the order of the plug-ins' names.

    :raises ConfigError: for a broken file, or a plug-in that cannot give its files.
    """
    found: list[Sourced] = []
    installed: Iterable[Any] = getPlugins(ITemplates)
    for plugin in sorted(installed, key=lambda each: str(each.name)):
        try:
            files = tuple(plugin.files())
        except (OSError, ImportError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"The templates of plug-in {plugin.name} cannot be read: {error}. Install it again or remove it."
            ) from error
        found.extend(Sourced(f"{plugin.name}: {name}", parsed(f"{plugin.name}: {name}", text)) for name, text in files)
    return tuple(found)


def of_folder(folder: str | Path) -> tuple[Sourced, ...]:
    """
    Those in an operator's folder, by file name.

    :raises ConfigError: naming file, place and remedy.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ConfigError(f"{folder}: there is no such folder. Make it, or take it out of the templates option.")
    try:
        paths = sorted(place.glob("*.toml"))
        if len(paths) > MOST_FILES:
            raise ConfigError(f"{folder}: holds {len(paths)} files of document types; {MOST_FILES} are the most.")
        return tuple(Sourced(str(path), parsed(str(path), _read(path))) for path in paths)
    except OSError as error:
        raise ConfigError(f"{error.filename or folder}: cannot be read: {error.strerror}. Make it readable.") from error


def _read(path: Path) -> str:
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path}: is longer than {MOST_BYTES} bytes. {PAGE}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8. Save the file as UTF-8.") from error


def parsed(name: str, text: str) -> Template:
    """
    The type that a file holds.

    :raises ConfigError: naming file, place and remedy.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is not valid TOML: {error}. {PAGE}") from error
    _known(name, values)
    template = _converted(name, values)
    _keys(name, template)
    for attribute in template.attribute:
        _phrases(f"{name}: attribute {attribute.key}", attribute)
    Signs(template).check()
    return template


def check_together(found: Sequence[Sourced]) -> None:
    """
    What only shows when all types are there: names taken twice, and types or attributes that do not exist.

    :raises ConfigError: naming both files.
    """
    types = {each.template.key: each.template for each in found}
    taken: dict[str, Sourced] = {}
    own = {each.template.key: each for each in found if each.checked}
    for each in own.values():
        for word in (each.template.key, *each.template.words):
            other = taken.setdefault(word, each)
            if other is not each:
                raise ConfigError(
                    f"{each.name}: the word {word!r} already means {other.name}. Take it out of one of them."
                )
        for attribute in each.template.attribute:
            for key, table in (("carry", attribute.carry), ("takes", attribute.takes)):
                for type_, target in table.items():
                    place = f"{each.name}: attribute {attribute.key}: {key}"
                    if type_ not in types:
                        raise ConfigError(f"{place} names {type_!r}, which is no type{nearest(type_, types)}")
                    keys = [a.key for a in types[type_].attribute]
                    if target not in keys:
                        raise ConfigError(f"{place}: {type_} has no attribute {target!r}{nearest(target, keys)}")


# ---- one file

_SHAPE = {field.encode_name for field in msgspec.structs.fields(Template)}
_ATTRIBUTE = {field.encode_name for field in msgspec.structs.fields(Attribute)}


def _known(name: str, values: dict[str, Any]) -> None:
    for key in values:
        if key not in _SHAPE:
            raise ConfigError(f"{name}: unknown key {key}{nearest(key, _SHAPE)}")
    for missing in ("key", "label", "words"):
        if missing not in values:
            example = {"key": 'key = "recipe"', "label": 'label = "Recipe"', "words": 'words = ["recipe", "dish"]'}
            raise ConfigError(f"{name}: has no {missing}. Write, for instance: {example[missing]}")
    attributes = values.get("attribute")
    if not isinstance(attributes, list) or not attributes:
        raise ConfigError(f"{name}: has no attributes. Begin each with a line [[attribute]]. {PAGE}")
    for number, attribute in enumerate(attributes, 1):
        if not isinstance(attribute, dict):
            raise ConfigError(f"{name}: attribute {number} is no table. Begin it with a line [[attribute]].")
        place = f"{name}: attribute {attribute.get('key', number)}"
        for key in attribute:
            if key not in _ATTRIBUTE:
                raise ConfigError(f"{place}: unknown key {key}{nearest(key, _ATTRIBUTE)}")
        for missing in ("key", "label", "question"):
            if missing not in attribute:
                raise ConfigError(f"{place} has no {missing}. {PAGE}")


_AT = re.compile(r" - at `\$(?:\.attribute\[(?P<number>\d+)\])?\.?(?P<key>[^`\[]*)")


def _converted(name: str, values: dict[str, Any]) -> Template:
    try:
        return msgspec.convert(values, Template)
    except msgspec.ValidationError as error:
        found = _AT.search(str(error))
        place, what = name, str(error)
        if found:
            what = str(error)[: found.start()]
            if found["number"] is not None:
                number = int(found["number"])
                place += f": attribute {values['attribute'][number].get('key', number + 1)}"
            place += f": {found['key']}" if found["key"] else ""
        raise ConfigError(f"{place}: {what[:1].lower()}{what[1:]}. {PAGE}") from error


def _keys(name: str, template: Template) -> None:
    for key in (template.key, *(attribute.key for attribute in template.attribute)):
        if not _KEY.fullmatch(key):
            raise ConfigError(
                f"{name}: the key {key!r} is none. Take small letters, digits and _ , such as next_steps."
            )
    keys = [attribute.key for attribute in template.attribute]
    twice = next((key for key in keys if keys.count(key) > 1), "")
    if twice:
        raise ConfigError(f"{name}: two attributes have the key {twice!r}. Give one of them another.")
    if len(keys) > MOST_ATTRIBUTES:
        raise ConfigError(f"{name}: has {len(keys)} attributes; {MOST_ATTRIBUTES} are the most.")
    if not template.label.strip() or not all(word.strip() for word in template.words):
        raise ConfigError(f"{name}: label and words must not be empty.")
    for word in template.words:
        if word != word.lower():
            raise ConfigError(f"{name}: write the word {word!r} in small letters; people may write it as they like.")


def _phrases(place: str, attribute: Attribute) -> None:
    if attribute.shape not in SHAPES:
        raise ConfigError(f"{place}: unknown shape {attribute.shape!r}{nearest(attribute.shape, SHAPES[1:])}")
    if not attribute.label.strip() or not attribute.question.strip():
        raise ConfigError(f"{place}: label and question must not be empty.")
    for row in ("labels", *_PHRASES):
        for number, phrase in enumerate(getattr(attribute, row), 1):
            here = f"{place}: {row}, phrase {number}"
            if not phrase.strip():
                raise ConfigError(f"{here} is empty. Take it out.")
            if re.sub(r"\\.", "", phrase) != re.sub(r"\\.", "", phrase).lower():
                raise ConfigError(f"{here}, {phrase!r}: write it in small letters; people may write it as they like.")
            if row == "labels":
                continue
            try:
                matcher = re.compile(expand(phrase))
            except re.error as error:
                raise ConfigError(
                    f"{here}, {phrase!r}, is no regular expression: {error}. Put a \\ before any of . ? * + ( ) [ ] "
                    "that is meant as it stands."
                ) from error
            if matcher.fullmatch(""):
                raise ConfigError(f"{here}, {phrase!r}, fits everything. Write a word in it that must be there.")
