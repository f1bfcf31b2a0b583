"""What every publisher of this package is configured with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccm.publish.egress import Egress
from ccm.publish.secret import read_secret


@dataclass(frozen=True, slots=True)
class TargetServices:
    """
    :ivar reactor: for requests and time.
    :ivar web_url: this server's public address, ending with ``/``.
    :ivar state: folder in which a publisher may keep what it needs, below a folder of its own name; made when used.
    """

    reactor: Any
    web_url: str
    state: Path = Path("var")

    def secret(self, section: str, value: str, file: str) -> str:
        """The secret of a section, given in place or in a file. :raises ConfigError: naming the section."""
        return read_secret(section, value, file)

    def egress(self, section: str, url: str, seconds: float, private: bool) -> Egress:
        """The way out to *url*, whose section of the configuration says the rest."""
        return Egress(self.reactor, url, seconds=seconds, private=private, section=section)
