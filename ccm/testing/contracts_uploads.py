"""
The contracts of :class:`ccm.interfaces.IUploads` and :class:`ccm.interfaces.IPushTargets`.

Fixtures ``uploads``, ``push_targets``, and ``clock`` with ``moment()`` and ``advance(seconds)``. Needs pytest and
pytest-twisted.
"""

from datetime import timedelta
from typing import Any

import pytest
import pytest_twisted

from ccm.errors import QuotaReached
from ccm.records import PushTarget, Upload, UploadLimits

ANN, BOB = "ann@example.org", "bob@example.org"
NONE = UploadLimits()


def place(clock: Any, id_: str, owner: str = ANN, size: int = 10, days: float | None = 30) -> Upload:
    """A place of so many bytes, for five minutes; what comes is kept for so many days."""
    now = clock.moment()
    expires = None if days is None else now + timedelta(days=days)
    return Upload(id_, owner, f"{id_}.png", "image/png", size, now, now + timedelta(minutes=5), expires)


async def put(uploads: Any, upload: Upload, *pieces: bytes) -> None:
    """Use a place."""
    file = await uploads.open(upload)
    for piece in pieces:
        await file.write(piece)
    assert await file.keep()


class UploadsContract:
    """For :class:`ccm.interfaces.IUploads`."""

    @pytest_twisted.ensureDeferred
    async def test_a_place_becomes_a_file_once(self, uploads: Any, clock: Any) -> None:
        upload = place(clock, "aa1")
        await uploads.offer(upload, NONE)
        assert await uploads.place("aa1") == upload
        assert await uploads.find("aa1") is None and await uploads.of(ANN) == ()
        file = await uploads.open(upload)
        assert await uploads.place("aa1") is None and await uploads.open(upload) is None
        await file.write(b"0123")
        await file.write(b"456789")
        assert await file.keep()
        assert await uploads.find("aa1") == upload and await uploads.of(ANN) == (upload,)
        assert await uploads.place("aa1") is None and await uploads.open(upload) is None

    @pytest_twisted.ensureDeferred
    async def test_what_did_not_come_whole_leaves_the_place_free_while_it_lasts(self, uploads: Any, clock: Any) -> None:
        upload = place(clock, "aa1")
        await uploads.offer(upload, NONE)
        file = await uploads.open(upload)
        await file.write(b"0123")
        await file.drop()
        assert await uploads.place("aa1") == upload and await uploads.find("aa1") is None
        clock.advance(301)
        assert await uploads.place("aa1") is None and await uploads.open(upload) is None

    @pytest_twisted.ensureDeferred
    async def test_files_expire_and_are_swept(self, uploads: Any, clock: Any) -> None:
        for upload in (place(clock, "aa1", days=1), place(clock, "bb2", days=None), place(clock, "cc3")):
            await uploads.offer(upload, NONE)
            if upload.id != "cc3":
                await put(uploads, upload, b"0123456789")
        clock.advance(86_401)
        assert await uploads.find("aa1") is None
        assert [upload.id for upload in await uploads.of(ANN)] == ["bb2"]
        assert await uploads.sweep() == 1
        assert await uploads.sweep() == 0
        assert await uploads.find("bb2") is not None

    @pytest_twisted.ensureDeferred
    async def test_files_go_over_to_another_account(self, uploads: Any, clock: Any) -> None:
        upload = place(clock, "aa1")
        await uploads.offer(upload, NONE)
        await put(uploads, upload, b"0123456789")
        await uploads.bequeath(ANN, BOB)
        assert await uploads.of(ANN) == ()
        assert [each.id for each in await uploads.of(BOB)] == ["aa1"]

    @pytest_twisted.ensureDeferred
    async def test_so_many_places_may_be_open(self, uploads: Any, clock: Any) -> None:
        limits = UploadLimits(open_places=2)
        first = place(clock, "aa1")
        await uploads.offer(first, limits)
        clock.advance(10)
        await uploads.offer(place(clock, "bb2"), limits)
        with pytest.raises(QuotaReached) as refused:
            await uploads.offer(place(clock, "cc3"), limits)
        assert refused.value.again == first.until
        await uploads.offer(place(clock, "dd4", BOB), limits)
        await put(uploads, first, b"0123456789")
        await uploads.offer(place(clock, "ee5"), limits)

    @pytest_twisted.ensureDeferred
    async def test_so_many_files_and_bytes_may_come_in_a_day(self, uploads: Any, clock: Any) -> None:
        start = clock.moment()
        for count, limits in enumerate((UploadLimits(files_per_day=2), UploadLimits(bytes_per_day=29))):
            owner = (ANN, BOB)[count]
            for id_ in ("1", "2"):
                upload = place(clock, f"a{count}{id_}", owner)
                await uploads.offer(upload, limits)
                await put(uploads, upload, b"0123456789")
            with pytest.raises(QuotaReached) as refused:
                await uploads.offer(place(clock, f"b{count}", owner), limits)
            assert refused.value.again == start + timedelta(days=1)
        clock.advance(86_401)
        await uploads.offer(place(clock, "cc"), UploadLimits(files_per_day=1, bytes_per_day=10))

    @pytest_twisted.ensureDeferred
    async def test_so_many_bytes_may_be_kept(self, uploads: Any, clock: Any) -> None:
        account, server = UploadLimits(bytes_per_account=25), UploadLimits(bytes_in_all=35)
        for id_, owner, days in (("aa1", ANN, None), ("bb2", ANN, 3), ("cc3", BOB, 5)):
            upload = place(clock, id_, owner, days=days)
            await uploads.offer(upload, account)
            await put(uploads, upload, b"0123456789")
        with pytest.raises(QuotaReached) as refused:
            await uploads.offer(place(clock, "dd4"), account)
        assert refused.value.again == clock.moment() + timedelta(days=3)
        with pytest.raises(QuotaReached) as refused:
            await uploads.offer(place(clock, "dd4", size=16), UploadLimits(bytes_per_account=25))
        assert refused.value.again is None  # one is kept for good
        with pytest.raises(QuotaReached) as refused:
            await uploads.offer(place(clock, "dd4", BOB), server)
        assert refused.value.again == clock.moment() + timedelta(days=3)
        clock.advance(3 * 86_400 + 1)
        await uploads.offer(place(clock, "dd4"), account)

    @pytest_twisted.ensureDeferred
    async def test_places_that_nobody_used_count_no_more(self, uploads: Any, clock: Any) -> None:
        limits = UploadLimits(bytes_per_account=15, open_places=1, bytes_in_all=15)
        await uploads.offer(place(clock, "aa1"), limits)
        clock.advance(301)
        await uploads.offer(place(clock, "bb2"), limits)


