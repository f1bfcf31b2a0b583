"""The small parts on their own: nicks, buckets, flights, history, forms."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ccm.errors import StanzaError, StoreUnavailable
from ccm.muc import config, nick
from ccm.muc.flight import Flights
from ccm.muc.history import History, Line, Wish
from ccm.muc.limits import Bucket, Buckets
from ccm.wire import forms
from ccm.wire.fanout import FanOut
from ccm.wire.stamps import moment, stamp
from ccm.wire.stanza import Stanza, parse_element


@pytest.mark.parametrize(
    ("one", "other"),
    [("Alice", "ALICE"), ("Alice", "Аlice"), ("Ann Lee", "AnnLee"), ("Ａnn", "Ann"), ("Ann\u115f", "Ann")],
)
def test_nicks_that_look_the_same_have_one_key(one, other):
    assert nick.key(one) == nick.key(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("Ann", "Änn"), ("李雷", "李磊")])
def test_nicks_that_look_different_have_two_keys(one, other):
    assert nick.key(one) != nick.key(other)


@given(st.text(max_size=70))
def test_any_text_is_a_nick_or_refused_with_a_condition(text):
    try:
        checked = nick.check(text, 64)
    except StanzaError as error:
        assert error.condition in ("jid-malformed", "not-acceptable")
    else:
        assert nick.check(checked, 256) == checked, "what was accepted is accepted again"
        assert checked == checked.strip()


def test_a_bucket_regains_with_time_and_never_more_than_its_burst():
    bucket = Bucket()
    assert [bucket.take(0.0, 1.0, 2) for _ in range(3)] == [True, True, False]
    assert bucket.take(1.0, 1.0, 2)
    assert [bucket.take(100.0, 1.0, 2) for _ in range(3)] == [True, True, False]
    assert bucket.take(50.0, 1.0, 2) is False, "a clock that goes back gives nothing"


def test_buckets_forget_the_one_longest_unused():
    buckets = Buckets(most=2)
    for name in ("a", "b", "c"):
        assert buckets.take(name, 0.0, 0.001, 1)
    assert not buckets.take("c", 0.0, 0.001, 1)
    assert buckets.take("a", 0.0, 0.001, 1), "forgotten, thus full again"


def template(text):
    inner = f"<body>{text}</body>".encode()
    return FanOut(Stanza("message", {"type": "groupchat"}, inner, (("jabber:client", "body"),)), "room@x/n")


@given(st.lists(st.sampled_from(["now", "kept", "lost"]), max_size=12), st.randoms(use_true_random=False))
def test_flights_land_in_their_order_however_the_commits_come(kinds, random):
    seen, lost = [], []
    flights = Flights(lambda t: seen.append(t.stanza.child_text("body")), {})
    waiting = []
    for number, kind in enumerate(kinds):
        if kind == "now":
            flights.now(template(number))
        else:
            kept = Deferred()
            flights.after(kept, template(number), None, lost.append, f"{number:03}")
            waiting.append((kept, kind))
    random.shuffle(waiting)
    for kept, kind in waiting:
        if kind == "kept":
            kept.callback(None)
        else:
            kept.errback(Failure(StoreUnavailable("x")))
    assert seen == [str(n) for n, kind in enumerate(kinds) if kind != "lost"]
    assert len(lost) == kinds.count("lost") and len(flights) == 0


def test_history_is_bounded_in_lines_and_bytes():
    history = History(3, 10_000)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(5):
        history.add(Line(str(number), now, template(number)))
    assert [line.id for line in history] == ["2", "3", "4"]
    small = History(100, Line("", now, template(0)).size * 2)
    for number in range(5):
        small.add(Line(str(number), now, template(number)))
    assert len(small) == 2
    small.forget("4")
    assert [line.id for line in small] == ["3"]
    assert small.select(Wish(chars=0), 10) == []


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000Z"])
def test_times_of_every_zone_are_read(value):
    assert stamp(moment(value)) == "2026-01-01T00:00:00.000Z"


def test_a_configuration_survives_being_saved_and_unknown_keys():
    made = config.RoomConfig(name="x", broadcast=("moderator",), whois="anyone", max_users=7)
    assert config.from_plain(config.to_plain(made) | {"secret": "00", "future": 1}) == made


def test_a_form_of_another_kind_is_refused():
    element = parse_element(forms.form("submit", "urn:other", []))
    with pytest.raises(StanzaError, match="FORM_TYPE"):
        forms.read(element, config.ROOMCONFIG)


@given(
    st.dictionaries(
        st.sampled_from(["whois", "maxusers", "roomname", "membersonly", "presencebroadcast"]),
        st.lists(st.text(max_size=8), max_size=3),
    )
)
def test_any_submitted_values_make_a_configuration_or_are_refused(values):
    submitted = {f"muc#roomconfig_{name}": listed for name, listed in values.items()}
    try:
        new = config.submitted(config.RoomConfig(), submitted, 100, 100)
    except StanzaError as error:
        assert error.condition in ("bad-request", "not-acceptable")
    else:
        assert config.from_plain(config.to_plain(new)) == new and 0 <= new.max_users <= 100
