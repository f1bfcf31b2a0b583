"""
XPath queries as wokkel's handlers observe stanzas by, told apart quickly.

Every handler of a component observes a few queries, and Twisted holds each stanza against all of them. A query that
names the stanza, its type and its payload (``/iq[@type='set']/command[@xmlns='…']``) is looked at closely only when
all of these fit; which ones do is remembered for each kind of stanza.
"""

import re
from functools import cache
from typing import Any

from twisted.words.xish import utility, xpath

_NAMES = re.compile(r"/(\w+)(?:\[[^\]/]*\])*(?:/(\w+)|\Z)")
_TYPE = re.compile(r"/\w+\[@type=(?:'(\w+)'|\"(\w+)\")\]")
_MOST_KINDS = 500

#: Name of a stanza, its type, and the names of its children.
Kind = tuple[str, str | None, tuple[str, ...]]


class NamedQuery(xpath.XPathQuery):
    """Matches what the query matches, at less cost."""

    def __init__(self, query: str) -> None:
        super().__init__(query)  # type: ignore[no-untyped-call]
        names = _NAMES.match(query)
        self._stanza: str | None = names[1] if names else None
        self._payload: str | None = names[2] if names else None
        type_ = _TYPE.match(query) if names else None
        self._type: str | None = (type_[1] or type_[2]) if type_ else None

    def suits(self, kind: Kind) -> bool:
        """Whether the query can find something in stanzas of that kind."""
        stanza, type_, children = kind
        if self._stanza is not None and self._stanza != stanza:
            return False
        return (self._type is None or self._type == type_) and (self._payload is None or self._payload in children)

    def matches(self, element: Any) -> bool:
        """Whether the query finds something in *element*."""
        return self.suits(kind_of(element)) and bool(super().matches(element))  # type: ignore[no-untyped-call]


class Observed(utility.EventDispatcher):
    """Twisted's dispatcher; queries that are given to it as text become :class:`NamedQuery`."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._suiting: dict[Kind, list[tuple[int, NamedQuery, Any]]] = {}

    def _getEventAndObservers(self, event: Any) -> Any:
        self._suiting = {}  # observers come or go
        if isinstance(event, str) and not event.startswith(self.prefix):
            event = named(event)
        return super()._getEventAndObservers(event)  # type: ignore[no-untyped-call]

    def dispatch(self, obj: Any, event: str | None = None) -> bool:
        """Call those who observe it, in the order of their priorities; answers whether there is anybody."""
        if event is not None:
            return bool(super().dispatch(obj, event))  # type: ignore[no-untyped-call]
        found = False
        self._dispatchDepth += 1
        try:
            for priority, query, callbacks in self._candidates(kind_of(obj)):
                if xpath.XPathQuery.matches(query, obj):
                    callbacks.callback(obj)
                    found = True
                    if callbacks.isEmpty():
                        self._xpathObservers[priority].pop(query, None)
                        self._suiting = {}
        finally:
            self._dispatchDepth -= 1
        if not self._dispatchDepth:
            waiting, self._updateQueue = self._updateQueue, []
            for update in waiting:
                update()
        return found

    def _candidates(self, kind: Kind) -> list[tuple[int, NamedQuery, Any]]:
        known = self._suiting.get(kind)
        if known is None:
            if len(self._suiting) >= _MOST_KINDS:  # whoever sends invents names
                self._suiting.clear()
            known = self._suiting[kind] = [
                (priority, query, callbacks)
                for priority in sorted(self._xpathObservers, reverse=True)
                for query, callbacks in self._xpathObservers[priority].items()
                if not isinstance(query, NamedQuery) or query.suits(kind)
            ]
        return known


def kind_of(element: Any) -> Kind:
    """What queries are told apart by."""
    children = tuple([child.name for child in element.children if not isinstance(child, str)])
    return element.name, element.attributes.get("type"), children


@cache
def named(query: str) -> NamedQuery:
    """The one object for a query, by which it is also taken away again."""
    return NamedQuery(query)
