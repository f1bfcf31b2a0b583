"""A real server in a process of its own, and hostile peers on plain sockets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from hostile import PASSWORD
from twisted.internet.defer import Deferred

#: Plain connections on this machine, short patience; everything else as it is by default.
OPTIONS = {
    "session": {
        "require_tls": False,
        "first_byte_seconds": 2,
        "tls_seconds": 3,
        "login_seconds": 4,
        "bytes_per_second": 0,
        "bytes_per_second_before_login": 0,
    },
    "sasl": {"iterations": 4096, "plain_without_tls": True},
    "http": {"head_seconds": 2, "body_seconds": 2},
    "components": {"secret_files": {}},
}


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server under attack, with the accounts ann, bob and eve."""
    folder: Path = tmp_path_factory.mktemp("target")
    secret = folder / "secret"
    secret.write_text("a secret of a component")
    secret.chmod(0o600)
    options = {**OPTIONS, "components": {"secret_files": {"bot.localhost": str(secret)}}}
    server = ServerProcess(folder, options)
    pytest_twisted.blockon(Deferred.fromCoroutine(server.add_accounts(PASSWORD, "ann", "bob", "eve")))
    server.start()
    yield server
    server.end()
