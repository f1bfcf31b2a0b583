"""
Three processes of one component: 200 clients create and list while processes are killed.

No request stays unanswered, nothing is made twice, nobody is told twice, and the others take over.
"""

from collections import Counter
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
import pytest_twisted
from real.crowd import Voice, gather
from real.many_topics import TOPICS, Make, options, processes, rows, start
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns

pytestmark = [pytest.mark.real, pytest.mark.timeout(280)]

CLIENTS = 200
ROUNDS = 2
ANSWERED_SECONDS = 30.0
LIST = f"<topics xmlns='{ns.TOPICS}'><set xmlns='{ns.RSM}'><max>10</max></set></topics>"


async def work(voice: Voice) -> None:
    """*async* Create a topic, list all, and again."""
    for round_ in range(ROUNDS):
        create = f"<create xmlns='{ns.TOPICS}' name={quoteattr(f'Talk {round_} of {voice.name}')}/>"
        await voice.ask(TOPICS, "set", create).done
        await voice.ask(TOPICS, "get", LIST).done


@pytest_twisted.ensureDeferred
async def test_three_processes_serve_one_domain_though_two_are_killed(
    server_processes: Make, postgres: Any, own_redis: Any
) -> None:
    server = server_processes(options(postgres, own_redis))
    children = processes(server, 3)
    names = [f"user{number}" for number in range(CLIENTS)]
    try:
        await start(server, children, names)
        voices = await gather(reactor, server.c2s, PASSWORD, names)
        done = gatherResults([Deferred.fromCoroutine(work(voice)) for voice in voices])
        total = CLIENTS * ROUNDS * 2
        await until(lambda: answered(voices) > total // 4)
        children[0].kill()
        await until(lambda: answered(voices) > total // 2)
        children[1].kill()
        await deferToThread(children[0].start)
        await done.addTimeout(200, reactor)
        await deferLater(reactor, 2.0)  # whatever comes too often would come now
    finally:
        for child in children:
            child.end()
    every = [asked for voice in voices for asked in voice.asked.values()]
    assert len(every) == total
    assert Counter(len(asked.answers) for asked in every) == {1: total}
    assert [asked.answers[0].inner for asked in every if asked.answers[0].type != "result"] == []
    assert max(asked.answers[0].at - asked.at for asked in every) < ANSWERED_SECONDS
    made = rows(server, "SELECT owner, name FROM topics")
    assert sorted(made) == sorted((f"{n}@localhost", f"Talk {r} of {n}") for n in names for r in range(ROUNDS))
    rooms = rows(server, "SELECT count(*) FROM rooms WHERE service = 'conference.localhost'")
    assert rooms == [(CLIENTS * ROUNDS,)]
    for voice in voices:
        told = Counter(heard.inner.partition(b"<correction")[2] for heard in voice.others if heard.type == "chat")
        assert len(told) == ROUNDS, told
        assert set(told.values()) == {1}
        pushed = Counter(heard.inner for heard in voice.others if heard.type == "headline")
        assert set(pushed.values()) <= {1}, pushed.most_common(1)


def answered(voices: list[Voice]) -> int:
    return sum(len(asked.answers) for voice in voices for asked in voice.asked.values())


async def until(so: Any) -> None:
    """*async* Look ten times a second."""
    while not so():
        await deferLater(reactor, 0.1)
