"""
A document's life at targets that really run: published, amended, redacted, each answer lost once, the server restarted.

The outbox, its worker and the publishers are the server's own; what is lost is the answer to whatever writes.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_twisted
from fixtures.shelves import Bare, JcrShelf, WordPressShelf
from msgspec.structs import replace
from sqlalchemy import update
from twisted.internet import reactor
from twisted.internet.error import ConnectionLost
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed, readBody
from twisted.web.iweb import IAgent
from zope.interface import implementer

from ccm.components.publication import _job
from ccm.errors import Unavailable
from ccm.publish.egress import Egress
from ccm.publish.git import GitOptions, GitRepository
from ccm.publish.jcr import Jcr, JcrOptions
from ccm.publish.jobs import PublishJobs
from ccm.publish.outbox import OutboxOptions, OutboxWorker
from ccm.publish.target import TargetServices
from ccm.publish.wordpress import WordPress, WordPressOptions
from ccm.records import DocumentRecord
from ccm.reporter import render_json
from ccm.reporter.redaction import redacted
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.schema import documents
from ccm.store.stores import open_stores
from ccm.testing.contracts_publish import TALK, document

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("targets")]

OPTIONS = OutboxOptions(poll_seconds=0.05)
SECRET = "DECISION: Zanzibar pays"
TITLE = "Licences and their texts"


@implementer(IAgent)
class Losing:
    """An agent that loses the answer to the first request of each document that writes; *lost* counts them."""

    def __init__(self) -> None:
        self._agent = Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False))
        self.armed = False
        self.lost = 0

    def request(self, method: bytes, *more: Any) -> Any:
        sent = self._agent.request(method, *more)
        return sent.addCallback(self._answered) if method == b"POST" and self.armed else sent

    def _answered(self, response: Any) -> Any:
        self.armed = False
        self.lost += 1
        # It has been carried out to the end; we do not hear of it.
        return readBody(response).addCallback(lambda _: Failure(ResponseFailed([Failure(ConnectionLost())])))


class LosingServices(TargetServices):
    """Of publishers whose answers are lost by *agent*."""

    agent = Losing()

    def egress(self, section: str, url: str, seconds: float, private: bool) -> Egress:
        return Egress(self.reactor, url, seconds=seconds, agent=self.agent)


class LosingGit(GitRepository):
    """Loses the answer to a push."""

    agent: Losing

    async def _push(self, git: Any, commit: str) -> bool:
        pushed = await super()._push(git, commit)
        if self.agent.armed:
            self.agent.armed = False
            self.agent.lost += 1
            raise Unavailable("the line broke", ambiguous=True)
        return pushed


@pytest.fixture
def agent():
    LosingServices.agent = Losing()
    return LosingServices.agent


@pytest.fixture(params=["wordpress", "jcr", "git"])
def target(request, tmp_path, agent):
    """Name, what makes a publisher as a new process does, and what readers find."""
    services = LosingServices(reactor, "https://chat.example.org/", tmp_path / "state")
    if request.param == "git":
        bare = Bare(tmp_path / "site.git")

        def made():
            options = GitOptions(url=str(bare.folder), page_url="https://pages.example.org/{name}")
            publisher = LosingGit(options, services)
            publisher.agent = agent
            return publisher

        return "git", made, bare
    if request.param == "jcr":
        site = request.getfixturevalue("jackrabbit")
        options = JcrOptions(url=site.url, user=site.user, password=site.password, path="/life", timeout_seconds=20)
        return "jcr", lambda: Jcr().configure(options, services), JcrShelf(site, "life")
    site = request.getfixturevalue("wordpress_site")
    login = {"user": "editor", "password": site.passwords["editor"]}
    options = WordPressOptions(url=site.url, timeout_seconds=20, **login)
    return "wordpress", lambda: WordPress().configure(options, services), WordPressShelf(site)


@pytest_twisted.ensureDeferred
async def test_a_document_is_there_once_through_its_whole_life(target, agent, tmp_path):
    name, made, shelf = target
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path, host="localhost")
    try:
        life = Life(stores, name, made, agent)
        first = replace(document("life", 1, (*TALK, SECRET)), title=TITLE)
        amended = replace(document("life", 2, (*TALK, SECRET, "DECISION: Two mirrors stay")), title=TITLE)
        url = await life.published(first, "")
        assert "Zanzibar" in await shelf.text(url)
        assert await life.published(amended, "") == url
        text = await shelf.text(url)
        assert "Two mirrors stay" in text
        assert "Zanzibar" in text

        (line,) = [line for line in amended.log if line.text == SECRET]
        (without,) = redacted([amended], [line.id])
        await stores.database.write(
            lambda connection: (
                connection.execute(
                    update(documents).where(documents.c.revision == 2).values(body=render_json.dumps(without))
                )
                and None
            )
        )
        assert await life.published(None, ":r1") == url
        text = await shelf.text(url)
        assert "Zanzibar" not in text
        assert "Two mirrors stay" in text
        assert (await shelf.titles()).count(TITLE) == 1
        assert agent.lost == 3
        assert await stores.outbox.counts() == {}
    finally:
        await stores.close()


class Life:
    """Publishes one revision after the other, each time as a server that was just started; loses one answer each."""

    def __init__(self, stores: Any, name: str, made: Any, agent: Losing) -> None:
        self._stores, self._name, self._made, self._agent = stores, name, made, agent
        self._version = 0

    async def published(self, made: Any, suffix: str) -> str:
        """*async* :returns: where it is, by its receipt."""
        stores = self._stores
        if made is not None:
            self._version = made.version
            body, key = render_json.dumps(made), f"life:{made.version}"
            record = DocumentRecord("life", made.version, "life", TITLE, "", body, key, "public", datetime.now(UTC))
            await stores.documents.publish(record, [_job(self._name, "life", self._version)])
        else:
            kind, key, payload = _job(self._name, "life", self._version)
            await stores.outbox.add([(kind, key + suffix, payload.replace(key, key + suffix))])
        jobs = PublishJobs(stores.documents, {self._name: self._made()}, _nobody, reactor.seconds)
        worker = OutboxWorker("publish", stores.outbox, jobs.deliver, reactor, OPTIONS)
        self._agent.armed = True
        worker.start()
        job = f"{self._name}:life:{self._version}{suffix}"
        while (state := (await stores.outbox.look([job]))[job]).state != "done":
            assert state.state != "parked", state.note
            await deferLater(reactor, 0.02)
        await worker.stop()
        assert state.attempts == 2
        return str((await stores.documents.receipts("life"))[self._name].url)


async def _nobody(_: str, __: Any) -> None:
    pass
