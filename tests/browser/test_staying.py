"""Tabs of one browser, closed and opened again: who stays signed in and how it ends, for accounts and guests."""

import pytest
from browser.dashboard import PASSWORD, WIDE, add_account, message, say, signed_in, wish
from browser.server import Server
from browser.test_acceptance import mailed_link
from browser.test_guest import enter, invite
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SECONDS = 15_000.0


def opened(context: BrowserContext, address: str) -> Page:
    """A further tab, signed in."""
    tab = context.new_page()
    tab.goto(address)
    expect(tab.get_by_test_id("dashboard")).to_have_attribute("data-state", "online", timeout=SECONDS)
    return tab


def shut(context: BrowserContext) -> None:
    """Close every tab."""
    for tab in context.pages:
        tab.close()


def signed_out(tab: Page) -> None:
    expect(tab.get_by_label("Password", exact=True)).to_be_visible(timeout=SECONDS)


def sign_in_to_stay(browser: Browser, server: Server) -> BrowserContext:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(server.url)
    page.get_by_label("E-mail or chat address").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Stay signed in on this device").check()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
    return context


def test_who_stays_comes_back_when_all_tabs_were_closed_until_signing_out(browser: Browser, server: Server) -> None:
    add_account(server, "ann")
    context = sign_in_to_stay(browser, server)
    (page,) = context.pages
    wish(page, "Licence audit now")
    expect(page.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
    for words in ("one", "two"):  # each time by another token
        expect(page.get_by_test_id("composer")).to_be_visible(timeout=SECONDS)
        say(page, words)
        expect(message(page, words)).to_have_attribute("data-state", "sent", timeout=SECONDS)
        address = page.url
        kept = page.evaluate("localStorage.getItem('ccm-stay:ann@localhost')")
        shut(context)
        page = opened(context, address)
        expect(message(page, words)).to_be_visible(timeout=SECONDS)
        page.wait_for_function("before => localStorage.getItem('ccm-stay:ann@localhost') !== before", arg=kept)
    second = opened(context, server.url)
    second.get_by_test_id("sign-out").evaluate("button => button.click()")
    for tab in (second, page):
        signed_out(tab)
    shut(context)
    page = context.new_page()
    page.goto(address)
    signed_out(page)


def test_who_did_not_choose_to_stay_is_signed_out_then(browser: Browser, server: Server) -> None:
    add_account(server, "ann")
    page = signed_in(browser, server, "ann")
    context = page.context
    opened(context, server.url)
    shut(context)
    page = context.new_page()
    page.goto(server.url)
    signed_out(page)


def test_devices_are_told_in_the_settings_and_signed_out_from_there(browser: Browser, server: Server) -> None:
    add_account(server, "ann")
    context = sign_in_to_stay(browser, server)
    here = signed_in(browser, server, "ann")
    here.evaluate("document.querySelector('ccm-app').showSettings()")
    stays = here.get_by_role("switch", name="Stay signed in on this device")
    expect(stays).not_to_be_checked()
    device = here.get_by_test_id("devices").get_by_role("listitem")
    expect(device).to_contain_text("Chrome, Linux")
    stays.check()
    expect(device).to_have_count(1)
    here.get_by_role("button", name="Sign out there").click()
    expect(device).to_have_count(0)
    shut(context)
    page = context.new_page()
    page.goto(server.url)
    signed_out(page)
    shut(here.context)
    opened(here.context, server.url)


def test_a_guest_has_many_tabs_and_comes_back_by_the_link_in_the_same_browser_alone(
    browser: Browser, server: Server
) -> None:
    add_account(server, "ann")
    ann = signed_in(browser, server, "ann")
    invite(ann, "kim@example.org")
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    kim = context.new_page()
    link = mailed_link(kim, server, "kim@example.org", "/i/")
    enter(kim, link)
    say(kim, "Hello from outside.")
    expect(message(ann, "Hello from outside.")).to_be_visible(timeout=SECONDS)
    address = kim.url
    for place in (server.url, address, link):
        second = opened(context, place)
        if place != server.url:
            expect(message(second, "Hello from outside.")).to_have_attribute("data-mine", "true", timeout=SECONDS)
        second.close()
    for place in (address, link):
        shut(context)
        kim = opened(context, place)
        expect(message(kim, "Hello from outside.")).to_have_attribute("data-mine", "true", timeout=SECONDS)
    say(kim, "Here again.")
    expect(message(ann, "Here again.")).to_be_visible(timeout=SECONDS)

    elsewhere = browser.new_context().new_page()
    elsewhere.goto(link)
    expect(elsewhere.get_by_role("button", name="Mail a new link to kim@example.org")).to_be_visible(timeout=SECONDS)

    other = opened(context, address)
    other.get_by_test_id("sign-out").evaluate("button => button.click()")
    for tab in (other, kim):
        signed_out(tab)
    shut(context)
    kim = context.new_page()
    kim.goto(link)
    expect(kim.get_by_role("button", name="Mail a new link to kim@example.org")).to_be_visible(timeout=SECONDS)
