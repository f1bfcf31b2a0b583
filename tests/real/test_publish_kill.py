"""
kill -9 of the server at random moments between a publication and its receipt: three targets that run, two stand-ins.

Each document is put with its jobs into the server's store, as the reporter does it; the server takes it up, is killed
and started again. Afterwards the target has that document once, as its receipt says, and no job is left.
"""

import os
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.jackrabbit import Jackrabbit
from fixtures.server import ServerProcess
from fixtures.shelves import Bare, JcrShelf, WordPressShelf
from fixtures.wordpress import WordPressSite
from msgspec.structs import replace
from publish.hippo_site import Hippo
from publish.target_sites import Receiver
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from ccm.components.publication import _job
from ccm.records import DocumentRecord
from ccm.reporter import render_json
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import Stores, open_stores
from ccm.testing.contracts_publish import document

pytestmark = pytest.mark.xdist_group("targets")

DONE_SECONDS = 60
#: A former process's jobs are taken up at once; what it was asking may still be at work, and is asked again.
OUTBOX = {"poll_seconds": 0.05, "lease_seconds": 120.0}


@pytest.mark.real
@pytest.mark.timeout(250)
@pytest_twisted.ensureDeferred
async def test_kills_leave_one_document_at_each_of_five_targets(
    server_processes: Callable[..., ServerProcess],
    wordpress_site: WordPressSite,
    jackrabbit: Jackrabbit,
    tmp_path: Path,
) -> None:
    bare, hippo, receiver = Bare(tmp_path / "site.git"), Hippo(), Receiver()
    server = server_processes(
        {
            **at_wordpress(wordpress_site),
            **at_jackrabbit(jackrabbit),
            **at_git(bare),
            **at_stand_ins(hippo, receiver),
        }
    )
    shelves = {"wordpress": WordPressShelf(wordpress_site), "jcr": JcrShelf(jackrabbit, "kill"), "git": bare}
    try:
        await hold(server, {**shelves, "hippo": hippo, "webhook": receiver}, kills=6)
    finally:
        await hippo.close()
        await receiver.close()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_fifty_kills_leave_one_post_each_at_wordpress(
    server_processes: Callable[..., ServerProcess], wordpress_site: WordPressSite
) -> None:
    await hold(server_processes(at_wordpress(wordpress_site)), {"wordpress": WordPressShelf(wordpress_site)}, kills=50)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_fifty_kills_leave_one_node_each_at_jackrabbit(
    server_processes: Callable[..., ServerProcess], jackrabbit: Jackrabbit
) -> None:
    await hold(server_processes(at_jackrabbit(jackrabbit)), {"jcr": JcrShelf(jackrabbit, "kill")}, kills=50)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_fifty_kills_leave_one_file_each_in_git(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    bare = Bare(tmp_path / "site.git")
    await hold(server_processes(at_git(bare)), {"git": bare}, kills=50)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_fifty_kills_leave_one_document_each_at_stand_ins_for_hippo_and_a_webhook(
    server_processes: Callable[..., ServerProcess],
) -> None:
    hippo, receiver = Hippo(), Receiver()
    try:
        server = server_processes(at_stand_ins(hippo, receiver))
        await hold(server, {"hippo": hippo, "webhook": receiver}, kills=50)
    finally:
        await hippo.close()
        await receiver.close()


def at_wordpress(site: WordPressSite) -> dict[str, dict[str, Any]]:
    """Configuration of a server."""
    target = {"url": site.url, "user": "editor", "password": site.passwords["editor"]}
    return {"outbox": OUTBOX, "publish.wordpress": target}


def at_jackrabbit(site: Jackrabbit) -> dict[str, dict[str, Any]]:
    """Likewise."""
    target = {"url": site.url, "user": site.user, "password": site.password, "path": "/kill"}
    return {"outbox": OUTBOX, "publish.jcr": target}


def at_git(bare: Bare) -> dict[str, dict[str, Any]]:
    """Likewise."""
    return {"outbox": OUTBOX, "publish.git": {"url": str(bare.folder)}}


def at_stand_ins(hippo: Hippo, receiver: Receiver) -> dict[str, dict[str, Any]]:
    """Likewise, for two targets in this process."""
    user, _, password = hippo.login.partition(":")
    content = {"folder": f"{hippo.folder}/minutes", "document_type": "contenteximdemo:contentdocument"}
    return {
        "outbox": OUTBOX,
        "publish.hippo": {"url": f"{hippo.url}cms", "user": user, "password": password, **content},
        "publish.webhook": {"url": receiver.url, "secret": receiver.secret.decode()},
    }


async def hold(server: ServerProcess, shelves: dict[str, Any], *, kills: int) -> None:
    """*async* That many documents, a kill during the publication of each, and all that must be true afterwards."""
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))
    dice = random.Random(seed)
    server.state.mkdir(mode=0o700, exist_ok=True)
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), server.state, host="localhost")
    titles, tries = [], []
    try:
        await deferToThread(server.start)
        for calm in range(2):  # the first one is slower than the others
            began = reactor.seconds()  # type: ignore[attr-defined]
            titles.append(await publish(stores, shelves, f"{seed}calm{calm}"))
            await done(stores, shelves, f"{seed}calm{calm}")
            took = reactor.seconds() - began  # type: ignore[attr-defined]
        for number in range(kills):
            topic = f"{seed}kill{number}"
            titles.append(await publish(stores, dice.sample(sorted(shelves), len(shelves)), topic))
            await deferLater(reactor, dice.random() * took)
            await deferToThread(server.kill)
            await deferToThread(server.start)
            tries += await done(stores, shelves, topic)
            assert set(await stores.documents.receipts(topic)) == set(shelves)
        assert await stores.outbox.counts() == {}
        found = {target: await shelf.titles() for target, shelf in shelves.items()}
    finally:
        await stores.close()
    print(f"KILL_SEED={seed}: {sum(number > 1 for number in tries)} of {kills} kills interrupted a try")
    for target in shelves:
        assert {title: found[target].count(title) for title in titles} == dict.fromkeys(titles, 1), target


async def publish(stores: Stores, targets: Iterable[str], topic: str) -> str:
    """*async* A document and its jobs in one transaction. :returns: its title."""
    title = f"Talk {topic}"
    body = render_json.dumps(replace(document(topic), title=title))
    record = DocumentRecord(topic, 1, topic, title, "", body, f"{topic}:1", "public", datetime.now(UTC))
    await stores.documents.publish(record, [_job(target, topic, 1) for target in targets])
    return title


async def done(stores: Stores, targets: Iterable[str], topic: str) -> list[int]:
    """*async* Wait until its jobs are finished. :returns: how often each was tried."""
    end = reactor.seconds() + DONE_SECONDS  # type: ignore[attr-defined]
    keys = [f"{target}:{topic}:1" for target in targets]
    while True:
        jobs = list((await stores.outbox.look(keys)).values())
        if all(job.state == "done" for job in jobs):
            return [job.attempts for job in jobs]
        assert reactor.seconds() < end, jobs  # type: ignore[attr-defined]
        await deferLater(reactor, 0.02)
