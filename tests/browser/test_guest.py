"""
A guest in a browser: from the mail into the room by one click, then an account that everything said belongs to.

The time counts from following the link in the mail to seeing the own words reflected by the room.
"""

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser.dashboard import PHONE, WIDE, Judge
from browser.server import Server
from browser.test_acceptance import PASSWORD, mailed_link, message, pass_for_a_person, say, sign_in
from browser.test_signing_out import user
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SECONDS = 15.0
CLAIMED = "another meadow in May"


@pytest.fixture
def ann(browser: Browser, server: Server) -> Page:
    """Ann, signed in, who has invited Kim by an address alone."""
    user(server, "add", "ann")
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(server.url)
    sign_in(page, "ann")
    invite(page, "kim@example.org")
    return page


def invite(page: Page, address: str) -> None:
    page.get_by_test_id("new").first.click()
    page.locator("#wish").fill(address)
    page.locator("#wish").press("Enter")
    expect(page.locator("#talk-title")).to_contain_text(address.partition("@")[0].capitalize())


def enter(page: Page, link: str) -> None:
    """Follow the link and press its one button."""
    page.goto(link)
    page.get_by_role("button", name="Join the conversation").click()
    expect(page.get_by_test_id("composer")).to_be_visible(timeout=15_000)


def test_from_the_mail_into_the_room_and_on_to_an_account(
    browser: Browser, server: Server, ann: Page, artefacts: Path
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    kim = context.new_page()
    failures: list[str] = []
    asked: list[str] = []
    kim.on("pageerror", lambda error: failures.append(str(error)))
    kim.on("console", lambda line: failures.append(line.text) if "Content Security Policy" in line.text else None)
    kim.on("request", lambda request: asked.append(request.url + str(request.headers.get("referer", ""))))
    link = mailed_link(kim, server, "kim@example.org", "/i/")

    # From the click in the mail to the own words in the room: the name is there, one button is pressed.
    start = time.monotonic()
    kim.goto(link)
    expect(kim.get_by_label("Your name in the room")).to_have_value("Kim")
    kim.screenshot(path=artefacts / "01-link.png")
    kim.get_by_role("button", name="Join the conversation").click()
    say(kim, "Hello from outside.")
    expect(message(kim, "Hello from outside.")).to_have_attribute("data-state", "sent")
    seconds = time.monotonic() - start
    kim.screenshot(path=artefacts / "02-guest.png")
    print(f"from the click to the own words in the room: {seconds:.1f} s")
    assert seconds <= SECONDS

    # Nothing secret is left in the address, nor was it in any request after the page of the link.
    assert re.fullmatch(r"#/t/\w+", urlsplit(kim.url).fragment and "#" + urlsplit(kim.url).fragment)
    assert not [url for url in asked if "ccme_" in url or "ccms_" in url]
    assert [cookie["path"] for cookie in context.cookies()] == ["/i/"]

    # Ann sees Kim and answers; the guest has this one topic and no door to others.
    expect(message(ann, "Hello from outside.")).to_be_visible()
    say(ann, "Welcome, Kim.")
    expect(message(kim, "Welcome, Kim.")).to_be_visible()
    expect(kim.get_by_test_id("topic")).to_have_count(1)
    expect(kim.get_by_test_id("new")).to_have_count(0)

    # A reload asks for nothing.
    kim.reload()
    expect(message(kim, "Hello from outside.")).to_be_visible(timeout=15_000)

    # The guest keeps the place: a password is all it takes.
    judge = Judge(kim, artefacts)
    judge.look("guest")
    kim.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("guest-phone")
    kim.set_viewport_size(WIDE)  # type: ignore[arg-type]
    kim.get_by_test_id("keep-place").click()
    expect(kim.get_by_label("Password", exact=True)).to_be_visible()
    judge.look("claim")
    kim.set_viewport_size(PHONE)  # type: ignore[arg-type]
    judge.look("claim-phone")
    kim.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert not judge.wrong, "\n".join(judge.wrong)
    kim.get_by_label("Password", exact=True).fill(CLAIMED)
    kim.screenshot(path=artefacts / "03-claim.png")
    kim.get_by_role("button", name="Make the account").click()
    expect(kim.get_by_test_id("toast")).to_contain_text("You are kim@localhost now", timeout=15_000)
    expect(kim.get_by_test_id("dashboard")).to_have_attribute("data-state", "online", timeout=15_000)
    say(kim, "Now as myself.")
    expect(message(ann, "Now as myself.")).to_be_visible(timeout=15_000)
    expect(message(kim, "Hello from outside.")).to_have_attribute("data-mine", "true")
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Kim, Reporter", timeout=10_000)
    kim.screenshot(path=artefacts / "04-account.png")
    assert not failures
    context.close()

    # Another browser, the new account: what the guest said is still Kim's own, and nobody else's.
    again = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    again.goto(server.url)
    again.get_by_label("E-mail or chat address").fill("kim@example.org")
    again.get_by_label("Password", exact=True).fill(CLAIMED)
    again.get_by_label("Password", exact=True).press("Enter")
    again.get_by_test_id("topic").first.click()
    for words in ("Hello from outside.", "Now as myself."):
        expect(message(again, words)).to_have_attribute("data-mine", "true", timeout=15_000)
        expect(message(ann, words)).to_have_attribute("data-mine", "false")
    expect(message(again, "Welcome, Kim.")).to_have_attribute("data-mine", "false")
    expect(again.get_by_test_id("new").first).to_be_visible()
    again.screenshot(path=artefacts / "05-signed-in.png")


def test_the_link_works_without_a_script_up_to_the_dashboard(browser: Browser, server: Server, ann: Page) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    link = mailed_link(ann.context.new_page(), server, "kim@example.org", "/i/")
    page.goto(link)
    page.get_by_role("button", name="Join the conversation").click()
    expect(page).to_have_url(re.compile(r"/#/guest/[^/]+/ccme_[\w-]+/t/\w+$"), timeout=15_000)


def test_taking_an_invitation_back_ends_the_guest(browser: Browser, server: Server, ann: Page) -> None:
    kim = browser.new_context().new_page()
    enter(kim, mailed_link(kim, server, "kim@example.org", "/i/"))
    say(kim, "Hello.")
    expect(message(ann, "Hello.")).to_be_visible()
    revoke(ann)
    expect(kim.get_by_test_id("connection")).not_to_have_text("Connected", timeout=10_000)
    kim.reload()
    expect(kim.get_by_test_id("composer")).to_have_count(0, timeout=15_000)


def revoke(page: Page) -> None:
    """By the request itself: a person who is here is shown among those here, not among the invited."""
    page.evaluate(
        """async () => {
            const { client } = document.querySelector('ccm-app');
            const [topic] = client.topics.values();
            await client.revoke(topic.invitees[0].id);
        }"""
    )


def test_who_is_signed_in_in_this_tab_comes_in_under_the_own_name(browser: Browser, server: Server, ann: Page) -> None:
    user(server, "add", "zoe")
    zoe = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    link = mailed_link(zoe, server, "kim@example.org", "/i/")
    zoe.goto(server.url)
    sign_in(zoe, "zoe")
    zoe.goto(link)
    zoe.get_by_role("button", name="Join the conversation").click()
    say(zoe, "It was my other address.")
    expect(message(ann, "It was my other address.")).to_be_visible(timeout=15_000)
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Reporter, Zoe")
    expect(zoe.get_by_test_id("new").first).to_be_visible()


def test_a_known_address_is_asked_for_the_password_alone(browser: Browser, server: Server, ann: Page) -> None:
    user(server, "add", "tom", "--email", "tom@example.org")
    tom = browser.new_context().new_page()
    invite(ann, "tom@example.org")
    tom.goto(mailed_link(tom, server, "tom@example.org", "/i/"))
    pass_for_a_person()
    tom.get_by_role("button", name="Join the conversation").click()
    expect(tom.get_by_label("E-mail or chat address")).to_have_value("tom@example.org")
    tom.get_by_label("Password", exact=True).fill(PASSWORD)
    tom.get_by_label("Password", exact=True).press("Enter")
    say(tom, "Here I am.")
    expect(message(ann, "Here I am.")).to_be_visible(timeout=15_000)


def test_who_is_signed_in_in_another_tab_joins_at_once(browser: Browser, server: Server, ann: Page) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    first = context.new_page()
    links = {"kim": mailed_link(first, server, "kim@example.org", "/i/")}
    for name in ("zoe", "tom"):  # with accounts, but away: they are told by mail
        user(server, "add", name, "--email", f"{name}@example.org")
        invite(ann, f"{name}@example.org")
        links[name] = mailed_link(first, server, f"{name}@example.org", "/i/")
    first.goto(server.url)
    sign_in(first, "zoe")
    second = context.new_page()
    enter(second, links["kim"])
    say(second, "From the other tab.")
    ann.get_by_test_id("topic").filter(has_text="Kim").click()
    expect(message(ann, "From the other tab.")).to_be_visible(timeout=15_000)
    expect(ann.get_by_test_id("people")).to_have_attribute("aria-label", "Here: Ann, Reporter, Zoe")
    expect(second.get_by_test_id("new").first).to_be_visible()

    # A known address likewise, if it is that account's; another one is asked for the password.
    enter(context.new_page(), links["zoe"])
    tom = context.new_page()
    tom.goto(links["tom"])
    tom.get_by_role("button", name="Join the conversation").click()
    expect(tom.get_by_label("E-mail or chat address")).to_have_value("tom@example.org")
    tom.wait_for_timeout(1_000)
    expect(tom.get_by_label("Password", exact=True)).to_be_visible()
