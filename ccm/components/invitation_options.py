"""The options of the invitations component."""

from ccm.config import Section


class InvitationsOptions(Section):
    """
    ``[components.invitations]``

    Caps on mails to one address and by one account; how long a mailed link works, at least until the day after the
    meeting; how long before it invitees are reminded; how long a change of a topic waits for another before it is
    mailed; how often due things are looked for; how long a guess can be undone; how many requests make the component
    busy.
    """

    mails_per_address_per_day: int = 3
    invitations_per_user_per_hour: int = 20
    invitations_per_user_per_day: int = 100
    link_days: int = 7
    reminder_hours: tuple[float, ...] = (24.0, 1.0)
    update_seconds: float = 30.0
    round_seconds: float = 60.0
    undo_hours: int = 24
    max_requests: int = 100
