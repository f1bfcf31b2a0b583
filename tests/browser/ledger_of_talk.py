"""Two people who talk over lines of their own, and a ledger of what each said: nothing lost, nothing twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from browser.dashboard import PASSWORD, WIDE, add_account, invite, say, wish
from browser.server import Server
from fixtures.faulty_line import FaultyLine
from playwright.sync_api import Browser, Locator, Page, expect

_SAID = re.compile(r"\b(?:ann|kim)-\d+\b")
SECONDS = 40_000.0


class Talk:
    """
    Ann, whose line has faults, and Kim, whose line has none, in one topic.

    :param refused: how connections of hers begin that do not come about.
    :ivar ann: her page, with a clock that can be moved on. :ivar kim: his page.
    :ivar sockets: addresses of the WebSockets that her page has tried.
    """

    def __init__(self, browser: Browser, server: Server, refused: bytes = b"") -> None:
        self.line = FaultyLine(server.port, refused)
        self.sockets: list[str] = []
        for name in ("ann", "kim"):
            add_account(server, name)
        self.ann = self.page(browser, f"http://localhost:{self.line.port}/", "ann", clock=True)
        self.kim = self.page(browser, server.url, "kim")
        wish(self.ann, "Licence audit now")
        expect(self.ann.get_by_role("heading", name="Licence audit", exact=True)).to_be_visible()
        invite(self.ann, "kim@localhost")
        self.kim.get_by_test_id("topic").filter(has_text="Licence audit").click(timeout=SECONDS)
        self.said: list[str] = []
        self.say("ann")
        self.say("kim")
        self.settle()

    def page(self, browser: Browser, url: str, name: str, *, clock: bool = False) -> Page:
        page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
        if clock:
            page.clock.install()
            page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.goto(url)
        page.get_by_label("E-mail or chat address").fill(name)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password", exact=True).press("Enter")
        expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=SECONDS)
        return page

    @property
    def banner(self) -> Locator:
        """What Ann reads of her line."""
        return self.ann.get_by_test_id("banner")

    def say(self, name: str) -> str:
        words = f"{name}-{len(self.said)}"
        self.said.append(words)
        say(self.ann if name == "ann" else self.kim, words)
        return words

    def state(self, words: str) -> Locator:
        return self.ann.get_by_test_id("message").filter(has_text=re.compile(rf"\b{words}\b"))

    def settle(self, *others: Page) -> None:
        """Wait until everybody has the last words, then compare the ledger with what stands there."""
        pages = (self.ann, self.kim, *others)
        for page in pages:
            for words in self.said:
                mine = page.get_by_test_id("message").filter(has_text=re.compile(rf"\b{words}\b"))
                expect(mine).to_have_attribute("data-state", "sent", timeout=SECONDS)  # strict: one alone
        shown = [_SAID.findall(" ".join(page.get_by_test_id("message").all_inner_texts())) for page in pages]
        for seen in shown:
            assert sorted(seen) == sorted(self.said), f"{seen} stands there of {self.said}"
        assert all(seen == shown[0] for seen in shown), f"orders differ: {shown}"

    def close(self) -> None:
        for page in (self.ann, self.kim):
            page.context.close()
        self.line.cut()


@contextmanager
def talk(browser: Browser, server: Server, refused: bytes = b"") -> Iterator[Talk]:
    made = Talk(browser, server, refused)
    try:
        yield made
    finally:
        made.close()
