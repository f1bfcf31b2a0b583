"""Publishing to an Apache Jackrabbit that really runs."""

import json
import re

import pytest
import pytest_twisted
from fixtures.shelves import JcrShelf
from security.test_document_injection import PAYLOADS
from twisted.internet import reactor

from ccm.errors import Rejected
from ccm.publish.jcr import Jcr, JcrOptions
from ccm.publish.target import TargetServices
from ccm.testing.active import active_nodes
from ccm.testing.contracts import together
from ccm.testing.contracts_publish import NASTY, PublisherContract, document

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("targets")]

SERVICES = TargetServices(reactor, "https://chat.example.org/")


def unescape_letters(page):
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), page)


def publisher_of(site, **changes):
    options = {"url": site.url, "user": site.user, "password": site.password, **changes}
    return Jcr().configure(JcrOptions(**options), SERVICES)


@pytest.fixture
def shelf(jackrabbit):
    return JcrShelf(jackrabbit)


class TestContract(PublisherContract):
    @pytest.fixture
    def publisher(self, jackrabbit):
        return publisher_of(jackrabbit)


@pytest_twisted.ensureDeferred
async def test_a_document_holds_every_form_and_is_a_page(jackrabbit, shelf):
    made = document("forms", talk=("DECISION: Größe \N{GRINNING FACE} \u2028 stays “so”",), title='A "quoted" title')
    receipt = await publisher_of(jackrabbit).publish(made, "f:1")
    content = (await shelf.documents())["forms"]
    assert (content["title"], content["revision"], content["key"]) == ('A "quoted" title', 1, "f:1")
    assert "Größe \N{GRINNING FACE}" in content["markdown"]
    assert json.loads(content["json"])["title"] == 'A "quoted" title'
    page = await shelf.page(receipt.url)
    assert page.headers["content-type"].lower() == "text/html;charset=utf-8"
    assert content["html"] in unescape_letters(page.body.decode("ascii"))


@pytest_twisted.ensureDeferred
async def test_folders_are_made_once(jackrabbit):
    publisher = publisher_of(jackrabbit, path="/content/board/minutes")
    await publisher.publish(document("one"), "o:1")
    await publisher.publish(document("two"), "w:1")
    assert set(await JcrShelf(jackrabbit, "content/board/minutes").documents()) == {"one", "two"}
    answer = await JcrShelf(jackrabbit).page(f"{jackrabbit.url}/default/jcr:root/content.1.json")
    assert [name for name in json.loads(answer.body) if name.startswith("board")] == ["board"]


@pytest_twisted.ensureDeferred
async def test_what_was_said_arrives_as_text(jackrabbit, shelf):
    receipt = await publisher_of(jackrabbit).publish(document("nasty", talk=(NASTY,), title=NASTY), "n:1")
    text = await shelf.text(receipt.url)
    assert active_nodes(text) == []
    assert "alert(1)" in text


@pytest_twisted.ensureDeferred
async def test_a_long_document_arrives_whole(jackrabbit, shelf):
    receipt = await publisher_of(jackrabbit).publish(document("long", talk=("DECISION: " + "long " * 60_000,)), "l:1")
    assert (await shelf.documents())["long"]["markdown"].count("long") >= 60_000
    assert receipt.remote_id == "/ccm/long"


@pytest_twisted.ensureDeferred
async def test_two_at_once_leave_one_document(jackrabbit, shelf):
    """As when a request still runs whose server was killed, and the next server sends it again."""
    made = document("race", title="Raced")
    both = [publisher_of(jackrabbit).publish(made, "r:1") for _ in range(2)]
    results = await together(*both)
    assert any(not isinstance(each, Exception) for each in results)
    assert (await publisher_of(jackrabbit).publish(made, "r:1")).remote_id == "/ccm/race"
    assert (await shelf.titles()).count("Raced") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "does not take the user name and password"),
        ({"user": "anonymous"}, r"anonymous may not write to /ccm\. Grant it there"),
        ({"workspace": "attic"}, r"has no workspace attic\. Check publish\.jcr\.workspace"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_refusal_names_the_remedy(jackrabbit, shelf, changes, words):
    await publisher_of(jackrabbit).publish(document("first"), "x:1")
    with pytest.raises(Rejected, match=words):
        await publisher_of(jackrabbit, **changes).publish(document("refused"), "y:1")
    assert "refused" not in await shelf.documents()


@pytest_twisted.ensureDeferred
async def test_whatever_is_typed_comes_back_as_it_was_and_does_nothing(jackrabbit):
    publisher, shelf = publisher_of(jackrabbit, path="/typed"), JcrShelf(jackrabbit, "typed")
    wanted = {}
    for number, payload in enumerate(PAYLOADS.values()):
        made = document(f"typed{number}", talk=(f"DECISION: {payload}", payload), title=payload)
        receipt = await publisher.publish(made, f"t:{number}")
        wanted[f"typed{number}"] = made.title
        assert active_nodes(await shelf.text(receipt.url)) == []
    found = await shelf.documents()
    assert {name: content["title"] for name, content in found.items()} == wanted
