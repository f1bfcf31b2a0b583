"""The options of what waits for components (``[component_queue]``), with their defaults and units."""

from ccm.bounds import AmountOr0, Count, CountOr0
from ccm.config import Section


class ComponentQueueOptions(Section):
    """
    Requests on their way to components, in this process and outside alike.

    A connection has ``window_requests`` in work at once, a component in this process ``local_requests``; what else
    comes waits here, sender by sender in turn. More than ``max_requests`` open ones of a domain, or ``max_bytes`` of
    stanzas that wait, are refused before they are begun; and so is what would wait for longer than
    ``max_wait_seconds``. One not answered within ``request_seconds`` is answered with an error. Who has
    ``requests_per_sender`` open is read from more slowly, by ``slow_seconds`` at a time at most.

    ``high_*``: a component shows itself busy at so many open requests for each connection, or when answers take so
    long; ``low_*``: available again when both are below. ``stick_seconds``: how long a sender's messages stay with
    one of several connections; ``max_senders`` are remembered. ``retry_sets``: domains of external components that
    carry out a request of type set once however often it is sent, as CCM's own do. ``turn_milliseconds``: how long a
    component in this process may take stanzas before others have their turn.
    """

    window_requests: Count = 32
    local_requests: Count = 8
    max_requests: Count = 1000
    max_bytes: Count = 16_777_216
    max_wait_seconds: AmountOr0 = 4.0
    request_seconds: Count = 30
    requests_per_sender: Count = 32
    slow_seconds: AmountOr0 = 2.0
    high_requests: CountOr0 = 100
    low_requests: CountOr0 = 40
    high_seconds: AmountOr0 = 3.0
    low_seconds: AmountOr0 = 1.0
    stick_seconds: CountOr0 = 30
    max_senders: Count = 10_000
    max_subscribers: CountOr0 = 100_000
    retry_sets: tuple[str, ...] = ()
    turn_milliseconds: Count = 5
