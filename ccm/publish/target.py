"""What every publisher of this package is configured with."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TargetServices:
    """
    :ivar reactor: for requests and time.
    :ivar web_url: this server's public address, ending with ``/``.
    """

    reactor: Any
    web_url: str
