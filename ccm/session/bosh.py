"""
One BOSH session without HTTP (XEP-0124 1.11.2, XEP-0206 1.4): the connection under a client's stream.

Sans-I/O: time is an argument, answers go to opaque handles through an :class:`Outlet`. The rid window is in
:mod:`ccm.session.bosh_window`. An answer leaves once all that its request brought is on disk. Leaves out several
streams in one session (§16: extra attributes are ignored, as the text demands of those who offer none),
content encodings, and the second paragraph of §11, which would punish clients for polling early.
"""

from typing import Any

from ccm.errors import StreamError
from ccm.session import bosh_body as wire
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_outlet import Outlet, Stream
from ccm.session.bosh_queue import Queue
from ccm.session.bosh_terms import Terms
from ccm.session.bosh_window import Arrival, Slot, Window
from ccm.wire.framing import Body, BoshFraming, Event, StreamClosed, StreamOpened

_MAX_RESENDS = 50  # of one rid in a row; §14.3: "MAY choose to impose a limit"
_REPORT_AFTER_SECONDS = 5.0  # an answer that the client has not seen by then is worth a report (§9.2)


class BoshSession:
    """
    A session; provides :class:`ccm.interfaces.IConnection` to its stream.

    :param sid: unpredictable; whoever knows it owns the session.
    :param created: rid of the request that creates it, the first to arrive; ``None`` if it is restored.
    :ivar stream: the client's session above; set by the shell before the first request.
    :ivar over: the stream has ended; what remains is to tell the client.
    :ivar followable: what happened since its record was made follows from the archives of rooms and marks of answers
        (:mod:`ccm.session.bosh_marks`).
    :ivar place: id of the archived message that was queued last since its record was made; ``""`` for none.
    :ivar archived: how many were.
    :ivar fresh: rid of the answer that is being given for the first time.
    """

    def __init__(
        self,
        sid: str,
        terms: Terms,
        window: Window,
        framing: BoshFraming,
        options: BoshOptions,
        outlet: Outlet,
        now: float,
        *,
        created: int | None = None,
        queue: Queue | None = None,
        peer: str = "",
    ) -> None:
        self.sid, self.terms, self.window, self.framing, self.peer = sid, terms, window, framing, peer
        self.queue = queue or Queue()
        self.stream: Stream | None = None
        self.over = self.followable = False
        self.place = ""
        self.archived = self.fresh = self._resends = 0
        self._options, self._outlet, self._created = options, outlet, created
        self._final: bytes | None = None
        self._told = self._lingering = self._release = self._dry = False  # dry: the last answer carried nothing
        self._condition: str | None = None
        self._silent: int | None = None  # rid of a pause request: its answer carries nothing
        self._pause: int | None = None
        self._report: tuple[int, int] | None = None
        self._last_empty: float | None = None
        self._quiet_until = self._gather_until = 0.0  # something was asked: what is held longest waits for the answers
        self._asked = 0  # of these, how many are still to come
        self._since = self._replied = now  # of the last request, answer or hang-up; of the last answer

    @property
    def secure(self) -> bool:
        """Whether the session began over an encrypted connection."""
        return self.terms.secure

    @property
    def connected(self) -> bool:
        """Whether the client listens on a request that can be answered."""
        return any(slot.handle is not None for slot in self.window.open)

    # ---- what the shell tells

    def request(self, body: Body, handle: Any, now: float) -> None:
        """Take a request of this session."""
        if self.over:
            self._outlet.respond(handle, self, 0, self._last_word(), 200)
            return
        self._since = now
        rid = wire.rid_of(body)
        if rid is None:
            self.refuse("bad-request", "The rid must be a number of at most 9007199254740991.", handle)
            return
        window = self.window
        arrival, extra = window.arrive(rid, body, handle, now)
        if arrival in (Arrival.READY, Arrival.PARKED):
            self._resends = 0
            if self.queue.arrived(rid, window.size):
                self.followable = False
            if window.lagging and len(window.parked) >= window.size:
                window.catch_up()
            self._take(now)
        elif arrival is Arrival.SKIPPED and wire.is_empty(body):  # held when the last process was killed
            self._outlet.respond(handle, self, rid, wire.EMPTY, 200)
        elif arrival in (Arrival.OUTSIDE, Arrival.SKIPPED):
            allowed = f"{window.last + 1 - window.size} to {window.last + window.size}"
            self.refuse("item-not-found", f"rid {rid} is not within {allowed}, or its answer is gone.", handle)
        else:
            self._again(rid, body, handle, arrival, extra)
        self._outlet.wake(self)

    def _again(self, rid: int, body: Body, handle: Any, arrival: Arrival, extra: Any) -> None:
        self._resends += 1
        if not self.terms.same_key(rid, body.attrs.get("key")):
            self.refuse("item-not-found", "The key does not match.", handle)
        elif self._resends > _MAX_RESENDS:
            self.refuse("policy-violation", "The same request was sent too often.", handle)
        elif arrival is Arrival.ANSWERED:
            self.queue.asked_again(rid, handle)
            self._outlet.respond(handle, self, rid, extra, 200)
        elif extra is not None and extra is not handle:
            # an empty answer could be taken for the one that is still to come; a closed connection only for broken
            self._outlet.drop(extra)

    def aborted(self, handle: Any, now: float) -> None:
        """The client has hung up while that request was held; it may ask for its rid again."""
        if self.window.abort(handle):
            self._since = now

    def hold_back(self, until: float) -> None:
        """Answer nothing before that time, or a later one that was said before: the client has sent too much."""
        self._quiet_until = max(self._quiet_until, until)

    def undelivered(self, rid: int, handle: Any) -> None:
        """The answer to that rid was written to a connection that then proved dead."""
        self.queue.dead(rid, handle)
        self._outlet.wake(self)

    def deadline(self) -> float:
        """When :meth:`tick` has something to do, unless told otherwise meanwhile."""
        if self.over:
            return self._since + self._options.linger_seconds if self._lingering else self._since
        times = [slot.arrived + self.terms.wait for slot in self.window.open if slot.handle is not None]
        if self.window.lagging and self.window.parked:
            times.append(self._since + self._options.resync_seconds)
        if times and self._quiet_until > self._since:
            times.append(self._quiet_until)
        return min(times) if times else self._since + self._inactivity()

    def tick(self, now: float) -> bool:
        """The time of :meth:`deadline` has come. False: nothing is left to do, forget the session."""
        if self.over:
            if not self._lingering:
                self._lingering, self._since = True, now
            return now < self.deadline()
        window = self.window
        if window.lagging and window.parked and now >= self._since + self._options.resync_seconds:
            window.catch_up()
            self._take(now)
        if not self.connected and now >= self._since + self._inactivity():
            self._lose("The session timed out.")
            return False
        self.flush(now)
        return True

    def _inactivity(self) -> int:
        if self._pause is not None:
            return self._pause
        signed_in = self.stream is not None and self.stream.state_name in ("binding", "bound")
        options = self._options
        return options.inactivity_seconds if signed_in else options.inactivity_before_login_seconds

    # ---- IConnection, for the stream above

    def write(self, data: bytes) -> None:
        """Queue one complete element."""
        if self.over or not data:
            return
        self.followable = False
        if self._asked and data.startswith(b"<iq"):
            self._asked -= 1
        self._add(data)

    def write_archived(self, data: bytes, id_: str) -> None:
        """Queue a message that the archive of a room holds (:attr:`ccm.wire.fanout.FanOut.archived`)."""
        if self.over:
            return
        self.place, self.archived = id_, self.archived + 1
        self._add(data)

    def _add(self, data: bytes) -> None:
        self.queue.add(data)
        if self.queue.waiting_bytes > self._options.max_queued_bytes:
            self._lose("The client reads too slowly.")
        else:
            self._outlet.wake(self)

    def start_tls(self) -> None:
        """Never: HTTP is encrypted below (XEP-0206 §4)."""
        raise StreamError("unsupported-feature", "TLS is negotiated below HTTP; use https.")

    def close(self, error: StreamError | None = None) -> None:
        """The stream is over; *error* has already been written."""
        if self.over:
            return
        condition = None if error is None else "remote-stream-error"
        if error is not None and (self._created is not None or error.condition == "system-shutdown"):
            condition = error.condition if error.condition in wire.CREATION_CONDITIONS else condition
        self._end(condition)

    def moved(self) -> None:
        """Another connection goes on with the stream, and has what waits here: end, and say nothing."""
        self.queue = Queue()
        self._end(None)

    # ---- requests in order

    def _take(self, now: float) -> None:
        while not self.over and (taken := self.window.take()) is not None:
            self._process(*taken, now)
        limit = self.window.size
        if not self.over and self.window.unanswered > limit:
            self.flush(now)
            if self.window.unanswered > limit + (self._silent is not None):
                # §11: "consider that the client is making too many simultaneous requests"
                self.refuse("policy-violation", f"More than {limit} requests at a time.")

    def _process(self, slot: Slot, body: Body, now: float) -> None:
        creating, attrs = slot.rid == self._created, body.attrs
        if not creating and not self.terms.accept_key(slot.rid, attrs.get("key"), attrs.get("newkey")):
            self.refuse("item-not-found", "The key does not match.")
            return
        restart, ending = wire.truth(body, "xmpp:restart"), attrs.get("type") == "terminate"
        pause = wire.number(body, "pause")
        self._pause = None  # §10: "back to normal upon reception of the next request"
        empty = not (body.events or ending or creating or restart or pause is not None)
        if self.terms.polling and self._polls_too_often(empty, now):
            self.refuse("policy-violation", f"Poll at most every {self._options.polling_seconds} seconds.")
            return
        if self.terms.acks and not creating:
            self._acknowledged(wire.number(body, "ack"), slot, now)
        if pause is not None and pause <= self._options.maxpause_seconds:
            self._pause, self._silent, self._release = pause, slot.rid, True
        events: list[Event] = list(body.events)
        if creating or restart:
            version = attrs.get("xmpp:version", "1.0")
            events.insert(0, StreamOpened(self.terms.to or None, attrs.get("from"), version, attrs.get("xml:lang")))
        if ending:
            events.append(StreamClosed())
        if restart or not all(map(wire.is_remark, events)):
            self.followable = False
        if any(map(wire.is_question, events)):
            self._asked = sum(map(wire.is_request, events)) + (self._asked if now < self._gather_until else 0)
            self._gather_until = now + self._options.gather_milliseconds / 1000
        if events and self.stream is not None:
            self.stream.received(events)
        if ending and not self.over:
            self._end(None)
        self._store(slot, bool(body.events))

    def _polls_too_often(self, empty: bool, now: float) -> bool:
        """§12: two consecutive empty requests, of which the first was answered with nothing, in too short a time."""
        last, self._last_empty = self._last_empty, now if empty else None
        return empty and self._dry and last is not None and now - last < self._options.polling_seconds

    def _store(self, slot: Slot, brought: bool) -> None:
        pending = self._outlet.barrier() if brought else None
        if pending is None:
            slot.stored = True
            return

        def stored(_: Any) -> None:
            slot.stored = True
            self._outlet.wake(self)

        def failed(_: Any) -> None:
            self.refuse("internal-server-error", "The last messages could not be stored. Send them again later.")

        pending.addCallbacks(stored, failed)

    def _acknowledged(self, ack: int | None, slot: Slot, now: float) -> None:
        answered = max(self.window.replies, default=0)
        # §9.2: without the attribute the client "has received responses to all its previous requests"
        self.window.acknowledge(slot.rid - 1 if ack is None else ack)
        if ack is not None and ack < answered and now - self._replied > _REPORT_AFTER_SECONDS:
            self._report = (ack + 1, int((now - self._replied) * 1000))

    # ---- answers

    def flush(self, now: float) -> None:
        """Answer what is due, oldest first; one answer carries all that waits."""
        window = self.window
        if now < self._quiet_until and not self.over:
            return
        while window.open and window.open[0].stored:
            slot = window.open[0]
            if slot.handle is None:
                # hung up: it may be asked for again, until a later request shows that it will not be
                if not (self.over or self.connected):
                    break
                self._answer(slot, [], now)
            elif self._due(slot, now):
                silent = slot.rid == self._silent or (self.queue.doubtful and not self.over)
                self._answer(slot, [] if silent else self.queue.take(), now)
            else:
                if now < self._gather_until:
                    self._outlet.wake_in(self, self._gather_until - now)
                break
        if not window.open:
            self._release = False
        if self.over:
            self._answer_parked()

    def _due(self, slot: Slot, now: float) -> bool:
        gathering = now < self._gather_until
        return bool(
            (self.queue.waiting and not (gathering and self._asked))
            or self.queue.doubtful  # an empty answer makes the client go on, or ask again
            or self.over
            or self._release
            or self._report
            or slot.rid == self._created
            or len(self.window.open) > (self.window.size if gathering else self.terms.hold)
            or now >= slot.arrived + self.terms.wait
        )

    def _answer(self, slot: Slot, units: list[bytes], now: float) -> None:
        if self.over and slot.handle is not None and not self._told:
            self.queue.waiting[:0] = units
            body, self._told = self._last_word(), True
        elif slot.rid == self._created:
            authid = self.stream.stream_id if self.stream is not None else ""
            body = wire.reply(units, self.terms.creation(self.sid, slot.rid, authid, self._options))
            self._created = None
        else:
            body = wire.reply(units, self._ack_attributes(slot) if self.terms.acks else ())
        self.window.answer(body)
        self.queue.sent(slot.rid, units, slot.handle)
        if slot.rid == self._silent:
            self._silent = None
        if slot.handle is not None:
            self._replied = self._since = now
            self._dry = not units
            self.fresh = slot.rid
            self._outlet.respond(slot.handle, self, slot.rid, body, 200)
            self.fresh = 0

    def _ack_attributes(self, slot: Slot) -> list[tuple[str, str]]:
        highest = slot.rid
        for later in self.window.open:
            if not later.stored:
                break
            highest = later.rid
        # §9.1: not "if the value would be the 'rid' of the request being responded to"
        attrs = [("ack", str(highest))] if highest != slot.rid else []
        if self._report is not None:
            attrs += [("report", str(self._report[0])), ("time", str(self._report[1]))]
            self._report = None
        return attrs

    # ---- the end

    def refuse(self, condition: str, text: str, handle: Any = None) -> None:
        """The rules were broken, or we cannot keep them: whatever the client waits for is answered with the end."""
        if self.over:
            return
        unconfirmed = self.queue.unconfirmed()
        self._end(condition, text)
        status = 200 if self.terms.version else wire.LEGACY_STATUS.get(condition, 200)
        for waiting in [*self.window.handles(), *([handle] if handle is not None else [])]:
            self._outlet.respond(waiting, self, 0, self._last_word(), status)
        self.window.open.clear()
        self.window.parked.clear()
        if self.stream is not None:
            self.stream.disconnected(unconfirmed)

    def _lose(self, text: str) -> None:
        """The client is gone; should it come back, the session is not there any more (§10)."""
        unconfirmed = self.queue.unconfirmed()
        self.queue = Queue()
        self._end("item-not-found", text)
        if self.stream is not None:
            self.stream.disconnected(unconfirmed)

    def _end(self, condition: str | None, text: str = "") -> None:
        self.over, self._condition = True, condition
        if text:
            self._final = wire.terminate(condition, text)
        self._outlet.wake(self)

    def _last_word(self) -> bytes:
        if self._final is None:
            self._final = wire.terminate(self._condition, units=self.queue.take_all())
        return self._final

    def _answer_parked(self) -> None:
        for rid in sorted(self.window.parked):
            waiting = self.window.parked.pop(rid)
            if waiting.handle is not None:
                self._outlet.respond(waiting.handle, self, 0, self._last_word(), 200)
