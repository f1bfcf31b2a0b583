"""Publishing to Hippo by a strict stand-in; to a live one where ``CCM_HIPPO_URL`` names it."""

import os

import pytest
import pytest_twisted
from hippo_site import Hippo as Site
from hippo_site import html_of, values
from msgspec.structs import replace
from twisted.internet import reactor

from ccm.config import Config
from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.publish.hippo import Hippo, HippoOptions
from ccm.publish.target import TargetServices
from ccm.testing.active import active_nodes
from ccm.testing.contracts_publish import NASTY, PublisherContract, document

SERVICES = TargetServices(reactor, "https://chat.example.org/")
FOLDER = "/content/documents/contenteximdemo/minutes"


@pytest_twisted.async_yield_fixture
async def shelf():
    site = Site()
    yield site
    await site.close()


def publisher_of(site, **changes):
    user, _, password = site.login.partition(":")
    options = {
        "url": f"{site.url}cms",
        "user": user,
        "password": password,
        "folder": FOLDER,
        "document_type": "contenteximdemo:contentdocument",
        "page_url": "https://example.org/minutes/{name}",
        **changes,
    }
    return Hippo().configure(HippoOptions(**options), SERVICES)


class TestContract(PublisherContract):
    @pytest.fixture
    def publisher(self, shelf):
        return publisher_of(shelf)


@pytest_twisted.ensureDeferred
async def test_a_document_is_the_type_and_fields_that_were_configured(shelf):
    receipt = await publisher_of(shelf).publish(document("abcd2345"), "h:1")
    assert receipt.remote_id == f"{FOLDER}/abcd2345"
    assert receipt.url == "https://example.org/minutes/abcd2345"
    node, published = shelf.kept[receipt.remote_id]
    assert published
    assert node["primaryType"] == "contenteximdemo:contentdocument"
    assert values(node)["contenteximdemo:title"] == "Open data portal"
    assert values(node)["contenteximdemo:introduction"] == document("abcd2345").headline
    assert values(node)["hippotranslation:locale"] == "en"


@pytest_twisted.ensureDeferred
async def test_without_a_summary_field_none_is_sent_and_an_editor_may_publish(shelf):
    receipt = await publisher_of(shelf, summary_field="", publish="none").publish(document("t"), "h:1")
    node, published = shelf.kept[receipt.remote_id]
    assert not published
    assert "contenteximdemo:introduction" not in values(node)


@pytest_twisted.ensureDeferred
async def test_an_answer_of_200_that_tells_of_a_failure_is_one(shelf):
    shelf.fails = "org.onehippo.forge.content.exim.core.DocumentManagerException: Document is locked"
    with pytest.raises(Rejected, match=r"was not imported: .*Document is locked\. Check publish\.hippo\.folder"):
        await publisher_of(shelf).publish(document("t"), "h:1")
    shelf.fails = ""
    with pytest.raises(Rejected, match="no such field"):
        await publisher_of(shelf, html_field="story").publish(document("t"), "h:1")
    with pytest.raises(Rejected, match="no folder"):
        await publisher_of(shelf, folder="/content/documents/elsewhere").publish(document("t"), "h:1")
    assert shelf.kept == {}


@pytest_twisted.ensureDeferred
async def test_an_answer_that_tells_nothing_is_asked_again(shelf):
    publisher = publisher_of(shelf)
    kind = {"Content-Type": 'multipart/mixed; boundary="b"'}
    head = b"--b\r\nContent-Type: application/json\r\nContent-ID: <summary>\r\n\r\n"
    for answer in ((200, {}, b""), (200, kind, b""), (200, kind, head + b"[]\r\n--b--\r\n"), (200, kind, head)):
        shelf.instead = [answer]
        with pytest.raises(Unavailable, match="does not say what became") as caught:
            await publisher.publish(document("t"), "h:1")
        assert caught.value.ambiguous
    shelf.instead = [(200, kind, head + b'{"items": [], "errors": []}\r\n--b--\r\n')]
    with pytest.raises(Rejected, match="says nothing of the document"):
        await publisher.publish(document("t"), "h:1")
    await publisher.publish(document("t"), "h:1")
    assert len(shelf.kept) == 1


@pytest_twisted.ensureDeferred
async def test_refusals_name_the_remedy(shelf):
    with pytest.raises(Rejected, match=r"Check publish\.hippo\.user and password, and that the user has hippo:rest"):
        await publisher_of(shelf, password="wrong").publish(document("t"), "h:1")
    with pytest.raises(Rejected, match="Install the add-on"):
        await publisher_of(shelf, url=f"{shelf.url}site").publish(document("t"), "h:1")


@pytest_twisted.ensureDeferred
async def test_what_was_said_arrives_without_anything_active(shelf):
    made = replace(document("t", talk=(NASTY,)), title=NASTY, headline=NASTY)
    receipt = await publisher_of(shelf).publish(made, "h:1")
    node, _ = shelf.kept[receipt.remote_id]
    assert active_nodes(html_of(node)) == []
    assert values(node)["contenteximdemo:title"] == NASTY  # a STRING: shown as text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "cms.example.org"}, "url"),
        ({"user": ""}, "user"),
        ({"password": ""}, "secret"),
        ({"folder": "/content/gallery/x"}, "folder"),
        ({"document_type": "contentdocument"}, "document_type"),
        ({"html_field": ""}, "html_field"),
        ({"page_url": "https://example.org/"}, "page_url"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_wrong_configuration_names_its_key(shelf, changes, words):
    with pytest.raises(ConfigError, match=words):
        publisher_of(shelf, **changes)


def test_what_becomes_of_a_document_is_one_of_two_words():
    with pytest.raises(ConfigError, match=r"publish\.hippo\.publish = .*all.*none"):
        Config("ccm.toml", {"publish": {"hippo": {"publish": "live"}}}).section("publish.hippo", HippoOptions)


@pytest.mark.skipif("CCM_HIPPO_URL" not in os.environ, reason="CCM_HIPPO_URL names no Hippo to be tried")
@pytest_twisted.ensureDeferred
async def test_a_live_hippo_takes_a_document_twice():
    options = HippoOptions(
        url=os.environ["CCM_HIPPO_URL"],
        user=os.environ.get("CCM_HIPPO_USER", "admin"),
        password=os.environ.get("CCM_HIPPO_PASSWORD", "admin"),
        folder=os.environ.get("CCM_HIPPO_FOLDER", FOLDER),
        document_type=os.environ.get("CCM_HIPPO_TYPE", "contenteximdemo:contentdocument"),
        private=True,
    )
    publisher = Hippo().configure(options, SERVICES)
    first = await publisher.publish(document("ccmtrial"), "h:1")
    assert await publisher.publish(document("ccmtrial"), "h:1") == first
