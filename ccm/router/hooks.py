"""
All the points where a module can hook in: the one list.

Stanza handlers are methods marked with :class:`on`; life events are methods marked with ``on.event(NAME)``. A
module's ``install`` hands ``self`` to :meth:`ccm.router.router.Router.attach`, which finds both.

A stanza handler is called as ``handler(stanza, origin)`` where *origin* is the :class:`~ccm.interfaces.ISink` that
sent it (``None`` for the server itself) and answers a verdict:

========================= =====================================================
``None``                  not mine, ask the next
:data:`HANDLED`           done, nothing to send back
a ``Stanza``              done, route this (an answer)
a coroutine               only for ``iq``: awaited, then one of the above
:class:`Instead`          only for filters: this stanza goes on, in the place of the one that came
========================= =====================================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Phase(StrEnum):
    """When a handler is asked: first filters, then handlers, then (whatever the verdict) observers."""

    FILTER = "filter"
    HANDLE = "handle"
    OBSERVE = "observe"


class Order(IntEnum):
    """Among the filters of a key: which comes first. Those of one order are asked as their modules were installed."""

    PASS = 0  #: whether it may pass at all
    KEEP = 1  #: what is kept of it, and marked on it
    COPY = 2  #: who gets a copy of it


class Target(StrEnum):
    """What a stanza is addressed to, seen from the host that serves it."""

    NONE = "none"  #: no ``to`` at all
    HOST = "host"  #: the domain of a local host
    ACCOUNT = "account"  #: the bare JID of a local account, or one that does not exist
    SESSION = "session"  #: a full JID of a local account
    OTHER = "other"  #: any other domain: a service, a component, another server


@dataclass(frozen=True, slots=True)
class Instead:
    """What a filter answers to have another stanza go on in the place of this one."""

    stanza: Any


class Verdict(Enum):
    """What a handler answers beside ``None`` and a stanza."""

    HANDLED = "handled"


HANDLED: Final = Verdict.HANDLED

#: Life events and the arguments their handlers get.
EVENTS: dict[str, str] = {
    "session-bound": "(session) a client has bound its resource (RFC 6120 §7)",
    "session-available": "(session) it sent its first available presence (RFC 6121 §4.2)",
    "session-presence": "(session) its broadcast presence is new or another (RFC 6121 §4.2, §4.4)",
    "session-unavailable": "(session, stanza) it became unavailable or its stream ended (RFC 6121 §4.5)",
    "session-saving": "(session) a record of it is about to be made: put what must outlive a crash into its state",
    "session-hibernating": "(session) its connection is gone, it may be resumed",
    "session-unacknowledged": "(session, stanzas) as it hibernates; *stanzas()* answers what its client may not have",
    "session-resumed": "(session) it came back",
    "session-closed": "(session) it is over; always the last event of a session",
    "message-kept": "(account, stanza) nobody reads it now, so it waits for the account (XEP-0160)",
    "message-waits": "(session, stanza) it got a message while nobody looks (XEP-0352) or while it hibernates",
    "session-lost": "(session, stanzas) what was not acknowledged when it ended (XEP-0198 §4)",
    "vcard-changed": "(jid) an account has another vCard (XEP-0054); told, so that the answer waits",
    "item-published": "(account, node, item) an account's node has a new item (XEP-0163); told",
    "account-deleted": "(jid) an account is gone, whoever may have its name by now; told",
    "server-stops": "() in order: what is kept for later is written now, while stores still take it; told",
    "domain-up": "(domain) a service or component answers from now on",
    "domain-down": "(domain) it is gone",
    "domain-lost": "(domain) a connection with another server ended unexpectedly; who was there may be gone",
}

Key = tuple[Phase, str, str | None, tuple[str, str] | None, Target, Order]

_MARK = "_ccm_hooks"


class on:
    """
    Decorators that say what a method handles.

    ``to`` names one or more targets; ``type_=None`` means any type, ``payload=None`` any payload. A more special
    key is asked before a more general one.
    """

    @staticmethod
    def iq(type_: str, namespace: str, name: str, *, to: Target | tuple[Target, ...] = Target.HOST) -> Callable[[F], F]:
        """Handle an ``iq`` of that type (``get`` or ``set``) with that payload."""
        return _mark("iq", type_, (namespace, name), to, Phase.HANDLE)

    @staticmethod
    def message(
        type_: str | None = None,
        payload: tuple[str, str] | None = None,
        *,
        to: Target | tuple[Target, ...],
        phase: Phase = Phase.HANDLE,
    ) -> Callable[[F], F]:
        """Handle a ``message``; *type_* ``"normal"`` also means none given."""
        return _mark("message", type_, payload, to, phase)

    @staticmethod
    def presence(
        type_: str | None = None,
        payload: tuple[str, str] | None = None,
        *,
        to: Target | tuple[Target, ...],
        phase: Phase = Phase.HANDLE,
    ) -> Callable[[F], F]:
        """Handle a ``presence``; *type_* ``"available"`` means none given."""
        return _mark("presence", type_, payload, to, phase)

    @staticmethod
    def any(kind: str, *, to: Target | tuple[Target, ...], phase: Phase, order: Order = Order.PASS) -> Callable[[F], F]:
        """Handle every stanza of a kind: for filters and observers."""
        return _mark(kind, None, None, to, phase, order)

    @staticmethod
    def event(name: str) -> Callable[[F], F]:
        """Hear a life event of :data:`EVENTS`."""
        if name not in EVENTS:
            raise ValueError(f"unknown event {name!r}; known: {', '.join(sorted(EVENTS))}")

        def mark(method: F) -> F:
            _marks(method).append(name)
            return method

        return mark


def hooks_of(instance: object) -> list[tuple[Key | str, Callable[..., Any]]]:
    """Every marked method of an instance, as ``(key or event name, bound method)`` in the order of definition."""
    found: list[tuple[Key | str, Callable[..., Any]]] = []
    for cls in reversed(type(instance).__mro__):
        for name, function in vars(cls).items():
            for key in getattr(function, _MARK, ()):
                found.append((key, getattr(instance, name)))
    return found


def _mark(
    kind: str,
    type_: str | None,
    payload: tuple[str, str] | None,
    to: Target | tuple[Target, ...],
    phase: Phase,
    order: Order = Order.PASS,
) -> Callable[[F], F]:
    targets = to if isinstance(to, tuple) else (to,)

    def mark(method: F) -> F:
        _marks(method).extend((phase, kind, type_, payload, target, order) for target in targets)
        return method

    return mark


def _marks(method: Any) -> list[Key | str]:
    if not hasattr(method, _MARK):
        setattr(method, _MARK, [])
    marks: list[Key | str] = getattr(method, _MARK)
    return marks
