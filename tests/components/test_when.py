"""Times that people type."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.components import when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)  # Sunday, 11:00 in Berlin

PHRASES = {
    "en": {
        "next tue": "Tue 24 Nov, 10:00 CET, in 2 days",
        "next tuesday 14:00": "Tue 24 Nov, 14:00 CET, in 2 days",
        "Tuesday at half past 3": "Tue 24 Nov, 15:30 CET, in 2 days",
        "tomorrow at 3pm": "Mon 23 Nov, 15:00 CET, tomorrow",
        "tomorrow at 3": "Mon 23 Nov, 15:00 CET, tomorrow",
        "tomorrow": "Mon 23 Nov, 10:00 CET, tomorrow",
        "tomorrow evening at 7": "Mon 23 Nov, 19:00 CET, tomorrow",
        "tonight at 8": "Sun 22 Nov, 20:00 CET, today",
        "in 20 minutes": "Sun 22 Nov, 11:20 CET, in 20 minutes",
        "in half an hour": "Sun 22 Nov, 11:30 CET, in 30 minutes",
        "in 3 days at 10": "Wed 25 Nov, 10:00 CET, in 3 days",
        "day after tomorrow noon": "Tue 24 Nov, 12:00 CET, in 2 days",
        "25 december 14h": "Fri 25 Dec, 14:00 CET, in 4 weeks",
        "Nov 24, 3pm": "Tue 24 Nov, 15:00 CET, in 2 days",
        "the 5th at 14:00": "Sat 5 Dec, 14:00 CET, in 13 days",
        "2026-11-24 15:00": "Tue 24 Nov, 15:00 CET, in 2 days",
        "2026-11-24T15:00:00Z": "Tue 24 Nov, 16:00 CET, in 2 days",
        "tomorrow 15:00 America/New_York": "Mon 23 Nov, 21:00 CET, tomorrow",
        "tomorrow 3pm PST": "Tue 24 Nov, 00:00 CET, in 2 days",
        "wednesday next week at 10": "Wed 25 Nov, 10:00 CET, in 3 days",
        "friday at 17.30": "Fri 27 Nov, 17:30 CET, in 5 days",
    },
    "de": {
        "um 15 Uhr": "Sun 22 Nov, 15:00 CET, today",
        "morgen um 15 Uhr": "Mon 23 Nov, 15:00 CET, tomorrow",
        "übermorgen 14:30": "Tue 24 Nov, 14:30 CET, in 2 days",
        "nächsten Dienstag um halb vier": "Tue 24 Nov, 15:30 CET, in 2 days",
        "heute abend um 8": "Sun 22 Nov, 20:00 CET, today",
        "24. November um 14 Uhr": "Tue 24 Nov, 14:00 CET, in 2 days",
    },
    "fr": {
        "demain à 15h30": "Mon 23 Nov, 15:30 CET, tomorrow",
        "mardi prochain à 14h": "Tue 24 Nov, 14:00 CET, in 2 days",
        "après-demain midi": "Tue 24 Nov, 12:00 CET, in 2 days",
    },
    "nl": {
        "volgende dinsdag om half vier": "Tue 24 Nov, 15:30 CET, in 2 days",
        "vanavond om 8 uur": "Sun 22 Nov, 20:00 CET, today",
    },
}


@pytest.mark.parametrize(("language", "phrase"), [(lang, phrase) for lang in PHRASES for phrase in PHRASES[lang]])
def test_a_phrase_is_read(language: str, phrase: str) -> None:
    reading = when.read(phrase, NOW, BERLIN, language)
    assert reading.at is not None
    assert when.spell(reading.at, NOW, BERLIN) == PHRASES[language][phrase]
    assert not reading.moved


@pytest.mark.parametrize("phrase", ["round sunset-ish", "asap", "at 25:00", "1 january 2030 10:00", "", "x" * 300])
def test_what_cannot_be_read_is_said_to_be_unread(phrase: str) -> None:
    assert when.read(phrase, NOW, BERLIN).at is None


@pytest.mark.parametrize(
    ("now", "phrase", "moved_to"),
    [
        (NOW, "yesterday at 3", "Sun 22 Nov, 15:00 CET, today"),
        (NOW + timedelta(hours=5), "yesterday at 3", "Mon 23 Nov, 15:00 CET, tomorrow"),
        (NOW, "9:30", "Mon 23 Nov, 09:30 CET, tomorrow"),
        (NOW, "20 november 2026 15:00", "Sun 22 Nov, 15:00 CET, today"),
        (NOW, "sunday 10:00", "Sun 29 Nov, 10:00 CET, in 7 days"),
        (NOW, "2020-01-01T00:00:00Z", "Mon 23 Nov, 01:00 CET, tomorrow"),
    ],
)
def test_what_has_passed_moves_to_the_next_plausible_time(now: datetime, phrase: str, moved_to: str) -> None:
    reading = when.read(phrase, now, BERLIN)
    assert reading.moved
    assert reading.at is not None
    assert when.spell(reading.at, now, BERLIN) == moved_to


def test_day_and_month_go_by_the_language_and_both_readings_are_given() -> None:
    british, american = (when.read("3/4 at 15:00", NOW, BERLIN, tag) for tag in ("en-GB", "en-US"))
    assert british.at == american.other == datetime(2027, 4, 3, 13, 0, tzinfo=UTC)
    assert american.at == british.other == datetime(2027, 3, 4, 14, 0, tzinfo=UTC)
    assert when.read("13/4 at 15:00", NOW, BERLIN).other is None


def test_a_time_that_the_clock_change_skips_is_still_a_time() -> None:
    reading = when.read("28 march 2027 02:30", NOW, BERLIN)
    assert reading.at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_an_unknown_zone_falls_back() -> None:
    assert when.zone_of("Mars/Olympus", "Europe/Berlin").key == "Europe/Berlin"
    assert when.zone_of("../../etc/passwd").key == "UTC"


@pytest.mark.parametrize(
    ("now", "suggested"),
    [
        ("2026-11-23T08:10:00+00:00", "Mon 23 Nov, 10:00 CET, in 50 minutes"),
        ("2026-11-23T08:40:00+00:00", "Mon 23 Nov, 11:00 CET, in 80 minutes"),
        ("2026-11-23T17:00:00+00:00", "Tue 24 Nov, 10:00 CET, tomorrow"),
        ("2026-11-20T17:00:00+00:00", "Mon 23 Nov, 10:00 CET, in 3 days"),
        ("2026-11-23T02:00:00+00:00", "Mon 23 Nov, 10:00 CET, today"),
    ],
)
def test_a_sensible_time_is_within_working_hours(now: str, suggested: str) -> None:
    at = datetime.fromisoformat(now)
    assert when.spell(when.suggest(at, BERLIN), at, BERLIN) == suggested


@given(st.text(max_size=60), st.sampled_from(["en", "de", "xx", "en-US"]))
def test_nothing_that_is_typed_breaks_it(text: str, language: str) -> None:
    reading = when.read(text.replace("$", "1"), NOW, BERLIN, language)
    assert reading.at is None or NOW - timedelta(minutes=1) <= reading.at <= NOW + when.WINDOW


@given(
    st.datetimes(datetime(2026, 11, 22, 12), datetime(2028, 11, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_what_is_spelled_out_is_read_back_the_same(at: datetime, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    at = at.replace(second=0, microsecond=0, tzinfo=UTC)
    local = at.astimezone(zone)
    if local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset():
        return  # an hour that happens twice cannot be told apart
    assert when.read(f"{local:%d %B %Y %H:%M}", NOW, zone).at == at
