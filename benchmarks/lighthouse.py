"""
Lighthouse over four pages of a running server: the dashboard of somebody who is signed in, the archive, a document of
it, and registration. Prints the median of each category.

    python benchmarks/lighthouse.py [--rounds 5] [PAGE …]

Needs Node, npm's registry and Chromium; Lighthouse itself is fetched by npx and kept nowhere here. It slows the CPU
down four times and the network to a phone's, as it does by default; beside other work its figures for speed fall.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser.conftest import CHROMIUM, FLAGS  # noqa: E402
from browser.dashboard import PASSWORD, add_account  # noqa: E402
from browser.server import Server  # noqa: E402
from fixtures.ports import free_port  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = {"dashboard": "", "archive": "archive/", "document": "archive/portal", "registration": "register"}
LEAST = 95


def sign_in(page: Page, url: str) -> None:
    """A tab that stays: those that Lighthouse opens share its session."""
    page.goto(url)
    page.get_by_label("E-mail or chat address").fill("kim")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=20_000)
    page.get_by_test_id("new").first.click()
    page.locator("#wish").fill("Licence audit now")
    page.locator("#wish").press("Enter")
    expect(page.locator("#talk-title")).to_have_text("Licence audit")
    page.get_by_test_id("composer").fill("ACTION: Kim to list the mirrors by Friday")
    page.get_by_test_id("composer").press("Enter")
    expect(page.locator("[data-entry=A1]")).to_be_visible(timeout=20_000)


def judge(url: str, port: int, report: Path) -> dict[str, float]:
    """One run. :returns: points of 100 by category."""
    command = ["npx", "--yes", LIGHTHOUSE, url, f"--port={port}", "--disable-storage-reset", "--quiet"]
    command += ["--output=json", f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}"]
    for last in (False, False, True):
        if subprocess.run(command, check=last, stdin=subprocess.DEVNULL).returncode == 0:
            break  # a busy machine loses a trace now and then
    found = json.loads(report.read_text())["categories"]
    return {name: 100 * (found[name]["score"] or 0) for name in CATEGORIES}


def main() -> int:
    """:returns: 1 if a median is too low."""
    parser = argparse.ArgumentParser(description="Lighthouse over the dashboard, the archive and registration.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("pages", nargs="*", choices=[*PAGES, []], help=f"of {', '.join(PAGES)}; all by default")
    options = parser.parse_args()
    rounds = options.rounds
    if CHROMIUM is None:
        parser.error("There is no Chromium: apt-get install chromium")
    low = 0
    with tempfile.TemporaryDirectory(prefix="ccm-lighthouse-") as name, sync_playwright() as playwright:
        folder = Path(name)
        server = Server(folder)
        seed = [sys.executable, str(ROOT / "tests/browser/seed.py"), str(folder / "var")]
        subprocess.run(seed, check=True, cwd=ROOT, capture_output=True)
        add_account(server, "kim")
        server.start()
        port = free_port()
        flags = [*FLAGS, f"--remote-debugging-port={port}"]
        browser = playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=CHROMIUM, args=flags
        )
        try:
            sign_in(browser.new_page(), server.url)
            for page in options.pages or PAGES:
                path = PAGES[page]
                runs = [judge(server.url + path, port, folder / f"{page}{n}.json") for n in range(rounds)]
                points = {category: median(run[category] for run in runs) for category in CATEGORIES}
                low += sum(each < LEAST for each in points.values())
                print(page, *(f"{category} {each:g}" for category, each in points.items()), sep="\t", flush=True)
        finally:
            browser.close()
            server.stop()
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
