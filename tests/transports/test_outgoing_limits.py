"""What a connection may leave unsent: much at once is no fault of who reads; who does not read is cut."""

from twisted.internet.task import Clock
from twisted.internet.tcp import Connection

from ccm.transports.outgoing import Outgoing, Turn


class Slow(Connection):
    """A socket that takes nothing until it is told to."""

    TLS = True  # so that nothing goes around the buffer

    def __init__(self) -> None:
        self.dataBuffer, self.offset, self._tempDataLen = b"", 0, 0

    def write(self, data: bytes) -> None:
        self.dataBuffer += data

    def takes(self, count: int) -> None:
        """So many bytes are read by the other side."""
        self.dataBuffer = self.dataBuffer[count:]


class World:
    """A connection that may leave 1000 bytes unsent."""

    def __init__(self, burst_bytes: int = 0) -> None:
        self.clock = Clock()
        self.socket = Slow()
        self.cut = 0
        turn = Turn(lambda function: self.clock.callLater(0, function))
        self.outgoing = Outgoing(self.socket, turn, 1_000, self._overflow, burst_bytes)

    def _overflow(self) -> None:
        self.cut += 1

    def say(self, count: int) -> None:
        self.outgoing.write(b"x" * count)
        self.clock.advance(0)


def test_who_reads_nothing_is_cut_when_it_is_too_much() -> None:
    world = World()
    for _ in range(10):
        world.say(100)
    assert not world.cut
    for _ in range(50):
        world.say(100)
    assert world.cut == 1
    assert len(world.socket.dataBuffer) == 1_000


def test_what_one_turn_brings_is_sent_and_may_be_followed_while_it_is_read() -> None:
    world = World()
    world.say(3_500)
    for _ in range(9):
        world.say(100)
    assert not world.cut
    assert len(world.socket.dataBuffer) == 4_400
    world.say(1_000)
    assert world.cut == 1


def test_once_all_is_read_the_measure_is_as_before() -> None:
    world = World()
    world.say(3_500)
    world.socket.takes(3_500)
    for _ in range(6):
        world.say(300)
    assert len(world.socket.dataBuffer) <= 1_800
    world.say(5_000)
    assert world.cut == 1


def test_a_second_burst_on_top_of_one_that_is_unread_is_too_much() -> None:
    world = World()
    world.say(3_500)
    world.say(3_500)
    assert world.cut == 1


def test_a_burst_has_a_measure_of_its_own() -> None:
    world = World()
    world.say(4_001)
    assert world.cut == 1
    world = World(burst_bytes=9_000)
    world.say(9_000)
    assert not world.cut
