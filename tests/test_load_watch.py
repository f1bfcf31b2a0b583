"""The watch over the load looks often while there is something to see, and seldom while the server rests."""

from twisted.internet.task import Clock

from ccm import running
from ccm.load import REST_SECONDS, SAMPLE_SECONDS, LoadWatch
from ccm.router.queue_options import ComponentQueueOptions
from ccm.router.router import Router
from ccm.router.traffic import Traffic
from ccm.session.shaping import unshaped
from ccm.session.visitors import unlimited


class Watched:
    """A watch with a clock and a number of writes that wait."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.looks = self.waiting = 0
        router = Router(lambda _: False, lambda *_: None)
        traffic = Traffic(router, ComponentQueueOptions(), self.clock.seconds, running.later(self.clock))
        self.watch = LoadWatch(self.clock, unshaped(self.clock.seconds), unlimited(), traffic, self.commits)
        self.watch.start()

    def commits(self) -> int:
        self.looks += 1
        return self.waiting

    def looks_in(self, seconds: float) -> int:
        before = self.looks
        self.clock.pump([SAMPLE_SECONDS] * round(seconds / SAMPLE_SECONDS))
        return self.looks - before


def test_it_looks_seldom_while_nothing_is_to_be_seen() -> None:
    watched = Watched()
    assert watched.looks_in(2) == 2 / SAMPLE_SECONDS
    assert watched.looks_in(20) == 20 / REST_SECONDS


def test_it_looks_often_again_once_there_is_something_to_do() -> None:
    watched = Watched()
    watched.looks_in(10)
    watched.waiting = 5
    watched.looks_in(REST_SECONDS)
    assert watched.looks_in(5) == 5 / SAMPLE_SECONDS


def test_a_turn_that_takes_long_is_seen_from_rest() -> None:
    watched = Watched()
    watched.looks_in(10)
    watched.clock.advance(REST_SECONDS + 3)
    assert watched.watch.load.level > 0
    assert watched.looks_in(5) == 5 / SAMPLE_SECONDS
