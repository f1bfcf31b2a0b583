"""The published archive: who sees what, every form of a document, feed, search, caching."""

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import pytest_twisted
from icalendar import Calendar

from ccm import records as r
from ccm.reporter import render_json
from ccm.reporter.context import Context
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message

ATOM = "{http://www.w3.org/2005/Atom}"
TALK = ("DECISION: One licence for every data set", "ACTION: ann to publish <b>the text</b> by Friday")


@pytest.fixture
def publish(site):
    """Publishes a document of two lines."""
    context = Context(Templates.load())

    async def make(slug, title="Open data", *, visibility="public", revision=1, later=0.0, talk=TALK):
        state, log = new_state(), []
        for n, text in enumerate(talk, 1):
            log.append(Message(f"m{n}", "ann", text, time=site.clock.moment()))
            state, _ = step(state, log[-1], context)
        meta = Meta(title=title, topic=slug, room="secret@conference.x", version=revision)
        document = build(state, log, meta, context)
        record = r.DocumentRecord(
            slug,
            revision,
            slug,
            title,
            document.headline,
            render_json.dumps(document),
            f"{slug}:{revision}",
            visibility,
            site.clock.moment(later),
        )
        return await site.stores.documents.publish(record, ())

    return make


@pytest_twisted.ensureDeferred
async def test_the_list_shows_public_documents_newest_first(site, publish):
    await publish("older", "The <older> one")
    await publish("newer", "The newer one", later=60)
    await publish("hidden", "Only by its link", visibility="link")
    await publish("inside", "Only for members", visibility="members")
    page = await site.browser().get("/archive/")
    assert page.text.index("/archive/newer") < page.text.index("/archive/older")
    assert "The &lt;older&gt; one" in page.text
    assert "Only " not in page.text
    bare = await site.browser().get("/archive")
    assert (bare.status, bare.header("Location")) == (302, "/archive/")


@pytest_twisted.ensureDeferred
async def test_a_document_is_read_by_its_link_but_not_if_it_is_for_members(site, publish):
    await publish("open")
    await publish("hidden", visibility="link")
    await publish("inside", visibility="members")
    assert (await site.browser().get("/archive/open")).status == 200
    assert (await site.browser().get("/archive/hidden")).status == 200
    for ending in ("", ".md", ".json", ".ics", "?v=1"):
        page = await site.browser().get(f"/archive/inside{ending}")
        assert page.status == 403, ending
        assert "licence" not in page.text


@pytest_twisted.ensureDeferred
async def test_an_unknown_document_is_not_found(site, publish):
    await publish("open")
    for path in ("/archive/none", "/archive/none.md", "/archive/open.exe", "/archive/open?v=9", "/archive/.json"):
        page = await site.browser().get(path)
        assert page.status == 404, path
        assert 'href="/archive/"' in page.text or "Not found" in page.text


@pytest_twisted.ensureDeferred
async def test_every_form_of_a_document_is_what_it_says(site, publish):
    await publish("open")
    page = await site.browser().get("/archive/open")
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    for form in ("md", "json", "ics"):
        assert f'href="/archive/open.{form}"' in page.text
    assert (await site.browser().get("/archive/open.md")).header("Content-Type") == "text/markdown; charset=utf-8"
    found = await site.browser().get("/archive/open.json")
    assert json.loads(found.text)["title"] == "Open data"
    calendar = await site.browser().get("/archive/open.ics")
    assert calendar.header("Content-Type").startswith("text/calendar")
    assert Calendar.from_ical(calendar.body).name == "VCALENDAR"


@pytest_twisted.ensureDeferred
async def test_the_page_escapes_what_was_said_and_runs_nothing(site, publish):
    await publish("open", 'The "title" <script>x</script>')
    page = await site.browser().get("/archive/open")
    assert "<b>the text</b>" not in page.text
    assert "<script>x" not in page.text
    assert page.text.count("<script") == 1
    assert '<script type="application/ld+json">' in page.text
    assert "<style" not in page.text
    assert "script-src" not in page.header("Content-Security-Policy")
    assert "secret@conference.x" not in page.text


@pytest_twisted.ensureDeferred
async def test_an_unchanged_document_is_not_sent_again(site, publish):
    await publish("open")
    for path in ("/archive/open", "/archive/open.md", "/archive/open.json", "/archive/feed.atom"):
        first = await site.browser().get(path)
        again = await site.browser().get(path, If_None_Match=first.header("ETag"))
        assert (again.status, again.body) == (304, b""), path
        assert "must-revalidate" in first.header("Cache-Control")
    await publish("open", revision=2, talk=(*TALK, "DECISION: Two licences"))
    changed = await site.browser().get("/archive/open", If_None_Match=first.header("ETag"))
    assert changed.status == 200


@pytest_twisted.ensureDeferred
async def test_a_document_is_made_apart_and_not_at_all_for_who_has_it(site, publish):
    await publish("open")
    await publish("open", revision=2, talk=(*TALK, "DECISION: Two licences"))
    ways = ("", ".md", ".json", ".ics", "?v=1", "/versions", "/changes")
    for made, path in enumerate([*(f"/archive/open{way}" for way in ways), "/archive/feed.atom"], 1):
        seen = await site.browser().get(path)
        assert (seen.status, site.made) == (200, made), path
        again = await site.browser().get(path, If_None_Match=seen.header("ETag"))
        assert (again.status, again.body, site.made) == (304, b"", made), path


