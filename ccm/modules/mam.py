"""
XEP-0313 Message Archive Management 1.1.3 of accounts, with the preferences of XEP-0441 0.2 and ids of XEP-0359 0.7.

Kept is what accounts send and receive as type chat or normal with a body, or with the hint that it be stored
(XEP-0334 1.0); a hint against it wins. So receipts, markers, reactions and retractions are kept if they ask for it. A
message is queued for the disk before it is delivered, and waits for nothing. Leaves out groupchat, which rooms keep,
private messages of rooms to those who receive them, headlines, errors, and what is refused.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError, StoreUnavailable
from ccm.interfaces import IAccountDisco
from ccm.modules.aside import aside
from ccm.modules.mam_prefs import PREFS, Default, Preferences, rendered
from ccm.modules.stanza_ids import CHILD, cleaned, marked
from ccm.router.hooks import Instead, Order, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import mam
from ccm.wire.stanza import Stanza

OWN = (Target.NONE, Target.ACCOUNT)
QUERIED = "mam"  # mark of a session that has read its archive
_ANYBODY = (Target.ACCOUNT, Target.SESSION, Target.OTHER)
_TYPES = (None, "chat", "normal")
_BODY = (ns.CLIENT, "body")
_STORE = (ns.HINTS, "store")
_NOT = frozenset({(ns.HINTS, "no-store"), (ns.HINTS, "no-permanent-store")})
_STEP_MESSAGES = 200
_STEP_SECONDS = 0.2


class MamOptions(Section):
    """
    Archives of accounts. ``archive``: whom those who said nothing keep messages with: ``always``, ``roster`` or
    ``never``; each account may change it, and list ``max_listed`` addresses.

    Messages are forgotten after ``keep_days``, and the oldest beyond ``max_messages`` of an account; 0 is no
    limit. That is looked after every ``sweep_minutes``. A page has ``page_messages`` at most.
    """

    archive: Default = "always"
    keep_days: CountOr0 = 730
    max_messages: CountOr0 = 100_000
    sweep_minutes: Count = 60
    page_messages: Count = 100
    max_listed: CountOr0 = 500


@implementer(IAccountDisco)
class Mam:
    """Keeps messages, and answers who asks for them."""

    def __init__(self, router: Router, services: Services, options: MamOptions) -> None:
        self._router = router
        self._host = services.host
        self._is_account = router.is_account
        self._personal = services.personal
        self._options = options
        self._now, self._later = services.now, services.later
        self._prefs = Preferences(
            services.account_xml,
            router.hosts,
            services.contacts,
            options.archive,
            options.max_listed,
            self._personal.forget,
            services.later,
        )
        router.add_account_disco(self)
        self._sweep_later()

    # ---- messages

    @on.any("message", to=_ANYBODY, phase=Phase.FILTER, order=Order.KEEP)
    def keep(self, stanza: Stanza, _origin: Any) -> Instead | None:
        """Keep it for whoever does, and tell its recipient the id (§3.5)."""
        attrs, children = stanza.attrs, stanza.children
        to, from_ = attrs["to"], attrs.get("from") or ""
        recipient, _, to_resource = to.partition("/")
        sender, _, from_resource = from_.partition("/")
        is_account = self._is_account
        passed = stanza
        if CHILD in children:
            ours = [jid for jid in (recipient, sender) if is_account(jid)]
            if ours:
                passed = cleaned(stanza, *ours)
        if (
            attrs.get("type") not in _TYPES
            or (_BODY not in children and _STORE not in children)
            or not _NOT.isdisjoint(children)
        ):
            return None if passed is stanza else Instead(passed)
        by_sender = is_account(sender)
        by_recipient = sender != recipient and is_account(recipient) and self._is_taken(passed, recipient, to_resource)
        undone: list[Callable[[str], None]] = []
        if not self._prefs.plain:
            by_sender = by_sender and self._prefs.keeps(sender, to, undone)
            by_recipient = by_recipient and self._prefs.keeps(recipient, from_, undone)
        if not (by_sender or by_recipient):
            return None if passed is stanza else Instead(passed)
        try:
            id_ = self._personal.keep(
                passed.to_bytes(declared=True),
                sender,
                from_resource,
                recipient,
                to_resource,
                by_sender=by_sender,
                by_recipient=by_recipient,
            )
        except StoreUnavailable as error:
            raise StanzaError(
                "resource-constraint", "Too much waits for the disk. Send it again later.", "wait"
            ) from error
        for each in undone:
            each(id_)
        if by_recipient or sender == recipient:
            passed = marked(passed, recipient, id_)
        if by_sender:
            passed.kept = id_
        return None if passed is stanza else Instead(passed)

    def _is_taken(self, stanza: Stanza, recipient: str, resource: str) -> bool:
        """§6.1: "if an entity … rejects an incoming message … that message should not appear in the archive"."""
        resources = self._router.sessions.get(recipient)
        if resource:
            if stanza.has(ns.MUC_USER):
                return False  # an occupant wrote it to that session's nick
            if resources is not None and resource in resources:
                return True
            if stanza.attrs.get("type") != "chat":
                return False  # it was for that session alone
        if resources is not None:
            for session in resources.values():
                if session.priority is not None and session.priority >= 0:
                    return True
        return self._router.would_keep(stanza)

    # ---- requests

    @on.iq("set", ns.MAM, "query", to=OWN)
    async def query(self, stanza: Stanza, _origin: Any) -> Stanza:
        """§4: the page asked for as messages, then the end of it."""
        owner = self._owner(stanza)
        asked = mam.read(next(stanza.element.elements(*mam.QUERY)), self._options.page_messages, groupchat=True)
        page = await self._personal.page(
            owner,
            with_=asked.with_,
            start=asked.start,
            end=asked.end,
            after=asked.after,
            before=asked.before,
            between=asked.between,
            ids=asked.ids,
            limit=asked.most,
        )
        session = self._router.session(stanza.attrs["from"])
        if session is not None:
            attrs = {"from": owner, "to": session.jid}
            for row in mam.in_order(page, asked):
                session.deliver(Stanza("message", attrs, mam.result(row, asked, row.stanza), (mam.RESULT,)))
            if asked.with_ is None:
                session.state[QUERIED] = True
        return stanza.result(mam.fin(page))

    @on.iq("get", ns.MAM, "query", to=OWN)
    def form(self, stanza: Stanza, _origin: Any) -> Stanza:
        """§4.1.5: the fields by which it may be searched."""
        self._owner(stanza)
        return stanza.result(mam.form(groupchat=True))

    @on.iq("get", ns.MAM, "metadata", to=OWN)
    async def metadata(self, stanza: Stanza, _origin: Any) -> Stanza:
        """§5: its first and last message."""
        owner = self._owner(stanza)
        first = await self._personal.page(owner, limit=1)
        last = await self._personal.page(owner, before="", limit=1)
        return stanza.result(mam.metadata(first, last))

    @on.iq("get", *PREFS, to=OWN)
    async def preferences(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0441 §2.1."""
        return stanza.result(rendered(await self._prefs.get(self._owner(stanza))))

    @on.iq("set", *PREFS, to=OWN)
    async def prefer(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0441 §2.1; the answer tells what holds now."""
        owner = self._owner(stanza)
        return stanza.result(rendered(await self._prefs.set(owner, next(stanza.element.elements(*PREFS)))))

    def _owner(self, stanza: Stanza) -> str:
        owner = address.bare(stanza.from_ or "")
        if stanza.to is not None and stanza.to != owner:
            raise StanzaError("forbidden", "An archive is read by its owner only.")
        if not self._is_account(owner):
            raise StanzaError("not-allowed", "Guests have no archive. Register to have one.")
        return owner

    @on.event("account-deleted")
    def forget(self, jid: str) -> None:
        """Its archive goes with it, in the store."""
        self._prefs.forget(jid)

    # ---- service discovery (§7)

    def features(self) -> tuple[str, ...]:
        """Of every account."""
        return (ns.MAM, mam.EXTENDED, f"{ns.MAM}#groupchat-field", ns.STANZA_ID)

    def identities(self) -> tuple[str, ...]:
        """None."""
        return ()

    async def items(self, _owner: str, _asker: str) -> bytes:
        """None."""
        return b""

    async def info(self, _owner: str, _asker: str, _name: str) -> bytes | None:
        """No nodes."""
        return None

    # ---- bounds (§3.2)

    def _sweep_later(self) -> None:
        if self._options.sweep_minutes > 0:
            again = self._sweep_later
            self._later(
                60 * self._options.sweep_minutes,
                lambda: aside(self._sweep(), "forgetting old messages", lambda _: again(), again, again=True),
            )

    async def _sweep(self) -> None:
        """The archives of this domain, in small steps, since others write meanwhile."""
        options = self._options
        if options.keep_days > 0:
            before = datetime.fromtimestamp(self._now(), UTC) - timedelta(days=options.keep_days)
            for owner in await self._personal.overdue(self._host, before):
                await self._repeat(partial(self._personal.expire, owner, before, _STEP_MESSAGES))
        if options.max_messages > 0:
            for owner in await self._personal.over(self._host, options.max_messages):
                await self._repeat(partial(self._personal.trim, owner, options.max_messages, _STEP_MESSAGES))

    async def _repeat(self, step: Callable[[], Any]) -> None:
        while await step():
            pause: Deferred[None] = Deferred()
            self._later(_STEP_SECONDS, partial(pause.callback, None))
            await pause


plugin = Module("mam", "XEP-0313 1.1.3, XEP-0441 0.2, XEP-0359 0.7", Mam, (), MamOptions)
