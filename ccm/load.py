"""
Measures the load of this process and tells everybody whom its level concerns.

While nothing is to be seen it looks less often: a server that rests is woken up for little.
"""

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
REST_SECONDS = 1.0
_CALM_SAMPLES = 8  #: after so many it looks each ``REST_SECONDS`` alone
_CALM_LAG_SECONDS = 0.02
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
        self._calm = 0  # samples in a row that showed nothing

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
        pause = REST_SECONDS if self._calm >= _CALM_SAMPLES else SAMPLE_SECONDS
        self._due = self._reactor.seconds() + pause
        self._call = self._reactor.callLater(pause, self._sample)

    def _sample(self) -> None:
        now, before = self._reactor.seconds(), self.load.level
        measures = Measures(now - self._due, _memory(), self._commits())
        level = self.load.judge(measures, now)
        calm = not (level or measures.commit_jobs or measures.lag_seconds > _CALM_LAG_SECONDS)
        self._calm = self._calm + 1 if calm else 0
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
