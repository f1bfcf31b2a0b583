"""
Makes ``docs/examples/``: documents of recorded discussions, replayed, each as HTML, Markdown, JSON and calendar.

    python docs/make_examples.py LOG MEETING NOTICE [LOG MEETING NOTICE …]

LOG is a file that ``ccm replay`` reads, MEETING the id of one meeting in it, NOTICE a text file that says who said it
and under which licence it may be printed; it is put beside the documents, and its first line at their foot. Pages use
the archive's own style sheet, copied beside them.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ccm.cli.replay import replay
from ccm.reporter import render_html, render_ics, render_json, render_markdown
from ccm.reporter.context import Context
from ccm.reporter.document import Meta
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import read_log
from ccm.web.look import Look

FOLDER = Path(__file__).parent / "examples"
SHEET = "document.css"


def make(log: str, meeting: str, notice: str, folder: Path, zone: str = "UTC") -> Path:
    """Write the documents of one meeting; answers their folder."""
    words = Path(notice).read_text(encoding="utf-8").strip()
    (found,) = read_log(log, meeting)
    context = replace(Context(Templates.load()), zone=zone)
    title = found.title if found.title != found.id else ""
    licence = words.split("\n", 1)[0].strip().rstrip(".")
    meta = Meta(title=title, topic=found.id, chair=found.chair, zone=zone, licence=licence)
    document = replay(found, context, meta)
    place = folder / (re.sub(r"[^a-z0-9]+", "-", found.id.lower()).strip("-") or "meeting")
    place.mkdir(parents=True, exist_ok=True)
    forms = {"Markdown": "document.md", "JSON": "document.json", "Calendar": "document.ics"}
    page = render_html.page(document, stylesheet=f"../{SHEET}", alternates=forms)
    for name, text in (
        ("document.html", page.encode()),
        ("document.md", render_markdown.text(document).encode()),
        ("document.json", render_json.dumps(document).encode()),
        ("document.ics", render_ics.calendar(document)),
        ("NOTICE", f"{words}\n".encode()),
    ):
        (place / name).write_bytes(text)
    return place


def main(arguments: Sequence[str]) -> int:
    """Make every example named."""
    parser = argparse.ArgumentParser(description="Make docs/examples/ of recorded discussions.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("examples", nargs="+", metavar="LOG MEETING NOTICE")
    options = parser.parse_args(arguments)
    named = options.examples
    if len(named) % 3:
        parser.error("Name a log, a meeting of it and a file with its notice for each example.")
    for place in range(0, len(named), 3):
        sys.stdout.write(f"{make(*named[place : place + 3], options.folder, options.zone)}\n")
    (options.folder / SHEET).write_bytes(Look().css)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
