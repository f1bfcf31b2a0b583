"""
Fifty times what a component can do: it shows itself busy, chat goes on, nothing that was accepted is lost.

What it can do is measured in the same run, by clients that wait for their answers.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from real.crowd import Heard, Voice, gather, percentile
from real.many_topics import TOPICS, Make, options, processes, rows, start
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns
from ccm.session.options import SessionOptions

pytestmark = [pytest.mark.real, pytest.mark.timeout(280)]

TIMES = 50
FLOODERS = 40
MEASURED_SECONDS = 3.0
TALK_SECONDS = 0.02
BUSY_SECONDS = 1.0
AVAILABLE_SECONDS = 10.0
WAKEUPS = 2  #: of processes that a message waits for when others use the machine too


class Talk:
    """
    One says something fifty times a second, the other hears it.

    :ivar delays: of what was heard, in seconds.
    :ivar late: how much later than due this process, which has little to do, could say it: the machine's own delay.
    """

    def __init__(self, speaker: Voice, listener: Voice) -> None:
        self.delays: list[float] = []
        self.late: list[float] = []
        self._due = 0.0
        self._said: dict[str, float] = {}
        self._speaker, self._listener = speaker, listener
        self.presence: list[tuple[float, bool]] = []
        listener.hears = self._heard
        self._loop = LoopingCall(self._say)
        self._loop.start(TALK_SECONDS)

    def _say(self) -> None:
        id_, now = f"m{len(self._said)}", reactor.seconds()
        self.late.append(now - self._due if self._due else 0.0)
        self._due = now + TALK_SECONDS
        self._said[id_] = now
        said = f"<message type='chat' id='{id_}' to='{self._listener.jid}'><body>So it is.</body></message>"
        self._speaker.send(said.encode())

    def _heard(self, heard: Heard) -> None:
        if heard.kind == "message":
            self.delays.append(heard.at - self._said[heard.attrs["id"]])
        elif heard.attrs.get("from") == TOPICS and heard.type == "":
            self.presence.append((heard.at, b"<show>dnd</show>" in heard.inner))

    def take(self) -> tuple[float, float]:
        """What 99 of 100 delays since the last time were below, and likewise the machine's."""
        delays, self.delays = self.delays or [0.0], []
        late, self.late = self.late or [0.0], []
        return percentile(delays, 99), percentile(late, 99)

    async def end(self) -> None:
        """*async* Nothing more is said; all was heard."""
        self._loop.stop()
        await deferLater(reactor, 0.5)
        assert self._said


