"""WordPress by a strict stand-in: contract, discovery, tags, what goes wrong. The real one is in ``tests/real``."""

import pytest
import pytest_twisted
from msgspec.structs import replace
from twisted.internet import reactor

from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.publish.target import TargetServices
from ccm.publish.wordpress import WordPress, WordPressOptions
from ccm.testing.contracts_publish import NASTY, TALK, PublisherContract, document

SERVICES = TargetServices(reactor, "https://chat.example.org/")


def publisher_of(site, **changes):
    user, _, password = site.login.partition(":")
    options = {"url": site.url, "user": user, "password": password, **changes}
    return WordPress().configure(WordPressOptions(**options), SERVICES)


class TestContract(PublisherContract):
    @pytest.fixture
    def publisher(self, wordpress):
        return publisher_of(wordpress)

    @pytest.fixture
    def shelf(self, wordpress):
        return wordpress


@pytest_twisted.ensureDeferred
async def test_the_same_key_changes_nothing(wordpress):
    publisher = publisher_of(wordpress)
    await publisher.publish(document("t"), "t:1")
    wordpress.requests.clear()
    await publisher.publish(document("t", 2, (*TALK, "DECISION: More")), "t:1")
    assert [line.partition(" ")[0] for line in wordpress.requests] == ["GET"]


@pytest_twisted.ensureDeferred
async def test_what_was_said_arrives_without_script(wordpress):
    receipt = await publisher_of(wordpress).publish(document("t", talk=(NASTY,)), "t:1")
    text = await wordpress.text(receipt.url)
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert '<section id="decisions"><h2>Decisions</h2>' in text


@pytest_twisted.ensureDeferred
async def test_markup_in_a_title_or_a_headline_is_text(wordpress):
    nasty = '<img src=x onerror=alert(1)> & "more"'
    await publisher_of(wordpress).publish(replace(document("t", title=nasty), headline=nasty), "t:1")
    (post,) = wordpress.posts.values()
    escaped = "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;more&quot;"
    assert (post["title"], post["excerpt"]) == (escaped, escaped)


@pytest_twisted.ensureDeferred
async def test_a_tag_that_exists_is_used_and_a_new_one_made_once(wordpress):
    publisher = publisher_of(wordpress, tags=("minutes", "open data"))
    await publisher.publish(document("t"), "t:1")
    await publisher.publish(document("t", 2), "t:2")
    assert wordpress.posts[1]["tags"] == [7, wordpress.tags["open data"]]
    assert len(wordpress.tags) == 2


@pytest_twisted.ensureDeferred
async def test_a_site_without_an_api_says_so(wordpress):
    wordpress.link = False
    with pytest.raises(Rejected, match="names no WordPress API"):
        await publisher_of(wordpress).publish(document("t"), "t:1")


@pytest_twisted.ensureDeferred
async def test_a_wrong_password_names_both_causes(wordpress):
    with pytest.raises(Rejected, match=r"application password, and that the web server passes the Authorization"):
        await publisher_of(wordpress, password="wrong").publish(document("t"), "t:1")
    with pytest.raises(Rejected, match="application password"):
        await publisher_of(wordpress, password="wrong", tags=("new",)).publish(document("t"), "t:1")
    assert wordpress.posts == {}


@pytest_twisted.ensureDeferred
async def test_an_api_elsewhere_is_not_followed(wordpress):
    wordpress.instead = [(200, {"Link": '<https://evil.example/wp-json/>; rel="https://api.w.org/"'}, b"")]
    with pytest.raises(Rejected, match=r"evil\.example"):
        await publisher_of(wordpress).publish(document("t"), "t:1")


@pytest_twisted.ensureDeferred
async def test_a_2xx_without_the_post_is_a_failure_that_is_tried_again(wordpress):
    publisher = publisher_of(wordpress)
    await publisher.publish(document("other"), "o:1")
    for answer in ((200, {}, b""), (200, {}, b"<html>"), (200, {}, b"{}"), (200, {}, b"null")):
        wordpress.instead = [answer]
        with pytest.raises(Unavailable):
            await publisher.publish(document("t"), "t:1")
    wordpress.instead = [(200, {}, b"[]"), (201, {}, b'{"id": 5}')]
    with pytest.raises(Unavailable) as caught:
        await publisher.publish(document("t"), "t:1")
    assert caught.value.ambiguous
    assert (await publisher.publish(document("t"), "t:1")).remote_id == "2"


@pytest_twisted.ensureDeferred
async def test_after_an_ambiguous_failure_the_post_that_was_made_is_found(wordpress):
    publisher = publisher_of(wordpress)
    await publisher.publish(document("t"), "t:1")
    wordpress.instead = [(502, {}, b"")]
    with pytest.raises(Unavailable):
        await publisher.publish(document("t"), "t:1")
    await publisher.publish(document("t"), "t:1")
    assert len(wordpress.posts) == 1


@pytest.mark.parametrize(
    ("changes", "words"), [({"url": "ftp://x"}, "url"), ({"user": ""}, "user"), ({"password": ""}, "secret")]
)
@pytest_twisted.ensureDeferred
async def test_a_wrong_configuration_names_its_key(wordpress, changes, words):
    with pytest.raises(ConfigError, match=words):
        publisher_of(wordpress, **changes)


@pytest_twisted.ensureDeferred
async def test_a_post_made_at_the_same_time_is_taken_back(wordpress):
    """A former try, whose server was killed, may still be at work while the next one looks."""
    publisher = publisher_of(wordpress)
    first = await publisher.publish(document("t"), "t:1")
    wordpress.instead = [(200, {"Content-Type": "application/json"}, b"[]")]
    with pytest.raises(Unavailable, match="at the same time") as caught:
        await publisher.publish(document("t"), "t:1")
    assert caught.value.ambiguous
    assert len(wordpress.posts) == 1
    assert await publisher.publish(document("t"), "t:1") == first
