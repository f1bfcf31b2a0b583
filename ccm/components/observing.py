"""
XPath queries as wokkel's handlers observe stanzas by, told apart quickly.

Every handler of a component observes a few queries, and each stanza is held against all of them. A query that names the
stanza and its payload (``/iq[@type='set']/command[@xmlns='…']``) is looked at closely only when both names fit.
"""

import re
from functools import cache
from typing import Any

from twisted.words.xish import xpath

_NAMES = re.compile(r"/(\w+)(?:\[[^\]/]*\])*(?:/(\w+)|\Z)")


class NamedQuery(xpath.XPathQuery):
    """Matches what the query matches, at less cost."""

    def __init__(self, query: str) -> None:
        super().__init__(query)  # type: ignore[no-untyped-call]
        names = _NAMES.match(query)
        self._stanza: str | None = names[1] if names else None
        self._payload: str | None = names[2] if names else None

    def matches(self, element: Any) -> bool:
        """Whether the query finds something in *element*."""
        if self._stanza is not None and element.name != self._stanza:
            return False
        if self._payload is not None and not _has(element, self._payload):
            return False
        return bool(super().matches(element))  # type: ignore[no-untyped-call]


def _has(element: Any, name: str) -> bool:
    return name in [child.name for child in element.children if not isinstance(child, str)]


@cache
def named(query: str) -> NamedQuery:
    """The one object for a query, by which it is also taken away again."""
    return NamedQuery(query)
