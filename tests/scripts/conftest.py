"""The scripts, and a server for those with streams."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import app_server
import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from ccm.modules import (
    admin,
    anonymous,
    avatars,
    blocking,
    bookmarks,
    carbons,
    commands,
    disco,
    mam,
    messages,
    offline,
    online,
    pep,
    ping,
    presence,
    private_xml,
    pubsub,
    push,
    register,
    retraction,
    roster,
    session_tokens,
    subscriptions,
    time,
    upload,
    vcard,
    version,
)
from ccm.modules.admin import AdminOptions
from ccm.modules.register import RegisterOptions
from ccm.testing.net_stage import ScriptServer

MODULES = [
    module.plugin
    for module in (
        avatars, blocking, bookmarks, carbons, pep, private_xml, vcard,
        admin, anonymous, commands, ping, version, time, disco, roster, subscriptions, presence, online, mam, messages,
        offline, register, retraction, session_tokens, push, pubsub, upload, app_server,
    )
]  # fmt: skip
#: The Prince of Verona administers every stage.
ADMINS = ("escalus@localhost", *(f"escalus{number}@localhost" for number in range(2000)))
ADMIN = {"admin": AdminOptions(admins=ADMINS, iterations=4096)}
OPTIONS = {"register": RegisterOptions(open=True, accounts_per_hour=0, iterations=4096), **ADMIN}


@pytest.fixture(scope="session")
def script_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptServer]:
    """One server for every script, on free ports."""
    yield from served(tmp_path_factory.mktemp("scripts"))


@pytest.fixture(scope="session")
def server_of_pieces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptServer]:
    """The same on a network that cuts all that is sent at random places."""
    yield from served(tmp_path_factory.mktemp("pieces"), Random(1))


def served(folder: Path, pieces: Random | None = None) -> Iterator[ScriptServer]:
    """A server while it runs."""
    from twisted.internet import reactor

    server = ScriptServer(reactor, folder, pieces)
    pytest_twisted.blockon(Deferred.fromCoroutine(server.start(MODULES, OPTIONS)))
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))
