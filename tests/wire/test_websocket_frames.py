"""RFC 6455 framing, with wsproto as the oracle."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage
from wsproto.events import Ping as OraclePing
from wsproto.events import Pong as OraclePong
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from ccm.wire import websocket as ws


def masked(
    opcode: int, payload: bytes, *, final: bool = True, mask: bytes = b"\x01\x02\x03\x04", first: int = 0
) -> bytes:
    length = len(payload)
    head = bytes([(0x80 if final else 0) | opcode | first])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + length.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def events_of(data: bytes, chunk: int | None = None, **limits: int) -> list[ws.Event]:
    frames = ws.Frames(**limits)
    step = chunk or max(len(data), 1)
    found: list[ws.Event] = []
    for at in range(0, len(data), step):
        found.extend(frames.receive(data[at : at + step]))
    return found


def code_of(data: bytes, **limits: int) -> int:
    with pytest.raises(ws.FrameError) as caught:
        events_of(data, **limits)
    return caught.value.code


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65535, 65536, 262144])
@pytest.mark.parametrize("chunk", [None, 1000])
def test_a_message_of_every_length_form_arrives(length: int, chunk: int | None) -> None:
    assert events_of(masked(ws.TEXT, b"x" * length), chunk) == [ws.Message(b"x" * length)]


def test_a_message_cut_anywhere_arrives() -> None:
    data = masked(ws.TEXT, "<a>hé😀</a>".encode()) + masked(ws.PING, b"p") + masked(ws.TEXT, b"b" * 300)
    for chunk in range(1, 20):
        assert events_of(data, chunk) == [ws.Message("<a>hé😀</a>".encode()), ws.Ping(b"p"), ws.Message(b"b" * 300)]


def test_fragments_are_joined_and_control_frames_may_stand_between_them() -> None:
    data = masked(ws.TEXT, "é".encode()[:1], final=False) + masked(ws.PING, b"?") + masked(0, "é".encode()[1:])
    assert events_of(data) == [ws.Ping(b"?"), ws.Message("é".encode())]


def test_sixteen_fragments_are_enough_and_seventeen_too_many() -> None:
    parts = [masked(ws.TEXT, b"a", final=False)] + [masked(0, b"a", final=False) for _ in range(14)]
    assert events_of(b"".join([*parts, masked(0, b"a")])) == [ws.Message(b"a" * 16)]
    assert code_of(b"".join([*parts, masked(0, b"a", final=False), masked(0, b"a")])) == ws.POLICY


def test_a_message_over_the_limit_is_refused_before_its_payload_arrives() -> None:
    assert code_of(masked(ws.TEXT, b"x" * 101)[:8], max_bytes=100) == ws.TOO_BIG
    assert code_of(bytes([0x81, 0xFF]) + (2**62).to_bytes(8, "big")) == ws.TOO_BIG


def test_fragments_together_are_held_to_the_limit() -> None:
    assert code_of(masked(ws.TEXT, b"x" * 60, final=False) + masked(0, b"x" * 60), max_bytes=100) == ws.TOO_BIG


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (masked(ws.BINARY, b"x"), ws.UNSUPPORTED),
        (b"\x81\x01x", ws.PROTOCOL_ERROR),  # not masked
        (masked(ws.TEXT, b"x", first=0x40), ws.PROTOCOL_ERROR),  # RSV1
        (masked(3, b"x"), ws.PROTOCOL_ERROR),
        (masked(0xB, b"x"), ws.PROTOCOL_ERROR),
        (masked(0, b"x"), ws.PROTOCOL_ERROR),  # continuation of nothing
        (masked(ws.TEXT, b"x", final=False) + masked(ws.TEXT, b"y"), ws.PROTOCOL_ERROR),
        (masked(ws.PING, b"x" * 126), ws.PROTOCOL_ERROR),
        (masked(ws.PING, b"x", final=False), ws.PROTOCOL_ERROR),
        (masked(ws.TEXT, b"\xff"), ws.INVALID_TEXT),
        (masked(ws.TEXT, b"\xed\xa0\x80"), ws.INVALID_TEXT),
        (masked(ws.CLOSE, b"\x03"), ws.PROTOCOL_ERROR),
        (masked(ws.CLOSE, (1005).to_bytes(2, "big")), ws.PROTOCOL_ERROR),
        (masked(ws.CLOSE, (1000).to_bytes(2, "big") + b"\xff"), ws.INVALID_TEXT),
        (bytes([0x81, 0x80 | 126, 0, 5]) + b"mmmmhello", ws.PROTOCOL_ERROR),  # not the shortest length
    ],
)
def test_what_breaks_the_framing_is_refused_with_its_code(frame: bytes, code: int) -> None:
    assert code_of(frame) == code


def test_nothing_is_kept_or_heard_after_a_broken_frame() -> None:
    frames = ws.Frames()
    with pytest.raises(ws.FrameError):
        list(frames.receive(masked(ws.BINARY, b"x" * 1_000)))
    for _ in range(3):
        assert list(frames.receive(masked(ws.TEXT, b"late"))) == []
    assert frames._buffer == b""


def test_nothing_is_heard_after_a_close_frame() -> None:
    data = masked(ws.CLOSE, (1000).to_bytes(2, "big") + b"bye") + masked(ws.TEXT, b"late")
    assert events_of(data) == [ws.Close(1000, "bye")]


def test_the_accept_key_is_that_of_the_rfc() -> None:
    assert ws.accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536])
def test_our_frames_are_what_a_client_reads(length: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(ws.text(b"x" * length) + ws.ping(b"p") + ws.close(1008, "ü" * 100))
    got = list(client.events())
    assert "".join(e.data for e in got if isinstance(e, TextMessage)) == "x" * length
    assert [bytes(e.payload) for e in got if isinstance(e, OraclePing)] == [b"p"]
    assert [e.code for e in got if isinstance(e, CloseConnection)] == [1008]


def oracle(data: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    server, found, text = Connection(ConnectionType.SERVER), [], ""
    try:
        server.receive_data(data)
        for event in server.events():
            match event:
                case TextMessage():
                    text += event.data
                    if event.message_finished:
                        found.append(("message", text.encode()))
                        text = ""
                case BytesMessage():
                    return found, False
                case OraclePing():
                    found.append(("ping", bytes(event.payload)))
                case OraclePong():
                    found.append(("pong", bytes(event.payload)))
                case CloseConnection():
                    if server.state is not ConnectionState.REMOTE_CLOSING:
                        return found, False  # the oracle's own refusal
                    found.append(("close", str(event.code).encode()))
                    break
    except (RemoteProtocolError, LocalProtocolError):
        return found, False
    return found, True


def ours(data: bytes, chunk: int) -> tuple[list[tuple[str, bytes]], bool]:
    """Events, and whether all was accepted; what is wrong with an unfinished message shows only at its end."""
    frames, found = ws.Frames(), []
    try:
        for at in range(0, len(data), chunk):
            for event in frames.receive(data[at : at + chunk]):
                payload = str(event.code).encode() if isinstance(event, ws.Close) else event.payload
                found.append((type(event).__name__.lower(), payload))
        if frames._fragments is not None:
            list(frames.receive(masked(0, b"")))
    except ws.FrameError:
        return found, False
    return found, True


frames = st.builds(
    lambda opcode, payload, final, first, mask: masked(opcode, payload, final=final, first=first, mask=mask),
    st.sampled_from([0, 1, 1, 1, 2, 3, 8, 9, 10, 11]),
    st.one_of(st.text(max_size=40).map(str.encode), st.binary(max_size=130)),
    st.booleans(),
    st.sampled_from([0, 0, 0, 0, 0x40, 0x10]),
    st.binary(min_size=4, max_size=4),
)


@settings(max_examples=int(os.environ.get("CCM_FUZZ_CASES", "300")), deadline=None)
@given(st.lists(frames, min_size=1, max_size=6).map(b"".join), st.integers(1, 64))
def test_the_oracle_reads_the_same_from_frames_of_every_kind(data: bytes, chunk: int) -> None:
    expected, sound = oracle(data)
    got, accepted = ours(data, chunk)
    common = min(len(got), len(expected))
    assert got[:common] == expected[:common]
    if accepted and sound:
        assert got[: len(expected)] == expected
    if not sound and accepted:
        pytest.fail(f"accepted what the oracle refuses: {data!r}")


@settings(max_examples=int(os.environ.get("CCM_FUZZ_CASES", "300")), deadline=None)
@given(st.binary(max_size=200), st.integers(1, 64))
def test_arbitrary_bytes_never_raise_anything_but_a_frame_error(data: bytes, chunk: int) -> None:
    ours(data, chunk)
