"""Measures the load of this process and tells everybody whom its level concerns."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from ccm.router.traffic import Traffic
from ccm.session.load import LEVELS, Load, Measures
from ccm.session.shaping import Shaping
from ccm.session.visitors import Visitors

log = Logger()

SAMPLE_SECONDS = 0.25
_RED = 3
_STATM = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class LoadWatch:
    """
    :param commits: how many writes wait for the disk.
    :ivar load: the level now, and what it rests on.
    """

    def __init__(
        self, reactor: Any, shaping: Shaping, visitors: Visitors, traffic: Traffic, commits: Callable[[], int]
    ) -> None:
        self.load = Load(shaping.options)
        self._reactor = reactor
        self._shaping, self._visitors, self._traffic = shaping, visitors, traffic
        self._commits = commits
        self._call: Any = None

    def start(self) -> None:
        """Measure from now on."""
        self._next()

    def stop(self) -> None:
        """Measure no more."""
        if self._call is not None and self._call.active():
            self._call.cancel()

    def figures(self) -> dict[str, float]:
        """For operators."""
        load = self.load
        return {
            "load_level": float(load.level),
            "loop_lag_seconds": load.lag_seconds,
            "commit_queue": float(load.measures.commit_jobs),
        }

    def _next(self) -> None:
        self._due = self._reactor.seconds() + SAMPLE_SECONDS
        self._call = self._reactor.callLater(SAMPLE_SECONDS, self._sample)

    def _sample(self) -> None:
        now, before = self._reactor.seconds(), self.load.level
        level = self.load.judge(Measures(now - self._due, _memory(), self._commits()), now)
        if level != before:
            log.info("The load is {name}.", name=LEVELS[level])
            self._shaping.level = level
            self._visitors.full = level >= _RED
            self._traffic.strain(level)
        self._next()


def _memory() -> int:
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except OSError:  # no Linux: memory does not count then
        return 0
