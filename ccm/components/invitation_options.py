"""The options of the invitations component."""

from ccm.bounds import Amount, AmountOr0, Count, CountOr0
from ccm.config import Section


class InvitationsOptions(Section):
    """
    ``[components.invitations]``

    Caps on mails to one address and by one account; how long a mailed link works, at least until the day after the
    meeting; how long before it invitees are reminded; how long a change of a topic waits for another before it is
    mailed; how often due things are looked for; how long a guess can be undone; how many requests make the component
    busy.
    """

    mails_per_address_per_day: CountOr0 = 3
    invitations_per_user_per_hour: CountOr0 = 20
    invitations_per_user_per_day: CountOr0 = 100
    link_days: Count = 7
    reminder_hours: tuple[Amount, ...] = (24.0, 1.0)
    update_seconds: AmountOr0 = 30.0
    round_seconds: AmountOr0 = 60.0
    undo_hours: CountOr0 = 24
    max_requests: Count = 100
