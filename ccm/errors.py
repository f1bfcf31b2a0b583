"""
What can go wrong, and how each case is told on the wire.

One table gives every defined stanza condition its type and a default text (RFC 6120 §8.3.3); everything that
refuses a stanza raises :class:`StanzaError`, everything that ends a stream raises :class:`StreamError`.
They are caught at three borders only: the router, the session, the HTTP shells.
"""

from dataclasses import dataclass
from datetime import datetime

#: condition -> (error type, text for a person); RFC 6120 §8.3.3.
STANZA_CONDITIONS: dict[str, tuple[str, str]] = {
    "bad-request": ("modify", "The request is malformed. Check it against the specification and send it again."),
    "conflict": ("cancel", "That name is already taken. Choose another one."),
    "feature-not-implemented": ("cancel", "This is not offered here."),
    "forbidden": ("auth", "You may not do this. Ask an owner or administrator."),
    "gone": ("cancel", "This address is no longer in use."),
    "internal-server-error": ("cancel", "Something went wrong here. It has been logged; try again later."),
    "item-not-found": ("cancel", "There is nothing by that name here."),
    "jid-malformed": ("modify", "That is not a valid address."),
    "not-acceptable": ("modify", "This does not meet the rules that hold here."),
    "not-allowed": ("cancel", "Nobody may do this here."),
    "not-authorized": ("auth", "Give the right credentials and try again."),
    "policy-violation": ("modify", "This goes beyond a limit that holds here."),
    "recipient-unavailable": ("wait", "The recipient is away. Try again later."),
    "redirect": ("modify", "This has moved to another address."),
    "registration-required": ("auth", "Only members may enter. Ask an owner to add you."),
    "remote-server-not-found": ("cancel", "That domain is not served here and cannot be reached."),
    "remote-server-timeout": ("wait", "The other side did not answer in time. Try again later."),
    "resource-constraint": ("wait", "This server is too busy for that now. Try again later."),
    "service-unavailable": ("cancel", "Nobody at this address answers such requests."),
    "subscription-required": ("auth", "Subscribe first."),
    "undefined-condition": ("cancel", "Something went wrong."),
    "unexpected-request": ("wait", "This request was not expected now."),
}


class CCMError(Exception):
    """The root of CCM's own errors; its first argument is a text for a person that names the remedy."""


class StanzaError(CCMError):
    """
    A stanza cannot be served (RFC 6120 §8.3).

    :param condition: a key of :data:`STANZA_CONDITIONS`.
    :param text: for a person, names the remedy; ``None`` takes the table's.
    :param type_: ``auth``, ``cancel``, ``continue``, ``modify`` or ``wait``; ``None`` takes the table's.
    :param extra: serialised application-specific condition elements, as they go into ``<error/>``.
    :param by: the JID that refused, for the ``by`` attribute (RFC 6120 §8.3.1).
    :param uri: where it is now, for ``gone`` and ``redirect`` (RFC 6120 §8.3.3.5, §8.3.3.14).
    """

    def __init__(
        self,
        condition: str,
        text: str | None = None,
        type_: str | None = None,
        *,
        extra: bytes = b"",
        by: str | None = None,
        uri: str = "",
    ) -> None:
        default_type, default_text = STANZA_CONDITIONS[condition]
        super().__init__(text or default_text)
        self.condition = condition
        self.type = type_ or default_type
        self.text = text or default_text
        self.extra = extra
        self.by = by
        self.uri = uri


class StreamError(CCMError):
    """The stream cannot go on and is closed with this condition (RFC 6120 §4.9)."""

    def __init__(self, condition: str, text: str = "", *, extra: bytes = b"") -> None:
        super().__init__(text or condition)
        self.condition = condition
        self.text = text
        self.extra = extra


class SaslError(CCMError):
    """A SASL exchange failed with this condition (RFC 6120 §6.5); the stream goes on."""

    def __init__(self, condition: str, text: str = "") -> None:
        super().__init__(text or condition)
        self.condition = condition
        self.text = text


class ConfigError(CCMError):
    """The configuration cannot be used; the text names file, key and remedy. Stops start-up."""


class StoreUnavailable(CCMError):
    """The store does not accept writes now (disk full, connection lost); nothing was acknowledged."""


class StoreClosed(StoreUnavailable):
    """The store was closed, since its process ends."""


class Overtaken(CCMError):
    """A record was changed by somebody else between reading and saving it; read it again and start anew."""


class QuotaReached(CCMError):
    """
    There is no room for it.

    :param again: when there will be; ``None`` if nobody can tell.
    """

    def __init__(self, text: str, again: datetime | None = None) -> None:
        super().__init__(text)
        self.again = again


class Rejected(CCMError):
    """A publisher or mail server refused for good; asking again unchanged is useless."""


@dataclass
class Unavailable(CCMError):
    """
    A publisher or mail server cannot take it now.

    :param text: what happened, for a person.
    :param retry_after: seconds to wait at least, if the other side said so.
    :param ambiguous: the request may have been carried out all the same: read before sending again.
    """

    text: str
    retry_after: float | None = None
    ambiguous: bool = False

    def __str__(self) -> str:
        return self.text
