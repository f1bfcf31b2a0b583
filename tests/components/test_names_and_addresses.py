"""Names that are guessed and varied, and addresses as people type them."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.components import mail_address, mail_domains, names
from ccm.errors import StanzaError


@pytest.mark.parametrize(
    ("typed", "address", "name"),
    [
        ("kim@example.org", "kim@example.org", "Kim"),
        ("Kim Lee <Kim.Lee@Example.ORG>", "Kim.Lee@example.org", "Kim Lee"),
        ("kim.lee+x@example.org,", "kim.lee+x@example.org", "Kim Lee"),
        ("mailto:kim@example.org", "kim@example.org", "Kim"),
        ('"Lee, Kim" <kim@example.org>', "kim@example.org", "Lee, Kim"),
        ("Kim kim@example.org", "kim@example.org", "Kim"),
        (" kim@bücher.example ", "kim@bücher.example", "Kim"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: str, name: str) -> None:
    found = mail_address.read(typed)
    assert (found.address, found.name) == (address, name)


@pytest.mark.parametrize(
    "typed",
    ["", "kim", "kim@", "@example.org", "a@example.org, b@example.org", "kim@example.org\nBcc: x@y.org", "k" * 400],
)
def test_what_is_no_single_address_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(StanzaError) as refused:
        mail_address.read(typed)
    assert refused.value.condition == "not-acceptable"
    assert refused.value.text.endswith(".")


def test_the_servers_own_domain_is_accepted_however_short() -> None:
    assert mail_address.read("kim@localhost", "localhost").address == "kim@localhost"


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("gmail.com", ""),
        ("gmx.net", ""),
        ("gmx.de", ""),
        ("example.org", ""),
        ("mail.com", ""),
    ],
)
def test_a_slip_of_a_common_domain_is_suspected(domain: str, meant: str) -> None:
    assert mail_domains.near(domain) == meant


def test_names_are_guessed_from_who_takes_part() -> None:
    assert names.guess("Ann", "Kim") == "Ann and Kim"
    assert names.guess("Ann", "Kim, Bob") == "Ann, Kim and Bob"
    assert names.guess("Ann", "Kim, Bob, Cy, Di") == "Ann, Kim, Bob and 2 others"
    assert names.guess("Ann") == "Ann’s talk"
    assert names.guess("James") == "James’ talk"


def test_a_taken_name_is_varied_until_it_is_free() -> None:
    assert names.vary("Audit", ()) == "Audit"
    assert names.vary("Audit", ("audit",)) == "Audit (2)"
    assert names.vary("Audit", ("Audit", "Audit (2)")) == "Audit (3)"
    assert names.vary("Audit (2)", ("Audit", "Audit (2)")) == "Audit (3)"


@given(st.text(max_size=20), st.sets(st.text(max_size=10), max_size=5))
def test_a_varied_name_is_never_taken(name: str, taken: set[str]) -> None:
    assert names.vary(name, taken).casefold() not in {other.casefold() for other in taken}


@given(st.text(max_size=300))
def test_a_clean_name_is_one_short_line(text: str) -> None:
    cleaned = names.clean(text)
    assert len(cleaned) <= names.MAX_CHARACTERS
    assert cleaned == names.clean(cleaned)
    assert cleaned.isprintable() or not cleaned.isascii()


def test_a_variant_by_the_day_comes_before_a_number() -> None:
    assert names.vary("Audit", ("Audit",), "24 Nov") == "Audit, 24 Nov"
    assert names.vary("Audit", ("Audit", "Audit, 24 Nov"), "24 Nov") == "Audit (2)"


@pytest.mark.parametrize("part", ["<a mailto:", "a@", "a", "'", " at ", "<p", "a ", "a@b.c ", '"', ", a"])
def test_a_paste_made_to_be_slow_is_read_soon(part: str) -> None:
    begun = process_time()
    mail_address.read_all(part * (4000 // len(part)))
    assert process_time() - begun < 2
