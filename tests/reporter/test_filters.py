"""What is passed over at once is what a full reading would find nothing in: in every line of the recorded talks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccm.reporter.cues import Remark, Talk
from ccm.reporter.patterns import lowered
from ccm.reporter.roles_of_actions import phrase_in, roles_of
from ccm.reporter.statements import kind_of, may_state, shape_of
from ccm.reporter.traits import Traits
from ccm.reporter.transcript import read_log

CORPUS = Path(__file__).with_name("corpus")


def talks() -> Iterator[Talk]:
    for path in (*sorted(CORPUS.glob("**/*.log")), CORPUS / "meetings.jsonl"):
        for meeting in read_log(path):
            yield Talk([Remark(one.nick, one.text) for one in meeting.messages])


def test_a_line_that_is_passed_over_states_nothing() -> None:
    passed = 0
    for talk in talks():
        for place in range(len(talk.lines)):
            if talk.words[place] and not may_state(talk, place):
                assert kind_of(talk, place, shape_of(talk, place)) == "other", talk.lines[place]
                passed += 1
    assert passed > 100


def test_lines_are_as_much_alike_whether_or_not_they_were_read_before() -> None:
    for talk in talks():
        late, early = Traits(talk), Traits(talk)
        for place in range(len(talk.lines)):
            early.content(place)
        for place in range(len(talk.lines)):
            for on in (False, True):
                assert late.repeats(place, on=on) == early.repeats(place, on=on)


@pytest.mark.parametrize(
    ("line", "owner", "clause"),
    [
        ("I’LL send it to the printers", "ana", "i’ll send it to the printers"),
        ("Fine. Will write to the printers", "ana", "will write to the printers"),
        ("Bo and I will write to the printers", "bo and ana", "bo and i will write to the printers"),
        ("@bo and I'll write to the printers", "bo and ana", "@bo and i'll write to the printers"),
        ("grill the fish, that is what I'd like to do", "ana", "that is what i'd like to do"),
    ],
)
def test_who_speaks_of_themselves_is_found_in_capitals_too(line: str, owner: str, clause: str) -> None:
    roles = roles_of(Talk([Remark("bo", "Good morning"), Remark("ana", line)]), 1, stated=False)
    assert (roles.way, roles.owner, roles.clause) == ("first", owner, clause)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("I'll do it By The End of March, then", "By The End of March"),
        ("Due 3rd of May", "Due 3rd of May"),
        ("On THURSDAY", "THURSDAY"),
        ("this week or next week", "this week"),
        ("İ will do it Until 2026-12-01", "Until 2026-12-01"),
        ("goodbye friends, standby", ""),
    ],
)
def test_words_for_a_day_are_as_they_were_written(text: str, phrase: str) -> None:
    assert phrase_in(text) == phrase
    assert len(lowered(text)) == len(text)
