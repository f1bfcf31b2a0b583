"""
What the commands of administrators share (XEP-0133 1.3.1): who they are, what the host keeps, addresses in forms.

What is kept belongs to the host's own address, so that each host has its own.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import IAccounts, IAccountXML
from ccm.modules.turns import Turns
from ccm.router.commands import Done, HostCommand, Parameter, nothing_yet
from ccm.wire.forms import Values
from ccm.wire.stanza import parse_element, text

ADMIN = "http://jabber.org/protocol/admin"
KEPT = "urn:ccm:admin:0"
_MOST_AT_ONCE = 500

ACCOUNTS = Parameter("accountjids", "Addresses of the accounts", "jid-multi", required=True)
ACCOUNT = Parameter("accountjid", "Address of the account", "jid-single", required=True)


class Listed:
    """
    Addresses that the host keeps under a name, in memory as well. What could not be read is not taken for nothing.

    :ivar known: they were read.
    """

    def __init__(self, store: IAccountXML, host: str, name: str) -> None:
        self._store, self._host, self._name = store, host, name
        self._turns = Turns()
        self.jids: dict[str, None] = {}
        self.known = False

    async def load(self) -> None:
        """Read them, unless they were; nobody changes them meanwhile. :raises StoreUnavailable: as any reading."""
        async with self._turns.of(self._name):
            await self._read()

    async def replace(self, jids: Iterable[str]) -> None:
        """Keep these and no others; holds once it is stored."""
        async with self._turns.of(self._name):
            await self._keep(jids)

    async def strike(self, jid: str) -> None:
        """Take an address off, if it is there."""
        async with self._turns.of(self._name):
            await self._read()
            if jid in self.jids:
                await self._keep(each for each in self.jids if each != jid)

    async def _read(self) -> None:
        if self.known:
            return
        xml = await self._store.get(self._host, self._name)
        if xml is not None:
            self.jids = {str(child): None for child in parse_element(xml).elements()}
        self.known = True

    async def _keep(self, jids: Iterable[str]) -> None:
        wanted = dict.fromkeys(jids)
        inner = b"".join(b"<jid>%b</jid>" % text(jid) for jid in wanted)
        xml = f"<list xmlns='{KEPT}'>".encode() + inner + b"</list>" if wanted else None
        await self._store.set(self._host, {self._name: xml})
        self.jids, self.known = wanted, True


class Admins:
    """
    Who administers a host.

    :param named: bare JIDs of the configuration, who cannot be taken off.
    :param added: those whom administrators have added.
    """

    def __init__(self, named: Iterable[str], added: Listed) -> None:
        self.named = tuple(dict.fromkeys(named))
        self.added = added

    def __contains__(self, bare: object) -> bool:
        return bare in self.named or bare in self.added.jids

    def all(self) -> tuple[str, ...]:
        """Everybody, those of the configuration first."""
        return tuple(dict.fromkeys((*self.named, *self.added.jids)))


class Desk:
    """Makes commands of one host's administrators."""

    def __init__(self, host: str, accounts: IAccounts, admins: Admins) -> None:
        self.host = host
        self.accounts = accounts
        self.admins = admins

    def command(
        self,
        name: str,
        title: str,
        run: Callable[[str, Values], Any],
        *parameters: Parameter,
        instructions: str = "",
        present: Any = nothing_yet,
    ) -> HostCommand:
        """One command; *name* is the end of its node."""
        return HostCommand(
            f"{ADMIN}#{name}",
            title,
            ADMIN,
            run,
            self.admins.__contains__,
            "Only administrators may do that. The operator names them in modules.admin.admins.",
            parameters,
            instructions,
            present,
        )

    def local(self, typed: str) -> str:
        """
        The bare JID of this host that somebody typed; a resource is left out.

        :raises StanzaError: ``not-acceptable`` if it is none.
        """
        try:
            jid = address.bare(address.prepare(typed if "@" in typed else f"{typed}@{self.host}"))
        except StanzaError as error:
            raise StanzaError("not-acceptable", f"{typed} is no address. Write it as name@{self.host}.") from error
        domain = address.domain(jid)
        if domain != self.host:
            text = f"{typed} is of the domain {domain}, and this is {self.host}: addresses here end with @{self.host}."
            raise StanzaError("not-acceptable", f"{text} Accounts of {domain} are administered at {domain} itself.")
        return jid

    def known(self, values: Values, *names: str) -> list[str]:
        """
        The accounts that a form names, each once.

        :raises StanzaError: ``item-not-found`` naming those that are none; ``not-acceptable`` for none at all.
        """
        found = list(dict.fromkeys(self.local(typed) for typed in typed_in(values, *(names or ("accountjids",)))))
        if not found:
            raise StanzaError("not-acceptable", "Name an account.")
        missing = [jid for jid in found if not self.accounts.exists(jid)]
        if missing:
            raise StanzaError("item-not-found", f"There is no account {', '.join(missing)}. Nothing was done.")
        return found


def typed_in(values: Values, *names: str) -> list[str]:
    """What stands in these fields, one a line. :raises StanzaError: ``not-acceptable`` if it is too much."""
    lines = (line.strip() for name in names for value in values.get(name, ()) for line in value.splitlines())
    typed = [line for line in lines if line]
    if len(typed) > _MOST_AT_ONCE:
        raise StanzaError("not-acceptable", f"That is too much at once. Name {_MOST_AT_ONCE} addresses at most.")
    return typed


def words(values: Values, name: str) -> str:
    """The text of a field of several lines."""
    return "\n".join(values.get(name, ())).strip()


def several(jids: Sequence[str], done: str) -> Done:
    """What is said of what was done to these."""
    return Done(f"{', '.join(jids)}: {done}.")
