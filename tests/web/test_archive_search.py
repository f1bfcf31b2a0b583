"""Search over the published archive: what is found is marked, ranked and paged; nothing of it is markup."""

import pytest_twisted
from test_archive_pages import publish

__all__ = ["publish"]


@pytest_twisted.ensureDeferred
async def test_what_was_found_is_marked_in_the_words_it_stands_in(site, publish):
    await publish("portal", "Open data", talk=("DECISION: Every café gets <b>mirrors</b>", "ACTION: ann to ask Kim"))
    page = await site.browser().get("/archive/?q=CAFE+mirr")
    assert page.status == 200
    assert "1 found" in page.text and "/archive/portal" in page.text
    assert "<mark>café</mark>" in page.text and "<mark>mirrors</mark>" in page.text
    assert "<b>" not in page.text


@pytest_twisted.ensureDeferred
async def test_only_public_documents_are_found_by_strangers(site, publish):
    await publish("shown", "Shown")
    await publish("hidden", "By its link", visibility="link")
    await publish("inside", "For members", visibility="members")
    page = await site.browser().get("/archive/?q=licence")
    assert "/archive/shown" in page.text
    assert "By its link" not in page.text and "For members" not in page.text


@pytest_twisted.ensureDeferred
async def test_the_best_come_first_and_a_page_at_a_time(site, publish):
    size = 20
    for number in range(size + 2):
        await publish(f"d{number}", f"Talk {number}", talk=("DECISION: One licence, and many other words beside it",))
    await publish("best", "Licence", talk=("DECISION: Licence, licence", "ACTION: ann to read the licence"))
    first = await site.browser().get("/archive/?q=licence")
    assert first.text.index("/archive/best") < first.text.index("/archive/d")
    assert first.text.count('<h3><a href="/archive/') == size
    assert "page=2" in first.text
    second = await site.browser().get("/archive/?q=licence&page=2")
    assert second.text.count('<h3><a href="/archive/') == 3
    assert "page=3" not in second.text
    for odd in ("0", "-1", "99999", "x", "²"):
        assert (await site.browser().get(f"/archive/?q=licence&page={odd}")).status == 200
