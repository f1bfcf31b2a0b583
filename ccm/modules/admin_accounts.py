"""
Commands about accounts (XEP-0133 1.3.1 §4.1 to §4.5, §4.7 to §4.10): make, end, switch off and on, look.

Passwords are told to nobody (§4.6 was retracted): there are none, only their verifiers. What concerns several accounts
is done to all of them or to none. Leaves out what nobody counts: stanzas a second and logins a minute.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ccm import address, passwords
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.modules.account_ends import end_sessions, tell_deleted
from ccm.modules.admin_terms import ACCOUNT, ACCOUNTS, Desk, several, typed_in
from ccm.modules.last_logins import LastLogins
from ccm.modules.roster_push import rendered_all
from ccm.records import Verifier
from ccm.router.commands import Done, HostCommand, Parameter
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.verifiers import SIGNED_IN_BY, fingerprint
from ccm.wire.forms import Values, field

#: Turns a password into verifiers, away from the reactor.
MakeVerifiers = Callable[[str], Awaitable[tuple[Verifier, ...]]]


class AccountCommands:
    """:param logins: when accounts last signed in."""

    def __init__(
        self, router: Router, services: Services, desk: Desk, logins: LastLogins, verifiers: MakeVerifiers
    ) -> None:
        self._router = router
        self._services = services
        self._accounts = services.accounts
        self._desk = desk
        self._logins = logins
        self._verifiers = verifiers

    def commands(self) -> list[HostCommand]:
        """All of them."""
        make = self._desk.command
        password = Parameter("password", "Password", "text-private", required=True)
        new = (
            ACCOUNT,
            password,
            Parameter("password-verify", "The password again", "text-private"),
            *self._mail(),
            Parameter("given_name", "Given name"),
            Parameter("surname", "Family name"),
        )
        one_or_more = (
            Parameter("accountjid", "Address of the account", "jid-single"),
            Parameter("accountjids", "Addresses of several accounts", "jid-multi"),
        )
        return [
            make("add-user", "Add a user", self._add, *new, instructions="Who has this account signs in with it."),
            make("delete-user", "Delete users", self._delete, ACCOUNTS, instructions="All that they keep goes."),
            make("disable-user", "Switch users off", self._disable, ACCOUNTS, instructions="They keep what they have."),
            make("reenable-user", "Switch users on again", self._reenable, ACCOUNTS),
            make("end-user-session", "End sessions of users", self._end, ACCOUNTS),
            make("change-user-password", "Change a user's password", self._change, ACCOUNT, password),
            make("get-user-roster", "Show users' contacts", self._roster, ACCOUNTS),
            make("get-user-lastlogin", "Show when users last signed in", self._last_login, ACCOUNTS),
            make("user-stats", "Show figures of users", self._figures, *one_or_more),
        ]

    def _mail(self) -> tuple[Parameter, ...]:
        """
        Of the server's own domain alone: who has a mail address is found by it, at every domain of the process.
        """
        return (Parameter("email", "Mail address"),) if self._services.is_own else ()

    # ---- changes

    async def _add(self, _asker: str, values: Values) -> Done:
        typed = _single(values, "accountjid")
        jid = self._desk.local(typed)
        password = _single(values, "password")
        if "password-verify" in values and _single(values, "password-verify") != password:
            raise StanzaError("not-acceptable", "The two passwords are not the same. Type them again.")
        name = " ".join(filter(None, (_single(values, "given_name").strip(), _single(values, "surname").strip())))
        email = _single(values, "email").strip() or None
        if email is not None and not self._services.is_own:
            raise StanzaError("not-acceptable", "Give no mail address here: people add and confirm theirs on the web.")
        if email is not None and not 0 < email.find("@") < len(email) - 1:
            raise StanzaError("not-acceptable", f"{email} is no mail address. Write it as name@example.org.")
        if self._accounts.exists(jid):
            raise StanzaError("conflict", f"{jid} has an account. Choose another name.")
        verifiers = await self._verifiers(password)
        await self._accounts.create(jid, name or (address.local(jid) or "").capitalize(), email, verifiers)
        return Done(f"{jid} can sign in.", _weakness(password, jid))

    async def _change(self, asker: str, values: Values) -> Done:
        (jid,) = self._desk.known(values, "accountjid")
        if jid != address.bare(asker):
            self._check_unnamed([jid])
        password = _single(values, "password")
        verifiers = await self._verifiers(password)
        await self._accounts.set_verifiers(jid, verifiers)
        own = self._router.session(asker)
        if own is not None and address.bare(asker) == jid:
            own.state[SIGNED_IN_BY] = fingerprint(verifiers)  # it may be resumed by the new one
        end_sessions(self._router, jid, "The password was changed. Sign in with the new one.", asker)
        return Done(f"{jid} has a new password.", _weakness(password, jid))

    async def _delete(self, asker: str, values: Values) -> Done:
        jids = self._others(asker, values)
        for jid in jids:
            await self._accounts.delete(jid)
            end_sessions(self._router, jid, "The account has been removed.")
            await tell_deleted(self._router, self._services, jid)
        return several(jids, "deleted")

    async def _disable(self, asker: str, values: Values) -> Done:
        jids = self._others(asker, values)
        for jid in jids:
            await self._accounts.set_enabled(jid, False)
            end_sessions(self._router, jid, "This account was switched off. Ask the operator.")
        return several(jids, "switched off")

    async def _reenable(self, _asker: str, values: Values) -> Done:
        jids = self._desk.known(values)
        for jid in jids:
            await self._accounts.set_enabled(jid, True)
        return several(jids, "switched on again")

    async def _end(self, asker: str, values: Values) -> Done:
        self._desk.known(values)
        ended = 0
        for typed in typed_in(values, "accountjids"):
            jid = address.prepare(typed if "@" in typed else f"{typed}@{self._desk.host}")
            if "/" in jid:
                one = self._router.session(jid)
                sessions = [one] if one is not None else []
            else:
                sessions = list(self._router.sessions_of(jid))
            for session in sessions:
                ended += 1
                self._close(session, "An administrator ended this session.", asker)
        return Done(f"{ended} sessions ended.")

    def _others(self, asker: str, values: Values) -> list[str]:
        """:raises StanzaError: ``not-allowed`` for oneself, and for administrators whom the configuration names."""
        jids = self._desk.known(values)
        if address.bare(asker) in jids:
            raise StanzaError("not-allowed", "You cannot shut yourself out. Ask another administrator.")
        self._check_unnamed(jids)
        return jids

    def _check_unnamed(self, jids: list[str]) -> None:
        named = [jid for jid in jids if jid in self._desk.admins.named]
        if named:
            raise StanzaError(
                "not-allowed", f"{', '.join(named)} is an administrator by the configuration. Take it out there first."
            )

    def _close(self, session: Any, why: str, asker: str) -> None:
        """End it; that of the asker only once the answer has gone out."""
        if session.jid == asker:
            self._services.later(0, lambda: session.close("not-authorized", why))
        else:
            session.close("not-authorized", why)

    # ---- looks

    async def _roster(self, _asker: str, values: Values) -> Done:
        jids = self._desk.known(values)
        rosters = [
            f"<query xmlns='{ns.ROSTER}'>{rendered_all(await self._services.contacts.load(jid))}</query>".encode()
            for jid in jids
        ]
        return Done(fields=(field("accountjids", jids, "jid-multi"), *rosters))

    async def _last_login(self, _asker: str, values: Values) -> Done:
        jids = self._desk.known(values)
        times = [await self._logins.of(jid) for jid in jids]
        seen = [time or "" for time in times]
        kind = "text-single" if len(seen) == 1 else "text-multi"
        note = (
            ""
            if all(seen)
            else "Never since this is noted: "
            + ", ".join(jid for jid, time in zip(jids, times, strict=True) if not time)
        )
        return Done(note, fields=(field("accountjids", jids, "jid-multi"), field("lastlogin", seen, kind)))

    async def _figures(self, _asker: str, values: Values) -> Done:
        jids = self._desk.known(values, "accountjid", "accountjids")
        sessions = [session for jid in jids for session in self._router.sessions_of(jid)]
        contacts = [await self._services.contacts.load(jid) for jid in jids]
        peers = dict.fromkeys(peer for session in sessions if (peer := getattr(session, "peer", "")))
        sizes = [str(sum(not item.hidden for item in items.values())) for items in contacts]
        several_ = len(jids) > 1
        return Done(
            fields=(
                field("accountjids", jids, "jid-multi", "Accounts"),
                field("ipaddresses", peers, "list-multi", "Addresses they come from"),
                field("rostersize", sizes, "text-multi" if several_ else "text-single", "Contacts"),
                field("onlineresources", [_resource(s.jid, several_) for s in sessions], "text-multi", "Sessions"),
            )
        )


def _single(values: Values, name: str) -> str:
    return "\n".join(values.get(name, ()))


def _resource(jid: str, whole: bool) -> str:
    return jid if whole else jid.partition("/")[2]


def _weakness(password: str, jid: str) -> str:
    """An administrator may set any password, but is told: it may be one to be changed at once."""
    try:
        passwords.check(password, jid)
    except passwords.WeakPassword as weak:
        return f"{weak} It is set nevertheless."
    return ""
