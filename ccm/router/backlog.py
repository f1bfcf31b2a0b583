"""
What waits for a component, what it is at work on, and whether that is too much.

Each connection of the component has a window of requests; beyond it stanzas wait here, each sender's in their order,
the senders in turn. A sender stays with the connection that has its requests, and goes to the one with the fewest
otherwise. What a dying connection leaves is given to another one if that is safe. Every request is answered: by the
component, or in its place. Sans-I/O: time is an argument. Leaves out streams, and presence.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ccm import address
from ccm.errors import StanzaError
from ccm.router.queue_options import ComponentQueueOptions
from ccm.router.senders import Entry, Sender, Senders
from ccm.router.unread import Unread
from ccm.wire.stanza import Stanza

TICK_SECONDS = 1.0
_TRIES = 3
_SCANNED = 64  #: senders that are looked at for one free place
_SMOOTHED = 0.1  #: weight of the newest answer in the mean time
_NEWEST = 0.5  #: weight of the newest second in the rate
_REFUSED = 2  #: refusals in a row after which a sender is slowed
_GOLDEN = 0.618
_FEW = 10  #: requests open below which slow answers say nothing about load
_ORANGE = 2


class Server(Protocol):
    """
    One connection of a component.

    :ivar apart: others may serve the same domain, and know nothing of what this one asks.
    """

    apart: bool

    def hand(self, stanza: Stanza) -> None:
        """Give it a stanza."""


class Backlog:
    """
    :param now: seconds, monotonic.
    :param later: ``later(seconds, function)`` answers what calls it off.
    :param refuse: ``refuse(stanza, error)`` answers in the component's place.
    :param slow: ``slow(full_jid, seconds)``: read nothing of that client for so long.
    :param changed: called with why the component is busy, or ``""`` once it no longer is.
    :param repeatable: requests of type set may be sent again, too.
    :ivar servers: connection -> requests in its window.
    :ivar level: of the whole server's load (:mod:`ccm.session.load`).
    """

    def __init__(
        self,
        options: ComponentQueueOptions,
        now: Callable[[], float],
        later: Callable[[float, Callable[[], Any]], Callable[[], None]],
        refuse: Callable[[Stanza, StanzaError], None],
        slow: Callable[[str, float], None],
        changed: Callable[[str], None],
        *,
        repeatable: bool = False,
    ) -> None:
        self.servers: dict[Server, int] = {}
        self.busy = False
        self.level = 0
        self.open = 0  #: requests that are not answered
        self.refused = 0  #: requests refused so far
        self.repeated = 0  #: requests given to a second connection so far
        self.seconds = 0.0  #: how long answers take, smoothed
        self._options, self._now, self._later = options, now, later
        self._refuse, self._slow, self._changed = refuse, slow, changed
        self._repeatable = repeatable
        self._senders = Senders(options.max_senders)
        self._unread = Unread(now)
        self._work: dict[tuple[str, str, str], Entry] = {}
        self._ring: deque[Sender] = deque()  # those with something waiting, each once
        self._waiting_bytes = 0
        self._draining = False
        self._scatter = 0.0
        self._done = 0  # answered since the last tick
        self._rate = 0.0  # answered in a second, smoothed
        self._stop_tick: Callable[[], None] | None = None

    @property
    def working(self) -> int:
        """Requests that a connection has now."""
        return len(self._work)

    # ---- connections

    def add(self, server: Server) -> None:
        """One more serves the domain."""
        self.servers[server] = 0
        self._drain()

    def remove(self, server: Server) -> None:
        """One is gone: what it had goes to another if that is safe, or is answered."""
        if self.servers.pop(server, None) is None:
            return
        self._senders.left(server)
        lost = [entry for entry in self._work.values() if entry.server is server]
        for entry in reversed(lost):
            del self._work[entry.key]
            entry.sender.working -= 1
            if self.servers and self._again(entry):
                entry.server = None
                entry.tries += 1
                self.repeated += 1
                self._wait(entry, first=True)
            else:
                self._give_up(entry, "remote-server-timeout", "That component went away. Try again.")
        for stanza in self._unread.left(server):
            self._refuse(stanza, StanzaError("remote-server-timeout", _UNREAD, "wait"))
        self._hand_inner()
        if not self.servers:
            self._empty()
        self._drain()
        self._judge()

    # ---- stanzas

    def offer(self, stanza: Stanza) -> None:
        """Bring a stanza to the component, now or in its turn."""
        if not self.servers:
            self._refuse(stanza, _away())
            return
        now, attrs, options = self._now(), stanza.attrs, self._options
        from_ = attrs.get("from", "")
        sender = self._senders.of(address.bare(from_))
        entry = Entry(stanza, sender, now)
        inner = _is_inner(sender)
        if stanza.kind == "iq" and attrs.get("type") in ("get", "set"):
            if self._is_full(sender):
                self.refused += 1
                sender.refused += 1
                self._refuse(stanza, _full())
                if sender.refused > _REFUSED:
                    self._slow(from_, options.slow_seconds * self._scattered())
                return
            entry.due, entry.counted = now + options.request_seconds, not inner
            self.open += 1
            if sender.working + len(sender.queue) >= options.requests_per_sender and not inner:
                self._slow(from_, self._pause())
            if self._stop_tick is None:
                self._stop_tick = self._later(TICK_SECONDS, self._tick)
            if self.open >= options.high_requests:
                self._judge()
        elif self._waiting_bytes >= options.max_bytes and stanza.kind == "message":
            self._refuse(stanza, _full())
            return
        if sender.queue or not self._hand(entry):
            self._wait(entry)

    def answered(self, stanza: Stanza) -> bool:
        """An answer came from the component: whether anybody still waits for it."""
        attrs = stanza.attrs
        entry = self._work.pop((attrs.get("to", ""), attrs.get("from", ""), attrs.get("id", "")), None)
        if entry is None:
            return False
        self.seconds += _SMOOTHED * (self._now() - entry.came - self.seconds)
        self._unread.answered(entry)
        self._closed(entry)
        self._drain()
        if self.busy or self.open >= _FEW:
            self._judge()
        return True

    def told(self, stanza: Stanza, server: Server) -> None:
        """The component said something to somebody."""
        self._unread.told(server, address.bare(stanza.attrs.get("to", "")))

    # ---- inside

    def _again(self, entry: Entry) -> bool:
        safe = self._repeatable or entry.stanza.attrs.get("type") == "get"
        return safe and entry.tries < _TRIES and entry.due > self._now()

    def _is_full(self, sender: Sender) -> bool:
        """Whether a request would wait too long; who has none open waits for a turn only, so may ask yet."""
        options = self._options
        if self.open >= options.max_requests or self._waiting_bytes >= options.max_bytes:
            return True
        few = self.open < options.high_requests * len(self.servers)
        return not few and not sender.idle and self.open > self._rate * options.max_wait_seconds > 0

    def _pause(self) -> float:
        """How long it takes until something of what is open has been answered."""
        return min(max(self.seconds, 0.1), self._options.slow_seconds) * self._scattered()

    def _scattered(self) -> float:
        """Between three quarters and one, so that not all who were slowed come back in one moment."""
        self._scatter = (self._scatter + _GOLDEN) % 1.0
        return 0.75 + self._scatter / 4

    def _wait(self, entry: Entry, *, first: bool = False) -> None:
        sender = entry.sender
        if not sender.queue:
            (self._ring.appendleft if first else self._ring.append)(sender)
        (sender.queue.appendleft if first else sender.queue.append)(entry)
        self._waiting_bytes += entry.size

    def _choose(self, entry: Entry) -> Server | None:
        sender, now = entry.sender, self._now()
        server: Server | None = sender.server
        moves = not sender.working and now >= sender.stays_until
        if server is None or (moves and entry.due and not self._has_place(server)):
            server = min(self.servers, key=self.servers.__getitem__)
        if entry.due and entry.counted and not self._has_place(server):
            return None
        return server

    def _has_place(self, server: Server) -> bool:
        options = self._options
        return self.servers[server] < (options.window_requests if server.apart else options.local_requests)

    def _hand(self, entry: Entry) -> bool:
        """Give it to a connection, if one has a place."""
        server = self._choose(entry)
        if server is None:
            return False
        sender = entry.sender
        sender.server = server
        if entry.due:
            key = entry.key
            known = self._work.get(key)
            if known is not None:
                self._twice(known, entry)
                return True
            entry.server = server
            self._work[key] = entry
            sender.working += 1
            self.servers[server] += entry.counted
            sender.stays_until = max(sender.stays_until, entry.came + 1.0)
        else:
            sender.stays_until = self._now() + self._options.stick_seconds
        self._unread.given(server, entry)
        server.hand(entry.stanza)
        return True

    def _twice(self, known: Entry, entry: Entry) -> None:
        """A request with the id of one in work: the same sent again is answered once, another one is refused."""
        self.open -= 1
        if known.stanza.inner != entry.stanza.inner:
            self._refuse(entry.stanza, StanzaError("bad-request", "A request with that id waits for its answer."))

    def _drain(self) -> None:
        """Give what waits to whoever has a place."""
        if self._draining:  # a component in this process may answer at once
            return
        self._draining, ring, tries = True, self._ring, _SCANNED
        while ring and tries and any(map(self._has_place, self.servers)):
            sender = ring[0]
            entry = sender.queue[0]
            if self._choose(entry) is None:
                ring.rotate(-1)
                tries -= 1
                continue
            ring.popleft()
            sender.queue.popleft()
            self._waiting_bytes -= entry.size
            if sender.queue:
                ring.append(sender)
            self._hand(entry)
        self._draining = False

    def _hand_inner(self) -> None:
        """What components ask waits for no place, also if a dead connection has left it."""
        for sender in [sender for sender in self._ring if _is_inner(sender)]:
            self._ring.remove(sender)
            while sender.queue and self.servers:
                entry = sender.queue.popleft()
                self._waiting_bytes -= entry.size
                self._hand(entry)
            if sender.queue:
                self._ring.append(sender)

    def _closed(self, entry: Entry) -> None:
        self.open -= 1
        self._done += 1
        entry.sender.working -= 1
        entry.sender.refused = 0
        if entry.counted and entry.server in self.servers:
            self.servers[entry.server] -= 1

    def _give_up(self, entry: Entry, condition: str, said: str) -> None:
        if entry.due:
            self.open -= 1
        self._refuse(entry.stanza, StanzaError(condition, said, "wait"))

    def _empty(self) -> None:
        """Nobody serves the domain: what waits is answered."""
        ring, self._ring = self._ring, deque()
        for sender in ring:
            queue, sender.queue = sender.queue, deque()
            for entry in queue:
                self._waiting_bytes -= entry.size
                self._give_up(entry, "service-unavailable", _AWAY)

    def _tick(self) -> None:
        """Give up what is due; look how things stand."""
        self._stop_tick = None
        now, options = self._now(), self._options
        saturated = self.open > options.window_requests * len(self.servers)  # else it had no more to do
        if saturated or self._done > self._rate:
            self._rate += _NEWEST * (self._done / TICK_SECONDS - self._rate)
        self._done = 0
        for entry in [entry for entry in self._work.values() if entry.due <= now]:
            del self._work[entry.key]
            self._closed(entry)
            self._refuse(entry.stanza, StanzaError("remote-server-timeout", _SILENT))
        for sender in tuple(self._ring):
            late = [entry for entry in sender.queue if entry.due and entry.due <= now]
            for entry in late:
                sender.queue.remove(entry)
                self._waiting_bytes -= entry.size
                self._give_up(entry, "resource-constraint", _NOT_BEGUN)
            if late and not sender.queue:
                self._ring.remove(sender)
        self._drain()
        if not self.open:
            self.seconds = 0.0
        self._judge()
        if self.open or self.busy:
            self._stop_tick = self._later(TICK_SECONDS, self._tick)

    def strain(self, level: int) -> None:
        """The load of the whole server changed."""
        self.level = level
        self._judge()

    def _judge(self) -> None:
        options, places = self._options, max(1, len(self.servers))
        loaded = self.level >= _ORANGE and self.open > 0
        seconds = self.seconds if self.open >= _FEW else 0.0
        if self.busy:
            low = self.open <= options.low_requests * places and seconds <= options.low_seconds and not loaded
            busy = not low
        else:
            busy = self.open >= options.high_requests * places or seconds >= options.high_seconds or loaded
        if busy != self.busy:
            self.busy = busy
            self._changed(self._reason() if busy else "")
            if busy and self._stop_tick is None:
                self._stop_tick = self._later(TICK_SECONDS, self._tick)

    def _reason(self) -> str:
        if self.open < self._options.low_requests:
            return "The server has much to do. Requests take longer for now."
        return f"{self.open} requests wait here. They take longer than usual, or are refused, for now."


_AWAY = "That component is away. Try again in a moment."
_UNREAD = "That component went away and may not have read this. Look what happened before you send it again."
_SILENT = "That component did not answer in time."
_NOT_BEGUN = "That component has too much to do, and did not begin with this. Send it again later."


def _is_inner(sender: Sender) -> bool:
    """Whether it is a component: they wait for one another, so a window between them could stand still."""
    return "@" not in sender.jid


def _away() -> StanzaError:
    return StanzaError("service-unavailable", _AWAY, "wait")


def _full() -> StanzaError:
    return StanzaError("resource-constraint", "Too many requests wait for that component. Send it again later.", "wait")