@pytest_twisted.ensureDeferred
async def test_each_form_and_version_has_an_etag_of_its_own(site, publish):
    await publish("open")
    await publish("open", revision=2, talk=(*TALK, "DECISION: Two licences"))
    ways = ("", ".md", ".json", ".ics", "?v=1", "?v=2", ".md?v=1", "/versions", "/changes", "/changes?from=2&to=2")
    tags = [(await site.browser().get(f"/archive/open{way}")).header("ETag") for way in ways]
    assert len(set(tags)) == len(ways)
    await publish("open", revision=3)
    assert (await site.browser().get("/archive/open", If_None_Match=tags[0])).status == 200


@pytest_twisted.ensureDeferred
async def test_an_earlier_revision_is_kept_at_its_number(site, publish):
    await publish("open")
    await publish("open", revision=2, talk=(*TALK, "DECISION: Two licences"))
    assert "Two licences" in (await site.browser().get("/archive/open")).text
    assert "Two licences" not in (await site.browser().get("/archive/open?v=1")).text
    for odd in ("x", "%C2%B2", "1" * 30):
        assert (await site.browser().get(f"/archive/open?v={odd}")).status == 200


@pytest_twisted.ensureDeferred
async def test_the_feed_is_valid_atom_with_the_public_documents(site, publish):
    await publish("open", "Open & shut")
    await publish("hidden", visibility="link")
    answer = await site.browser().get("/archive/feed.atom")
    assert answer.header("Content-Type").startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.body)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert feed.findtext(ATOM + name)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Open & shut"]
    for name in ("id", "updated"):
        assert entries[0].findtext(ATOM + name)
    assert feed.find(f"{ATOM}author") is not None or entries[0].find(f"{ATOM}author") is not None
    links = {link.get("rel", "alternate"): link.get("href") for link in entries[0].findall(f"{ATOM}link")}
    assert links["alternate"] == f"{site.url}archive/open"


@pytest_twisted.ensureDeferred
async def test_an_empty_archive_and_its_feed_are_fine(site):
    assert "Nothing has been published yet." in (await site.browser().get("/archive/")).text
    ElementTree.fromstring((await site.browser().get("/archive/feed.atom")).body)


@pytest_twisted.ensureDeferred
async def test_a_search_finds_words_of_the_document_and_survives_any_query(site, publish):
    await publish("licence", "About licences")
    await publish("mirror", "About mirrors", talk=("DECISION: Keep two mirrors",))
    page = await site.browser().get("/archive/?q=mirrors")
    assert "/archive/mirror" in page.text
    assert "/archive/licence" not in page.text
    for query in ('"', "a AND", "*", "%27%3B--", "%3Cscript%3E", "(", "%00", "x" * 3000):
        page = await site.browser().get(f"/archive/?q={query}")
        assert page.status == 200, query
        assert "<script>" not in page.text


@pytest_twisted.ensureDeferred
async def test_a_long_list_is_turned_page_by_page(open_site, site, publish):
    short = await open_site(archive_page=2)
    for n in range(5):
        await publish(f"d{n}", later=float(n))
    seen, path = [], "/archive/"
    while path:
        page = await short.browser().get(path)
        seen += [slug for slug in ("d4", "d3", "d2", "d1", "d0") if f'"/archive/{slug}"' in page.text]
        _, _, rest = page.text.partition('rel="next" href="')
        path = rest.partition('"')[0].replace("&amp;", "&")
    assert seen == ["d4", "d3", "d2", "d1", "d0"]
    assert (await short.browser().get("/archive/?before=rubbish")).status == 200


@pytest_twisted.ensureDeferred
async def test_the_time_of_a_page_is_read_without_its_zone_too(site, publish):
    await publish("open")
    moment = (site.clock.moment() + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    assert "/archive/open" in (await site.browser().get(f"/archive/?before={moment}")).text


@pytest_twisted.ensureDeferred
async def test_earlier_versions_and_what_changed_are_shown(site, publish):
    await publish("open")
    alone = await site.browser().get("/archive/open")
    assert "versions" not in alone.text
    changed = ("DECISION: One licence for every <i>map</i>", "ACTION: ann to publish <b>the text</b> by Monday")
    await publish("open", revision=2, later=60, talk=(*changed, "QUESTION: Who pays?"))
    page = await site.browser().get("/archive/open")
    for link in ("/archive/open?v=1", "/archive/open/changes?from=1&amp;to=2", "/archive/open/versions"):
        assert f'href="{link}"' in page.text
    assert "version 2, amended" in page.text
    first = await site.browser().get("/archive/open?v=1")
    assert 'href="/archive/open.md?v=1"' in first.text
    assert "version 1" in first.text
    versions = await site.browser().get("/archive/open/versions")
    assert versions.text.index("?v=2") < versions.text.index("?v=1")
    changes = await site.browser().get("/archive/open/changes")
    assert "One licence for every <del>data set</del><ins>&lt;i&gt;map&lt;/i&gt;</ins>" in changes.text
    assert "<ins>Q1 Who pays?" in changes.text
    assert "<i>" not in changes.text
    assert "<script" not in changes.text
    same = await site.browser().get("/archive/open/changes?from=2&to=2")
    assert "Both versions say the same." in same.text
    for path in ("/archive/open/versions", "/archive/open/changes", "/archive/open?v=1", "/archive/open/changes?to=2"):
        seen = await site.browser().get(path)
        again = await site.browser().get(path, If_None_Match=seen.header("ETag"))
        assert (seen.status, again.status) == (200, 304), path


@pytest_twisted.ensureDeferred
async def test_versions_are_shown_to_nobody_who_may_not_read_the_document(site, publish):
    await publish("inside", visibility="members")
    await publish("open")
    for path in ("/archive/inside/versions", "/archive/inside/changes"):
        assert (await site.browser().get(path)).status == 403
    for path in (
        "/archive/none/versions",
        "/archive/none/changes",
        "/archive/open/changes",
        "/archive/open/changes?from=9",
    ):
        assert (await site.browser().get(path)).status == 404
