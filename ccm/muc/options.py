"""The section ``[muc]``: who may create rooms, and what a room bears. A limit of 0 is off."""

from typing import Literal

from ccm.bounds import AmountOr0, Count, CountOr0, check_people
from ccm.config import Section


class MucOptions(Section):
    """
    Rooms.

    ``name`` is what service discovery calls the service; ``admins`` are JIDs or domains (a domain is not its users)
    that count as owners of every room, besides CCM's own components; ``create`` says who may make rooms.
    """

    name: str = "Chat rooms"
    admins: list[str] = []
    create: Literal["everybody", "local", "admins"] = "everybody"

    #: Messages: tokens per second and burst, for one occupant and for a whole room.
    messages_per_second: AmountOr0 = 5.0
    message_burst: CountOr0 = 20
    room_messages_per_second: AmountOr0 = 50.0
    room_message_burst: CountOr0 = 200

    #: Joins of people without an affiliation, for a whole room; joins of one person in all rooms.
    joins_per_second: AmountOr0 = 1.0
    join_burst: CountOr0 = 10
    user_joins_per_minute: CountOr0 = 10
    user_join_burst: CountOr0 = 50

    #: Rooms: how many one person may own and make in an hour; occupants of one room; length of a room's localpart.
    rooms_per_user: CountOr0 = 20
    creations_per_hour: CountOr0 = 5
    occupants: CountOr0 = 5000
    sessions_per_nick: CountOr0 = 20
    room_name_length: CountOr0 = 64
    nick_length: CountOr0 = 64
    subject_bytes: CountOr0 = 4096
    affiliations: CountOr0 = 10_000

    #: History that a room keeps and tells at most.
    history_messages: CountOr0 = 20
    history_messages_max: CountOr0 = 200
    history_bytes: CountOr0 = 131_072

    #: Pages of the archive (XEP-0313).
    page_messages: Count = 100

    #: Remote occupants silent for that long are pinged; rooms empty for that long leave the memory.
    ping_after_seconds: CountOr0 = 900
    sweep_seconds: Count = 300
    #: How long after a restart a room waits for the sessions that were in it.
    resume_seconds: CountOr0 = 300
    #: What is kept for a session that has not yet come back after a restart.
    backlog_messages: CountOr0 = 500
    #: How long a persistent room that was destroyed is remembered; only its owners may open it anew meanwhile.
    tombstone_days: CountOr0 = 31

    def check(self) -> None:
        """:raises ConfigError: for an admin that is neither a bare JID nor a domain."""
        check_people("muc.admins", self.admins, domains=True)
