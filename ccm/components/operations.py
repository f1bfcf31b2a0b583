"""
What a component can be asked for: one table of operations that both ways in are driven by.

:mod:`ccm.components.requests` serves the table as compact IQs (``docs/protocol.md``), :mod:`ccm.components.commands`
as ad-hoc commands with data forms. Leaves out what any operation does.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionLost
from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.errors import STANZA_CONDITIONS, Overtaken, StanzaError, StoreUnavailable

log = Logger()

MAX_VALUE_CHARACTERS = 4000
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Field:
    """
    One parameter: an attribute of the compact request, a field of the form.

    :ivar kind: of XEP-0004, e.g. ``text-single`` or ``boolean``.
    :ivar value: what the form begins with. :ivar present: answers it for a bare JID, from what holds now.
    :ivar options: answers ``(value, label)`` of what a bare JID may choose from, the likeliest first, for the form.
    """

    name: str
    label: str
    kind: str = "text-single"
    required: bool = False
    value: str = ""
    options: Callable[[str], Awaitable[tuple[tuple[str, str], ...]]] | None = None
    present: Callable[[str], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """
    Somebody asks.

    :ivar sender: full JID.
    :ivar values: parameters that are there and not blank.
    :ivar language: BCP 47, ``""`` if none was given.
    :ivar payload: the compact request's element; ``None`` for a command.
    :ivar key: the same for the same request made again, ``""`` if it is not known (:mod:`ccm.components.once`).
    """

    sender: str
    values: Mapping[str, str]
    language: str = ""
    payload: Element | None = None
    key: str = ""

    @property
    def user(self) -> str:
        """The bare JID of who asks."""
        return address.bare(self.sender)

    def need(self, name: str) -> str:
        """:raises StanzaError: ``bad-request`` if the parameter is missing."""
        try:
            return self.values[name]
        except KeyError:
            raise StanzaError("bad-request", f"The request lacks “{name}”.") from None


@dataclass(frozen=True, slots=True)
class Alternative:
    """
    What could be done instead, at one click.

    :ivar id: within its step; ``""`` until the step is kept.
    :ivar label: for the button.
    :ivar values: what the component needs to do it.
    """

    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What was done otherwise than asked, said in words.

    :ivar code: of ``docs/protocol.md``.
    :ivar other: the second reading of an ambiguous time, XEP-0082.
    :ivar undo: identifier of the step that takes the whole request back, or ``""``.
    """

    code: str
    text: str
    was: str = ""
    now: str = ""
    other: str = ""
    undo: str = ""
    alternatives: tuple[Alternative, ...] = ()

    def element(self) -> Element:
        """``<correction/>`` as in ``docs/protocol.md``."""
        element = Element((ns.TOPICS, "correction"))
        for name in ("code", "was", "now", "other", "undo"):
            if getattr(self, name) or name == "code":
                element[name] = getattr(self, name)
        element.addContent(self.text)
        for alternative in self.alternatives:
            if alternative.id:
                element.addElement("alternative", content=alternative.label)["id"] = alternative.id
        return element

    @staticmethod
    def parse(element: Element) -> "Correction":
        """The correction that an element tells."""
        return Correction(
            element["code"],
            str(element),
            was=element.getAttribute("was", ""),
            now=element.getAttribute("now", ""),
            other=element.getAttribute("other", ""),
            undo=element.getAttribute("undo", ""),
            alternatives=tuple(
                Alternative(str(each), {}, each["id"]) for each in element.elements(ns.TOPICS, "alternative")
            ),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What comes back.

    :ivar payload: child of the compact result.
    :ivar columns: ``(name, label)`` of the form's result.
    :ivar rows: values by column name; one row is shown as fields, several as a table.
    :ivar corrections: also told in the command's note.
    """

    payload: Element | None = None
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()
    corrections: tuple[Correction, ...] = ()
    table: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """
    :ivar name: element name of the compact request and end of the command's node.
    :ivar type: ``get`` or ``set``.
    :ivar title: of the command, for people; ``""``: no command is made of it.
    :ivar inner: only for the other components of this server; no command is made of it.
    """

    name: str
    type: str
    title: str
    run: Callable[[Request], Awaitable[Answer]]
    fields: tuple[Field, ...] = ()
    inner: bool = False


@dataclass(slots=True)
class Gate:
    """
    Counts requests in work, and tells when there are too many.

    :ivar limit: at this many the component is busy; at twice as many it refuses.
    :ivar changed: called with whether it is busy now.
    """

    limit: int = 100
    changed: Callable[[bool], None] = lambda _busy: None
    _open: int = field(default=0, init=False)
    _busy: bool = field(default=False, init=False)

    def __enter__(self) -> None:
        if self._open >= 2 * self.limit:
            raise StanzaError("resource-constraint")
        self._open += 1
        self._tell()

    def __exit__(self, *_: object) -> None:
        self._open -= 1
        self._tell()

    def _tell(self) -> None:
        busy = self._open >= self.limit or (self._busy and self._open > self.limit // 2)
        if busy != self._busy:
            self._busy = busy
            self.changed(busy)


async def execute(operation: Operation, request: Request, gate: Gate) -> Answer:
    """
    Run an operation.

    :raises StanzaError: whatever went wrong, in words for the one who asked; what is our own fault is logged.
    """
    for name, value in request.values.items():
        if len(value) > MAX_VALUE_CHARACTERS:
            raise StanzaError(
                "policy-violation", f"“{name}” is too long; {MAX_VALUE_CHARACTERS} characters are allowed."
            )
    with gate:
        try:
            return await _run(operation, request)
        except StanzaError:
            raise
        except JabberError as error:
            condition = error.condition if error.condition in STANZA_CONDITIONS else "undefined-condition"
            raise StanzaError(condition, error.text or None) from error
        except (RequestTimeout, ConnectionLost, CancelledError) as error:
            raise StanzaError(
                "remote-server-timeout", "Another part of the server did not answer. Try again."
            ) from error
        except StoreUnavailable as error:
            raise StanzaError("resource-constraint", "Nothing can be saved at the moment. Try again later.") from error
        except Exception as error:
            log.failure("The operation {operation} failed.", operation=operation.name)
            raise StanzaError("internal-server-error") from error


async def _run(operation: Operation, request: Request) -> Answer:
    """Run it, and again if somebody else changed what it was about to save."""
    for _ in range(_TRIES):
        try:
            return await operation.run(request)
        except Overtaken:
            continue
    raise StanzaError("resource-constraint", "Others are changing this as well. Try again in a moment.")


def done(namespace: str, *parts: Element, corrections: tuple[Correction, ...] = ()) -> Element:
    """``<done/>``: the answer to everything but a list."""
    element = Element((namespace, "done"))
    for part in parts:
        element.addChild(part)
    for correction in corrections:
        element.addChild(correction.element())
    return element


def refusal(iq: Any, error: StanzaError) -> Element:
    """The error stanza that answers an ``iq`` element."""
    answer: Element = JabberError(error.condition, error.type, error.text).toResponse(iq)
    return answer
