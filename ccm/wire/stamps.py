"""Times as stanzas carry them (XEP-0082 1.1), and delays (XEP-0203 2.0)."""

from datetime import UTC, datetime

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire.stanza import attribute


def stamp(moment: datetime) -> str:
    """A moment as XEP-0082 writes it, in UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(value: str) -> datetime:
    """:raises StanzaError: ``bad-request`` unless *value* is a time of XEP-0082 with a zone."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise StanzaError("bad-request", f"“{value[:40]}” is no time; write 2026-11-22T10:00:00Z.") from error
    if found.tzinfo is None:
        raise StanzaError("bad-request", f"“{value[:40]}” names no time zone; end it with Z.")
    return found.astimezone(UTC)


def delay(by: str, when: datetime, reason: str = "") -> bytes:
    """A ``<delay/>``: *by* held it up since *when*."""
    head = f"<delay xmlns='{ns.DELAY}' from='{attribute(by)}' stamp='{stamp(when)}'"
    return f"{head}>{reason}</delay>".encode() if reason else f"{head}/>".encode()
