"""Result sets (XEP-0059 1.0): reading what is asked, paging a list that is in memory, telling what came."""

from dataclasses import dataclass

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire.forms import tag


@dataclass(frozen=True, slots=True)
class Asked:
    """
    :ivar most: items wanted; ``None`` is no wish. :ivar before: ``""`` asks for the last page.
    """

    most: int | None = None
    after: str | None = None
    before: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Sliced:
    """A page of ``(key, name)`` pairs and the ``<set/>`` that describes it."""

    items: tuple[tuple[str, str], ...]
    set_element: bytes


def read(parent: domish.Element) -> Asked | None:
    """The ``<set/>`` of a query. :raises StanzaError: ``bad-request`` for a number that is none."""
    element = next(iter(parent.elements(ns.RSM, "set")), None)
    if element is None:
        return None
    found: dict[str, str] = {}
    for child in element.elements():
        if child.uri == ns.RSM and child.name in ("max", "after", "before", "index"):
            found[child.name] = str(child)
    return Asked(_number(found.get("max")), found.get("after"), found.get("before"), _number(found.get("index")))


def describe(first: str | None, last: str | None, index: int | None = None, total: int | None = None) -> bytes:
    """A ``<set/>`` for an answer."""
    inner = b""
    if first is not None:
        opening = b"<first>" if index is None else b"<first index='%d'>" % index
        inner += tag("first", first).replace(b"<first>", opening, 1)
    if last is not None:
        inner += tag("last", last)
    if total is not None:
        inner += b"<count>%d</count>" % total
    return b"<set xmlns='%b'>%b</set>" % (ns.RSM.encode(), inner) if inner else b"<set xmlns='%b'/>" % ns.RSM.encode()


def slice_(items: list[tuple[str, str]], asked: Asked | None, most: int = 100) -> Sliced:
    """
    A page of an ordered list, keyed by the first of each pair.

    :raises StanzaError: ``item-not-found`` for an unknown key to start from.
    """
    if asked is None:
        if len(items) <= most:
            return Sliced(tuple(items), b"")
        asked = Asked()
    count = most if asked.most is None else min(asked.most, most)
    start, end = 0, len(items)
    keys = {key: place for place, (key, _) in enumerate(items)}
    if asked.after:
        start = _place(keys, asked.after) + 1
    if asked.before:
        end = _place(keys, asked.before)
    if asked.index is not None:
        start = asked.index
    if asked.before is not None:
        start = max(start, end - count)
    page = tuple(items[start : min(end, start + count)])
    if not page:
        return Sliced((), describe(None, None, total=len(items)))
    return Sliced(page, describe(page[0][0], page[-1][0], start, len(items)))


def _place(keys: dict[str, int], key: str) -> int:
    if key not in keys:
        raise StanzaError("item-not-found", "That item is not in the list any more. Start from the first page.")
    return keys[key]


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise StanzaError("bad-request", "A result set's max and index are whole numbers.")
    return int(value)
