"""The command table of docs/reporter.md lags behind nothing."""

import re
from pathlib import Path

from ccm.reporter import marks, telling

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reporter.md"


def section() -> str:
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index("## In the room") : text.index("## Due dates")]


def test_every_command_stands_in_the_table():
    code = " ".join(re.findall(r"`([^`]+)`", section()))
    words = {word for words in marks.COMMANDS.values() for word in words}
    assert sorted(word for word in words if not re.search(rf"\b{word}\b", code)) == []


def test_every_marked_line_stands_there():
    page = section()
    assert sorted(word for word in marks.LINES if f"`{word.upper()}:`" not in page) == []


def test_help_names_every_kind_of_command():
    told = telling.HELP + "".join(telling.SECTIONS.values())
    missing = {words[0] for words in marks.COMMANDS.values()} - set(re.findall(r"#([a-z]+)", told))
    assert missing <= {"meetingtopic", "agenda", "commands", "skip", "stop"}
