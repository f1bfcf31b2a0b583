"""
Makes ``docs/screens/``: every screen in light, dark and on a phone, from a server that runs, with people who talk.

    make screens                         # all of them, about three minutes
    make screens SCREENS="talk people"   # these alone; the story is played nevertheless

Needs what ``make test`` installs: Playwright, and Chromium on the machine. Names, words and the time of day are the
same each time (``screens_past.py``, ``screens_story.py``), so a picture changes when the screen does.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE)]

from browser.conftest import CHROMIUM  # noqa: E402
from browser.dashboard import PHONE, WIDE  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from screens_palette import smaller  # noqa: E402
from screens_stage import Stage  # noqa: E402
from screens_story import PANES, SCREENS, play  # noqa: E402

FOLDER = HERE / "screens"
FADE_MS = 300  # colours fade for 120 ms
#: Longer documents are cut there.
MOST_HIGH = 1600
HEAD = """# Every screen

Made by `make screens` from a running server; whoever appears in them is made up. Each is shown
in the light, in the dark and on a phone.
"""


class Camera:
    """
    Takes pictures of pages as they stand.

    :param only: names of screens; empty takes all.
    """

    def __init__(self, folder: Path, blank: Page, only: Sequence[str]) -> None:
        self._folder, self._blank, self._only = folder, blank, only

    def take(self, page: Page, screen: str, pane: str = "", whole: bool = False) -> None:
        """
        Light, dark, and a phone's; of PANES, which stand beside others where there is room, a phone's in both.

        :param pane: which of the dashboard's parts a phone shows; the one that is open, if empty.
        :param whole: the page to its end, as long as that is not too far.
        """
        if screen not in SCREENS:
            raise ValueError(f"{screen}: name it in SCREENS, with a word about what it shows.")
        if self._only and screen not in self._only:
            return
        page.mouse.move(0, 0)
        if screen not in PANES:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                self._shoot(page, f"{screen}-{scheme}", WIDE, whole)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if pane:
            page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("link", name=pane).click()
        self._shoot(page, f"{screen}-phone", PHONE, whole=False)
        if screen in PANES:
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            self._shoot(page, f"{screen}-phone-dark", PHONE, whole=False)
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def _shoot(self, page: Page, name: str, size: dict[str, int], whole: bool) -> None:
        high = size["height"]
        if whole:
            high = min(MOST_HIGH, max(high, int(page.evaluate("document.documentElement.scrollHeight"))))
            page.set_viewport_size({"width": size["width"], "height": high})
        page.wait_for_timeout(FADE_MS)
        picture = page.screenshot()
        if whole:
            page.set_viewport_size(size)  # type: ignore[arg-type]
        (self._folder / f"{name}.png").write_bytes(smaller(self._blank, picture))
        print(f"{self._folder / name}.png", flush=True)


def contents() -> str:
    """The page that shows them all."""
    lines = [HEAD]
    for screen, words in SCREENS.items():
        kinds = ("phone", "phone-dark") if screen in PANES else ("light", "dark", "phone")
        lines += [f"\n## {words}\n", *(f"![{kind}]({screen}-{kind}.png)" for kind in kinds)]
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Make those that are named, or all."""
    parser = argparse.ArgumentParser(description="Make docs/screens/ from a running server.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=f"of {', '.join(SCREENS)}")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.screens if name not in SCREENS]
    if unknown:
        parser.error(f"There is no screen {unknown[0]}. There are {', '.join(SCREENS)}.")
    if CHROMIUM is None:
        parser.error("There is no Chromium: apt-get install chromium")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ccm-screens-") as state, sync_playwright() as playwright:
        stage = Stage(playwright.chromium, Path(state))
        camera = Camera(options.folder, stage.chromium.new_page(), options.screens)
        play(stage, camera.take)
        stage.chromium.close()
    (options.folder / "README.md").write_text(contents(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
