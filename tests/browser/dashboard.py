"""The dashboard as a person uses it, and a judge of what it shows: steps that several browser tests share."""

import subprocess
import sys
from pathlib import Path

import pytest
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Locator, Page, expect

AXE = ROOT / "static/node_modules/axe-core/axe.min.js"
#: By what the page's connection is taken up again; with ``h`` it is a WebSocket.
KEPT = "JSON.parse(sessionStorage.getItem('strophe-bosh-session'))"
PASSWORD = "a meadow in November"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = {"width": 1440, "height": 900}
TABLET = {"width": 1000, "height": 800}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
#: What is too small for a finger: targets that nothing covers, measured by what a touch around their middle would meet.
TOO_SMALL = """() => {
  const enough = 44, wrong = [];
  const over = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
  for (const one of over.querySelectorAll('a[href], button, summary, input, textarea, select, [role=option]')) {
    const whole = one.closest('label') ?? one;
    const said = getComputedStyle(one).display === 'inline' && one.closest('p, small, .hint'); // within a sentence
    const { left, right, top, bottom } = whole.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const meets = (x, y) => whole.contains(document.elementFromPoint(x, y));
    const frame = (whole.closest('.scroll, .leaf, dialog, body') ?? document.body).getBoundingClientRect();
    const [above, below] = [Math.max(0, frame.top), Math.min(innerHeight, frame.bottom)]; // beyond, it can be scrolled
    if (said || !one.checkVisibility() || !meets(x, y)) continue;
    const far = (dx, dy) => {
      let n = 0;
      while (n < enough && meets(x + n * dx, y + n * dy)) n += 1;
      return n;
    };
    const edge = y - above < enough / 2 || below - y < enough / 2;
    const size = [far(1, 0) + far(-1, 0), far(0, 1) + far(0, -1)].map((n) => Math.min(n, enough));
    const html = one.outerHTML.replace(/<!--.*?-->/g, '').slice(0, 160);
    if (!edge && Math.min(...size) < enough - 1) wrong.push(`${size.join(' x ')}: ${html}`);
  }
  return wrong;
}"""


class Judge:
    """Judges what a page shows by axe-core, and remembers what is wrong with it."""

    def __init__(self, page: Page, artefacts: Path) -> None:
        if not AXE.exists():
            pytest.skip("axe-core is not installed: cd static && npm ci")
        self._page = page
        self._artefacts = artefacts
        self.wrong: list[str] = []

    def look(self, screen: str) -> None:
        for scheme in ("light", "dark"):
            self._page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            self._page.wait_for_timeout(300)  # colours fade for 120 ms
            self._page.screenshot(path=self._artefacts / f"{screen}-{scheme}.png")
            self._page.evaluate(AXE.read_text())
            found = self._page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
            for violation in found["violations"]:
                for node in violation["nodes"]:
                    self.wrong.append(f"{screen} ({scheme}): {violation['help']}: {node['html'][:200]}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if self._page.evaluate(wider) > 0:
            self.wrong.append(f"{screen} scrolls sideways")

    def touch(self, screen: str) -> None:
        """Remember what is too small for a finger."""
        self.wrong += [f"{screen}: a finger misses {one}" for one in self._page.evaluate(TOO_SMALL)]


def add_account(server: Server, name: str) -> None:
    config = server.folder / "ccm.toml"
    config.write_text(
        (ROOT / "etc/dev.toml").read_text().replace('state = "var"', f'state = "{server.folder / "var"}"')
    )
    ccm = str(Path(sys.executable).with_name("ccm"))
    arguments = [ccm, "--config", str(config), "user", "add", name]
    subprocess.run(arguments, input=PASSWORD, text=True, check=True, cwd=ROOT, capture_output=True)


def signed_in(browser: Browser, server: Server, name: str, size: dict[str, int] = WIDE) -> Page:
    """A page of its own with the dashboard of *name*."""
    page = browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]
    _sign_in(page, server.url, name)
    return page


def on_a_phone(browser: Browser, url: str, name: str, *, clock: bool = False, script: str = "") -> Page:
    """
    The dashboard of *name* where one has no keys and no pointer.

    :param clock: whether its time can be moved on.
    :param script: what runs there before anything else.
    """
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    context.add_init_script(script)
    page = context.new_page()
    if clock:
        page.clock.install()
    _sign_in(page, url, name)
    return page


def _sign_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.get_by_label("E-mail or chat address").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)


def wish(page: Page, words: str) -> None:
    """Say *words* in the one field and press Enter."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    page.locator("#wish").fill(words)
    page.locator("#wish").press("Enter")


def invite(page: Page, words: str) -> None:
    """Say *words* in the one field of the topic that is open and press Enter."""
    page.get_by_test_id("invite").click()
    page.locator("#wish").fill(words)
    page.locator("#wish").press("Enter")


def say(page: Page, words: str) -> None:
    page.get_by_test_id("composer").fill(words)
    page.get_by_test_id("composer").press("Enter")


def message(page: Page, words: str) -> Locator:
    return page.get_by_test_id("message").filter(has_text=words)


def over_websocket(page: Page) -> None:
    """Wait until it has changed over from BOSH."""
    page.wait_for_function(f"() => {KEPT} && 'h' in {KEPT}", timeout=40_000)
