"""
Converse.js 14, which knows nothing of CCM, beside the dashboard (``web.folders``), over WebSocket and over BOSH.

As people use it: what they see in the page is looked at, and nothing is asked of the client's inside. What it writes
to the browser's console as an error counts as one, except that the policy keeps its inline styles and logos away, and
that a public list of rooms that it asks for is not reached from here.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.dashboard import PASSWORD, WIDE, add_account
from browser.server import ROOT, Server
from fixtures import converse_files
from playwright.sync_api import Browser, ConsoleMessage, Locator, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROOM = "tea@conference.localhost"
LEFT = re.compile("ha(s|ve) left")
NOT_OURS = ("Content Security Policy", "search.jabber.network")
SECONDS = 30_000.0
#: The smallest picture that Chromium shows.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
expect.set_options(timeout=SECONDS)


class Seat:
    """
    One person at one browser.

    :param address: of the page.
    :ivar errors: what the page complained of.
    """

    def __init__(self, browser: Browser, address: str, name: str) -> None:
        self.name = name
        self.page = page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._written)
        page.goto(address)
        page.get_by_label("XMPP Address").fill(f"{name}@localhost")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(self.online).to_be_visible()

    def _written(self, line: ConsoleMessage) -> None:
        if line.type == "error" and not any(known in line.text for known in NOT_OURS):
            self.errors.append(line.text)

    @property
    def online(self) -> Locator:
        return self.page.locator("converse-user-profile .xmpp-status .online")

    @property
    def composer(self) -> Locator:
        return self.page.locator("converse-muc textarea.chat-textarea")

    @property
    def people(self) -> Locator:
        """The nicks of those in the room."""
        return self.page.locator("converse-muc-sidebar .occupant-nick")

    @property
    def told(self) -> Locator:
        """Who came and went, as the room's notices say."""
        return self.page.locator("converse-muc .chat-content__notifications, converse-muc .chat-info")

    def join(self, nick: str) -> None:
        page = self.page
        page.locator("converse-rooms-list").get_by_role("button", name="Menu").click()
        page.get_by_text("Add groupchat").click()
        page.get_by_label("Groupchat name or address").or_(page.locator("input[name=chatroom]")).fill(ROOM)
        page.locator("input[name=nickname]").fill(nick)
        page.get_by_role("button", name="Join", exact=True).click()
        expect(self.composer).to_be_visible()
        expect(self.people.filter(has_text=nick)).to_be_visible()

    def send(self, words: str) -> None:
        self.composer.fill(words)
        self.composer.press("Enter")

    def say(self, words: str) -> None:
        """Send it, and see that the room has sent it back."""
        self.send(words)
        expect(self.message(words).locator(".chat-msg__body--received")).to_be_visible()

    def message(self, words: str) -> Locator:
        """A message by its text."""
        return self.page.locator("converse-muc .chat-msg").filter(
            has=self.page.locator(".chat-msg__text", has_text=re.compile(rf"^\s*{re.escape(words)}\s*$"))
        )

    def choose(self, words: str, action: str) -> None:
        """Choose something of a message's menu."""
        message = self.message(words)
        message.hover()
        message.get_by_role("button", name="Menu").click()
        message.get_by_role("button", name=action).click()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    """A server with Converse.js at ``/converse/`` and the accounts ann and kim."""
    package = converse_files.kept()
    if package is None:
        pytest.skip("Converse.js is not installed: python tests/install.py")
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    folder = converse_files.folder(package, tmp_path / "converse")
    server = Server(tmp_path, [f'web.folders={{converse="{folder}"}}'])
    server.start()
    for name in ("ann", "kim"):
        add_account(server, name)
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(params=["", "?bosh"], ids=["websocket", "bosh"])
def take_seat(request: pytest.FixtureRequest, browser: Browser, site: Server) -> Callable[[str], Seat]:
    """Signs in whoever is named, in a browser of their own."""
    return lambda name: Seat(browser, f"{site.url}converse/{request.param}", name)


