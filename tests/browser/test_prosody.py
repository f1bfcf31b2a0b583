"""The same dashboard at Debian's Prosody: talk, rooms, archive and reload; what needs CCM is said to be absent."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.dashboard import PASSWORD, WIDE, message, say
from browser.server import ROOT
from fixtures.authority import Authority
from fixtures.prosody import BINARY, Prosody
from fixtures.static_site import serving
from playwright.sync_api import Browser, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(BINARY is None, reason="there is no Prosody: apt-get install prosody"),
]
DOMAIN = "localhost"
SECONDS = 20_000.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Address of the dashboard as a web server without CCM serves it."""
    authority = Authority(tmp_path / "authority")
    prosody = Prosody(tmp_path / "prosody", DOMAIN, authority.certify(DOMAIN), authority.file, strict=False, web=True)
    for name in ("ann", "kim"):
        prosody.add_account(name, PASSWORD)
    settings = {"domain": DOMAIN, "service": f"http://localhost:{prosody.http}/http-bind"}
    prosody.start()
    try:
        with serving(ROOT / "static/dist", {"/ccm-settings.json": json.dumps(settings)}) as url:
            yield url
    finally:
        prosody.end()


def signed_in(browser: Browser, site: str, name: str) -> Page:
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
    page.goto(f"{site}#/t/tea")
    page.get_by_label("E-mail or chat address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
    expect(page.get_by_role("heading", name="tea", exact=True)).to_be_visible(timeout=SECONDS)
    return page


def test_the_dashboard_speaks_xmpp_and_not_only_ccm(browser: Browser, site: str, artefacts: Path) -> None:
    ann = signed_in(browser, site, "ann")
    say(ann, "Is anybody here?")
    expect(message(ann, "Is anybody here?")).to_have_attribute("data-state", "sent", timeout=SECONDS)
    kim = signed_in(browser, site, "kim")
    expect(message(kim, "Is anybody here?")).to_be_visible(timeout=SECONDS)  # from the room's archive
    say(kim, "I am.")
    expect(message(ann, "I am.")).to_be_visible(timeout=SECONDS)
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Kim")

    ann.reload()
    for words in ("Is anybody here?", "I am."):
        expect(message(ann, words)).to_have_count(1, timeout=SECONDS)
    say(ann, "Then let us begin.")
    expect(message(kim, "Then let us begin.")).to_be_visible(timeout=SECONDS)

    expect(ann.get_by_test_id("topic").filter(has_text="tea")).to_be_visible()
    expect(ann.locator("#topics")).to_contain_text("This server makes no topics.")
    expect(ann.locator("#outcome")).to_contain_text("This server has no reporter")
    ann.screenshot(path=artefacts / "at-prosody.png")
