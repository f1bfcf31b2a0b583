"""What the reporter keeps of a discussion in the session state, as one JSON value beside the state itself."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from ccm.components.outcome_elements import Target
from ccm.components.room_words import CARRYING, CLOSING, GREETING, LONG


class Saved(msgspec.Struct):
    """
    What is kept in the session state.

    :ivar last: id of the newest message folded in; ``""`` before the first.
    :ivar grace: id of the message that began the grace period, ``""`` if none runs.
    :ivar until: when it ends.
    :ivar greeted: the reporter has said what it records.
    :ivar closing: it has said that the talk has ended.
    :ivar ended: when it said so.
    :ivar carried: it has said what was carried over from another meeting, or there is nothing to come.
    :ivar long: it has said that the talk is longer than what it looks through.
    :ivar document: public URL of the newest version.
    :ivar steps: how many changes that people see there were beside those that the state counts.
    :ivar targets: how far its publication was last seen to be.
    """

    state: msgspec.Raw
    last: str = ""
    grace: str = ""
    until: datetime | None = None
    greeted: bool = False
    closing: bool = False
    ended: datetime | None = None
    carried: bool = False
    long: bool = False
    document: str = ""
    steps: int = 0
    targets: tuple[Target, ...] = ()

    def said(self, topic: str, ids: Collection[str], at: datetime) -> None:
        """The reporter has said something under these ids."""
        self.greeted |= f"{GREETING}.{topic}" in ids
        if f"{CLOSING}.{topic}" in ids:
            self.closing, self.ended = True, at
        self.carried |= f"{CARRYING}.{topic}" in ids
        self.long |= f"{LONG}.{topic}" in ids