def test_talk_reload_correct_react_and_upload(
    take_seat: Callable[[str], Seat], artefacts: Path, tmp_path: Path
) -> None:
    ann, kim = take_seat("ann"), take_seat("kim")
    ann.join("Ann")
    kim.join("Kim")
    ann.say("Tea at four?")
    expect(kim.message("Tea at four?")).to_be_visible()
    kim.say("Rather at five.")
    expect(ann.message("Rather at five.")).to_be_visible()
    ann.page.screenshot(path=artefacts / "1-talk.png")

    # A reload asks for nothing; nobody sees Ann leave, and what was said is there.
    ann.page.reload()
    expect(ann.online).to_be_visible()
    expect(ann.people.filter(has_text="Kim")).to_be_visible()
    for words in ("Tea at four?", "Rather at five."):
        expect(ann.message(words)).to_have_count(1)
    ann.say("At five, then.")
    expect(kim.message("At five, then.")).to_be_visible()
    expect(kim.told.filter(has_text=LEFT)).to_have_count(0)
    ann.page.screenshot(path=artefacts / "2-reloaded.png")

    ann.choose("At five, then.", "Edit")
    expect(ann.composer).to_have_value("At five, then.")
    ann.send("At half past five, then.")
    for seat in (ann, kim):
        expect(seat.message("At half past five, then.").locator(".chat-msg__edit-modal")).to_be_visible()
        expect(seat.message("At five, then.")).to_have_count(0)

    kim.choose("Tea at four?", "Add Reaction")
    kim.page.locator(".reaction-picker .reaction-item").first.click()
    for seat in (ann, kim):
        expect(seat.message("Tea at four?").locator(".chat-msg__reaction")).to_contain_text("1")

    picture = tmp_path / "tea pot.png"
    picture.write_bytes(PICTURE)
    kim.page.locator("converse-muc input.fileupload").set_input_files(picture)
    links = [seat.page.locator("converse-muc .chat-msg a[href*='/upload/']") for seat in (ann, kim)]
    for link in links:
        expect(link.first).to_be_visible()
    address = links[0].first.get_attribute("href")
    assert address is not None and address.endswith("/tea%20pot.png")
    answer = ann.page.request.get(address)
    assert (answer.status, answer.headers["content-type"], answer.body()) == (200, "image/png", PICTURE)
    for seat in (ann, kim):
        seat.page.screenshot(path=artefacts / f"3-{seat.name}.png")

    # Another browser of Ann's knows from her bookmarks where she is, and from the archive what was said.
    again = take_seat("ann")
    again.page.locator("converse-rooms-list .open-room", has_text="tea").click()
    for words in ("Tea at four?", "Rather at five.", "At half past five, then."):
        expect(again.message(words)).to_have_count(1)
    expect(again.message("Tea at four?").locator(".chat-msg__reaction")).to_contain_text("1")
    expect(again.page.locator("converse-muc .chat-msg a[href*='/upload/']").first).to_be_visible()
    again.page.screenshot(path=artefacts / "4-another-browser.png")
    assert [seat.errors for seat in (ann, kim, again)] == [[], [], []]


def test_the_talk_goes_on_when_the_server_was_killed(
    take_seat: Callable[[str], Seat], site: Server, artefacts: Path
) -> None:
    ann, kim = take_seat("ann"), take_seat("kim")
    ann.join("Ann")
    kim.join("Kim")
    ann.say("Before.")
    expect(kim.message("Before.")).to_be_visible()
    site.kill()
    site.start()
    ann.send("Afterwards.")
    kim.send("So it seems.")
    for seat in (ann, kim):
        for words in ("Before.", "Afterwards.", "So it seems."):
            expect(seat.message(words)).to_have_count(1)
        expect(seat.people).to_have_text(["Ann", "Kim"])
        expect(seat.told.filter(has_text=LEFT)).to_have_count(0)
        seat.page.screenshot(path=artefacts / f"{seat.name}.png")
