"""
The ``git`` program, run beside the reactor: bounded in time and output, with nobody's settings and without hooks.

Of the machine's and the user's configuration nothing is read, no question is asked, no protocol is spoken but HTTP,
SSH and that of local files, and hooks, clean-up in the background and submodules are off. Credentials go by
environment variables, which other users do not see, not by arguments. Leaves out what the commands mean.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from ccm.errors import Unavailable

MAX_BYTES = 16 * 1_048_576
TERMINATE_SECONDS = 2.0
#: name -> value of git's own settings, over whatever a repository's file says.
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "http.followRedirects": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered. *code* is 0 when it did what it should."""

    code: int
    out: bytes
    error: str


class Git:
    """
    :param folder: where it runs; for its home, too, so that nothing of a user's is found.
    :param seconds: limit of one command.
    :param settings: further settings of git, e.g. ``http.extraHeader``.
    :param variables: further variables of its environment, e.g. ``GIT_SSH_COMMAND``.
    """

    def __init__(
        self,
        reactor: Any,
        folder: Path,
        seconds: float,
        settings: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        program: str = "git",
    ) -> None:
        self._reactor = reactor
        self.folder = folder
        self._seconds = seconds
        self._settings = {**_SETTINGS, **(settings or {})}
        self._variables = dict(variables or {})
        self._program = program

    async def run(
        self,
        *arguments: str,
        given: bytes = b"",
        variables: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Said:
        """
        One command.

        :param given: what it reads.
        :param variables: as the constructor's, and *settings* likewise.
        :raises Unavailable: if it takes too long, says too much, or cannot be started.
        """
        running = _Running(given, self._reactor)
        environment = {**self._environment(settings or {}), **self._variables, **(variables or {})}
        try:
            process = self._reactor.spawnProcess(
                running, self._program, [self._program, *arguments], environment, str(self.folder)
            )
        except OSError as error:
            raise Unavailable(f"git cannot be run: {error.strerror}.") from error
        clock: IReactorTime = self._reactor
        limit = clock.callLater(self._seconds, running.give_up, process, f"took longer than {self._seconds:g} s")
        try:
            return await running.ended
        finally:
            if limit.active():
                limit.cancel()

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        named = {**self._settings, **settings}
        numbered = {}
        for number, (name, value) in enumerate(named.items()):
            numbered[f"GIT_CONFIG_KEY_{number}"] = name
            numbered[f"GIT_CONFIG_VALUE_{number}"] = value
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": str(len(named)),
            **numbered,
        }


class _Running(ProcessProtocol):
    """
    One process.

    :ivar ended: fires when it has ended; cancelling kills it.
    """

    def __init__(self, given: bytes, clock: IReactorTime) -> None:
        self._given = given
        self._clock = clock
        self._out: list[bytes] = []
        self._error: list[bytes] = []
        self._bytes = 0
        self._why = ""
        self._exited = False
        self._kill: IDelayedCall | None = None
        self.ended: Deferred[Said] = Deferred(lambda _: self.give_up(self.transport, "was given up"))

    def connectionMade(self) -> None:
        assert self.transport is not None
        if self._given:
            self.transport.write(self._given)
        self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        self._take(self._out, data)

    def errReceived(self, data: bytes) -> None:
        self._take(self._error, data)

    def _take(self, parts: list[bytes], data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes <= MAX_BYTES:
            parts.append(data)
        else:
            self.give_up(self.transport, f"said more than {MAX_BYTES} bytes")

    def give_up(self, process: Any, why: str) -> None:
        """End it, so that it ends its children and removes its locks; kill it if it does not."""
        self._why = self._why or why
        if self._exited:  # its children hold what it wrote to
            self._failed()
            return
        self._signal(process, signal.SIGTERM)
        self._kill = self._clock.callLater(TERMINATE_SECONDS, self._signal, process, signal.SIGKILL)

    @staticmethod
    def _signal(process: Any, number: int) -> None:
        with suppress(ProcessExitedAlready):
            process.signalProcess(number)

    def processExited(self, reason: Failure) -> None:  # noqa: ARG002
        self._exited = True
        if self._kill is not None and self._kill.active():
            self._kill.cancel()
        if self._why:
            self._failed()

    def _failed(self) -> None:
        assert self.transport is not None
        self.transport.loseConnection()
        if not self.ended.called:
            self.ended.errback(Unavailable(f"git {self._why}.", ambiguous=True))

    def processEnded(self, reason: Failure) -> None:
        if self.ended.called:
            return
        code = 0 if reason.check(ProcessDone) else getattr(reason.value, "exitCode", None)
        error = b"".join(self._error).decode("utf-8", "replace")
        self.ended.callback(Said(-1 if code is None else code, b"".join(self._out), error))
