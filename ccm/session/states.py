"""The states of a session and the edges between them: the whole picture (RFC 6120 §4 to §7, XEP-0198 §5)."""

from enum import Enum


class State(Enum):
    """Where a session is in its life."""

    OPENING = "opening"  #: waits for the client's stream header
    SECURING = "securing"  #: has offered TLS and nothing else
    AUTHENTICATING = "authenticating"  #: has offered mechanisms
    BINDING = "binding"  #: knows who it is, has no resource yet
    BOUND = "bound"  #: routes stanzas
    DETACHED = "detached"  #: has no connection, but may be resumed
    CLOSED = "closed"  #: over; also the shell of a connection that resumed another session


EDGES: frozenset[tuple[State, State]] = frozenset(
    {
        (State.OPENING, State.SECURING),
        (State.OPENING, State.AUTHENTICATING),
        (State.OPENING, State.BINDING),
        (State.SECURING, State.OPENING),
        (State.AUTHENTICATING, State.OPENING),
        (State.BINDING, State.BOUND),
        (State.BOUND, State.DETACHED),
        (State.DETACHED, State.BOUND),
        *((state, State.CLOSED) for state in State if state is not State.CLOSED),
    }
)
