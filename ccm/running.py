"""
The reactor as the sans-I/O parts want it: plain functions for time and coroutines.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from ccm.threads import Threads

log = Logger()

#: How long a thread may keep the interpreter from others; 5 ms is Python's default.
SWITCH_SECONDS = 0.0005
T = TypeVar("T")


def later(reactor: Any) -> Callable[[float, Callable[[], Any]], Callable[[], None]]:
    """``later(seconds, function)``, which answers a function that calls it off."""

    def schedule(seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
        call = reactor.callLater(seconds, function)

        def cancel() -> None:
            if call.active():
                call.cancel()

        return cancel

    return schedule


def pause(reactor: Any) -> Callable[[float], Awaitable[Any]]:
    """``await pause(seconds)`` comes back after them."""
    return lambda seconds: deferLater(reactor, seconds)


def apart(reactor: Any) -> Callable[..., Awaitable[Any]]:
    """``await apart(function, *arguments)``: in one thread beside the reactor's, started when first needed."""
    pool = Threads(0, 1, "computing")

    async def run(function: Callable[..., Any], *arguments: Any) -> Any:
        if not pool.started:
            pool.start()
            reactor.addSystemEventTrigger("during", "shutdown", pool.stop)
        return await deferToThreadPool(reactor, pool, function, *arguments)

    return run


def every(reactor: Any, seconds: float, work: Callable[[], Coroutine[Any, Any, Any]]) -> Callable[[], None]:
    """Run *work* again and again, that long after it last ended; answers a function that stops it."""

    def begin() -> Any:
        # what fails once may work the next time
        return Deferred.fromCoroutine(work()).addErrback(lambda f: log.failure("Regular work failed.", failure=f))

    loop = LoopingCall(begin)
    loop.clock = reactor
    loop.start(seconds, now=False)
    return loop.stop


def spawn(work: Coroutine[Any, Any, Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]) -> None:
    """Run a coroutine, then call back with its value or its exception."""
    Deferred.fromCoroutine(work).addCallbacks(done, lambda failure: failed(failure.value))


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)


def within(reactor: Any, seconds: float, work: Awaitable[T]) -> "Deferred[T]":
    """*work*, called off with :class:`~twisted.internet.defer.TimeoutError` after that many seconds."""

    async def wait() -> T:
        return await work

    return Deferred.fromCoroutine(wait()).addTimeout(seconds, reactor)


def started() -> None:
    """
    Keep the reactor's turns short, once a process has started.

    What was made until now stays, so the garbage collector need not look through it: each time it did would stop
    everything for a tenth of a second. And threads that talk to the database give the interpreter back soon: the
    reactor loses it at each system call, and would wait ten times as long for each answer it sends.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)


def say(name: str, why: str) -> None:
    """Why the process cannot go on, once: to who started it, or into the log of one that runs in the background."""
    if sys.__stderr__ is not None and not os.path.samestat(os.fstat(2), os.stat(os.devnull)):
        print(f"{name}: {why}", file=sys.__stderr__, flush=True)
    else:
        log.critical("{name} cannot start: {why}", name=name, why=why)


def end(reactor: Any, again: bool) -> None:
    """
    Stop the process in order; if *again*, the same command takes its place then, under the same process id.

    That is at its very end, since twistd removes its pidfile after the reactor has stopped.
    """
    if again:
        atexit.register(_begin_again)
    reactor.stop()


def _begin_again() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def on_signal(reactor: Any, number: int, function: Callable[[], Any]) -> Callable[[], None]:
    """Call *function* in the reactor at each such signal; answers what ends that. For the main thread."""
    before = signal.signal(number, lambda _number, _frame: reactor.callFromThread(function))

    def undo() -> None:
        signal.signal(number, before)

    return undo
