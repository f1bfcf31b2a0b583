"""The fakes under the same contracts as the real stores."""

from collections.abc import Awaitable, Callable

import pytest

from ccm.testing.contracts import AccountsContract, AccountXMLContract, RostersContract, TokensContract, clock
from ccm.testing.contracts_archive import ArchiveContract
from ccm.testing.contracts_personal import OfflineContract, PersonalArchiveContract
from ccm.testing.contracts_pubsub import PubSubNodesContract
from ccm.testing.contracts_state import SessionStateContract
from ccm.testing.contracts_topics import RoomsContract
from ccm.testing.contracts_uploads import PushTargetsContract, UploadsContract
from ccm.testing.fakes import Hands
from ccm.testing.memory import (
    MemoryAccounts,
    MemoryAccountXML,
    MemoryArchive,
    MemoryPubSubNodes,
    MemoryRooms,
    MemoryRosters,
    MemoryState,
)
from ccm.testing.memory_personal import MemoryOffline, MemoryPersonalArchive
from ccm.testing.memory_tokens import MemoryTokens
from ccm.testing.memory_uploads import MemoryPushTargets, MemoryUploads
from ccm.testing.moments import Moments

__all__ = ["clock"]


class TestMemoryAccounts(AccountsContract):
    @pytest.fixture
    def accounts(self, clock: Moments) -> MemoryAccounts:
        return MemoryAccounts("example.org", clock.moment)


class TestMemoryAccountXML(AccountXMLContract):
    @pytest.fixture
    def account_xml(self) -> MemoryAccountXML:
        return MemoryAccountXML()


class TestMemoryPubSubNodes(PubSubNodesContract):
    @pytest.fixture
    def pubsub_nodes(self) -> MemoryPubSubNodes:
        return MemoryPubSubNodes()


class TestMemoryUploads(UploadsContract):
    @pytest.fixture
    def uploads(self, clock: Moments) -> MemoryUploads:
        return MemoryUploads(clock.seconds)


class TestMemoryPushTargets(PushTargetsContract):
    @pytest.fixture
    def push_targets(self) -> MemoryPushTargets:
        return MemoryPushTargets()


class TestMemoryRosters(RostersContract):
    @pytest.fixture
    def rosters(self) -> MemoryRosters:
        return MemoryRosters()


class TestMemoryTokens(TokensContract):
    @pytest.fixture
    def tokens(self, clock: Moments) -> MemoryTokens:
        return MemoryTokens(clock.moment)


class TestMemoryArchive(ArchiveContract):
    @pytest.fixture
    def archive(self) -> MemoryArchive:
        return MemoryArchive()


class TestMemoryPersonalArchive(PersonalArchiveContract):
    @pytest.fixture
    def personal(self, clock: Moments) -> MemoryPersonalArchive:
        return MemoryPersonalArchive(clock.moment)


class TestMemoryOffline(OfflineContract):
    @pytest.fixture
    def offline(self) -> MemoryOffline:
        return MemoryOffline()


class TestMemoryRooms(RoomsContract):
    @pytest.fixture
    def rooms(self, archive: MemoryArchive) -> MemoryRooms:
        return MemoryRooms(archive)

    @pytest.fixture
    def archive(self) -> MemoryArchive:
        return MemoryArchive()


class TestMemoryState(SessionStateContract):
    @pytest.fixture
    def hands(self) -> Hands:
        return Hands()

    @pytest.fixture
    def state(self, hands: Hands) -> MemoryState:
        return MemoryState(hands.now)

    @pytest.fixture
    def passes(self, hands: Hands) -> Callable[[float], Awaitable[None]]:
        async def passes(seconds: float) -> None:
            hands.advance(seconds)

        return passes
