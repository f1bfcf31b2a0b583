"""
CPU time of the store's writer for one lone archived message: nothing else to commit, a pause before each.

    python benchmarks/commit.py [COMMITS] [FOLDER]

Prints µs of CPU of the writer's thread for each durability, the median over COMMITS, which leaves checkpoints out.
FOLDER is where the files go, hence which disk is measured.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from twisted.internet.defer import Deferred

from ccm.store import archive
from ccm.store.checkpoint import Checkpoints
from ccm.store.engines import writer_engine
from ccm.store.options import StoreOptions
from ccm.store.upgrade import upgrade
from ccm.store.writer import Job, Writer

PAUSE_SECONDS = 0.004
CACHE = bytearray(1 << 20)


class Lone:
    """Commits one message after the other into a database of its own."""

    def __init__(self, folder: Path, durability: Any) -> None:
        options = StoreOptions(durability=durability)
        self.durability = durability
        self._engine = writer_engine(options, folder)
        with self._engine.connect() as connection:
            upgrade(connection)
        self._told: SimpleQueue[int] = SimpleQueue()
        self._rows = rows()
        # Settled in the writer's thread, so the time is that thread's.
        self._writer = Writer(
            self._engine,
            options.batch_jobs,
            Checkpoints(folder / "ccm.sqlite", options.checkpoint_pages),
            lambda _batch, committed: self._told.put(time.thread_time_ns() if committed else -1),
        )
        self._writer.start()

    def commit(self) -> int:
        """:returns: CPU time of the writer so far, in ns."""
        time.sleep(PAUSE_SECONDS)
        for index in range(0, len(CACHE), 512):  # a server has done something else in between
            CACHE[index] ^= 1
        self._writer.put(Job(Deferred(), None, archive._INSERT, next(self._rows)))
        used = self._told.get()
        if used < 0:
            raise SystemExit("The store refused a commit.")
        return used

    def stop(self) -> None:
        """Close the files."""
        self._writer.stop()
        self._engine.dispose()


def rows() -> Iterator[tuple[Any, ...]]:
    """Messages of five people to one room."""
    micros, number = time.time_ns() // 1000, 0
    room = "garden@conference.example.org"
    while True:
        number += 1
        micros += 5000
        person, body = f"person{number % 5}", b"<message>" + b"x" * 370 + b"</message>"
        yield (room, f"{micros:014x}0000", f"{room}/{person}", f"{person}@example.org", micros, body, str(number))


def main() -> None:
    """Take turns, so that what else the machine does hits both alike."""
    commits = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    where = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        lone = []
        for durability in ("full", "relaxed"):
            (Path(folder) / durability).mkdir()
            lone.append(Lone(Path(folder) / durability, durability))
        turns = [[one.commit() for one in lone] for _ in range(commits + 1)]
        for one, used in zip(lone, zip(*turns, strict=True), strict=True):
            one.stop()
            median = statistics.median(after - before for before, after in itertools.pairwise(used))
            print(f"{one.durability:8} {median / 1000:6.1f} µs a commit")


if __name__ == "__main__":
    main()
