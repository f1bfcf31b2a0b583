"""
Threads for blocking work that never keep the process alive.

Twisted's own pool is of threads that the interpreter waits for at its end, after signals have lost their effect: a
pool that nobody stopped, or one call that never comes back, would make a server that only ``kill -9`` ends.
"""

from threading import Thread
from typing import Any

from twisted.python.threadpool import ThreadPool

LONGEST_STOP_SECONDS = 2.0


class _Daemon(Thread):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more, daemon=True)


class Threads(ThreadPool):
    """A ``ThreadPool`` whose :meth:`stop` is bounded, and without which the process ends all the same."""

    threadFactory = _Daemon

    def stop(self) -> None:
        """Let what was asked for finish, if it does so soon."""
        ending = Thread(target=super().stop, name=f"end of {self.name}", daemon=True)
        ending.start()
        ending.join(LONGEST_STOP_SECONDS)
