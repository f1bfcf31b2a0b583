"""
The end of a guest: account, tokens and sessions go when the invitation is taken back or an account takes over.

The sessions end through the bus, on whatever node they are. Leaves out the membership, which the topics component ends.
"""

import json

from ccm import address
from ccm.components.context import Context
from ccm.errors import StanzaError

CHANNEL = "account-ended"


async def end_guest(context: Context, jid: str, why: str = "revoked") -> None:
    """
    End that guest; for any other JID nothing happens.

    :param why: ``revoked``, ``claimed``: what the session is told.
    """
    if not context.guest_host or address.domain(jid) != context.guest_host:
        return
    try:
        await context.accounts.delete(jid)
    except StanzaError as error:
        if error.condition != "item-not-found":
            raise
    await tell_end(context, jid, why)


async def tell_end(context: Context, jid: str, why: str, but: str = "") -> None:
    """Have the sessions of an account ended. :param but: full JID of the one that stays."""
    await context.state.publish(CHANNEL, json.dumps({"jid": jid, "why": why, "but": but}).encode())
