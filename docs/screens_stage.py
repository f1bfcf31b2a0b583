"""
Where the screenshots' story is played: a server, and browsers whose clocks stand at the same time as the server's.

It is Monday 23 November 2026 in Amsterdam. The server is reached by a name, not by the port, which is another one each
time and would stand in what the reporter says.
"""

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from browser.clocked import ClockedServer
from browser.conftest import CHROMIUM, FLAGS
from browser.dashboard import WIDE
from browser.server import ROOT
from browser.test_busy_component import EASILY_BUSY
from playwright.sync_api import BrowserContext, BrowserType, Page, expect
from screens_past import PASSWORD, ZONE

HOST = "talk.example.org"
SOON = 20_000  # ms that a slow machine may need until a server's answer is shown
expect.set_options(timeout=SOON)
LOOK_AT_THE_CLOCK = """() => {
  const app = document.querySelector('ccm-app');
  if (!app) return;
  app.now = new Date();
  app.requestUpdate();
}"""


class Stage:
    """A server, browsers that know its time, and the story's clock."""

    def __init__(self, chromium: BrowserType, folder: Path) -> None:
        self._contexts: list[BrowserContext] = []
        self._at = ""
        self.url = f"http://{HOST}/"
        self.server = ClockedServer(folder, (f'server.host="{HOST}"', f'web.url="{self.url}"', *EASILY_BUSY))
        flags = [
            f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{self.server.port}",
            f"--unsafely-treat-insecure-origin-as-secure={self.url.rstrip('/')}",
            "--font-render-hinting=none",
        ]
        self.chromium = chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])

    def open(self) -> None:
        """Let there be a past, and start the server."""
        self.at("14:00")
        script = Path(__file__).with_name("screens_past.py")
        state = self.server.folder / "var"
        state.mkdir()
        seconds = str(self._moment().timestamp())
        subprocess.run([sys.executable, script, state, HOST, self.url, seconds], cwd=ROOT, check=True)
        self.server.start()

    def at(self, clock: str) -> None:
        """It is that time now, everywhere."""
        self._at = clock
        self.server.tell(self._moment().timestamp())
        for context in self._contexts:
            context.clock.set_fixed_time(self._moment())
            context.pages[0].evaluate(LOOK_AT_THE_CLOCK)

    def _moment(self) -> datetime:
        hour, minute = map(int, self._at.split(":"))
        return datetime(2026, 11, 23, hour, minute, 20, tzinfo=ZoneInfo(ZONE))

    def page(self, path: str = "") -> Page:
        """A browser of somebody's own."""
        context = self.chromium.new_context(viewport=WIDE, timezone_id=ZONE, locale="en-GB")  # type: ignore[arg-type]
        context.set_default_timeout(SOON)
        context.clock.set_fixed_time(self._moment())
        self._contexts.append(context)
        page = context.new_page()
        page.goto(self.url + path)
        return page

    def drawn(self, svg: str) -> bytes:
        """A PNG of a drawing."""
        page = self.chromium.new_page()
        page.set_content(svg)
        picture = page.locator("svg").screenshot()
        page.close()
        return picture

    def close(self, page: Page) -> None:
        """That browser is needed no more."""
        self._contexts.remove(page.context)
        page.context.close()

    def signed_in(self, name: str) -> Page:
        """The dashboard of somebody."""
        page = self.page()
        page.get_by_label("E-mail or chat address").fill(f"{name}@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password", exact=True).press("Enter")
        expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=SOON)
        return page

    def leave_traces(self) -> None:
        """Something did not come as the story says: what everybody saw, and the server's log, into ``artefacts/``."""
        folder = ROOT / "artefacts" / "screens"
        folder.mkdir(parents=True, exist_ok=True)
        for number, context in enumerate(self._contexts):
            context.pages[0].screenshot(path=folder / f"{number}.png")
        shutil.copy(self.server.log, folder)

    def mailed_link(self, page: Page, address: str, part: str) -> str:
        """The newest link of that kind mailed to somebody."""
        link = page.locator("main li, article", has_text=f"To {address}").first.locator(f"a[href*='{part}']").first
        for _ in range(50):
            page.goto(f"{self.url}dev/mail")
            if link.count():
                return str(link.get_attribute("href"))
            page.wait_for_timeout(200)
        raise AssertionError(f"No mail to {address} with {part}; see {self.server.log}.")
