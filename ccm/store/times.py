"""Times as the tables keep them: whole microseconds since the epoch."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """An aware ``datetime`` as microseconds. :raises TypeError: if it is naive."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Microseconds as an aware UTC ``datetime``."""
    return _EPOCH + timedelta(microseconds=micros)


def optional_micros(moment: datetime | None) -> int | None:
    """:func:`to_micros`, ``None`` for ``None``."""
    return None if moment is None else to_micros(moment)


def optional_moment(micros: int | None) -> datetime | None:
    """:func:`from_micros`, ``None`` for ``None``."""
    return None if micros is None else from_micros(micros)


def seconds_to_micros(seconds: float) -> int:
    """Seconds since the epoch, or a length of time, as microseconds."""
    return round(seconds * 1_000_000)
