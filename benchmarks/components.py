"""
What one component does by one, two and three processes behind its domain, and what happens when it is asked for more.

    python benchmarks/components.py [--processes 1,2,3] [--seconds 5] [--rounds 2] [--overload SECONDS]

Starts a server, PostgreSQL and Redis of its own on free ports and prints requests answered in a second, with the CPU
that server and processes used for each; closed loop, 40 clients with four requests open, nine lists to one creation.
The rounds are interleaved. ``--overload`` adds fifty times that, as ``tests/real/test_overload.py`` does.
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pytest  # noqa: E402
from fixtures import real_services  # noqa: E402
from fixtures.server import ServerProcess  # noqa: E402
from real.many_topics import options, processes, start  # noqa: E402
from real.test_overload import FLOODERS, Overload, flood, told  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.internet.defer import Deferred  # noqa: E402

from ccm.session.options import SessionOptions  # noqa: E402

NAMES = ["ann", "kim", "lee", *(f"f{number}" for number in range(FLOODERS))]


async def measure(folder, postgres, redis, count, seconds):
    """Requests in a second, CPU microseconds of the server and of all processes for each."""
    folder.mkdir()
    server = ServerProcess(folder, options(postgres, redis))
    children = processes(server, count)
    try:
        await start(server, children, NAMES)
        before = server.cpu_seconds, sum(child.cpu_seconds for child in children)
        process = flood(server, 0, seconds)
        began, ended = await told(process), await told(process)
        after = server.cpu_seconds, sum(child.cpu_seconds for child in children)
        answered = ended["answers"]["result"]
        spent = [(now - then) / answered * 1e6 for now, then in zip(after, before, strict=True)]
        return answered / (ended["ended"] - began["began"]), *spent
    finally:
        for child in [*children, server]:
            child.end()


async def drown(folder, postgres, redis, seconds):
    """Fifty times what one process can do."""
    folder.mkdir()
    server = ServerProcess(folder, options(postgres, redis))
    limits = SessionOptions()
    server.configure({"session": {"bytes_per_second": limits.bytes_per_second, "burst_bytes": limits.burst_bytes}})
    children = processes(server, 1)
    try:
        await start(server, children, NAMES)
        await Overload(server).run(seconds, 1)
    except (AssertionError, pytest.fail.Exception) as error:
        print("beyond a bound:", str(error)[:200])
    finally:
        for child in [*children, server]:
            child.end()


async def run(arguments, postgres, redis):
    """All rounds."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(arguments.rounds):
            for count in map(int, arguments.processes.split(",")):
                found = await measure(Path(folder, f"{round_}-{count}"), postgres, redis, count, arguments.seconds)
                figures.setdefault(count, []).append(found)
                print(f"round {round_ + 1}, {count} processes: {found[0]:.0f}/s", flush=True)
        for count, found in figures.items():
            best = max(found)
            print(
                f"{count} processes: {best[0]:.0f} requests/s at best, CPU for each: server {best[1]:.0f} us, "
                f"processes {best[2]:.0f} us"
            )
        if arguments.overload:
            await drown(Path(folder, "overload"), postgres, redis, arguments.overload)


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--processes", default="1,2,3")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--overload", type=float, default=0.0)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = next(services := real_services.postgres.__wrapped__())
        stack.callback(services.close)
        redis = real_services.Redis(folder)
        redis.start()
        stack.callback(redis.kill)
        done = Deferred.fromCoroutine(run(arguments, postgres, redis))
        done.addErrback(lambda failure: print(failure.getTraceback(), file=sys.stderr))
        done.addBoth(lambda _: reactor.callLater(0, reactor.stop))
        reactor.run()


if __name__ == "__main__":
    main()
