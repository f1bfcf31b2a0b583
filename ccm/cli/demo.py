"""
``ccm demo``: a server of its own on free ports, in which scripted people hold a recorded discussion.

Everything is real: accounts, connections over TCP, BOSH and WebSocket in turn, a topic and its room, the reporter, the
interview, the published document. Nothing of it touches another server; its state is removed at the end.
"""

import argparse
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from ccm.cli.cast import Cast, Stage
from ccm.cli.reactor_run import run_until_done
from ccm.config import Config
from ccm.errors import CCMError
from ccm.reporter.transcript import Meeting, read_log
from ccm.service import Server

_SCRIPT = Path(__file__).with_name("demo.log")


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--log", default=str(_SCRIPT), metavar="FILE", help="JSON lines, or '[time] <nick> text' lines")
    parser.add_argument("--meeting", metavar="ID", help="hold only this meeting of the log")
    parser.add_argument("--once", action="store_true", help="end when the last document is published")
    parser.add_argument("--save", metavar="FOLDER", help="keep each document there as .html, .md and .json")


def run(arguments: argparse.Namespace) -> int:
    """:raises CCMError: if the log cannot be read or a discussion does not end in a document."""
    meetings = [meeting for meeting in read_log(arguments.log, arguments.meeting) if meeting.messages]
    if not meetings:
        raise CCMError(
            f"{arguments.log} holds no discussion. Lines look like: [14:02] <ann> We need one place for data."
        )
    folder = Path(tempfile.mkdtemp(prefix="ccm-demo-"))
    try:
        return int(run_until_done(lambda reactor: _hold(reactor, folder, meetings, arguments)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _hold(reactor: Any, folder: Path, meetings: list[Meeting], arguments: argparse.Namespace) -> int:
    c2s, http = free_ports(2)
    server = Server(reactor, configuration(folder, c2s, http))
    await server.start()
    print(f"CCM is ready: {server.addresses.web}", flush=True)
    try:
        stage = Stage(reactor, server.stores.accounts, server.settings["server"].host, c2s, http)
        for meeting in meetings:
            print(f"{meeting.title or meeting.id}: {len(meeting.messages)} messages", flush=True)
            url = await Cast(stage, meeting).perform()
            print(f"Published: {url}", flush=True)
            if arguments.save:
                await _save(stage, url, Path(arguments.save))
        if not arguments.once:
            print("Open the documents; Ctrl-C ends the server.", flush=True)
            await Deferred()
    finally:
        await server.stop()
    return 0


async def _save(stage: Stage, url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    slug = url.rpartition("/")[2]
    for suffix, ending in (("", ".html"), (".md", ".md"), (".json", ".json")):
        (folder / f"{slug}{ending}").write_bytes(await stage.fetch(url + suffix))


def configuration(folder: Path, c2s: int, http: int) -> Config:
    """A server for this machine alone, without limits that a recorded discussion at full speed would meet."""
    unlimited = {
        "messages_per_second": 0.0,
        "room_messages_per_second": 0.0,
        "joins_per_second": 0.0,
        "user_joins_per_minute": 0,
    }
    many = {"invitations_per_user_per_hour": 100_000, "invitations_per_user_per_day": 100_000}
    local = ":interface=127.0.0.1"
    values = {
        "server": {"host": "localhost", "state": str(folder)},
        "listen": {
            "c2s": [f"tcp:{c2s}{local}"],
            "direct_tls": [],
            "http": [f"tcp:{http}{local}"],
            "components": [],
            "operations": [],
        },
        "session": {"bytes_per_second": 0, "bytes_per_second_before_login": 0},
        "sasl": {"iterations": 4096},
        "visitors": {"exempt": ["127.0.0.0/8"]},
        "muc": unlimited,
        "components": {"invitations": many},
        "web": {"url": f"http://localhost:{http}/", "secure": True},
    }
    return Config("ccm demo", values)


def free_ports(count: int) -> list[int]:
    """TCP ports of this machine that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
