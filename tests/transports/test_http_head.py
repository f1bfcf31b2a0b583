"""Request heads are read in one way only."""

import pytest

from ccm.transports.http_head import BadHead, Heads, parse


def status_of(text: bytes) -> int:
    with pytest.raises(BadHead) as caught:
        parse(text.replace(b"\n", b"\r\n"))
    return caught.value.status


def head(text: bytes):  # type: ignore[no-untyped-def]
    return parse(text.replace(b"\n", b"\r\n"))


def test_a_plain_request_is_read() -> None:
    got = head(b"POST /http-bind?x=1 HTTP/1.1\nHost: a.example:5280\nContent-Length: 12\nX-A: b c ")
    assert (got.method, got.path, got.target, got.length) == (b"POST", b"/http-bind", b"/http-bind?x=1", 12)
    assert got.fields[b"x-a"] == b"b c"
    assert got.keep_alive


@pytest.mark.parametrize(
    "text",
    [
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: identity",
        b"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked",
        b"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: xchunked",
        b"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTransfer-Encoding: identity",
        b"POST / HTTP/1.0\nHost: a\nTransfer-Encoding: chunked",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 3\nContent-Length: 3",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 3, 3",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: +3",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 0x3",
        b"POST / HTTP/1.1\nHost: a\nContent-Length : 3",
        b"POST / HTTP/1.1\nHost: a\n Content-Length: 3",
        b"POST / HTTP/1.1\nHost: a\nX: b\n\tfolded",
        b"POST / HTTP/1.1\nHost: a\nX: b\x00",
        b"POST / HTTP/1.1\nHost: a\nX\xff: b",
        b"POST / HTTP/1.1\nHost: a\nHost: a",
        b"POST / HTTP/1.1\nHost: a@b",
        b"POST / HTTP/1.1\nHost:",
        b"POST / HTTP/1.1",
        b"POST /  HTTP/1.1\nHost: a",
        b"POST / HTTP/2.0\nHost: a",
        b"POST / http/1.1\nHost: a",
        b"POST http-bind HTTP/1.1\nHost: a",
        b"POST /\xc3\xa4 HTTP/1.1\nHost: a",
        b"POST /",
    ],
)
def test_what_two_readers_could_take_in_two_ways_is_refused(text: bytes) -> None:
    assert status_of(text) == 400


def test_a_bare_line_feed_does_not_end_a_field() -> None:
    with pytest.raises(BadHead):
        parse(b"POST / HTTP/1.1\r\nHost: a\nContent-Length: 3")


def test_connection_close_and_http_1_0_end_the_connection() -> None:
    assert not head(b"GET / HTTP/1.1\nHost: a\nConnection: keep-alive, Close").keep_alive
    assert not head(b"GET / HTTP/1.0").keep_alive


def test_cookies_in_several_fields_stay_cookies() -> None:
    assert head(b"GET / HTTP/1.1\nHost: a\nCookie: a=1\nCookie: b=2").fields[b"cookie"] == b"a=1; b=2"


def test_distinct_heads_are_remembered_in_bounded_number() -> None:
    heads = Heads(remembered=2)
    first = heads.parse(b"GET /1 HTTP/1.1\r\nHost: a")
    assert heads.parse(b"GET /1 HTTP/1.1\r\nHost: a") is first
    for n in range(5):
        heads.parse(b"GET /%d HTTP/1.1\r\nHost: a" % n)
    assert len(heads._known) <= 2
