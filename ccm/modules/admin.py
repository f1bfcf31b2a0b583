"""
XEP-0133 Service Administration 1.3.1: administrators, whom the configuration names, run the server by any client.

The commands (XEP-0050) are in ``admin_*.py``, one file for each kind; nobody else may use them or sees them. Leaves out
passwords (§4.6 was retracted) and lists for one direction.
"""

from typing import cast

from twisted.internet.threads import deferToThread

from ccm import address
from ccm.bounds import Count, check_people
from ccm.config import Section
from ccm.errors import ConfigError
from ccm.modules.admin_accounts import AccountCommands, MakeVerifiers
from ccm.modules.admin_lists import Elsewhere, ListCommands
from ccm.modules.admin_people import PeopleCommands
from ccm.modules.admin_service import ServiceCommands
from ccm.modules.admin_terms import Admins, Desk, Listed
from ccm.modules.admin_words import AdminWords
from ccm.modules.aside import until_done
from ccm.modules.last_logins import LastLogins
from ccm.records import Verifier
from ccm.router.hooks import on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.verifiers import make_verifiers


class AdminOptions(Section):
    """
    ``admins`` are bare JIDs of those who may administer this server by commands; there are none by default.

    ``iterations`` are those of PBKDF2 in the passwords they set.
    """

    admins: tuple[str, ...] = ()
    iterations: Count = 100_000

    def check(self) -> None:
        """:raises ConfigError: for what is no bare JID."""
        check_people("modules.admin.admins", self.admins)


class Admin:
    """
    Offers the commands.

    :param verifiers: derives verifiers of a password; ``None`` does it in a thread.
    """

    def __init__(
        self, router: Router, services: Services, options: AdminOptions, verifiers: MakeVerifiers | None = None
    ) -> None:
        store, host = services.account_xml, services.host
        self._added = Listed(store, host, "admins")
        blocked, allowed = Listed(store, host, "blocklist"), Listed(store, host, "allowlist")
        self._border = Elsewhere(router, host, blocked, allowed)
        self._lists = (self._added, blocked, allowed)
        desk = Desk(host, services.accounts, Admins(_of_here(options.admins, host), self._added))
        logins = LastLogins(router, services)
        self._words = told = AdminWords(router, services, desk)
        derive = verifiers or _in_a_thread(options.iterations)
        groups = (
            AccountCommands(router, services, desk, logins, derive),
            PeopleCommands(router, desk),
            told,
            ListCommands(desk, self._border, blocked, allowed),
            ServiceCommands(services, desk, told),
        )
        for command in (each for group in groups for each in group.commands()):
            router.add_command(command)
        router.attach(logins)
        router.attach(told)
        until_done(self._load, "reading what administrators have set", services.later)

    async def _load(self) -> None:
        """Until it can be read only those whom the configuration names administer, and the border is closed."""
        try:
            for each in self._lists:
                await each.load()
        finally:
            self._border.begin()
        await self._words.load()

    @on.event("account-deleted")
    async def struck(self, jid: str) -> None:
        """Who gets the name of a former administrator next is a stranger."""
        await self._added.strike(jid)


def _of_here(admins: tuple[str, ...], host: str) -> tuple[str, ...]:
    """:raises ConfigError: for one of another domain, who could never sign in here."""
    for jid in admins:
        if address.domain(jid) != host:
            raise ConfigError(f"modules.admin.admins: {jid} has no account here. Name somebody@{host}.")
    return admins


def _in_a_thread(iterations: int) -> MakeVerifiers:
    async def derive(password: str) -> tuple[Verifier, ...]:
        return cast("tuple[Verifier, ...]", await deferToThread(make_verifiers, password, iterations))

    return derive


plugin = Module("admin", "XEP-0133 1.3.1", Admin, (), AdminOptions)
