"""Who claims a stanza: the more special first, whatever senders call theirs."""

from ccm.router.claims import Claims
from ccm.wire.stanza import Stanza

PING = ("urn:xmpp:ping", "ping")


def a_request(type_: str | None, payload: tuple[str, str] | None) -> Stanza:
    return Stanza("iq", {"type": type_} if type_ else {}, b"", (payload,) if payload else ())


def table() -> Claims:
    claims = Claims("iq")
    for type_, payload in (("get", PING), (None, PING), ("get", None), (None, None)):
        claims.set(type_, payload, (lambda _stanza, _origin, told=(type_, payload): told,))
    return claims


def told(claims: Claims, stanza: Stanza) -> list[object]:
    return [handler(stanza, None) for handler in claims.of(stanza)]


def test_the_more_special_claim_comes_first() -> None:
    claims = table()
    assert told(claims, a_request("get", PING)) == [("get", PING), (None, PING), ("get", None), (None, None)]
    assert told(claims, a_request("set", PING)) == [(None, PING), (None, None)]
    assert told(claims, a_request("get", ("urn:other", "ping"))) == [("get", None), (None, None)]
    assert told(claims, a_request(None, None)) == [("get", None), (None, None)]


def test_a_later_claim_is_heeded_although_one_like_it_was_looked_up() -> None:
    claims = Claims("iq")
    assert not claims.of(a_request("get", PING))
    claims.set("get", PING, (lambda _stanza, _origin: "here",))
    assert told(claims, a_request("get", PING)) == ["here"]


def test_names_that_only_senders_know_are_remembered_as_one() -> None:
    claims = table()
    for number in range(100):
        claims.of(a_request(f"type{number}", (f"urn:{number}", "x")))
    assert len(claims._found) == 1
