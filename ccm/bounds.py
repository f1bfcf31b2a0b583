"""
What values an option may have: bounds of numbers, and the sentence that says what may be written.

Every number among the options has bounds, by one of the types below or by ``msgspec.Meta``; a choice is a ``Literal``.
What several options say together is for :meth:`ccm.config.Section.check`.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, inspect

from ccm import address
from ccm.errors import ConfigError, StanzaError

Count = Annotated[int, Meta(ge=1)]
CountOr0 = Annotated[int, Meta(ge=0)]
Amount = Annotated[float, Meta(gt=0)]
AmountOr0 = Annotated[float, Meta(ge=0)]
Port = Annotated[int, Meta(ge=1, le=65535)]
PortOr0 = Annotated[int, Meta(ge=0, le=65535)]

_LONGEST = 80


def shown(value: Any) -> str:
    """A value as the file has it."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def check_url(option: str, url: str) -> None:
    """:raises ConfigError: unless *url* is empty, or a web address that others can be sent to."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{option}: {url!r} is no web address. Write it as https://example.org/.")


def check_domains(option: str, names: Iterable[str], *, below: bool = False) -> None:
    """:param below: ``*.domain`` may be written, too. :raises ConfigError: for a name that is no domain."""
    for name in names:
        if not address.is_domain(name.removeprefix("*.") if below else name):
            how = "in small letters, like example.org" + (" or *.example.org" if below else "")
            raise ConfigError(f"{option}: {name!r} is no domain. Write it {how}.")


def check_people(option: str, names: Iterable[str], *, domains: bool = False) -> None:
    """:param domains: a whole domain may be written, too. :raises ConfigError: for what is no bare JID as compared."""
    for name in names:
        try:
            good = address.prepare(name) == name and "/" not in name and (domains or "@" in name)
        except StanzaError:
            good = False
        if not good:
            raise ConfigError(f"{option}: {name!r} is no address of a person. Write it as name@example.org.")


def check_rising(option: str, numbers: Sequence[float]) -> None:
    """:raises ConfigError: unless each number is above the one before."""
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ConfigError(f"{option} = {shown(list(numbers))}: write each number larger than the one before.")


def allowed(type_: Any) -> str:
    """What may be written for an option of that type, as the end of "write …"."""
    return _words(inspect.type_info(type_))


def _words(type_: inspect.Type) -> str:
    match type_:
        case inspect.Metadata():
            return _words(type_.type)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            kind = "a whole number" if isinstance(type_, inspect.IntType) else "a number"
            return f"{kind}{_bounds(type_)}"
        case inspect.StrType():
            return 'a text in quotes, like "…"'
        case inspect.LiteralType():
            *others, last = map(shown, type_.values)
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.VarTupleType() | inspect.ListType():
            return f"a list in [ ], each of it {_words(type_.item_type)}"
        case inspect.TupleType():
            return f"a list in [ ] of {len(type_.item_types)}, each of it {_words(type_.item_types[0])}"
        case inspect.DictType():
            return f"a table in {{ }}, each value {_words(type_.value_type)}"
        case inspect.StructType():
            return f"a table with {', '.join(field.encode_name for field in type_.fields)}"
    return "something else"


def _bounds(type_: inspect.IntType | inspect.FloatType) -> str:
    if type_.ge is not None and type_.le is not None:
        return f" from {type_.ge:g} to {type_.le:g}"
    if type_.gt is not None:
        return f" above {type_.gt:g}"
    return f", {type_.ge:g} or more" if type_.ge is not None else ""
