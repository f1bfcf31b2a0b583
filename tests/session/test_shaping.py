"""Token buckets by connection, account and address; classes of stanzas; levels of load."""

from typing import Any

import pytest

from ccm.session.load import Load, Measures
from ccm.session.shaping import Shaping, ShapingOptions
from ccm.session.visitors import Refused, VisitorOptions, Visitors
from ccm.wire.stanza import Stanza


class Moments:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shaping(moments: Moments, **options: Any) -> Shaping:
    given = {"account_bytes_per_second": 0, "address_bytes_per_second": 0, **options}
    return Shaping(ShapingOptions(**given), moments, lambda peer: None if peer == "exempt" else peer)


def test_a_connection_pays_alone_where_nothing_else_is_limited() -> None:
    moments = Moments()
    flow = shaping(moments).flow("192.0.2.1", 1000, 2000)
    assert flow.take(2000) == 0
    assert flow.take(1000) > 1


def test_all_connections_of_an_account_share_one_bucket() -> None:
    moments = Moments()
    common = shaping(moments, account_bytes_per_second=1000, account_burst_bytes=4000)
    flows = [common.flow("192.0.2.1", 0, 0) for _ in range(3)]
    for flow in flows:
        assert flow.take(3000) == 0
        flow.signed_in("ann@localhost", 0, 0)
    stranger = common.flow("192.0.2.1", 0, 0)
    stranger.signed_in("kim@localhost", 0, 0)
    assert [flow.take(2048) > 0 for flow in (*flows, stranger)] == [False, True, True, False]


def test_an_address_has_a_bucket_unless_it_is_exempt_and_it_goes_with_the_last_connection() -> None:
    moments = Moments()
    common = shaping(moments, address_bytes_per_second=1000, address_burst_bytes=4000)
    one, two, free = (common.flow(peer, 0, 0) for peer in ("192.0.2.1", "192.0.2.1", "exempt"))
    assert (one.take(3000), free.take(100_000)) == (0, 0)
    assert two.take(3000) > 0
    for flow in (one, two, two):
        flow.leave()
    assert common._addresses == {}
    assert common.flow("192.0.2.1", 0, 0).take(3000) == 0


def test_an_account_has_no_bucket_of_a_connection_that_left_before_its_sign_in_ended() -> None:
    common = shaping(Moments(), account_bytes_per_second=1000, account_burst_bytes=4000)
    flow = common.flow("192.0.2.1", 0, 0)
    flow.leave()
    flow.signed_in("ann@localhost", 0, 0)
    assert common._accounts == {}


def stanza(kind: str, type_: str | None = None) -> Stanza:
    return Stanza(kind, {"type": type_} if type_ else {})


@pytest.mark.parametrize(("level", "costs"), [(0, (10, 10, 10, 10)), (2, (10, 20, 40, 10)), (3, (20, 40, 160, 10))])
def test_requests_cost_more_than_talk_the_more_there_is_to_do(level: int, costs: tuple[int, ...]) -> None:
    common = shaping(Moments())
    common.level = level
    events = (stanza("message"), stanza("presence"), stanza("iq", "get"), stanza("iq", "result"))
    assert tuple(common.cost([event], 10) for event in events) == costs
    assert common.cost([], 10) == 10


def test_a_level_begins_at_once_and_ends_after_a_while_of_calm() -> None:
    load = Load(ShapingOptions(commit_jobs=(10, 100, 1000), calm_seconds=2.0, calm_percent=50))
    levels = []
    for second, waiting in enumerate((0, 10, 999, 1000, 600, 400, 400, 400, 400, 4, 4, 4, 4, 4)):
        levels.append(load.judge(Measures(commit_jobs=waiting), float(second)))
    assert levels == [0, 1, 2, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 0]


def test_lag_and_memory_count_as_well_and_one_late_timer_is_not_load() -> None:
    options = ShapingOptions()
    load = Load(options)
    assert load.judge(Measures(lag_seconds=0.19), 0.0) == 0
    assert load.judge(Measures(lag_seconds=0.19), 0.25) == 1
    for step in range(20):
        load.judge(Measures(lag_seconds=2.0), 1.0 + step)
    assert load.level == 3
    assert Load(options).judge(Measures(memory_bytes=1600 << 20), 0.0) == 2


def test_at_red_nobody_new_is_let_in() -> None:
    visitors = Visitors(VisitorOptions(exempt=("127.0.0.1",)), Moments())
    visitors.full = True
    for peer in ("127.0.0.1", "192.0.2.1"):
        with pytest.raises(Refused, match="too much to do"):
            visitors.enter(peer)
    visitors.full = False
    visitors.enter("192.0.2.1").leave()
