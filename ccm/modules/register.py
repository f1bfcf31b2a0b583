"""
XEP-0077 In-Band Registration 2.4: creating an account before sign-in, changing its password, cancelling it.

Not installed unless configured. Changing one's password and cancelling need no ``open``. Leaves out data forms and
redirection; people register on the web, where their mail address is validated.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from precis_i18n import get_profile
from twisted.internet.threads import deferToThread

from ccm import address, passwords
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.modules.account_ends import tell_deleted
from ccm.records import Verifier
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.verifiers import SIGNED_IN_BY, fingerprint, make_verifiers
from ccm.wire.stanza import Stanza, attribute

_OWN = (Target.NONE, Target.HOST, Target.ACCOUNT)
_QUERY = ((ns.REGISTER, "query"),)
_FORBIDDEN = "\"&'/:<>@"  # RFC 7622 §3.3.1

#: Turns a password into verifiers, away from the reactor.
MakeVerifiers = Callable[[str, int], Awaitable[tuple[Verifier, ...]]]


class RegisterOptions(Section):
    """
    ``open`` lets strangers make accounts, at most ``accounts_per_hour`` of them from one address (0: no limit).

    ``allow_any_password`` takes short and common passwords: for conformance suites only.
    """

    open: bool = False
    accounts_per_hour: CountOr0 = 5
    min_password_chars: Count = 10
    allow_any_password: bool = False
    iterations: Count = 100_000


class Register:
    """Makes, changes and ends accounts in-band."""

    def __init__(
        self, router: Router, services: Services, options: RegisterOptions, verifiers: MakeVerifiers | None = None
    ) -> None:
        self._router = router
        self._services = services
        self._accounts = services.accounts
        self._host = services.host
        self._now = services.now
        self._options = options
        self._verifiers = verifiers or _in_a_thread
        self._made: dict[str, list[float]] = {}
        if options.open:
            router.add_stream_feature(lambda: b"<register xmlns='%b'/>" % ns.REGISTER_FEATURE.encode(), "before-auth")
            router.add_before_auth(ns.REGISTER, "query", self.before_auth)

    async def before_auth(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0077 §3.1: what to fill in, then the filled in."""
        if stanza.type == "get":
            inner = (
                f"<query xmlns='{ns.REGISTER}'><instructions>Choose a name and a password.</instructions>"
                "<username/><password/></query>"
            )
            return stanza.result(inner.encode(), _QUERY)
        fields = _fields(stanza)
        name, password = fields.get("username", ""), fields.get("password", "")
        if not name or not password:
            raise StanzaError("not-acceptable", "Give both a name and a password.")  # §3.1.1
        jid = self._named(name)
        self._check_password(password, name)
        self._check_rate(str(getattr(origin, "peer", "")))
        if self._accounts.exists(jid):
            raise StanzaError("conflict", "That name is already taken. Choose another one.")
        verifiers = await self._verifiers(password, self._options.iterations)
        await self._accounts.create(jid, name, None, verifiers)
        return stanza.result()

    @on.iq("get", ns.REGISTER, "query", to=_OWN)
    def state(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0077 §3.1: who asks is registered."""
        name = attribute(address.local(self._owner(stanza)) or "")
        inner = f"<query xmlns='{ns.REGISTER}'><registered/><username>{name}</username><password/></query>"
        return stanza.result(inner.encode(), _QUERY)

    @on.iq("set", ns.REGISTER, "query", to=_OWN)
    async def change(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0077 §3.2 and §3.3: cancel, or another password."""
        owner = self._owner(stanza)
        if not self._router.is_client(origin):
            raise StanzaError("forbidden")
        fields = _fields(stanza)
        if "remove" in fields:
            if len(fields) != 1:
                raise StanzaError("bad-request", "<remove/> stands alone (XEP-0077 §3.2).")
            await self._remove(owner, stanza)
            return stanza.result()
        name, password = fields.get("username", ""), fields.get("password", "")
        if not name or not password:
            raise StanzaError("bad-request", "Give both your name and the new password.")
        if self._named(name) != owner:
            raise StanzaError("not-allowed", "You can change the password of your own account only.")
        self._check_password(password, name)
        verifiers = await self._verifiers(password, self._options.iterations)
        await self._accounts.set_verifiers(owner, verifiers)
        origin.state[SIGNED_IN_BY] = fingerprint(verifiers)  # it may be resumed by the new one
        for session in self._router.sessions_of(owner):
            if session is not origin:  # it may be of whom the old password was changed for
                session.close("not-authorized", "The password was changed. Sign in with the new one.")
        return stanza.result()

    async def _remove(self, owner: str, stanza: Stanza) -> None:
        await self._accounts.delete(owner)
        mine = self._router.session(stanza.from_ or "")
        if mine is not None:
            mine.deliver(stanza.result())  # §3.2: the answer goes out before the stream ends
        for session in self._router.sessions_of(owner):
            session.close("not-authorized", "The account has been removed.")
        await tell_deleted(self._router, self._services, owner)

    def _owner(self, stanza: Stanza) -> str:
        bare = address.bare(stanza.from_ or "")
        if stanza.to not in (None, self._host, bare):
            raise StanzaError("forbidden", "You can change your own account only.")
        if not self._router.is_account(bare):
            raise StanzaError("registration-required", "Guests have no account to change.")
        return bare

    def _named(self, name: str) -> str:
        refusal = StanzaError("not-acceptable", "That name has characters that a name may not have.")
        try:
            name = get_profile("UsernameCaseMapped").enforce(name)
        except UnicodeEncodeError as error:
            raise refusal from error
        if any(character in _FORBIDDEN for character in name):
            raise refusal
        return address.prepare(address.join(name, self._host))

    def _check_password(self, password: str, name: str) -> None:
        options = self._options
        if options.allow_any_password:
            return
        try:
            passwords.check(password, name, least=options.min_password_chars)
        except passwords.WeakPassword as weak:
            raise StanzaError("not-acceptable", str(weak)) from weak

    def _check_rate(self, peer: str) -> None:
        limit = self._options.accounts_per_hour
        if not limit:
            return
        hour_ago = self._now() - 3600
        for other in [p for p, times in self._made.items() if times[-1] < hour_ago]:
            del self._made[other]
        recent = [at for at in self._made.get(peer, ()) if at >= hour_ago]
        if len(recent) >= limit:
            raise StanzaError("resource-constraint", "Too many accounts were made from your address. Try again later.")
        self._made[peer] = [*recent, self._now()]


def _fields(stanza: Stanza) -> dict[str, str]:
    query = next(stanza.element.elements())
    return {child.name: str(child) for child in query.elements() if child.uri == ns.REGISTER}


async def _in_a_thread(password: str, iterations: int) -> tuple[Verifier, ...]:
    return cast("tuple[Verifier, ...]", await deferToThread(make_verifiers, password, iterations))


plugin = Module("register", "XEP-0077 2.4", Register, (ns.REGISTER,), RegisterOptions)
