"""
Guests: people without an account, let into one topic's room by an invitation's link.

A guest has a JID at a domain of its own, no password, and signs in by bearer tokens (RFC 7628) whose scope names the
room. The scope becomes a mark of the session, by which :mod:`ccm.modules.guests` knows what it may do. Leaves out the
link itself (the web part) and becoming an account (the accounts component).
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ccm.bounds import Amount, AmountOr0, Count, check_domains
from ccm.config import Section
from ccm.records import Topic

#: The session's mark that holds the text of its scope.
MARK = "guest"
_DOMAIN = "guests"


class GuestOptions(Section):
    """
    ``[guests]``: people who follow an invitation without an account.

    ``host`` is the domain of their addresses; empty means ``guests.<server.host>``. They stay for ``hours`` after
    following the link, and for ``after_hours`` after the planned end of the meeting if that is later.
    ``entry_seconds`` is how long the browser has to come in after the page.
    """

    host: str = ""
    hours: Amount = 12.0
    after_hours: AmountOr0 = 24.0
    entry_seconds: Count = 120

    def check(self) -> None:
        """:raises ConfigError: for a host that is no domain."""
        check_domains("guests.host", filter(None, [self.host]))

    def domain(self, host: str) -> str:
        """The domain of guests of the server *host*."""
        return self.host or f"{_DOMAIN}.{host}"


def visit_ends(options: GuestOptions, now: datetime, topic: Topic) -> datetime:
    """Until when somebody stays who comes in now; a topic without a time is being talked about."""
    end = (topic.start or now) + timedelta(minutes=topic.minutes)
    return max(now + timedelta(hours=options.hours), end + timedelta(hours=options.after_hours))


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Where a guest may be.

    :ivar room: bare JID of the one room. :ivar topic: its topic. :ivar until: when the visit ends.
    """

    room: str
    topic: str
    until: datetime

    def text(self) -> str:
        """As tokens and sessions keep it."""
        return json.dumps({"room": self.room, "topic": self.topic, "until": self.until.timestamp()})

    @staticmethod
    def parse(text: str) -> "Scope":
        """:raises ValueError: if it is none."""
        try:
            plain: Any = json.loads(text)
            return Scope(str(plain["room"]), str(plain["topic"]), datetime.fromtimestamp(plain["until"], UTC))
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"{text[:80]!r} is no guest's scope") from error
