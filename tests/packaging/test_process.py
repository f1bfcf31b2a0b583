"""The server as a process: what it prints, which signals it hears, how it ends."""

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixtures.ports import free_port
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ccm.config import Config
from ccm.service import LEAST_STOP_SECONDS, STOP_SECONDS, Server

TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "--pidfile=", "-n"]
START_SECONDS = 60


class Process:
    """A process whose output goes to a file."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = folder / "log"
        with self.log.open("w") as output:
            self.popen = subprocess.Popen(
                [*TWISTD, *arguments], cwd=Path(__file__).parents[2], stdout=output, stderr=output
            )

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while text not in self.log.read_text():
            assert self.popen.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def wait_until_it_catches(self, number: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        status = Path(f"/proc/{self.popen.pid}/status")
        while not int(status.read_text().partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``twistd ccm`` with a file of these lines."""
    started = []

    def begin(lines: str) -> Process:
        (tmp_path / "ccm.toml").write_text(f'[server]\nstate = "{tmp_path}/state"\n{lines}')
        started.append(Process(tmp_path, "ccm", "--config", str(tmp_path / "ccm.toml")))
        return started[-1]

    yield begin
    for process in started:
        process.popen.kill()
        process.popen.wait()


def listen(port: int) -> str:
    closed = "c2s = []\ndirect_tls = []\ncomponents = []\noperations = []\n"
    return f'[listen]\n{closed}http = ["tcp:{port}:interface=127.0.0.1"]\n'


def test_a_server_says_when_it_is_ready_reloads_certificates_and_ends(start: Start, tmp_path: Path) -> None:
    port = free_port()
    process = start(listen(port))
    process.wait_for(f"\nCCM is ready: http://localhost:{port}/\n")
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for("The certificates were read anew")
    (tmp_path / "state" / "self-signed.crt").write_text("no certificate")
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for("The certificates stay as they were")
    begun = time.monotonic()
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(15) in (0, -signal.SIGTERM)
    assert time.monotonic() - begun < 10
    assert "Traceback" not in process.log.read_text()


def test_a_start_that_fails_ends_with_one_line_and_code_1(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(listen(taken.getsockname()[1]))
        assert process.popen.wait(START_SECONDS) == 1
    said = process.log.read_text()
    (why,) = [line for line in said.splitlines() if "taken" in line]
    assert why.startswith("ccm: listen.http: 'tcp:") and why.endswith("or give listen.http another port.")
    assert "Traceback" not in said and "A task failed" not in said and "cannot start" not in said


def test_a_second_server_on_a_state_folder_ends_and_names_the_first(start: Start) -> None:
    port = free_port()
    first = start(listen(port))
    first.wait_for("\nCCM is ready: ")
    shutil.move(first.log, first.log.with_name("log of the first"))
    second = start(listen(free_port()))
    assert second.popen.wait(START_SECONDS) == 1
    said = second.log.read_text()
    assert f"is in use by another CCM server (process {first.popen.pid}). Stop that one" in said
    assert "Traceback" not in said and first.popen.poll() is None


def test_a_state_folder_that_cannot_be_made_ends_the_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    process = start(listen(free_port()))
    assert process.popen.wait(START_SECONDS) == 1
    assert f"\nccm: server.state: {tmp_path}/state cannot be made" in process.log.read_text()


def test_a_signal_while_the_database_is_held_by_another_ends_the_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    holder = sqlite3.connect(tmp_path / "state" / "ccm.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    process = start(f"[store]\nbusy_timeout_seconds = 600\n{listen(free_port())}")
    process.wait_for("starting up")
    process.wait_until_it_catches(signal.SIGTERM)
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(15) in (0, 1, -signal.SIGTERM)
    holder.close()


def test_an_unknown_key_ends_the_start_naming_file_key_and_nearest(start: Start, tmp_path: Path) -> None:
    process = start("[session]\ntls_second = 5\n")
    assert process.popen.wait(START_SECONDS) == 1
    expected = f"ccm: {tmp_path}/ccm.toml: unknown key session.tls_second; did you mean tls_seconds?\n"
    assert process.log.read_text() == expected


def test_a_part_that_hangs_does_not_keep_the_others_from_stopping() -> None:
    clock = Clock()
    server = Server(clock, Config("test", {}))
    stopped = []
    server._undo = [lambda: stopped.append("store"), Deferred, lambda: stopped.append("doors"), Deferred]
    done = Deferred.fromCoroutine(server.stop())
    clock.advance(STOP_SECONDS)
    assert stopped == ["doors"]
    clock.advance(LEAST_STOP_SECONDS)
    assert stopped == ["doors", "store"] and done.called
