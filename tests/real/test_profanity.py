"""
profanity (Debian), a client for terminals that knows nothing of CCM: signs in over STARTTLS, joins a room and talks.

It trusts the server's self-signed certificate as people do: the fingerprint on the screen is the certificate's, and
"always" is answered once.
"""

import shutil
import ssl
from collections.abc import Callable, Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures import terminal
from fixtures.server import ServerProcess
from fixtures.terminal import Terminal
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm.testing.clients import Client, sign_in

BINARY = shutil.which("profanity")
ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        BINARY is None or terminal.BINARY is None,
        reason="there is no profanity or tmux: apt-get install profanity tmux",
    ),
]
PASSWORD = "a meadow in November"
ROOM = "tea@conference.localhost"


@pytest.fixture
def profanities(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], Terminal]]:
    """Starts profanity, each time with the settings of the time before; its last screens are kept."""
    home = tmp_path / "home"
    home.mkdir()
    folders = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}
    begun: list[Terminal] = []

    def start() -> Terminal:
        begun.append(Terminal(reactor, f"{BINARY} --log WARN", folders))
        return begun[-1]

    yield start
    for each in begun:
        each.end()


@pytest.fixture
def artefacts(request: pytest.FixtureRequest) -> Path:
    """A folder for screens, kept after the run."""
    folder = ROOT / "artefacts" / str(request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def fingerprint(server: ServerProcess) -> str:
    """The certificate's, as profanity writes it."""
    return sha1(ssl.PEM_cert_to_DER_cert((server.state / "self-signed.crt").read_text())).hexdigest()


async def heard(client: Client, wanted: Callable[[Any], bool]) -> Any:
    """*async* The next stanza like that; others are passed over. :raises AssertionError: with those, if none comes."""
    others: list[str] = []
    while True:
        try:
            stanza = await client.receive()
        except TimeoutError:
            stanza = None
        assert stanza is not None, others
        if wanted(stanza):
            return stanza
        others.append(stanza.toXml())


def message(type_: str, sender: str, body: str) -> Callable[[Any], bool]:
    """Whether a stanza is that message. :param sender: as far as it is known."""
    return lambda stanza: (
        (stanza.name, stanza.getAttribute("type"), str(stanza.body)) == ("message", type_, body)
        and stanza["from"].startswith(sender)
    )


def gone(sender: str) -> Callable[[Any], bool]:
    """Whether a stanza says that somebody has gone."""
    return lambda stanza: (
        (stanza.name, stanza.getAttribute("type"), stanza["from"]) == ("presence", "unavailable", sender)
    )


@pytest_twisted.ensureDeferred
async def test_sign_in_over_starttls_join_and_talk(
    server_processes: Callable[..., ServerProcess], profanities: Callable[[], Terminal], artefacts: Path
) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann", "kim")
    await deferToThread(server.start)
    kim = await sign_in(
        reactor,
        "tcp",
        port=server.c2s,
        domain="localhost",
        name="kim",
        password=PASSWORD,
        resource="main",
        timeout_seconds=30,
    )
    kim.send("<presence/>")

    ann = profanities()
    connect = f"/connect ann@localhost server 127.0.0.1 port {server.c2s} tls force"
    await ann.shows("[offline]")
    ann.type(connect)
    await ann.shows("Enter password:")
    ann.type(PASSWORD)
    await ann.shows("TLS certificate verification failed", fingerprint(server), "/tls always")
    ann.type("/tls always")
    await ann.shows("logged in successfully", "[TLS]", "[online]")

    ann.type(f"/join {ROOM} nick Ann")
    await ann.shows("You have joined the room as Ann, role: moderator, affiliation: owner", "/room accept")
    ann.type("/room accept")
    await ann.shows("Room unlocked.")
    kim.send(f"<presence to='{ROOM}/Kim'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    await ann.shows("  Kim")  # in the list of those who are there
    ann.type("Tea at four?")
    await ann.shows("Ann: Tea at four?")
    await heard(kim, message("groupchat", f"{ROOM}/Ann", "Tea at four?"))
    kim.send(f"<message to='{ROOM}' type='groupchat' id='k1'><body>Rather at five.</body></message>")
    await ann.shows("Kim: Rather at five.")
    (artefacts / "room.txt").write_text(ann.screen, encoding="utf-8")

    # Between the two, beside the room; in its window /msg would be for somebody of the room.
    ann.type("/win 1")
    await ann.shows("logged in successfully")
    ann.type("/msg kim@localhost Bring a cake.")
    said = await heard(kim, message("chat", "ann@localhost/profanity", "Bring a cake."))
    kim.send(f"<message to='{said['from']}' type='chat' id='k2'><body>Which one?</body></message>")
    await ann.shows("Bring a cake.", "kim@localhost/main: Which one?")
    (artefacts / "chat.txt").write_text(ann.screen, encoding="utf-8")

    # She goes, and comes back: the certificate is not asked about again, and the room tells what was said.
    ann.type("/quit")
    await heard(kim, gone(f"{ROOM}/Ann"))
    ann = profanities()
    await ann.shows("[offline]")
    ann.type(connect)
    await ann.shows("Enter password:")
    ann.type(PASSWORD)
    await ann.shows("logged in successfully", "[TLS]", "[online]")
    assert "verification failed" not in ann.screen
    ann.type(f"/join {ROOM} nick Ann")
    await ann.shows("You have joined the room as Ann", "Tea at four?", "Rather at five.")
    (artefacts / "again.txt").write_text(ann.screen, encoding="utf-8")
    await kim.sign_out()
    assert "Traceback" not in server.log.read_text()
