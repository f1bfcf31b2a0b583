"""What a bucket lets a client owe."""

from ccm.session.limits import MOST_SECONDS, TokenBucket


def test_however_much_was_sent_nobody_is_left_unread_for_long() -> None:
    now = [0.0]
    bucket = TokenBucket(16_384, 65_536, lambda: now[0])
    assert [bucket.take(16 * 262_144) for _ in range(3)] == [MOST_SECONDS] * 3
    now[0] = MOST_SECONDS + 0.1
    assert bucket.take(512) == 0.0


def test_what_is_owed_below_that_is_paid_in_full() -> None:
    now = [0.0]
    bucket = TokenBucket(1000, 1000, lambda: now[0])
    assert bucket.take(6000) == 5.512
    now[0] = 4.0
    assert bucket.take(1000) == 2.512
