"""What people type about themselves, the limits by network, and times as pages say them."""

from datetime import UTC, datetime, timedelta

import pytest

from ccm import people
from ccm.testing.moments import Moments
from ccm.web.forms import Rate, network
from ccm.web.times import spoken


def test_a_mail_address_is_normalised():
    assert people.mail_address("Ann@EXAMPLE.com") == "Ann@example.com"


@pytest.mark.parametrize("typed", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@exa\nmple.com"])
def test_what_is_no_mail_address_is_told_at_its_field(typed):
    with pytest.raises(people.Mistake) as caught:
        people.mail_address(typed)
    assert caught.value.field == "address"


@pytest.mark.parametrize(
    ("address", "name"), [("ann@x.org", "Ann"), ("ann.de_visser+ccm@x.org", "Ann De Visser Ccm"), ("j-p@x.org", "J P")]
)
def test_a_name_is_made_of_the_mail_address(address, name):
    assert people.display_name("", address) == name


def test_a_name_is_tidied():
    assert people.display_name("  Ann \t Visser ", "a@x.org") == "Ann Visser"


def test_a_chat_address_may_be_typed_with_its_host():
    assert people.chat_address("Zoe@x.org", "z@mail", "x.org", lambda _: False, may_vary=False) == "zoe@x.org"
    with pytest.raises(people.Mistake):
        people.chat_address("zoe@other.org", "z@mail", "x.org", lambda _: False, may_vary=False)


def test_a_derived_chat_address_takes_the_next_free_number():
    taken = {"zoe@x.org", "zoe2@x.org"}
    assert people.chat_address("", "zoe@mail.org", "x.org", taken.__contains__, may_vary=False) == "zoe3@x.org"
    assert people.chat_address("", "admin@mail.org", "x.org", lambda _: False, may_vary=False) == "admin2@x.org"
    assert people.chat_address("", "\u00fc@mail.org", "x.org", lambda _: False, may_vary=False) == "me@x.org"


def test_a_password_is_prepared_as_clients_do():
    assert people.password("four plain w\u00f6rds", 10) == "four plain w\u00f6rds"
    assert people.password("four plain wo\u0308rds", 10) == "four plain w\u00f6rds"


def test_places_are_ipv4_addresses_and_ipv6_networks():
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network("unix") == "unix"


def test_a_rate_counts_by_place_and_forgets_with_time():
    clock = Moments()
    rate = Rate(2, 60, clock.seconds)
    assert [rate.allow("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert rate.allow("192.0.2.2")
    clock.advance(61)
    assert rate.allow("192.0.2.1")


def test_a_rate_of_zero_limits_nothing():
    rate = Rate(0, 60, Moments().seconds)
    assert all(rate.allow("192.0.2.1") for _ in range(100))


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "zone", "words"),
    [
        (timedelta(days=2, hours=2), "Europe/Berlin", "Tue 24 Nov, 15:00 CET, in 2 days"),
        (timedelta(hours=3), "UTC", "Sun 22 Nov, 15:00 UTC, today"),
        (timedelta(hours=11, minutes=30), "Europe/Berlin", "Mon 23 Nov, 00:30 CET, tomorrow"),
        (timedelta(days=-1), "UTC", "Sat 21 Nov, 12:00 UTC, yesterday"),
        (timedelta(days=-3), "Nowhere/At_all", "Thu 19 Nov, 12:00 UTC, 3 days ago"),
    ],
)
def test_a_time_is_told_with_day_zone_and_distance(later, zone, words):
    assert spoken(NOW + later, zone, NOW) == words
