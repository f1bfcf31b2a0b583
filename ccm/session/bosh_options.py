"""What a BOSH session may ask for and how long it lasts (``[bosh]``, XEP-0124 1.11.2 §7, §10 to §12)."""

from ccm.bounds import AmountOr0, Count, CountOr0
from ccm.config import Section


class BoshOptions(Section):
    """
    Limits of BOSH sessions.

    *Waiting*: ``wait_seconds`` and ``hold`` cap what a client asks for; ``polling_seconds`` is the shortest interval of
    empty requests in a polling session; answers to what a client asks together are gathered for ``gather_milliseconds``
    at most. *Life*: a session without any held request ends after ``inactivity_seconds``
    (``inactivity_before_login_seconds`` until it has signed in); a client may announce a pause of at most
    ``maxpause_seconds``; the reason of an end can be fetched for ``linger_seconds``. *Sizes*: ``max_body_bytes`` of a
    request, ``max_queued_bytes`` of what waits for a client. *Abuse*: ``max_sessions`` in all (``[visitors]`` limits
    those of one address). *Resumption*: state, or what changes it, is saved before each answer that carries anything,
    and ``save_seconds`` after other changes; after a restart, requests that are ahead of the saved one are sorted for
    ``resync_seconds``.
    """

    wait_seconds: Count = 60
    hold: Count = 2
    polling_seconds: CountOr0 = 5
    gather_milliseconds: CountOr0 = 20
    inactivity_seconds: CountOr0 = 300
    inactivity_before_login_seconds: CountOr0 = 60
    maxpause_seconds: CountOr0 = 600
    linger_seconds: CountOr0 = 30
    max_body_bytes: Count = 262_144
    max_queued_bytes: Count = 1_048_576
    max_sessions: CountOr0 = 12_000
    save_seconds: AmountOr0 = 1.0
    resync_seconds: AmountOr0 = 2.0
