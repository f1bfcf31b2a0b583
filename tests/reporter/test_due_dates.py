"""Due dates from phrases: a table of those we thought of, one by somebody who had not read the rules, and the edges."""

import csv
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.dates import Due, due
from ccm.reporter.due_calendar import When
from ccm.reporter.due_rules import MOST, readings
from ccm.reporter.due_words import plain

TABLES = Path(__file__).parent / "tables"
WEDNESDAY = date(2026, 11, 25)


def rows(name):
    with (TABLES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", rows("due_dates.tsv"), ids=lambda row: row["phrase"])
def test_a_phrase_names_its_day(row):
    found = due(row["phrase"], datetime.fromisoformat(row["base"]), row["zone"] or None)
    assert found.iso == ("" if row["expected"] == "-" else row["expected"]), found
    if row["mark"] == "assumed":
        assert found.assumed
    elif row["mark"]:
        assert found.doubt == row["mark"]


@pytest.mark.parametrize("row", rows("due_dates_by_others.tsv"), ids=lambda row: row["phrase"])
def test_a_phrase_of_somebody_who_had_not_read_the_rules_names_its_day(row):
    base, zone = row["base"].split(" ")
    found = due(row["phrase"], datetime.fromisoformat(base).replace(tzinfo=ZoneInfo(zone)), zone)
    assert (found.iso or "-") in row["expected"].split("|"), found


def test_the_phrase_is_quoted_as_it_was_typed():
    assert due("Kim to send it By the  END of next week, please", WEDNESDAY).phrase == "By the  END of next week"
    assert due("ok (until nächsten Freitag!)", WEDNESDAY).phrase == "until nächsten Freitag"


def test_a_day_in_the_past_is_flagged_and_not_moved():
    assert due("by November 20", WEDNESDAY) == Due(date(2026, 11, 20), "by November 20", True, "past")
    assert due("by 2024-11-27", WEDNESDAY).doubt == "past"


def test_a_year_is_never_added_in_silence():
    for month in range(1, 13):
        for day in (1, 15, 28):
            found = due(f"by {date(2026, month, day).strftime('%B %d')}", WEDNESDAY)
            assert found.date is not None
            far = (found.date - WEDNESDAY).days > 300
            assert found.assumed or not far, found


def test_beyond_two_years_the_phrase_stays_without_a_day():
    assert due("by 2031-01-01", WEDNESDAY) == Due(None, "by 2031-01-01", True, "far")


def test_the_next_meeting_is_a_day_if_it_is_known():
    assert due("until our next call", WEDNESDAY) == Due(None, "until our next call")
    assert due("until our next call", WEDNESDAY, next_meeting=date(2026, 12, 2)).iso == "2026-12-02"


def test_the_day_is_that_of_the_meetings_zone():
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert due("tomorrow", late, "Europe/Berlin").iso == "2026-11-27"
    assert due("tomorrow", late, "America/New_York").iso == "2026-11-26"


def test_without_a_base_only_full_dates_are_read():
    assert due("by Friday", None) == Due()
    assert due("by 2026-12-24", None) == Due(date(2026, 12, 24), "by 2026-12-24")


def test_who_needs_only_day_and_phrase_unpacks_them():
    day, phrase = due("by Friday", WEDNESDAY)
    assert (day, phrase) == ("2026-11-27", "by Friday")


def test_dateparser_is_imported_only_for_a_date_in_another_language():
    code = (
        "import sys, datetime; from ccm.reporter.dates import due; d = datetime.date(2026, 11, 25);"
        "due('see 5 commits by ann until Friday', d); due('nothing', d);"
        "assert 'dateparser' not in sys.modules;"
        "assert due('antes del 5 de diciembre', d).iso == '2026-12-05'; assert 'dateparser' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        "by next the of in q1 5 5th Friday week end mid december 31 a two days on 12/4 11.30. before "
        "from last kw 99 . , - until february 2027 year second half bis ende fin du mois xmas 2026-02-31 # ago",
    )
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=60))
def test_whatever_is_typed_gives_a_result_within_the_window_and_a_phrase_that_was_typed(text):
    found = due(text, WEDNESDAY)
    assert found.phrase in text
    assert found.date is None or found.date.year <= 2028


@given(
    st.lists(st.sampled_from(["tmw", "friday 1", "by", "the", "of", "next", "week", "2 days before", "asap", "kw 49"]))
)
def test_of_whatever_length_a_text_is_few_expressions_are_weighed(words: list[str]) -> None:
    said = plain(" ".join(words * 50)[:2000])
    # expressions, those that "before" and "after" move, and events
    assert len(list(readings(said, When(date(2026, 11, 22), None, None, None)))) <= 3 * MOST


@pytest.mark.parametrize("filling", ["tmw ", "friday 1 ", "2 days before friday ", "asap ", "cw 49 "])
def test_a_text_full_of_days_is_weighed_no_more_than_a_short_one(filling: str) -> None:
    said = plain((filling * 500)[:2000])
    assert 20 <= len(list(readings(said, When(date(2026, 11, 22), None, None, None)))) <= 80


def test_a_day_is_read_behind_a_long_text() -> None:
    told = due("We talked of paint and of the roof for long. " * 40 + "Ann rings them by Friday.", date(2026, 11, 22))
    assert (told.date, told.phrase) == (date(2026, 11, 27), "by Friday")
