"""Which handlers a stanza is for, by its type and payload; what was looked up once is remembered."""

from collections.abc import Callable
from typing import Any

from ccm.wire.stanza import Stanza

Handler = Callable[[Stanza, Any], Any]
#: Type and payload; ``None`` stands for any.
Claim = tuple[str | None, tuple[str, str] | None]

_DEFAULT_TYPES = {"message": "normal", "presence": "available", "iq": "get"}


class Claims:
    """The handlers of one kind of stanza in one phase and for one kind of address."""

    __slots__ = ("_default", "_found", "_handlers", "_named")

    def __init__(self, kind: str) -> None:
        self._default = _DEFAULT_TYPES[kind]
        self._handlers: dict[Claim, tuple[Handler, ...]] = {}
        #: Types and payloads that somebody claims. Senders choose all others, which are remembered as one.
        self._named: set[str | tuple[str, str] | None] = set()
        self._found: dict[Claim, tuple[Handler, ...]] = {}

    def set(self, type_: str | None, payload: tuple[str, str] | None, handlers: tuple[Handler, ...]) -> None:
        """Let these, in this order, be who claims that."""
        self._handlers[type_, payload] = handlers
        self._named.update((type_, payload))
        self._found.clear()

    def of(self, stanza: Stanza) -> tuple[Handler, ...]:
        """Who may claim a stanza, the more special first."""
        named, children = self._named, stanza.children
        type_ = stanza.attrs.get("type") or self._default
        claim = (type_ if type_ in named else None, children[0] if children and children[0] in named else None)
        found = self._found.get(claim)
        if found is None:
            found = self._found[claim] = self._find(*claim)
        return found

    def _find(self, type_: str | None, payload: tuple[str, str] | None) -> tuple[Handler, ...]:
        claims = dict.fromkeys(((type_, payload), (None, payload), (type_, None), (None, None)))
        return tuple(handler for claim in claims for handler in self._handlers.get(claim, ()))