def flood(server: ServerProcess, rate: float, seconds: float) -> "subprocess.Popen[str]":
    """The clients that ask, in a process of their own."""
    script = Path(__file__).with_name("flood.py")
    names = [f"f{number}" for number in range(FLOODERS)]
    command = [sys.executable, str(script), str(server.c2s), PASSWORD, str(rate), str(seconds), *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def told(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """*async* The next line it prints."""
    assert process.stdout is not None
    line = await deferToThread(process.stdout.readline)
    assert line, "the flood ended"
    found: dict[str, Any] = json.loads(line)
    return found


async def one_by_one(voice: Voice, over: list[bool]) -> None:
    """*async* Somebody who asks as people do."""
    while not over:
        await voice.ask(TOPICS, "get", f"<topics xmlns='{ns.TOPICS}'/>").done
        await deferLater(reactor, 0.2)


class Overload:
    """
    All of it, on a server that runs with the clients ann, kim and lee.

    :ivar figures: what was measured, of the last flood.
    """

    def __init__(self, server: ServerProcess) -> None:
        self.figures: dict[str, Any] = {}
        self._server = server
        self._created: dict[str, str] = {}
        self._unloaded = 0.0

    async def run(self, seconds: float, tries: int) -> None:
        """
        *async* Measure, then flood.

        :param tries: floods at most, until chat was as quick as it should be in one: others on the machine only add to
            delays. Whatever else is wrong is wrong at once.
        """
        speaker, listener, self._patient = await gather(reactor, self._server.c2s, PASSWORD, ["ann", "kim", "lee"])
        self._talk = Talk(speaker, listener)
        listener.send(f"<presence type='subscribe' to='{TOPICS}'/>".encode())
        await self._measure()
        while tries:
            tries -= 1
            unloaded, loaded, machine = await self._flood(seconds)
            if loaded <= 2 * unloaded + 0.05 + WAKEUPS * machine:
                break
        else:
            pytest.fail(f"chat suffered: {self.figures}")
        await self._talk.end()
        made = Counter(name for (name,) in rows(self._server, "SELECT name FROM topics"))
        assert [name for name, how in self._created.items() if how == "result" and made[name] != 1] == []
        assert [name for name, how in self._created.items() if how != "result" and made[name]] == []
        assert set(made.values()) == {1}

    async def _measure(self) -> None:
        """*async* What the component can do, and how quick chat is."""
        measuring = flood(self._server, 0, MEASURED_SECONDS)
        began, ended = await told(measuring), await told(measuring)
        self._created.update(ended["created"])
        self._capacity = ended["answers"]["result"] / (ended["ended"] - began["began"])
        await deferLater(reactor, 3.0)

    async def _flood(self, seconds: float) -> tuple[float, float, float]:
        """*async* Chat's delays before and while, and the machine's; everything else is looked at here."""
        talk, patient = self._talk, self._patient
        talk.take()
        await deferLater(reactor, 4.0)
        unloaded, _ = talk.take()
        talk.presence.clear()
        over: list[bool] = []
        asking = Deferred.fromCoroutine(one_by_one(patient, over))
        flooding = flood(self._server, TIMES * self._capacity, seconds)
        began = await told(flooding)
        talk.take()
        ended = await told(flooding)
        loaded, machine = talk.take()
        await deferLater(reactor, AVAILABLE_SECONDS)
        over.append(True)
        await asking.addTimeout(35, reactor)
        self._created.update(ended["created"])
        busy = next((at - began["began"] for at, dnd in talk.presence if dnd), None)
        free = next((at - ended["ended"] for at, dnd in talk.presence if not dnd and at > ended["ended"]), None)
        offered = ended["offered"] / (ended["ended"] - began["began"])
        self.figures = figures = {
            "capacity": round(self._capacity, 1),
            "offered": round(offered, 1),
            "answers": ended["answers"],
            "busy_after_seconds": busy,
            "available_after_seconds": free,
            "chat_p99_ms": [round(unloaded * 1000, 1), round(loaded * 1000, 1)],
            "machine_p99_ms": round(machine * 1000, 1),
            "asked_one_by_one": len(patient.asked),
        }
        print(figures, flush=True)
        assert offered > 0.9 * TIMES * self._capacity, figures
        assert busy is not None, figures
        assert busy < BUSY_SECONDS, figures
        assert free is not None, figures
        assert free < AVAILABLE_SECONDS, figures
        assert set(ended["answers"]) <= {"result", "resource-constraint"}, figures  # and nothing twice
        assert Counter(len(asked.answers) for asked in patient.asked.values()) == {1: len(patient.asked)}
        return unloaded, loaded, machine


async def on_a_server(make: Make, postgres: Any, redis: Any, seconds: float, tries: int, *, apart: bool) -> None:
    """*async* With the limits that ship."""
    limits = SessionOptions()
    server = make(options(postgres, redis))
    shipped = {"bytes_per_second": limits.bytes_per_second, "burst_bytes": limits.burst_bytes}
    server.configure({"session": shipped})
    children = processes(server, 1) if apart else []
    try:
        await start(server, children, ["ann", "kim", "lee", *(f"f{number}" for number in range(FLOODERS))])
        await Overload(server).run(seconds, tries)
    finally:
        for child in children:
            child.end()


@pytest_twisted.ensureDeferred
async def test_a_component_asked_for_far_too_much_is_busy_and_nothing_else_suffers(
    server_processes: Make, postgres: Any, own_redis: Any
) -> None:
    await on_a_server(server_processes, postgres, own_redis, 5.0, 3, apart=True)


@pytest.mark.long
@pytest.mark.parametrize("apart", [True, False], ids=["apart", "inside"])
@pytest_twisted.ensureDeferred
async def test_half_a_minute_of_far_too_much(
    server_processes: Make, postgres: Any, own_redis: Any, apart: bool
) -> None:
    await on_a_server(server_processes, postgres, own_redis, 30.0, 2, apart=apart)
