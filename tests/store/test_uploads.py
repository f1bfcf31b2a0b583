"""Files that people put here, on real disks: both databases, crashes, and what goes with an account."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import text
from twisted.internet import reactor

from ccm.errors import QuotaReached, StoreUnavailable
from ccm.records import PushTarget, UploadLimits
from ccm.store.uploads import Uploads
from ccm.testing.contracts_uploads import ANN, NONE, PushTargetsContract, UploadsContract, place, put
from ccm.testing.moments import Moments


@pytest.fixture
def uploads(stores: Any, clock: Moments, tmp_path: Path) -> Iterator[Uploads]:
    made = Uploads(stores.database, reactor, tmp_path / "files", clock.seconds)
    pytest_twisted.blockon(pytest_twisted.defer.ensureDeferred(made.start()))
    yield made
    pytest_twisted.blockon(pytest_twisted.defer.ensureDeferred(made.close()))


@pytest.fixture
def push_targets(stores: Any) -> Any:
    return stores.push_targets


class TestUploads(UploadsContract):
    pass


class TestPushTargets(PushTargetsContract):
    pass


@pytest_twisted.ensureDeferred
async def test_the_running_sums_are_those_of_the_files(uploads: Uploads, stores: Any, clock: Moments) -> None:
    def sums(connection: Any) -> tuple[dict[str, int], dict[str, int]]:
        added = {row.owner: row.bytes for row in connection.execute(text("SELECT owner, bytes FROM upload_sums"))}
        there: dict[str, int] = {"": 0}
        for row in connection.execute(text("SELECT owner, size FROM uploads")):
            there[row.owner] = there.get(row.owner, 0) + row.size
            there[""] += row.size
        return added, there

    async def agree() -> dict[str, int]:
        added, there = await stores.database.read(sums)
        assert added == there
        return dict(added)

    bob = "bob@localhost"
    for id_, owner, days in (("aa1", ANN, 1), ("bb2", ANN, None), ("cc3", bob, 1), ("dd4", bob, None)):
        upload = place(clock, id_, owner, days=days)
        await uploads.offer(upload, NONE)
        if id_ != "dd4":
            await put(uploads, upload, b"0123456789")
        await agree()
    assert await agree() == {"": 40, ANN: 20, bob: 20}
    with pytest.raises(QuotaReached):
        await uploads.offer(place(clock, "ee5"), UploadLimits(bytes_per_account=29))
    assert (await agree())[ANN] == 20
    await uploads.bequeath(bob, ANN)
    assert await agree() == {"": 40, ANN: 40}
    clock.advance(86_401)
    await uploads.sweep()
    assert await agree() == {"": 10, ANN: 10}


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest_twisted.ensureDeferred
async def test_the_bytes_are_where_the_store_says_and_for_nobody_else(
    uploads: Any, clock: Moments, tmp_path: Path
) -> None:
    upload = place(clock, "aa1")
    await uploads.offer(upload, NONE)
    await put(uploads, upload, b"01234", b"56789")
    path = Path(uploads.path("aa1"))
    assert path.read_bytes() == b"0123456789"
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
    clock.advance(31 * 86_400)
    assert await uploads.sweep() == 1
    assert files(tmp_path / "files") == []


@pytest_twisted.ensureDeferred
async def test_what_a_crash_left_half_done_is_removed_and_the_place_is_free(
    uploads: Any, stores: Any, clock: Moments, tmp_path: Path
) -> None:
    upload, named = place(clock, "aa1"), place(clock, "bb2")
    for each in (upload, named):
        await uploads.offer(each, NONE)
        file = await uploads.open(each)
        await file.write(b"0123")
    Path(uploads.path("bb2")).parent.mkdir()
    (tmp_path / "files" / "coming" / "bb2").rename(uploads.path("bb2"))  # named, and its row not told
    again = Uploads(stores.database, reactor, tmp_path / "files", clock.seconds)
    await again.start()
    assert files(tmp_path / "files") == []
    assert await again.place("aa1") == upload and await again.place("bb2") == named
    await put(again, upload, b"0123456789")
    await again.close()


@pytest_twisted.ensureDeferred
async def test_files_and_targets_go_with_their_account(
    uploads: Any, stores: Any, clock: Moments, tmp_path: Path
) -> None:
    await stores.accounts.create(ANN, "Ann", None, ())
    await stores.push_targets.save(PushTarget(ANN, "push.example.net", "n", ""))
    kept, waiting, coming = (place(clock, id_) for id_ in ("aa1", "bb2", "cc3"))
    for each in (kept, waiting, coming):
        await uploads.offer(each, NONE)
    await put(uploads, kept, b"0123456789")
    file = await uploads.open(coming)
    await stores.accounts.delete(ANN)
    assert await uploads.find("aa1") is None and await uploads.place("bb2") is None
    assert await file.keep() is False
    assert await uploads.sweep() == 1
    assert files(tmp_path / "files") == []
    assert await uploads.of(ANN) == () and await stores.push_targets.all() == ()


@pytest_twisted.ensureDeferred
async def test_a_full_disk_is_told_and_leaves_nothing(uploads: Any, clock: Moments, tmp_path: Path) -> None:
    upload = place(clock, "aa1")
    await uploads.offer(upload, NONE)
    file = await uploads.open(upload)
    file._file.close()
    file._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115 - closed by drop
    with pytest.raises(StoreUnavailable, match="try again"):
        await file.write(b"0123")
    await file.drop()
    assert files(tmp_path / "files") == []
    assert await uploads.place("aa1") == upload
    (tmp_path / "files" / "coming").rmdir()
    (tmp_path / "files" / "coming").touch()
    with pytest.raises(StoreUnavailable):
        await uploads.open(upload)
    assert await uploads.place("aa1") == upload


@pytest_twisted.ensureDeferred
async def test_a_folder_that_cannot_be_written_ends_the_start(stores: Any, clock: Moments, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    other = Uploads(stores.database, reactor, tmp_path / "file" / "below", clock.seconds)
    with pytest.raises(StoreUnavailable, match=r"modules\.upload\.folder"):
        await other.start()
    await other.close()


@pytest_twisted.ensureDeferred
async def test_the_disk_keeps_some_room(uploads: Any, clock: Moments) -> None:
    with pytest.raises(QuotaReached, match="room"):
        await uploads.offer(place(clock, "aa1"), UploadLimits(least_free_bytes=2**62))
    assert await uploads.place("aa1") is None


@pytest_twisted.ensureDeferred
async def test_a_store_that_was_not_started_takes_nothing(stores: Any, clock: Moments, tmp_path: Path) -> None:
    other = Uploads(stores.database, reactor, tmp_path / "other", clock.seconds)
    upload = place(clock, "zz9")
    await other.offer(upload, NONE)
    with pytest.raises(StoreUnavailable):
        await other.open(upload)
    assert upload.until - clock.moment() == timedelta(minutes=5)


@pytest_twisted.ensureDeferred
async def test_a_place_that_could_not_be_freed_is_free_after_a_sweep(
    uploads: Any, clock: Moments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, going_on = place(clock, "aa1"), place(clock, "bb2")
    for each in (left, going_on):
        await uploads.offer(each, NONE)
    file, other = await uploads.open(left), await uploads.open(going_on)
    assert await uploads.open(left) is None

    async def refuse(_statement: Any) -> int:
        raise StoreUnavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_execute", refuse)
        with pytest.raises(StoreUnavailable):
            await file.drop()
    assert await uploads.place("aa1") is None
    await uploads.sweep()
    assert await uploads.place("aa1") == left
    await other.write(b"0123456789")
    assert await other.keep() is True


@pytest_twisted.ensureDeferred
async def test_the_name_of_a_new_folder_is_on_disk_with_its_first_file(
    uploads: Any, clock: Moments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[Path] = []
    monkeypatch.setattr("ccm.store.uploads._settle_folder", settled.append)
    for id_ in ("aa1", "aa2"):
        upload = place(clock, id_)
        await uploads.offer(upload, NONE)
        await put(uploads, upload, b"0123456789")
    top = tmp_path / "files"
    assert settled == [top, top / "aa", top / "aa"]
