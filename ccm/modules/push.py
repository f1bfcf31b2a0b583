"""
XEP-0357 Push Notifications 0.4.1: the app of somebody who is away is told, by way of its own service, that there is a
message.

A client that asked for it, known by its full JID, is told when a message waits for the whole account, when one reaches
another client while this one has no session, and when its own session gets one while nobody looks (XEP-0352) or its
connection is gone (XEP-0198), counting what it has not acknowledged then. One request a time for each node: what comes
meanwhile is told together. Leaves out notifications of requests for subscription.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.interfaces import IAccountDisco
from ccm.modules import push_words
from ccm.modules.aside import aside
from ccm.modules.push_words import News, news_of
from ccm.modules.remembered import Remembered
from ccm.pubsub.config import PUBLISH_OPTIONS
from ccm.records import PushTarget
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import forms
from ccm.wire.stanza import Stanza

log = Logger()

OWN = (Target.NONE, Target.ACCOUNT)
_MOST_OPTIONS_BYTES = 4096
_MOST_NODE = 1024


class PushOptions(Section):
    """
    ``sender`` and ``body`` say whether notifications, which pass through others' servers, tell who wrote and what;
    ``placeholder`` stands for a text that is not told, since some apps make no sound without one (``""``: nothing).

    An account has so many nodes, the oldest goes for a new one. An answer takes ``answer_seconds`` at most. A service
    that is away is asked again after ``retry_seconds``, twice that, and so on, and no more after so many ``failures``.
    """

    sender: bool = False
    body: bool = False
    placeholder: str = "New message"
    nodes_per_account: CountOr0 = 10
    answer_seconds: Count = 60
    retry_seconds: Count = 60
    failures: CountOr0 = 8


@dataclass(slots=True)
class _Line:
    """What is to be told to one node: the messages since its client was here, and whether a request is under way."""

    target: PushTarget
    count: int = 0
    news: News | None = None
    busy: bool = False
    failures: int = 0
    cancel: Callable[[], None] = field(default=lambda: None)


@implementer(IAccountDisco)
class Push:
    """Keeps who is to be told, and tells them."""

    def __init__(self, router: Router, services: Services, options: PushOptions) -> None:
        self._router = router
        self._services = services
        self._options = options
        #: by account: (service, node) -> what is to be told there
        self._remembered = Remembered[dict[tuple[str, str], _Line]](router.hosts, services.later)
        self._lines = self._remembered.of
        self._observes = False
        router.add_account_disco(self)
        self._remembered.load(self._kept, lambda _, target: self._keep(target), "reading where notifications go")

    async def _kept(self) -> Iterable[tuple[str, PushTarget]]:
        return [(target.owner, target) for target in await self._services.push_targets.all()]

    # ---- service discovery

    def features(self) -> tuple[str, ...]:
        """What accounts offer (§4)."""
        return (ns.PUSH,)

    def identities(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    async def items(self, _owner: str, _asker: str) -> bytes:
        """None of its own."""
        return b""

    async def info(self, _owner: str, _asker: str, _name: str) -> None:
        """None of its own."""

    # ---- requests

    @on.iq("set", ns.PUSH, "enable", to=OWN)
    async def enable(self, stanza: Stanza, origin: Any) -> Stanza:
        """§5; the last request for a node holds."""
        owner = self._owner(stanza, origin)
        service, node = self._place(stanza)
        options = push_words.options_of(stanza)
        if len(options) > _MOST_OPTIONS_BYTES or len(node or "") > _MOST_NODE:
            raise StanzaError("not-acceptable", f"The options may have {_MOST_OPTIONS_BYTES} bytes.")
        if options:
            form = forms.find(next(stanza.element.elements()))
            assert form is not None
            forms.read(form, PUBLISH_OPTIONS)
        target = PushTarget(owner, service, node or "", origin.jid, options)
        async with self._remembered.turn(owner):
            await self._services.push_targets.save(target)
            lines = self._keep(target)
            while len(lines) > self._options.nodes_per_account:
                await self._forget(owner, *next(iter(lines)))
        return stanza.result()

    @on.iq("set", ns.PUSH, "disable", to=OWN)
    async def disable(self, stanza: Stanza, origin: Any) -> Stanza:
        """§6: one node, or all of a service."""
        owner = self._owner(stanza, origin)
        service, node = self._place(stanza, named=False)
        async with self._remembered.turn(owner):
            for known in [known for known in self._lines.get(owner, {}) if known[0] == service]:
                if node in (None, known[1]):
                    await self._forget(owner, *known)
        return stanza.result()

    @on.message(None, (ns.PUBSUB, "pubsub"), to=Target.ACCOUNT)
    def shut_out(self, stanza: Stanza, _origin: Any) -> Any:
        """§8: a service says that it takes no more for an account."""
        owner, service = stanza.to or "", stanza.from_ or ""
        if all(known != service for known, _ in self._lines.get(owner, {})):
            return None
        for node in push_words.taken_back(stanza):
            if (service, node) in self._lines.get(owner, {}):
                aside(self._forget(owner, service, node), "ending notifications")
        return HANDLED

    # ---- what there is to tell

    def reached(self, owner: str, stanza: Stanza) -> None:
        """A message reached clients of an account: those without a session are told."""
        lines = self._lines.get(owner)
        if lines and any(s.priority is not None and s.priority >= 0 for s in self._router.sessions_of(owner)):
            self._tell(lines, stanza)

    @on.event("message-kept")
    def kept(self, account: str, stanza: Stanza) -> None:
        """A message waits for an account: all its clients without a session are told."""
        lines = self._lines.get(account)
        if lines:
            self._tell(lines, stanza)

    @on.event("message-waits")
    def waits(self, session: Any, stanza: Stanza) -> None:
        """A client's session got a message while nobody looks, or nobody is there."""
        lines = self._of(session)
        news = news_of(stanza) if lines else None
        if news is not None:
            for line in lines:
                self._add(line, news)

    @on.event("session-unacknowledged")
    def hibernates(self, session: Any, stanzas: Callable[[], list[Stanza]]) -> None:
        """What its client has not acknowledged may never have reached it."""
        lines = self._of(session)
        for news in filter(None, map(news_of, stanzas())) if lines else ():
            for line in lines:
                self._add(line, news)

    @on.event("session-available")
    @on.event("session-resumed")
    def back(self, session: Any) -> None:
        """Its client is here and sees for itself."""
        for line in self._of(session):
            line.count, line.news = 0, None

    @on.event("account-deleted")
    def gone(self, jid: str) -> None:
        """Nobody is told any more; the store has forgotten it."""
        for line in (self._remembered.forget(jid) or {}).values():
            self._stop(line)

    # ---- inside

    def _keep(self, target: PushTarget) -> dict[tuple[str, str], _Line]:
        """All lines of its account, with one to that node."""
        if not self._observes:
            self._observes = True
            self._router.attach(_Observer(self))
        lines = self._lines.setdefault(target.owner, {})
        self._stop(lines.pop((target.service, target.node), None))
        lines[target.service, target.node] = _Line(target)
        return lines

    def _tell(self, lines: dict[tuple[str, str], _Line], stanza: Stanza) -> None:
        news = None if stanza.has(ns.DELAY) else news_of(stanza)  # what a session left behind was told of before
        if news is None or address.bare(news.sender) == address.bare(stanza.to or ""):
            return
        for line in tuple(lines.values()):
            if self._router.session(line.target.client) is None:
                self._add(line, news)

    def _add(self, line: _Line, news: News) -> None:
        line.count += 1
        line.news = news
        if not line.busy:
            self._publish(line)

    def _publish(self, line: _Line) -> None:
        if line.news is None:
            return
        options, news = self._options, line.news
        request = push_words.request(
            self._services.host, line.target, line.count, news,
            sender=options.sender, body=options.body, instead=options.placeholder,
        )  # fmt: skip
        line.busy = True
        answers: list[Stanza | None] = []

        def answered(answer: Stanza | None) -> None:
            if not answers:
                answers.append(answer)
                late()
                forget()
                self._answered(line, answer, news)

        late: Callable[[], None] = lambda: None  # noqa: E731 - until there is something to call off
        forget: Callable[[], None] = lambda: None  # noqa: E731
        forget = self._router.request(request, answered)
        if not answers:
            late = line.cancel = self._services.later(options.answer_seconds, lambda: answered(None))

    def _answered(self, line: _Line, answer: Stanza | None, news: News) -> None:
        owner, known = line.target.owner, (line.target.service, line.target.node)
        if self._lines.get(owner, {}).get(known) is not line:
            return
        if answer is not None and answer.type == "result":
            line.busy, line.failures = False, 0
            if line.news is not news:  # more came; or its client looked, left, and then more came
                self._publish(line)
            return
        line.failures += 1
        passing = answer is None or push_words.transient(answer)
        if not passing or line.failures >= self._options.failures:
            log.info("{jid} is not notified by {service} any more.", jid=owner, service=known[0])
            aside(self._forget(owner, *known), "ending notifications")
            return
        pause = self._options.retry_seconds * 2 ** (line.failures - 1)
        line.cancel = self._services.later(pause, lambda: self._again(line))

    def _again(self, line: _Line) -> None:
        line.busy = False
        self._publish(line)

    def _of(self, session: Any) -> list[_Line]:
        lines = self._lines.get(address.bare(session.jid))
        return [line for line in lines.values() if line.target.client == session.jid] if lines else []

    async def _forget(self, owner: str, service: str, node: str) -> None:
        lines = self._lines.get(owner, {})
        self._stop(lines.pop((service, node), None))
        if not lines:
            self._lines.pop(owner, None)
        await self._services.push_targets.delete(owner, service, node)

    def _stop(self, line: _Line | None) -> None:
        if line is not None:
            line.cancel()
            line.busy, line.news = True, None

    def _owner(self, stanza: Stanza, origin: Any) -> str:
        bare = address.bare(stanza.from_ or "")
        if stanza.to not in (None, bare) or not self._router.is_client(origin):
            raise StanzaError("forbidden", "Notifications are asked for on one's own account.")
        if not self._router.is_account(bare):
            raise StanzaError("not-allowed", "Guests without an account are not notified.")
        return bare

    def _place(self, stanza: Stanza, *, named: bool = True) -> tuple[str, str | None]:
        asked = next(stanza.element.elements())
        given = asked.getAttribute("jid")
        if not given:
            raise StanzaError("bad-request", "Name the push service: its 'jid' (XEP-0357 §5).")
        service = address.prepare(given)
        if named and self._router.target(service) is not Target.OTHER:
            raise StanzaError("not-acceptable", "A push service is a component or another server, and no person.")
        node: str | None = asked.getAttribute("node")
        return service, node


class _Observer:
    """Sees every message to accounts, which costs something: so only where somebody is to be told of any."""

    def __init__(self, push: Push) -> None:
        self._push = push

    @on.any("message", to=(Target.ACCOUNT, Target.SESSION), phase=Phase.OBSERVE)
    def passed(self, stanza: Stanza, _origin: Any) -> None:
        """It was delivered, or waits; what a room says to the client that is inside is not for the others."""
        if stanza.type == "groupchat" or (stanza.type == "chat" and stanza.has(ns.MUC_USER)):
            return
        self._push.reached(address.bare(stanza.attrs["to"]), stanza)


plugin = Module("push", "XEP-0357 0.4.1", Push, (), PushOptions)
