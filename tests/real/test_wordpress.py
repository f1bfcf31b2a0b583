"""Publishing to a WordPress that really runs."""

import pytest
import pytest_twisted
from fixtures.shelves import WordPressShelf
from security.test_document_injection import PAYLOADS
from twisted.internet import reactor

from ccm.errors import Rejected
from ccm.publish.target import TargetServices
from ccm.publish.wordpress import WordPress, WordPressOptions
from ccm.testing.active import active_nodes
from ccm.testing.contracts_publish import NASTY, PublisherContract, document

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("targets")]

SERVICES = TargetServices(reactor, "https://chat.example.org/")


def publisher_of(site, user="editor", **changes):
    options = {"url": site.url, "user": user, "password": site.passwords[user], **changes}
    return WordPress().configure(WordPressOptions(**options), SERVICES)


@pytest.fixture
def shelf(wordpress_site):
    return WordPressShelf(wordpress_site)


class TestContractAsEditor(PublisherContract):
    @pytest.fixture
    def publisher(self, wordpress_site):
        return publisher_of(wordpress_site)


@pytest_twisted.ensureDeferred
async def test_an_author_without_unfiltered_html_publishes_once_too(wordpress_site, shelf):
    publisher = publisher_of(wordpress_site, "author")
    first = await publisher.publish(document("author", title="By an author"), "a:1")
    modified = [post["modified_gmt"] for post in await shelf.posts() if post["id"] == int(first.remote_id)]
    second = await publisher.publish(document("author", title="By an author"), "a:1")
    assert second.remote_id == first.remote_id
    assert modified == [post["modified_gmt"] for post in await shelf.posts() if post["id"] == int(first.remote_id)]


@pytest_twisted.ensureDeferred
async def test_what_was_said_arrives_as_text(wordpress_site, shelf):
    receipt = await publisher_of(wordpress_site).publish(document("nasty", talk=(NASTY,)), "n:1")
    text = await shelf.text(receipt.url)
    assert "<script>alert(1)" not in text
    assert "<img src=x" not in text
    assert "alert(1)" in text
    assert "<h2>Decisions</h2>" in text


@pytest_twisted.ensureDeferred
async def test_tags_that_exist_are_used(wordpress_site, shelf):
    publisher = publisher_of(wordpress_site, tags=("minutes", "open data"))
    first = await publisher.publish(document("tags", title="Tagged"), "g:1")
    await publisher.publish(document("tags", 2, title="Tagged"), "g:2")
    post = next(post for post in await shelf.posts() if post["id"] == int(first.remote_id))
    assert len(post["tags"]) == 2


@pytest_twisted.ensureDeferred
async def test_a_wrong_application_password_is_refused_with_the_remedy(wordpress_site):
    with pytest.raises(Rejected, match="Check the application password"):
        await publisher_of(wordpress_site, password="abcd efgh ijkl").publish(document("wrong"), "w:1")


@pytest_twisted.ensureDeferred
async def test_whatever_is_typed_does_nothing_on_the_page(wordpress_site, shelf):
    talk = [line for payload in PAYLOADS.values() for line in (f"DECISION: {payload}", payload)]
    for number, title in enumerate((PAYLOADS["title end"], PAYLOADS["quote"], PAYLOADS["template"])):
        made = document(f"typed{number}", talk=talk, title=title)
        receipt = await publisher_of(wordpress_site).publish(made, f"t:{number}")
        assert active_nodes(await shelf.text(receipt.url)) == []
