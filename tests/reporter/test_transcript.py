"""Reading of recorded logs."""

import gzip
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.transcript import LogError, Meeting, Message, fold_corrections, parse_plain, read_log, write_log


@pytest.mark.parametrize(
    "line",
    [
        "[14:05] <ann> Good morning: all",
        "[2026-11-24T14:05:00Z] <ann> Good morning: all",
        "14:05 <ann> Good morning: all",
        "14:05:10 <@ann> Good morning: all",
        "<ann> Good morning: all",
        "ann: Good morning: all",
        "[14:05] ann: Good morning: all",
    ],
)
def test_a_plain_line_is_read_whatever_its_form(line):
    (message,) = parse_plain(line)
    assert (message.nick, message.text) == ("ann", "Good morning: all")


def test_comings_and_goings_are_dropped_and_indented_lines_go_on():
    log = (
        "*** ann has joined #x\n<ann> one\n  two\nkim has left the room\n[14:02] ben has joined #x\n<kim> three: four\n"
    )
    assert [(m.nick, m.text) for m in parse_plain(log)] == [("ann", "one\ntwo"), ("kim", "three: four")]


def test_times_are_dated_and_run_over_midnight():
    log = "[23:59] <ann> late\n[00:01] <ben> later\n"
    times = [m.time for m in parse_plain(log, date(2026, 11, 24))]
    assert times == [datetime(2026, 11, 24, 23, 59, tzinfo=UTC), datetime(2026, 11, 25, 0, 1, tzinfo=UTC)]
    assert [m.time for m in parse_plain(log)] == [None, None]


def test_a_time_before_a_nick_that_begins_like_am_is_a_time():
    (message,) = parse_plain("2026-11-24T14:05:00Z amina: hello\n")
    assert (message.nick, message.time) == ("amina", datetime(2026, 11, 24, 14, 5, tzinfo=UTC))


def meeting(**more):
    return {
        "id": "a",
        "title": "A",
        "date": "2026-11-24",
        "messages": [{"nick": "ann", "time": "14:05", "text": "hi"}],
        **more,
    }


def test_json_lines_are_read_plain_or_packed(tmp_path):
    text = json.dumps(meeting()) + "\n" + json.dumps(meeting(id="b", chair="kim")) + "\n"
    (tmp_path / "x.jsonl").write_text(text)
    with gzip.open(tmp_path / "x.jsonl.gz", "wt") as packed:
        packed.write(text)
    assert read_log(tmp_path / "x.jsonl") == read_log(tmp_path / "x.jsonl.gz")
    (only,) = read_log(tmp_path / "x.jsonl", "b")
    assert (only.chair, only.messages[0].time) == ("kim", datetime(2026, 11, 24, 14, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{broken\n", "line 1: is not JSON"),
        ('{"id": "a"}\n', 'has no list "messages"'),
        (json.dumps(meeting(date="yesterday")), "Write it as 2026-11-24"),
        (json.dumps(meeting(messages=[{"nick": "x"}])), 'message 1 has no "text"'),
        (json.dumps(meeting(messages=[{"nick": "x", "text": "y", "time": "25:00"}])), "there is no time"),
        ("nothing here\n", "holds no remark"),
    ],
)
def test_a_bad_log_is_refused_with_place_and_remedy(tmp_path, content, what):
    (tmp_path / "x.log").write_text(content)
    with pytest.raises(LogError, match=what):
        read_log(tmp_path / "x.log")


def test_a_missing_file_and_an_unknown_meeting_are_named(tmp_path):
    with pytest.raises(LogError, match="Name an existing log file"):
        read_log(tmp_path / "none.jsonl")
    (tmp_path / "x.jsonl").write_text(json.dumps(meeting()))
    with pytest.raises(LogError, match="has no meeting 'z'"):
        read_log(tmp_path / "x.jsonl", "z")


IDS = st.uuids().map(str)


@given(
    st.lists(
        st.tuples(IDS, st.text(min_size=1, max_size=5), st.text(max_size=30)), unique_by=lambda row: row[0], max_size=5
    )
)
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    at = datetime(2026, 11, 24, 14, 5, 30, tzinfo=UTC)
    messages = tuple(Message(id_, nick, text, "a@b", at, None, "q", False, True) for id_, nick, text in rows)
    before = Meeting("a", "T", date(2026, 11, 24), "kim", messages)
    path = tmp_path_factory.mktemp("log") / "x.jsonl"
    path.write_text(write_log(before), encoding="utf-8")
    assert read_log(path) == (before,)


def test_corrections_stand_in_place_and_only_of_the_same_author():
    log = (
        Message("1", "ann", "teh"),
        Message("2", "ben", "x"),
        Message("3", "ann", "the", replaces="1"),
        Message("4", "eve", "mine", replaces="2"),
        Message("5", "ben", "", retracts="2"),
    )
    assert [(m.id, m.text) for m in fold_corrections(log)] == [("1", "the"), ("2", ""), ("4", "mine")]


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="aware UTC"):
        Message("1", "ann", "x", time=datetime(2026, 1, 1))
