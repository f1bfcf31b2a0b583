"""Work that nobody waits for: its failures are logged, but for what the next start does anyway."""

import pytest
from twisted.logger import capturedLogs, formatEvent

from ccm.errors import StoreClosed, StoreUnavailable
from ccm.modules.aside import aside, until_done


@pytest.mark.parametrize(("error", "lines"), [(StoreClosed("It is closed."), 0), (StoreUnavailable("It is full."), 1)])
def test_what_is_read_at_every_start_says_nothing_of_a_server_that_ends(error: Exception, lines: int) -> None:
    async def work() -> None:
        raise error

    waits: list[float] = []
    with capturedLogs() as logs:
        until_done(work, "reading", lambda seconds, _: waits.append(seconds))
    assert len(logs) == lines and len(waits) == 1


def test_what_is_not_saved_since_the_server_ends_is_logged() -> None:
    async def work() -> None:
        raise StoreClosed("It is closed.")

    with capturedLogs() as logs:
        aside(work(), "saving a roster")
    assert formatEvent(logs[0]) == "A task failed: saving a roster. It is closed."
