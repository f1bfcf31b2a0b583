"""Whatever a client says first in SCRAM (RFC 5802 §7), it is understood as written or refused as malformed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.errors import SaslError
from ccm.session.scram import ClientFirst

_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
_FLAGS = st.sampled_from(["n", "y", "p=tls-exporter", "p=tls-server-end-point"])
_NONCES = st.text(string.ascii_letters + string.digits + "+/=", min_size=1, max_size=40)


def escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


@given(flag=_FLAGS, authzid=st.one_of(st.just(""), _NAMES), name=_NAMES, nonce=_NONCES)
def test_every_part_comes_back_as_it_was_meant(flag: str, authzid: str, name: str, nonce: str) -> None:
    middle = f"a={escaped(authzid)}" if authzid else ""
    first = ClientFirst.parse(f"{flag},{middle},n={escaped(name)},r={nonce}".encode())
    assert (first.flag, first.authzid, first.name, first.nonce) == (flag, authzid, name, nonce)
    assert first.gs2_header == f"{flag},{middle},"


@given(st.binary(max_size=200))
def test_anything_else_is_malformed_and_nothing_worse(data: bytes) -> None:
    try:
        ClientFirst.parse(data)
    except SaslError as error:
        assert error.condition == "malformed-request"


@pytest.mark.parametrize("flag", ["", "x", "p", "P=tls-exporter", "ny"])
def test_a_flag_that_nobody_knows_is_malformed(flag: str) -> None:
    with pytest.raises(SaslError) as refused:
        ClientFirst.parse(f"{flag},,n=ann,r=abc".encode())
    assert refused.value.condition == "malformed-request"
