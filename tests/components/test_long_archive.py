"""The archive of a long talk, read part by part, and the window on it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_twisted

from ccm.components.room_archive import Remark, RoomArchive
from ccm.components.room_window import window

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TALK = [Remark(f"{n:03d}", START + timedelta(seconds=n), "Ann", None, f"Line {n}") for n in range(1, 41)]


class Rooms:
    """A room service that gives pages of ten."""

    def __init__(self, archive: RoomArchive) -> None:
        self.archive = archive

    async def archive_page(self, _room: str, query_id: str, after: str | None) -> tuple[bool, str | None]:
        left = [remark for remark in TALK if remark.id > (after or "")]
        self.archive._pages[query_id][1].extend(left[:10])
        return len(left) <= 10, left[:10][-1].id if left else None


@pytest.fixture
def archive(stage: Any) -> RoomArchive:
    made = RoomArchive(stage.context("reporter"), most=15)
    made._rooms = Rooms(made)  # type: ignore[assignment]
    return made


@pytest_twisted.ensureDeferred
async def test_a_long_archive_is_given_in_parts_and_not_refused(archive: RoomArchive) -> None:
    assert [remark.id for remark in await archive.since("r", None)] == [f"{n:03d}" for n in range(1, 21)]
    assert [remark.id for remark in await archive.since("r", "020")] == [f"{n:03d}" for n in range(21, 41)]
    assert await archive.since("r", "040") == []


@pytest.mark.parametrize(
    ("most", "until", "first", "last", "whole"),
    [(15, "040", 26, 40, False), (15, "012", 1, 12, True), (15, "030", 16, 30, False), (40, "999", 1, 40, True)],
)
@pytest_twisted.ensureDeferred
async def test_the_window_holds_the_newest_up_to_a_message(
    archive: RoomArchive, most: int, until: str, first: int, last: int, whole: bool
) -> None:
    archive.most = most
    found, all_ = await window(lambda after: archive.since("r", after), most, until)
    assert ([int(remark.id) for remark in found], all_) == (list(range(first, last + 1)), whole)
