"""
Tables of what people type: times, names of topics, addresses.

``tables/*_by_others.tsv`` were written by somebody who had not read the code. ``|`` stands between readings that are
all right, ``?`` for what must be asked about, a date alone for any time of that day.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccm.components import mail_address, names, when

TABLES = Path(__file__).parent / "tables"


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.tsv").open(encoding="utf-8", newline="") as table:
        found = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [{key: value or "" for key, value in row.items()} for row in found]


def unescaped(text: str) -> str:
    for written, meant in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r")):
        text = text.replace(written, meant)
    return text


def read(row: dict[str, str]) -> Any:
    now = datetime.fromisoformat(row["now"]).astimezone(UTC)
    return when.read(row["phrase"], now, ZoneInfo(row["zone"]), row["language"])


def means(reading: Any, expected: str, zone: ZoneInfo) -> bool:
    if expected in ("?", "now"):
        return reading.at is None and reading.open == (expected == "now")
    if reading.at is None:
        return False
    if len(expected) == len("2026-11-24"):
        return bool(reading.at.astimezone(zone).date().isoformat() == expected)
    return bool(reading.at == datetime.fromisoformat(expected))


@pytest.mark.parametrize(
    "row", rows("dates") + rows("dates_by_others"), ids=lambda row: f"{row['language']} {row['phrase']}"
)
def test_a_time_is_read_or_asked_about(row: dict[str, str]) -> None:
    reading = read(row)
    expected = [each.strip() for each in row["expected"].split("|")]
    assert any(means(reading, each, ZoneInfo(row["zone"])) for each in expected), reading
    if row["minutes"]:
        assert str(reading.minutes) == row["minutes"]
    if "moved" in row:
        assert reading.moved == (row["moved"] == "yes")
    if row.get("other"):
        assert reading.other == datetime.fromisoformat(row["other"])


def test_the_tables_are_as_large_as_they_should_be() -> None:
    own, others = rows("dates"), rows("dates_by_others")
    assert len(own) >= 120
    assert len(others) == 40
    assert {row["language"] for row in own} >= {"en", "de", "fr", "nl"}


@pytest.mark.parametrize("row", rows("names_by_others"), ids=lambda row: row["typed"][:30] or row["invitee"])
def test_a_topic_gets_a_name_that_somebody_else_expects(row: dict[str, str]) -> None:
    taken = [each for each in row["existing"].split(";") if each]
    typed = names.clean(unescaped(row["typed"]))
    name = names.vary(typed or names.guess(row["inviter"], row["invitee"]), taken)
    assert name in [each.strip() for each in row["expected"].split("|")]


@pytest.mark.parametrize("row", rows("addresses_by_others"), ids=lambda row: row["pasted"][:40])
def test_pasted_addresses_are_found_by_somebody_elses_count(row: dict[str, str]) -> None:
    found = mail_address.read_all(unescaped(row["pasted"])).addresses
    expected = [] if row["expected"] == "?" else row["expected"].split()
    assert [each.address.lower() for each in found] == [each.lower() for each in expected]
    suspected = [f"{domain(each.address)}->{domain(each.suspected)}" for each in found if each.suspected]
    assert " ".join(suspected) == row["suspect"]


def domain(address: str) -> str:
    return address.rpartition("@")[2]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Shall we talk about the licence audit?", "Licence audit"),
        ("Let's discuss the new bridge tomorrow.", "New bridge"),
        ("Können wir morgen über das Budget 2027 sprechen?", "Budget 2027"),
        ("On pourrait parler de la réunion de lundi ?", "Réunion de lundi"),
        ("Kunnen we praten over de nieuwe website?", "Nieuwe website"),
        ("Re: Offer of the printer", "Offer of the printer"),
        ("Garden party", "Garden party"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_a_name_is_taken_from_what_was_said(said: str, name: str) -> None:
    assert names.from_talk(said) == name


@pytest.mark.parametrize(
    ("pasted", "found", "words"),
    [
        ("Ann <ann@x.org>; bob@y.org", {"ann@x.org": "Ann", "bob@y.org": "Bob"}, ()),
        ("ann@x.org, Bob Lee <bob@y.org>, carl", {"ann@x.org": "Ann", "bob@y.org": "Bob Lee"}, ("carl",)),
        ("Lee, Kim <kim@x.org>; Doe, J <j@y.org>", {"kim@x.org": "Lee, Kim", "j@y.org": "Doe, J"}, ()),
        ("please invite kim@x.org and bob@y.org", {"kim@x.org": "Kim", "bob@y.org": "Bob"}, ()),
        (
            "1. kim@x.org\n2. Bob (bob@y.org)\n- carl@z.org",
            {"kim@x.org": "Kim", "bob@y.org": "Bob", "carl@z.org": "Carl"},
            (),
        ),
        ("kim (at) x (dot) org", {"kim@x.org": "Kim"}, ()),
        ("kim at x dot org", {"kim@x.org": "Kim"}, ()),
        ("To: Kim <kim@x.org>\nCc: Bob <bob@y.org>", {"kim@x.org": "Kim", "bob@y.org": "Bob"}, ()),
        ("Kim Lee\tkim@x.org\nBob\tbob@y.org", {"kim@x.org": "Kim Lee", "bob@y.org": "Bob"}, ()),
        ("KIM@x.org kim@x.org", {"KIM@x.org": "Kim"}, ()),
        ('<a href="mailto:kim@x.org?subject=Hi">Kim</a>', {"kim@x.org": "Kim"}, ()),
        ("kim＠x.org", {"kim@x.org": "Kim"}, ()),
        ("sunshine", {}, ("sunshine",)),
    ],
)
def test_addresses_are_found_in_what_was_pasted(pasted: str, found: dict[str, str], words: tuple[str, ...]) -> None:
    read = mail_address.read_all(pasted)
    assert {each.address: each.name for each in read.addresses} == found
    assert read.words == words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kim@gmial.com", "kim@gmail.com"),
        ("kim@gmail", "kim@gmail.com"),
        ("kim@gmailcom", "kim@gmail.com"),
        ("kim@gmail.con", "kim@gmail.com"),
        ("kim@example.con", "kim@example.com"),
        ("kim@example,com", "kim@example.com"),
        ("kim@example..org", "kim@example.org"),
        ("kim@yahoo.co", "kim@yahoo.com"),
        ("kim@hotmail.fr", ""),
        ("kim@yahoo.co.uk", ""),
    ],
)
def test_a_domain_that_looks_mistyped_is_suspected(typed: str, meant: str) -> None:
    (found,) = mail_address.read_all(typed).addresses
    assert found.suspected == meant
