"""A forgotten password, from the sign-in page to the new one; who was signed in elsewhere is signed out at once."""

import time

import pytest
from browser.server import Server
from browser.test_acceptance import mailed_link, sign_in
from browser.test_signing_out import user
from playwright.sync_api import Browser, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NEW = "another meadow in May"


def test_a_forgotten_password_is_replaced_and_ends_what_was_signed_in(browser: Browser, server: Server) -> None:
    user(server, "add", "ann", "--email", "ann@example.org")
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(server.url)
    sign_in(elsewhere, "ann")

    page = browser.new_context().new_page()
    page.goto(server.url)
    page.get_by_role("link", name="Forgot the password?").click()
    page.get_by_label("Mail address").fill("ann@example.org")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    page.goto(mailed_link(page, server, "ann@example.org", "/reset/"))
    page.get_by_label("New password").fill(NEW)
    began = time.monotonic()
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading")).to_have_text("Sign in with it")
    expect(elsewhere.get_by_test_id("connection")).not_to_have_text("Connected", timeout=5_000)
    assert time.monotonic() - began < 5

    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("E-mail or chat address")).to_have_value("ann@example.org")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
