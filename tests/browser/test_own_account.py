"""What people do about their own account in the dashboard: another password and address, a file of it all, its end."""

import json
from pathlib import Path

import pytest
from browser.server import Server
from browser.test_acceptance import PASSWORD, mailed_link, message, say, sign_in
from browser.test_guest import invite
from browser.test_signing_out import user
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NEW = "another meadow in May"


def account(page: Page) -> None:
    page.locator("summary[aria-label=You]").click()
    page.get_by_test_id("account").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_password_address_file_and_end(browser: Browser, server: Server, artefacts: Path) -> None:
    user(server, "add", "ann", "--email", "ann@example.org")
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(server.url)
    sign_in(page, "ann")
    invite(page, "kim@example.org")
    say(page, "A line to take along.")
    expect(message(page, "A line to take along.")).to_have_attribute("data-state", "sent")
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(server.url)
    sign_in(elsewhere, "ann")

    account(page)
    page.screenshot(path=artefacts / "01-account.png")
    with page.expect_download() as loading:
        page.get_by_test_id("export").click()
    kept = json.loads(Path(loading.value.path()).read_text())
    assert kept["account"]["email"] == "ann@example.org"
    assert [topic["owner"] for topic in kept["topics"]] == [True]
    assert "A line to take along." in [said["text"] for said in kept["messages"]]

    # A wrong password and a weak one are told in words, and nothing is changed.
    page.get_by_role("button", name="Change the password").click()
    for old, new in (("wrong", NEW), (PASSWORD, "short")):
        page.get_by_label("Present password").fill(old)
        page.get_by_label("New password").fill(new)
        page.get_by_role("button", name="Change the password").click()
        expect(page.locator("ccm-account [role=alert]")).to_contain_text("The password is the old one still.")
    page.screenshot(path=artefacts / "02-refused.png")
    page.get_by_label("New password").fill(NEW)
    expect(page.get_by_label("New password")).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("New password")).to_have_attribute("type", "text")
    expect(page.get_by_label("Present password")).to_have_attribute("type", "password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_test_id("toast")).to_contain_text("The password is changed.")
    expect(elsewhere.get_by_test_id("connection")).not_to_have_text("Connected", timeout=5_000)

    # This tab still comes back by itself.
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)

    account(page)
    page.get_by_role("button", name="Change the e-mail address").click()
    page.get_by_label("New e-mail address").fill("ann@example.net")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_test_id("toast")).to_contain_text("A link is on its way to ann@example.net.")
    assert mailed_link(browser.new_context().new_page(), server, "ann@example.net", "/address/")

    account(page)
    page.get_by_role("button", name="Delete the account").click()
    page.screenshot(path=artefacts / "03-end.png")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_label("E-mail or chat address")).to_be_visible()
    page.get_by_label("E-mail or chat address").fill("ann@example.org")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not go together", timeout=15_000)


def test_the_first_page_shows_how_to_begin_in_plain_words(browser: Browser, server: Server, artefacts: Path) -> None:
    page = browser.new_context().new_page()
    page.goto(server.url)
    expect(page.locator("form").get_by_role("link", name="Create an account")).to_be_visible()
    shown = page.get_by_label("What CCM does")
    expect(shown).to_contain_text("Agreed: one licence for every data set")
    expect(shown).not_to_contain_text("#")
    page.screenshot(path=artefacts / "first-page.png")
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path=artefacts / "first-page-phone.png")
    page.goto(f"{server.url}register")
    expect(page.get_by_label("Chat address")).to_be_hidden()
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_label("Chat address")).to_be_visible()
    page.screenshot(path=artefacts / "register-phone.png")
