"""Strangers choose addresses: whatever they write is an address or is refused, and has one form alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm import address
from ccm.errors import StanzaError

_LETTERS = st.one_of(st.text(max_size=12), st.text(alphabet="aA.@/-ßİ。．｡ \u200b", max_size=14))


@pytest.mark.parametrize(
    "jid", [".", "..", ".example.org", "a..b", "A..b", "ann@.", "ann@.example.org/x", "a。。b", "a.-b"]
)
def test_a_domain_with_a_label_that_is_none_is_refused(jid: str) -> None:
    with pytest.raises(StanzaError) as caught:
        address.prepare(jid)
    assert caught.value.condition == "jid-malformed"


@pytest.mark.parametrize("jid", ["example.org.", "Example.Org.", "example。org。"])
def test_a_dot_at_the_end_of_a_domain_makes_no_other_domain(jid: str) -> None:  # RFC 7622 §3.2
    assert address.prepare(jid) == "example.org"
    assert address.prepare(f"ann@{jid}/phone") == "ann@example.org/phone"


@given(_LETTERS)
def test_whatever_is_written_is_refused_or_has_one_form(written: str) -> None:
    try:
        jid = address.prepare(written)
    except StanzaError:
        return
    assert address.prepare(jid) == jid
    assert address.join(*address.split(jid)) == jid
    assert not address.domain(jid).endswith(".")
