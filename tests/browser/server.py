"""A server of our own for a browser test: on free ports, with its state in a folder, to be killed and started again."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from fixtures.ports import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30


class Server:
    """
    ``twistd ccm`` with the configuration of ``make run``.

    :param sets: more options, as ``--set`` takes them.
    :ivar folder: where it keeps its state and its log.
    :ivar url: where the dashboard is, with a slash at the end.
    :ivar port: of HTTP.
    """

    def __init__(self, folder: Path, sets: Iterable[str] = ()) -> None:
        self.folder = folder
        self._sets = tuple(sets)
        self.port = free_port()
        self._c2s = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://localhost:{self.port}/"
        self.log = folder / "server.log"
        twistd = str(Path(sys.executable).with_name("twistd"))
        self.command = [twistd, "--pidfile=", "-n", "ccm", "--config", "etc/dev.toml"]

    def start(self) -> None:
        """Start it, and come back when it answers."""
        sets = [
            f'server.state="{self.folder / "var"}"',
            f'listen.c2s=["tcp:{self._c2s}:interface=127.0.0.1"]',
            f'listen.http=["tcp:{self.port}:interface=127.0.0.1"]',
            "listen.direct_tls=[]",
            "listen.components=[]",
            "listen.operations=[]",
            f'web.url="{self.url}"',
        ]
        command = list(self.command)
        for one in (*sets, *self._sets):
            command += ["--set", one]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._until_ready()

    def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, f"the server ended at once; see {self.log}"
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server was not ready after {READY_SECONDS} s; see {self.log}")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """Let it stand still: what is sent to it is taken by the system, and nobody answers."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """After :meth:`freeze`."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it cleanly, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
