"""``ccm user``: make, list, switch off and remove accounts, and set passwords, in the server's store."""

import argparse
import getpass
import sys
from collections.abc import Iterable
from typing import Any

from ccm import address, passwords
from ccm.cli.opened import open_as_server
from ccm.cli.reactor_run import run_until_done
from ccm.config import Config
from ccm.errors import CCMError
from ccm.session.verifiers import make_verifiers
from ccm.settings import Settings
from ccm.store.stores import Stores


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|passwd|list|disable|enable|delete")
    for verb, line in (("add", "make an account"), ("passwd", "set a new password")):
        one = verbs.add_parser(verb, help=line)
        one.add_argument("jid", help="chat address; the server's host is added to a bare name")
        one.add_argument("--password", metavar="P", help="otherwise it is read from standard input")
        if verb == "add":
            one.add_argument("--name", default="", help="shown to others; by default made of the address")
            one.add_argument("--email", default=None, help="a mail address that you vouch for")
    verbs.add_parser("list", help="every account")
    for verb, line in (
        ("disable", "switch an account off: nobody signs in to it, and it keeps what it has"),
        ("enable", "switch it on again"),
        ("delete", "remove an account and all that is kept for it"),
    ):
        verbs.add_parser(verb, help=line).add_argument("jid")


def run(arguments: argparse.Namespace) -> int:
    """:raises CCMError: if it cannot be done, naming the remedy."""
    settings = Settings(Config.load(arguments.config))

    async def work(reactor: Any) -> int:
        stores, made = await open_as_server(reactor, settings, make=arguments.verb == "add")
        try:
            code = await _do(arguments, settings, stores)
            if made is not None:
                print(f"The database is new: {made}")
            return code
        finally:
            await stores.close()

    return int(run_until_done(work))


async def _do(arguments: argparse.Namespace, settings: Settings, stores: Stores) -> int:
    if arguments.verb == "list":
        for account in await stores.accounts.all():
            off = "" if account.enabled else "\tswitched off"
            print(f"{account.jid}\t{account.name}\t{account.email or '-'}\t{account.created:%Y-%m-%d}{off}")
        return 0
    host = settings["server"].host
    guests = (settings["guests"].domain(host),) if arguments.verb == "delete" else ()
    jid = _jid(arguments.jid, host, *settings.hosts, *guests)
    if arguments.verb == "delete":
        await stores.accounts.delete(jid)
        await stores.accounts.finish()
        print(f"{jid} is gone.")
        return 0
    if arguments.verb in ("disable", "enable"):
        await stores.accounts.set_enabled(jid, arguments.verb == "enable")
        print(f"{jid} is switched {'on' if arguments.verb == 'enable' else 'off'}.")
        return 0
    password = _password(arguments.password)
    try:
        passwords.check(password, jid, least=settings["web"].password_characters_least)
    except passwords.WeakPassword as weak:  # an operator may: for a test, or for a password to be changed at once
        print(f"{weak} It is set nevertheless.", file=sys.stderr)
    verifiers = make_verifiers(password, settings["sasl"].iterations)
    if arguments.verb == "add":
        name = arguments.name or jid.partition("@")[0].capitalize()
        await stores.accounts.create(jid, name, arguments.email, verifiers)
        print(f"{jid} can sign in.")
    else:
        await stores.accounts.set_verifiers(jid, verifiers)
        print(f"{jid} has a new password.")
    return 0


def _jid(typed: str, host: str, *more: str) -> str:
    jid = address.prepare(typed if "@" in typed else f"{typed}@{host}")
    if address.domain(jid) not in (host, *more) or "/" in jid:
        raise CCMError(f"{typed} is no account here: write it as {_either(f'name@{each}' for each in (host, *more))}.")
    return jid


def _either(choices: Iterable[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _password(given: str | None) -> str:
    if given is None:
        given = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not given:
        raise CCMError("The password is empty. Give it by --password or on standard input.")
    return given
