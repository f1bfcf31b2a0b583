"""Who may come in: by address, over all doors, and how long those wait who failed to sign in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.errors import ConfigError
from ccm.session.visitors import Refused, VisitorOptions, Visitors, unlimited


class Watch:
    """A clock."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def visitors(**options: object) -> tuple[Visitors, Watch]:
    watch = Watch()
    return Visitors(VisitorOptions(**options), watch), watch  # type: ignore[arg-type]


def test_sixteen_strangers_and_sixty_four_known_clients_of_an_address_may_be_here() -> None:
    here, _ = visitors()
    visits = []
    for _ in range(64):
        visits.append(here.enter("192.0.2.1"))
        visits[-1].signed_in()
    with pytest.raises(Refused, match="too many connections"):
        here.enter("192.0.2.1")
    visits.pop().leave()
    here.enter("192.0.2.1")
    for _ in range(16):
        here.enter("192.0.2.2")
    with pytest.raises(Refused, match="have not signed in"):
        here.enter("192.0.2.2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_network_of_64_bits_counts_as_one_address(one: str, other: str, same: bool) -> None:
    here, _ = visitors()
    assert (here.counted(one) == here.counted(other)) is same


def test_exempt_networks_are_not_counted() -> None:
    here, _ = visitors(exempt=("127.0.0.0/8", "::1"), sessions_per_address=1, accepts_per_second=1)
    for peer in ("127.0.0.1", "127.3.4.5", "::1", "::ffff:127.0.0.1"):
        for _ in range(5):
            here.connected(peer)
            here.enter(peer)
    here.enter("192.0.2.1")
    with pytest.raises(Refused):
        here.enter("192.0.2.1")


def test_an_exemption_that_is_no_address_stops_the_start_with_its_remedy() -> None:
    with pytest.raises(ConfigError, match=r"visitors.exempt: 'localhost' is no address; write 192\.0\.2\.7"):
        visitors(exempt=("localhost",))


def test_connections_are_limited_by_second_and_in_all() -> None:
    here, watch = visitors(accepts_per_second=50, max_connections=120)
    for _ in range(50):
        here.connected("192.0.2.1")
    with pytest.raises(Refused, match="Wait a second"):
        here.connected("192.0.2.1")
    here.connected("192.0.2.2")
    watch.seconds += 1
    for _ in range(50):
        here.connected("192.0.2.1")
    for number in range(19):
        here.connected(f"192.0.2.{number + 10}")
    with pytest.raises(Refused, match="The server is full"):
        here.connected("192.0.2.200")
    here.disconnected()
    here.connected("192.0.2.200")


def test_without_limits_everybody_comes_in() -> None:
    here = unlimited()
    for _ in range(1_000):
        here.connected("192.0.2.1")
        here.enter("192.0.2.1")
        here.attempts.failed("192.0.2.1", "ann")
    assert here.attempts.wait("192.0.2.1", "ann") == 0
    assert not here.attempts.refused("192.0.2.1")


@given(st.lists(st.tuples(st.sampled_from(["enter", "sign", "leave", "leave again"]), st.integers(0, 9)), max_size=60))
def test_whatever_order_visits_come_and_go_nothing_stays_counted(steps: list[tuple[str, int]]) -> None:
    here, _ = visitors(sessions_per_address=5, strangers_per_address=3)
    visits: list = []  # type: ignore[type-arg]
    gone: list = []  # type: ignore[type-arg]
    for step, number in steps:
        if step == "enter":
            try:
                visits.append(here.enter("192.0.2.1"))
            except Refused:
                assert len(visits) >= 3
        elif step == "sign" and visits:
            visits[number % len(visits)].signed_in()
        elif step == "leave" and visits:
            gone.append(visits.pop(number % len(visits)))
            gone[-1].leave()
        elif gone:
            gone[number % len(gone)].leave()
        assert here._sessions.get("192.0.2.1", 0) == len(visits) <= 5
    for visit in visits:
        visit.leave()
    assert here._sessions == here._strangers == {}


# ---- failed sign-ins


def test_after_three_failures_each_attempt_waits_twice_as_long_up_to_thirty_seconds() -> None:
    attempts = visitors(failures=0)[0].attempts
    waits = []
    for _ in range(10):
        waits.append(attempts.wait("192.0.2.1", "ann@localhost"))
        attempts.failed("192.0.2.1", "ann@localhost")
    assert waits[:3] == [0, 0, 0] and waits[3] == 1
    assert waits == sorted(waits) and waits[-1] == 30


def test_attempts_of_one_address_queue_up() -> None:
    here, watch = visitors()
    for _ in range(5):
        here.attempts.failed("192.0.2.1", "ann")
    assert [here.attempts.wait("192.0.2.1", f"other{n}") for n in range(4)] == [4, 8, 12, 16]
    watch.seconds += 16
    assert here.attempts.wait("192.0.2.1", "other") == 4


def test_twenty_failures_in_ten_minutes_refuse_an_address_for_ten_minutes() -> None:
    here, watch = visitors()
    for _ in range(19):
        here.attempts.failed("192.0.2.1", "ann")
    assert not here.attempts.refused("192.0.2.1")
    here.attempts.failed("192.0.2.1", "ann")
    assert here.attempts.refused("192.0.2.1") == 600
    assert not here.attempts.refused("192.0.2.2")
    watch.seconds += 600
    assert not here.attempts.refused("192.0.2.1")


def test_failures_are_forgotten_after_ten_minutes() -> None:
    here, watch = visitors()
    for _ in range(19):
        here.attempts.failed("192.0.2.1", "ann")
    watch.seconds += 601
    assert here.attempts.wait("192.0.2.1", "ann") == 0
    here.attempts.failed("192.0.2.1", "ann")
    assert not here.attempts.refused("192.0.2.1")


def test_an_account_that_many_guess_at_is_slow_for_strangers_and_never_locked() -> None:
    here, _ = visitors()
    here.attempts.succeeded("192.0.2.99", "ann@localhost")
    for number in range(200):
        here.attempts.failed(f"198.51.{number}.1", "ann@localhost")
    assert here.attempts.wait("192.0.2.1", "ann@localhost") == 30  # and never more
    assert here.attempts.wait("192.0.2.99", "ann@localhost") == 0
    assert not here.attempts.refused("192.0.2.1")


def test_success_forgets_the_failures_of_the_account_but_not_of_the_address() -> None:
    here, _ = visitors()
    for _ in range(6):
        here.attempts.failed("192.0.2.1", "ann")
    here.attempts.succeeded("192.0.2.1", "mallory")
    assert here.attempts.wait("192.0.2.1", "ann") > 0
    here.attempts.succeeded("192.0.2.2", "ann")
    assert here.attempts.wait("192.0.2.3", "ann") == 0


def test_what_is_remembered_is_bounded() -> None:
    attempts = visitors()[0].attempts
    for number in range(25_000):
        attempts.failed(f"host{number}", f"account{number}")
        attempts.succeeded(f"host{number}", f"other{number}")
    assert max(len(attempts._addresses), len(attempts._accounts), len(attempts._known)) == 20_000
