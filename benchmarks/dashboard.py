"""
How quick the dashboard is in a real Chromium, on this machine: opening, writing, scrolling, changing the topic.

    python benchmarks/dashboard.py [--rounds 5] [--slow 1]

Starts a server of its own and prints the median and the worst of each, beside what is allowed. *slow* makes the
browser's processor so many times slower. Needs what the browser tests need.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser.conftest import CHROMIUM, FLAGS  # noqa: E402
from browser.dashboard import PASSWORD, WIDE, add_account, message, say, signed_in, wish  # noqa: E402
from browser.server import Server  # noqa: E402
from browser.test_conversation import MANY  # noqa: E402

MESSAGES = 20
# From the key until the message stands there, and until it has been painted: both in ms.
WATCH = """() => {
  const log = document.querySelector('.log');
  globalThis.echoes = [];
  document.querySelector('[data-testid=composer]').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    const rows = () => document.querySelectorAll('.msg').length;
    const begin = event.timeStamp, before = rows();
    const look = () => {
      if (rows() === before) return void requestAnimationFrame(look);
      requestAnimationFrame((at) => echoes.push(at - begin));
    };
    look();
  }, true);
}"""
SEEN = """(count) => new Promise((done) => {
  const look = () => (echoes.length < count ? requestAnimationFrame(look) : done());
  look();
})"""
# Up as by a fast wheel, 9,000 pixels a second: how long each frame took, the most rows, the heap in MB.
SCROLL = """async () => {
  const log = document.querySelector('.log');
  const frames = [];
  let most = 0, last = 0;
  for (let i = 0; i < 600; i += 1) {
    const at = await new Promise(requestAnimationFrame);
    if (last) frames.push(at - last);
    last = at;
    log.scrollTop -= 150;
    most = Math.max(most, log.querySelectorAll('li').length);
  }
  return { frames, most };
}"""
HEAP = "() => performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0"
CHANGE = """async (name) => {
  const link = [...document.querySelectorAll('[data-testid=topic]')].find((one) => one.textContent.includes(name));
  const begin = performance.now();
  link.click();
  while (!document.querySelector('#talk h2')?.textContent.includes(name)) await new Promise(requestAnimationFrame);
  return performance.now() - begin;
}"""


def told(what: str, figures: list[float], allowed: str, unit: str = "ms") -> None:
    """One line of the table."""
    print(f"{what:58} {statistics.median(figures):8.1f} {max(figures):8.1f} {unit:3}  {allowed}", flush=True)


def percentile(figures: list[float], part: float) -> float:
    """:returns: below which this part of the figures lies."""
    return sorted(figures)[min(int(len(figures) * part), len(figures) - 1)]


def slowed(page: Page, times: float) -> Page:
    """The same page with a slower processor."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": times})
    return page


def opened(browser: Browser, server: Server, slow: float) -> tuple[float, float]:
    """:returns: from the address to the field of the password, and from Enter to where one may write, in ms."""
    page = slowed(browser.new_context(viewport=WIDE).new_page(), slow)  # type: ignore[arg-type]
    page.goto(server.url, wait_until="commit")
    password = page.get_by_label("Password", exact=True)
    password.wait_for()
    entrance: float = page.evaluate("performance.now()")
    page.get_by_label("E-mail or chat address").fill("ann")
    password.fill(PASSWORD)
    before: float = page.evaluate("performance.now()")
    password.press("Enter")
    page.get_by_test_id("topic").first.wait_for()
    inside: float = page.evaluate("performance.now()") - before
    page.context.close()
    return entrance, inside


def reloaded(page: Page) -> float:
    """:returns: from the reload to a composer that takes words, with what was said, in ms."""
    page.reload(wait_until="commit")
    page.get_by_test_id("composer").wait_for()
    page.get_by_test_id("message").last.wait_for()
    return float(page.evaluate("performance.now()"))


def written(page: Page) -> list[float]:
    """:returns: from Enter to the message on the screen, for each of some messages, in ms."""
    page.evaluate(WATCH)
    for number in range(MESSAGES):
        page.get_by_test_id("composer").press_sequentially(f"Word number {number}")
        page.get_by_test_id("composer").press("Enter")
        page.evaluate(SEEN, number + 1)
    echoes: list[float] = page.evaluate("echoes")
    return echoes


def measured(browser: Browser, server: Server, rounds: int, slow: float) -> None:
    """Print the table."""
    add_account(server, "ann")
    page = signed_in(browser, server, "ann", WIDE)
    names = ("Open data portal", "Licence audit")
    for name in names:
        wish(page, f"{name} now")
        expect(page.get_by_label(f"Write to {name}")).to_be_visible(timeout=15_000)
        expect(message(page, "I am the reporter")).to_be_visible(timeout=15_000)
        say(page, f"About the {name}.")
        expect(message(page, f"About the {name}.")).to_be_visible()
    slowed(page, slow)
    times = [opened(browser, server, slow) for _ in range(rounds)]
    told("from the address to the password", [one for one, _ in times], "")
    told("from signing in to the topics", [two for _, two in times], "1000")
    told("from a reload to writing, with what was said", [reloaded(page) for _ in range(rounds)], "1000")
    told("from Enter to one's own message, painted", written(page), "100")
    for name in names:
        page.evaluate(CHANGE, name)
    told("changing the topic", [page.evaluate(CHANGE, name) for name in names * rounds], "50")
    before: float = page.evaluate(HEAP)
    page.evaluate(MANY)
    runs = [page.evaluate(_from_the_end(page)) for _ in range(rounds)]
    told("10,000 messages: a frame of scrolling, median", [statistics.median(run["frames"]) for run in runs], "17")
    for part in (95, 99):
        told(f"  {part} % of the frames below", [percentile(run["frames"], part / 100) for run in runs], "34")
    told("  most rows in the page", [run["most"] for run in runs], "200", "")
    told("  memory of the page, from before to after", [before, page.evaluate(HEAP)], "", "MB")


def _from_the_end(page: Page) -> str:
    page.evaluate("() => { const log = document.querySelector('.log'); log.scrollTop = log.scrollHeight; }")
    page.wait_for_timeout(300)
    return SCROLL


def main() -> None:
    """Read the arguments, start server and browser."""
    parser = argparse.ArgumentParser(description="How quick the dashboard is in Chromium.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow", type=float, default=1, help="so many times slower is the browser's processor")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--enable-precise-memory-info"])
        server.start()
        try:
            print(f"{'':58} {'median':>8} {'worst':>8}      allowed")
            measured(browser, server, chosen.rounds, chosen.slow)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
