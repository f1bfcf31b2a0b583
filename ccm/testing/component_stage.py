"""
A component handler hosted over a router without a server: what tests of a component are made of.

The handler gets a real :class:`~ccm.components.context.Context` on the fakes of :mod:`ccm.testing.fakes`, or on the
stores that a test opens; people on the stage send it stanzas and read its answers. Leaves out the modules (disco of the
server, rosters, delivery to those who are offline) and the room service.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.words.xish.domish import Element
from zope.interface import implementer

from ccm import namespaces as ns
from ccm.components.context import Context, spawn
from ccm.components.host import LocalComponent
from ccm.errors import StanzaError
from ccm.interfaces import ISink
from ccm.router.router import Router
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services
from ccm.testing.matching import elements_of
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, parse_element

START = 1_767_225_600.0  # 2026-01-01
_SIBLINGS = ("accounts", "topics", "invitations", "reporter")
_OF_STORES = ("topics", "documents", "outbox", "accounts", "rosters", "archive", "tokens", "state")


class Absent:
    """A store that the test did not give; whoever uses it is told how."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise AssertionError(
            f"The component uses context.{self._name}.{attribute}: give the stage {self._name}=…, "
            "or stores=await open_stores(…) for all of them."
        )


class Person(RecordingSession):
    """
    A signed-in user in a test's hands.

    :ivar elements: everything received so far, parsed.
    """

    def __init__(self, jid: str, router: Router) -> None:
        super().__init__(jid)
        self.elements: list[Element] = []
        self._router = router
        self._ids = itertools.count(1)
        self._waiting: list[tuple[Callable[[Element], bool], Deferred[Element]]] = []

    def deliver(self, stanza: Stanza) -> None:
        """Note it; nobody here tells the time (XEP-0202), which components ask for."""
        if stanza.kind == "iq" and stanza.type == "get":
            self._router.route(stanza.error(StanzaError("service-unavailable")), self)
            return
        self.received.append(stanza)
        self._noted(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        self.deliver(template.stanza.copy(to=self.jid))

    def _noted(self, stanza: Stanza) -> None:
        element = parse_element(stanza.to_bytes(declared=True))
        self.elements.append(element)
        for entry in list(self._waiting):
            if entry[0](element):
                self._waiting.remove(entry)
                entry[1].callback(element)

    def send(self, xml: str) -> None:
        """Send one stanza, written without its sender and namespace."""
        [element] = elements_of(xml)
        element["from"] = self.jid
        self._router.route(Stanza.from_element(element), self)

    def ask(self, to: str, type_: str, payload: str) -> "Deferred[Element]":
        """Send an iq. :returns: the answering iq; see :func:`result` and :func:`refusal`."""
        id_ = f"ask{next(self._ids)}"
        heard = self.hears(lambda e: e.name == "iq" and e["id"] == id_ and e["type"] in ("result", "error"))
        self.send(f"<iq to='{to}' type='{type_}' id='{id_}'>{payload}</iq>")
        return heard

    def hears(self, what: Callable[[Element], bool]) -> "Deferred[Element]":
        """The first stanza like that, of those received and those to come."""
        heard: Deferred[Element] = Deferred()
        for element in self.elements:
            if what(element):
                heard.callback(element)
                return heard
        self._waiting.append((what, heard))
        return heard

    def texts(self) -> list[str]:
        """Bodies of all messages so far."""
        messages = [element for element in self.elements if element.name == "message"]
        return [str(body) for message in messages for body in message.elements(ns.CLIENT, "body")]


@implementer(ISink)
class Neighbour:
    """
    Another domain, such as the room service: notes what it is sent, and answers every request.

    :param answers: payload of the result, as XML, by the request; raises ``StanzaError`` to refuse.
    :ivar elements: everything received so far, parsed.
    """

    def __init__(self, jid: str, router: Router, answers: Callable[[Element], str]) -> None:
        self.jid = jid
        self.elements: list[Element] = []
        self._router = router
        self._answers = answers

    def deliver(self, stanza: Stanza) -> None:
        """Note it, and answer it if it is a request."""
        element = parse_element(stanza.to_bytes(declared=True))
        self.elements.append(element)
        if stanza.kind == "iq" and stanza.type in ("get", "set"):
            try:
                payload = self._answers(element)
            except StanzaError as error:
                self._router.route(stanza.error(error))
                return
            inside = elements_of(payload)
            self._router.route(stanza.result(payload.encode(), [(str(each.uri), each.name) for each in inside]))

    def deliver_raw(self, template: FanOut) -> None:
        self.deliver(template.stanza.copy(to=self.jid))


class ComponentStage:
    """
    One component handler, up from the start; a context manager that takes it down.

    :param plugin: the :class:`~ccm.interfaces.IComponentHandler`.
    :param options: its section; ``None`` for the defaults.
    :param stores: :class:`ccm.store.stores.Stores` in place of the fakes.
    :param changes: other fields of the :class:`~ccm.components.context.Context`, e.g. ``language="de"``.
    :ivar jid: the component's domain.
    :ivar clock: of the component's timers and of ``context.now``: ``stage.clock.advance(60)``.
    """

    def __init__(
        self, plugin: Any, options: Any = None, *, host: str = "localhost", stores: Any = None, **changes: Any
    ) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        services = make_services(host, Hands(START), **_chosen(stores, ("accounts", "rosters", "archive", "state")))
        self.services = services
        self.router = make_router(services)
        self.jid = f"{plugin.name}.{host}"
        self._tokens = itertools.count(1)
        values: dict[str, Any] = {
            "domain": self.jid,
            "host": host,
            "rooms": f"conference.{host}",
            "siblings": {name: f"{name}.{host}" for name in (*_SIBLINGS, plugin.name)},
            "clock": self.clock,
            "now": lambda: datetime.fromtimestamp(self.clock.seconds(), UTC),
            "spawn": spawn,
            "web_url": f"http://{host}/",
            "mail_from": f"CCM <noreply@{host}>",
            "token": lambda: f"secret-{next(self._tokens):036d}",
            **{name: getattr(services, name, None) or Absent(name) for name in _OF_STORES},
            **_chosen(stores, (*_OF_STORES, "suppression", "undo_steps")),
        }
        self.context = Context(**{**values, **changes})
        if options is None and plugin.options is not None:
            options = plugin.options()
        handlers = plugin.handlers(self.context, options)
        self.component = LocalComponent(self.router, self.jid, handlers, self.clock)
        self.component.start()

    def __enter__(self) -> "ComponentStage":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.component.stop()

    async def person(self, local: str = "ann", name: str = "") -> Person:
        """An account with one session, e.g. ``ann@localhost/test``."""
        jid = f"{local}@{self.context.host}"
        if not self.context.accounts.exists(jid):
            await self.context.accounts.create(jid, name or local.capitalize(), None, ())
        person = Person(f"{jid}/test", self.router)
        self.router.bind(person)
        return person

    def neighbour(self, jid: str, answers: Callable[[Element], str] = lambda _: "") -> Neighbour:
        """Put another domain beside the component, e.g. ``conference.localhost``."""
        made = Neighbour(jid, self.router, answers)
        self.router.add_domain(jid, made)
        return made


def result(answer: Element) -> Element:
    """The child of a result. :raises AssertionError: for an error, with its text; for a result without a child."""
    if answer["type"] != "result":
        raise AssertionError(f"It was refused: {' – '.join(refusal(answer))}")
    child: Element | None = answer.firstChildElement()
    if child is None:
        raise AssertionError("The result has no child.")
    return child


def refusal(answer: Element) -> tuple[str, str]:
    """Condition and text of an error. :raises AssertionError: for a result."""
    if answer["type"] != "error":
        raise AssertionError(f"It was not refused: {answer.toXml()}")
    [error] = answer.elements(ns.CLIENT, "error")
    conditions = [child for child in error.elements() if child.uri == ns.STANZA_ERRORS]
    texts = [str(child) for child in conditions if child.name == "text"]
    return next(child.name for child in conditions if child.name != "text"), "".join(texts)


def _chosen(stores: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(stores, name) for name in names} if stores is not None else {}
