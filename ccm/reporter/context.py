"""
What the fold needs to know beside the messages: types, names, roles, zone.

Leaves out the state, which changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from ccm.reporter.effects import Effect, Look
from ccm.reporter.remarks import TypeStatements
from ccm.reporter.state import State
from ccm.reporter.templates import Templates

Step = tuple[State, tuple[Effect, ...]]
Then = Literal["", "publish", "hold", "skip", "stop", "summary", "status", "draft", "remark"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a command, what to do, and what is to follow."""

    state: State
    effects: tuple[Effect, ...] = ()
    then: Then = ""


@lru_cache(maxsize=8)
def statements(templates: Templates) -> TypeStatements:
    """The sentences by which people state one of these types, compiled once."""
    return TypeStatements(templates)


@dataclass(frozen=True)
class Context:
    """
    What the fold needs to know beside the messages.

    :ivar names: what people call the reporter, lower case.
    :ivar roles: bare JID or nick -> ``owner``, ``chair`` or ``participant``; empty: everybody counts as owner. A nick
        counts only where the JID is not known: anybody may take any nick.
    :ivar grace_seconds: how long a publication waits that neither owner nor chair asked for.
    :ivar zone: IANA zone in which "by Friday" is read.
    :ivar find: finds what nobody marked (``finding.found``); ``None`` finds nothing, nor is it
        noted as it is said.
    :ivar scheduled: when the talk was to begin: a next meeting without a time of day takes its.
    """

    templates: Templates
    names: tuple[str, ...] = ("reporter",)
    roles: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: int = 600
    zone: str = "UTC"
    find: Callable[..., Sequence[Any]] | None = None
    scheduled: datetime | None = None

    @property
    def looking(self) -> tuple[Effect, ...]:
        """The effect that has the talk looked through, if there is anything to look with."""
        return (Look(),) if self.find is not None else ()

    def may_approve(self, nick: str, jid: str | None, state: State) -> bool:
        """Whether a request of that person is the approval."""
        if not self.roles:
            return True
        if self.roles.get(nick if jid is None else jid) in ("owner", "chair"):
            return True
        return _in_the_chair(nick, jid, state)


def _in_the_chair(nick: str, jid: str | None, state: State) -> bool:
    chairs = [(state.chair, state.chair_jid), *state.cochairs.items()] if state.chair else []
    return any(jid == theirs if jid is not None and theirs else nick == name for name, theirs in chairs)
