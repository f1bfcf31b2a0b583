"""Promises, accepted requests, agreements and open questions in plain words: on record at once, and printed."""

import dataclasses
from pathlib import Path

import pytest

from ccm.reporter.dates import due
from ccm.reporter.finding import found
from ccm.reporter.marks import mark_of
from tests.reporter.talking import BEGAN, Room

CORPUS = Path(__file__).parent / "corpus" / "plain"
KINDS = ("action", "decision", "question")


def talks(name):
    """Each talk of a file: its lines, and what is to be noted of it as kind, owner, until when, text."""
    for block in (CORPUS / name).read_text("utf-8").split("\n\n"):
        lines = [line.split(": ", 1) for line in block.strip().splitlines() if not line.startswith("#")]
        said = [tuple(line) for line in lines if line[0] not in KINDS]
        expected = []
        for kind, rest in (line for line in lines if line[0] in KINDS):
            owner, phrase, text = map(str.strip, rest.split("|")) if kind == "action" else ("", "", rest)
            expected.append((kind, owner, phrase, text))
        if said:
            yield said, expected


def heard(context, said):
    """A room in which that was said, and nobody has asked for anything yet."""
    room = Room(dataclasses.replace(context, find=found))
    for nick, text in said:
        room.say(nick, text)
    return room


def words(text):
    return {word.strip(".,!?;:()").lower() for word in text.split()}


def is_noted(entry, kind, owner, phrase, text):
    """Whether an entry says this: most of the words, the owner, the day, and the day no longer in the text."""
    mine, theirs = words(text), words(entry.text)
    alike = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    if entry.kind != kind or alike < 0.75:
        return False
    if kind != "action":
        return entry.sure
    day = due(phrase, BEGAN, "UTC").iso if phrase else ""
    return (
        entry.owner == owner
        and entry.due == day
        and (not phrase or (entry.sure and phrase.lower() not in entry.text.lower()))
    )


def judged(entries, expected):
    """What is noted as it should be, what is missing, and what is noted as sure and should not be there."""
    entries = [e for e in entries if e.kind in KINDS]
    missing = [one for one in expected if not any(is_noted(e, *one) for e in entries)]
    others = [e for e in entries if e.sure and not any(is_noted(e, *one) for one in expected)]
    return len(expected) - len(missing), missing, others


def counted(context, name, finished):
    """Right ones, all, and those that are too many, of a file."""
    right = total = 0
    wrong = []
    for said, expected in talks(name):
        room = heard(context, said)
        if finished:
            room.say("chair", "publish this, reporter")
        noted, missing, others = judged(room.state.entries, expected)
        right, total = right + noted, total + len(expected)
        if missing or others:
            wrong.append((said, missing, [(e.kind, e.owner, e.due, e.text) for e in others]))
    return right, total, wrong


@pytest.mark.parametrize("finished", [False, True])
def test_what_is_said_in_plain_words_is_noted_at_once_and_stays(context, finished):
    right, total, wrong = counted(context, "promised.txt", finished)
    assert (right, wrong) == (total, [])


@pytest.mark.parametrize("finished", [False, True])
def test_talk_without_outcome_notes_nothing(context, finished):
    assert counted(context, "idle.txt", finished)[2] == []


@pytest.mark.parametrize("finished", [False, True])
def test_of_talks_that_no_rule_was_made_with_most_is_noted(context, finished):
    right, total, wrong = counted(context, "promised_unseen.txt", finished)
    assert right >= 0.9 * total, wrong
    assert sum(len(others) for _, _, others in wrong) <= 2, wrong


@pytest.mark.parametrize("finished", [False, True])
def test_of_idle_talks_that_no_rule_was_made_with_nothing_is_noted(context, finished):
    assert counted(context, "idle_unseen.txt", finished)[2] == []


def test_no_line_of_the_corpus_is_marked():
    for path in CORPUS.iterdir():
        assert not any(mark_of(text) for said, _ in talks(path.name) for _, text in said)
