"""
A server whose clock we set: ``python clocked.py CLOCK_FILE [options of twistd ccm]`` runs one that believes the file.

What it stamps has the time that was told last, and a moment more each time it looks; waiting takes as long as ever.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from browser.server import ROOT, Server

#: How much later it is each time somebody looks: stamps rise, and stay within their minute.
TICK_SECONDS = 1e-4


class Clock:
    """Reads the time from a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told = ""
        self._now = 0.0

    def __call__(self) -> float:
        told = self._file.read_text()
        if told and told != self._told:
            self._told, self._now = told, float(told)
        self._now += TICK_SECONDS
        return self._now


class ClockedServer(Server):
    """A :class:`Server` at a time of our choice. Call :meth:`tell` before it starts."""

    def __init__(self, folder: Path, sets: Sequence[str] = ()) -> None:
        super().__init__(folder, sets)
        self._clock = folder / "clock"
        self.command = [sys.executable, str(Path(__file__).resolve()), str(self._clock), "--config", "etc/dev.toml"]

    def tell(self, seconds: float) -> None:
        """From now on it is that many seconds after the epoch."""
        beside = self._clock.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self._clock)


def main(arguments: Sequence[str]) -> None:
    """Serve until somebody ends it."""
    from twisted.internet import reactor as given
    from twisted.logger import globalLogBeginner, textFileLogObserver

    from ccm.service import Server as Service
    from ccm.twistd import ServerOptions

    reactor: Any = given
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)], redirectStandardIO=False)
    options = ServerOptions()
    options.parseOptions(list(arguments[1:]))
    service = Service(reactor, options.configuration(), now=Clock(Path(arguments[0])))
    reactor.callWhenRunning(service.startService)
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])
