"""What every page has in common: headers, escaping, fonts, the icon, answers to what goes wrong."""

import gzip
from pathlib import Path

import pytest
import pytest_twisted

from ccm.errors import StoreUnavailable
from ccm.web.look import Fonts, Look

PATHS = (
    "/register",
    "/archive/",
    "/archive/none",
    "/archive/a/b",
    "/archive/feed.atom",
    "/validate/x",
    "/validate/",
    "/i/x",
    "/i/",
    "/style/other.css",
    "/favicon.ico",
)


@pytest_twisted.ensureDeferred
async def test_every_page_carries_the_security_headers(site):
    for path in PATHS:
        page = await site.browser().get(path)
        policy = page.header("Content-Security-Policy")
        assert "default-src 'none'" in policy, path
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.header("X-Content-Type-Options") == "nosniff"
        assert page.header("Referrer-Policy") == "no-referrer"
        assert page.header("Permissions-Policy")
        assert page.header("Strict-Transport-Security") == ""


@pytest_twisted.ensureDeferred
async def test_pages_hold_no_script_and_no_inline_style(site):
    for path in PATHS:
        page = await site.browser().get(path)
        assert "<script" not in page.text
        assert "style=" not in page.text
        assert "<style" not in page.text
        assert " onclick" not in page.text


@pytest_twisted.ensureDeferred
async def test_search_engines_are_told_what_is_not_for_them(site):
    page = await site.browser().get("/robots.txt")
    assert page.header("Content-Type").startswith("text/plain")
    lines = page.text.splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /i/" in lines
    assert not [line for line in lines if "archive" in line]


@pytest_twisted.ensureDeferred
async def test_a_method_that_a_page_does_not_take_is_refused_in_words(site):
    page = await site.browser().post("/archive/", {})
    assert page.status == 405
    assert "GET" in page.header("Allow")
    assert page.header("Content-Security-Policy")
    assert "<h1>" in page.text


@pytest_twisted.ensureDeferred
async def test_what_no_page_claims_is_the_dashboard(site):
    assert (await site.browser().get("/")).text == "dashboard"
    assert (await site.browser().get("/assets/x.js")).text == "dashboard"


@pytest_twisted.ensureDeferred
async def test_the_style_sheet_is_kept_for_good_under_its_hashed_name(site):
    path = Look().stylesheet
    assert path in (await site.browser().get("/register")).text
    plain = await site.browser().get(path)
    assert plain.header("Content-Type") == "text/css; charset=utf-8"
    assert "immutable" in plain.header("Cache-Control")
    packed = await site.browser().get(path, Accept_Encoding="gzip")
    assert packed.text == plain.text or gzip.decompress(packed.body) == plain.body


@pytest_twisted.ensureDeferred
async def test_a_path_that_is_no_text_is_not_found(site):
    for path in ("/validate/%ff", "/i/%00", "/archive/%c3", "/%ff"):
        page = await site.browser().get(path)
        assert page.status == 404, path
        assert page.header("Content-Security-Policy")


@pytest_twisted.ensureDeferred
async def test_the_icon_is_there(site):
    icon = await site.browser().get("/favicon.ico")
    assert icon.status == 200
    assert icon.header("Content-Type") == "image/svg+xml"
    assert icon.text.startswith("<svg")


@pytest_twisted.ensureDeferred
async def test_the_fonts_of_the_bundle_stand_in_the_sheet_and_are_fetched_early(open_site, tmp_path):
    bundle = tmp_path / "dist"
    (bundle / "assets").mkdir(parents=True)
    face = '@font-face{font-family:"A";src:url(/assets/a-12345678.woff2) format("woff2")}'
    (bundle / "assets" / "style-12345678.css").write_text(f"body{{margin:0}}{face}p{{color:red}}")
    (bundle / "index.html").write_text('<link rel="preload" href="/assets/a-12345678.woff2" as="font">')
    site = await open_site(bundle=bundle)
    page = await site.browser().get("/register")
    assert page.header("Link") == "</assets/a-12345678.woff2>; rel=preload; as=font; type=font/woff2; crossorigin"
    sheet = await site.browser().get(Look(Fonts.of_bundle(bundle)).stylesheet)
    assert sheet.text.startswith(face)
    assert "color:red" not in sheet.text


def test_without_a_bundle_the_system_fonts_are_used(tmp_path):
    look = Look(Fonts.of_bundle(tmp_path))
    assert "@font-face" not in look.css.decode()
    assert look.preload == ""


@pytest.mark.parametrize("name", ["tokens.css", "pages.css", "document.css"])
def test_the_sheets_load_nothing_foreign(name):
    sheet = (Path(__file__).parents[2] / "ccm" / "web" / "assets" / name).read_text()
    assert "url(" not in sheet
    assert "@import" not in sheet


@pytest_twisted.ensureDeferred
async def test_a_store_that_does_not_answer_is_told_and_nothing_is_lost(site):
    async def refuse(**_):
        raise StoreUnavailable("the disk is full")

    site.stores.documents.public = refuse
    page = await site.browser().get("/archive/")
    assert page.status == 503
    assert page.header("Retry-After")
    assert "disk" not in page.text
    assert page.header("Content-Security-Policy")
