"""
Whom a host has to do with (XEP-0133 1.3.1 §4.11, §4.12), and who administers it (§4.29).

The block list keeps out, in both directions, whoever of elsewhere is on it: an address, all of a domain, or one
resource there. While anybody is on the allow list, it keeps out everybody of elsewhere who is not. Both concern other
servers alone: an account of this one is switched off instead. Leaves out lists for one direction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ccm import address
from ccm.errors import StanzaError
from ccm.modules.admin_terms import Admins, Desk, Listed, typed_in
from ccm.router.commands import Done, HostCommand, Parameter
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.router import Router
from ccm.wire.forms import Values
from ccm.wire.stanza import Stanza

_EVERYWHERE = (Target.HOST, Target.ACCOUNT, Target.SESSION, Target.OTHER)


class Elsewhere:
    """Stands between this host and others, once there is anything on the lists."""

    def __init__(self, router: Router, host: str, blocked: Listed, allowed: Listed) -> None:
        self._router = router
        self._host = host
        self._blocked, self._allowed = blocked, allowed
        self._attached = False

    def begin(self) -> None:
        """The lists may have changed, or cannot be read. Hosts that need none of this pay nothing for it."""
        known = self._blocked.known and self._allowed.known
        if not self._attached and (self._blocked.jids or self._allowed.jids or not known):
            self._attached = True
            self._router.attach(self)

    def is_here(self, domain: str) -> bool:
        """Whether a domain is one of this server's."""
        here = domain in self._router.hosts or self._router.serves(domain)
        return here or any(domain.endswith(f".{host}") for host in self._router.hosts)

    @on.any("message", to=_EVERYWHERE, phase=Phase.FILTER)
    @on.any("presence", to=_EVERYWHERE, phase=Phase.FILTER)
    @on.any("iq", to=_EVERYWHERE, phase=Phase.FILTER)
    def between(self, stanza: Stanza, origin: Any) -> Any:
        """:raises StanzaError: ``not-allowed`` for a request or a message over the border."""
        if origin is None and stanza.type == "error":
            return None  # of a refusal they hear
        for jid in (stanza.from_, stanza.to):
            if jid and self._kept_out(jid):
                if stanza.kind == "presence" or stanza.type in ("error", "result"):
                    return HANDLED
                raise StanzaError("not-allowed", f"This server has nothing to do with {address.domain(jid)}.")
        return None

    def _kept_out(self, jid: str) -> bool:
        domain = address.domain(jid)
        if domain in self._router.hosts:
            return False
        if not (self._blocked.known and self._allowed.known):
            return not self.is_here(domain)
        names = _names(jid)
        if not names.isdisjoint(self._blocked.jids):
            return True
        allowed = self._allowed.jids
        return bool(allowed) and names.isdisjoint(allowed) and not self.is_here(domain)


class ListCommands:
    """The three lists."""

    def __init__(self, desk: Desk, border: Elsewhere, blocked: Listed, allowed: Listed) -> None:
        self._desk = desk
        self._border = border
        self._blocked, self._allowed = blocked, allowed

    def commands(self) -> list[HostCommand]:
        """All of them."""
        return [
            self._elsewhere(
                "edit-blacklist",
                "Edit the block list",
                "blacklistjids",
                "Addresses and domains of elsewhere with whom this server has nothing to do",
                self._blocked,
            ),
            self._elsewhere(
                "edit-whitelist",
                "Edit the allow list",
                "whitelistjids",
                "If any: the only addresses and domains of elsewhere with whom this server has to do",
                self._allowed,
            ),
            self._desk.command(
                "edit-admin",
                "Edit the list of administrators",
                self._edit_admins,
                Parameter("adminjids", "Administrators", "jid-multi"),
                instructions="Those whom the configuration names stay on it.",
                present=self._present_admins,
            ),
        ]

    def _elsewhere(self, name: str, title: str, var: str, label: str, listed: Listed) -> HostCommand:
        async def edit(_asker: str, values: Values) -> Done:
            if var not in values:
                raise StanzaError("not-acceptable", "Send the whole list back, empty if nobody is to be on it.")
            jids = [self._foreign(typed) for typed in typed_in(values, var)]
            await listed.replace(jids)
            self._border.begin()
            return Done(f"{len(listed.jids)} are on the list.")

        async def present() -> Mapping[str, Sequence[str]]:
            await listed.load()
            return {var: tuple(listed.jids)}

        return self._desk.command(name, title, edit, Parameter(var, label, "jid-multi"), present=present)

    def _foreign(self, typed: str) -> str:
        try:
            jid = address.prepare(typed)
        except StanzaError as error:
            raise StanzaError("not-acceptable", f"{typed} is no address. Nothing was changed.") from error
        if self._border.is_here(address.domain(jid)):
            raise StanzaError("not-acceptable", f"{typed} is of this server. Switch the account off instead.")
        return jid

    async def _present_admins(self) -> Mapping[str, Sequence[str]]:
        await self._desk.admins.added.load()
        return {"adminjids": self._desk.admins.all()}

    async def _edit_admins(self, asker: str, values: Values) -> Done:
        admins: Admins = self._desk.admins
        typed = typed_in(values, "adminjids")
        wanted = [each if each in admins.named else self._desk.local(each) for each in typed]
        left = [jid for jid in admins.named if jid not in wanted]
        wanted = [jid for jid in wanted if jid not in admins.named]
        missing = [jid for jid in wanted if not self._desk.accounts.exists(jid)]
        if missing:
            raise StanzaError("item-not-found", f"There is no account {', '.join(missing)}. Nothing was changed.")
        if address.bare(asker) not in (*wanted, *admins.named):
            raise StanzaError("not-allowed", "You would no longer be an administrator. Ask another one to do that.")
        await admins.added.replace(wanted)
        warning = f"{', '.join(left)} stays: take it out of the configuration." if left else ""
        return Done(f"Administrators: {', '.join(admins.all())}.", warning)


def _names(jid: str) -> frozenset[str]:
    """As what an address may stand on a list: whole, bare, its domain, a resource of its domain."""
    bare, slash, resource = jid.partition("/")
    domain = address.domain(jid)
    return frozenset({jid, bare, domain, f"{domain}{slash}{resource}"})