class PushTargetsContract:
    """For :class:`ccm.interfaces.IPushTargets`."""

    @pytest_twisted.ensureDeferred
    async def test_the_last_request_for_a_node_holds(self, push_targets: Any) -> None:
        first = PushTarget(ANN, "push.example.net", "n1", f"{ANN}/a", b"<x xmlns='jabber:x:data'/>")
        again = PushTarget(ANN, "push.example.net", "n1", f"{ANN}/b")
        other = PushTarget(ANN, "push.example.net", "n2", f"{ANN}/a")
        bobs = PushTarget(BOB, "push.example.net", "n1", f"{BOB}/a")
        for target in (first, other, bobs, again):
            await push_targets.save(target)
        assert await push_targets.all() == (other, bobs, again)

    @pytest_twisted.ensureDeferred
    async def test_one_node_is_forgotten_or_all_of_a_service(self, push_targets: Any) -> None:
        targets = [PushTarget(ANN, service, node, "") for service in ("p", "q") for node in ("", "1", "2")]
        for target in targets:
            await push_targets.save(target)
        await push_targets.delete(ANN, "p", "1")
        await push_targets.delete(ANN, "p", "nothing")
        await push_targets.delete(BOB, "p")
        assert await push_targets.all() == (targets[0], *targets[2:])
        await push_targets.delete(ANN, "p")
        assert await push_targets.all() == tuple(targets[3:])
