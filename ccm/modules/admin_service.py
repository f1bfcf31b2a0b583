"""
Commands about the service as a whole (XEP-0133 1.3.1 §4.30, §4.31): restart and shut down, after a while and a word.
"""

from collections.abc import Callable
from functools import partial

from twisted.logger import Logger

from ccm.errors import StanzaError
from ccm.modules.admin_terms import Desk, words
from ccm.modules.admin_words import AdminWords
from ccm.router.commands import Done, HostCommand, Parameter
from ccm.router.services import Services
from ccm.wire.forms import Values

log = Logger()

_DELAYS = {"30": "30 seconds", "60": "1 minute", "90": "90 seconds", "120": "2 minutes", "180": "3 minutes"}
_DELAYS |= {"240": "4 minutes", "300": "5 minutes"}
_LONGEST_SECONDS = 3600
_DELAY = Parameter("delay", "After", "list-single", options=tuple(_DELAYS.items()))
_ANNOUNCEMENT = Parameter("announcement", "Tell everybody who is online", "text-multi")


class ServiceCommands:
    """The end of the server, and its beginning again."""

    def __init__(self, services: Services, desk: Desk, told: AdminWords) -> None:
        self._later = services.later
        self._end = services.end
        self._desk = desk
        self._told = told
        self._cancel: Callable[[], None] | None = None

    def commands(self) -> list[HostCommand]:
        """Both of them, if the administrators of this host are to decide that."""
        end = self._end
        if end is None:
            return []

        async def restart(asker: str, values: Values) -> Done:
            return self._plan(asker, values, "is restarted", partial(end, True))

        async def shut_down(asker: str, values: Values) -> Done:
            return self._plan(asker, values, "ends", partial(end, False))

        return [
            self._desk.command("restart", "Restart the server", restart, _DELAY, _ANNOUNCEMENT),
            self._desk.command("shutdown", "Shut the server down", shut_down, _DELAY, _ANNOUNCEMENT),
        ]

    def _plan(self, asker: str, values: Values, what: str, then: Callable[[], None]) -> Done:
        seconds = _seconds(values)
        said = words(values, "announcement")
        if said:
            self._told.tell(said)
        if self._cancel is not None:
            self._cancel()
        log.info(
            "The server {what} in {seconds} seconds, by a command of {jid}.", what=what, seconds=seconds, jid=asker
        )
        self._cancel = self._later(seconds, then)
        return Done(f"The server {what} in {seconds} seconds.")


def _seconds(values: Values) -> int:
    """How long to wait; a moment at least, so that the answer goes out. :raises StanzaError: ``not-acceptable``."""
    typed = "".join(values.get("delay", ())).strip() or "1"
    if not typed.isascii() or not typed.isdigit() or len(typed) > 5 or int(typed) > _LONGEST_SECONDS:
        raise StanzaError("not-acceptable", f"“{typed[:20]}” is no delay: seconds, {_LONGEST_SECONDS} at most.")
    return max(int(typed), 1)
