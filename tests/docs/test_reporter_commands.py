"""The command table of docs/reporter.md lags behind nothing."""

import re
from pathlib import Path

import pytest

from ccm.reporter import marks, telling
from ccm.reporter.discussion import Context
from ccm.reporter.templates import Templates
from tests.reporter.talking import Room, should

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


def phrases():
    words = section()
    words = words[words.index("### Plain words") : words.index("The owner of an action is read")]
    said = [phrase.replace("…", "a bigger house") for phrase in re.findall(r'"([^"]+)"', words)]
    return [phrase for phrase in said if "reporter" not in phrase and phrase not in ("skip", "stop")]


@pytest.fixture(scope="module")
def context():
    return Context(Templates.load(), find=should)


@pytest.mark.parametrize("phrase", phrases())
def test_the_plain_words_of_the_page_are_understood(context, phrase):
    room = Room(context)
    for nick, text in (
        ("Kim", "This is a project." if phrase != "this is a project" else "Hello."),
        ("Kim", "The goal is one garden."),
        ("Lou", "#action Kim to call Bo"),
        ("Lou", "#action Bo to sing"),
        ("Lou", "#action Ann to go home"),
        ("Lou", "#agreed We go."),
        ("Kim", "We should paint the shed"),
        ("Kim", "#topic Money"),
        ("Kim", "#drop A1" if "bring back" in phrase else "Well."),
        ("Kim", "#startvote Go? yes, no" if "vote no" in phrase or "end the" in phrase else "Well."),
    ):
        room.say(nick, text)
    assert room.say("Lou", f"reporter, {phrase}") != ()


def test_there_are_many_plain_words():
    assert len(phrases()) > 30
