"""The contract suites on our own providers, on SQLite and on PostgreSQL."""

from ccm.testing.contracts import (
    AccountsContract,
    AccountXMLContract,
    PendingContract,
    RostersContract,
    SuppressionContract,
    TokensContract,
)
from ccm.testing.contracts_archive import ArchiveContract
from ccm.testing.contracts_database import DatabaseContract
from ccm.testing.contracts_invitees import InviteesContract
from ccm.testing.contracts_links import LinksContract
from ccm.testing.contracts_outbox import OutboxContract
from ccm.testing.contracts_personal import OfflineContract, PersonalArchiveContract
from ccm.testing.contracts_pubsub import PubSubNodesContract
from ccm.testing.contracts_topics import DocumentsContract, RoomsContract, TopicsContract, UndoStepsContract


class TestDatabase(DatabaseContract):
    """``Database``."""


class TestAccounts(AccountsContract):
    """``Accounts``."""


class TestRosters(RostersContract):
    """``Rosters``."""


class TestAccountXML(AccountXMLContract):
    """``AccountXML``."""


class TestPubSubNodes(PubSubNodesContract):
    """``PubSubNodes``."""


class TestTokens(TokensContract):
    """``Tokens``."""


class TestPending(PendingContract):
    """``Pending``."""


class TestSuppression(SuppressionContract):
    """``Suppression``."""


class TestArchive(ArchiveContract):
    """``Archive``."""


class TestPersonalArchive(PersonalArchiveContract):
    """``PersonalArchive``."""


class TestOffline(OfflineContract):
    """``Offline``."""


class TestOutbox(OutboxContract):
    """``Outbox``."""


class TestRooms(RoomsContract):
    """``Rooms``."""


class TestTopics(TopicsContract):
    """``Topics``."""


class TestInvitees(InviteesContract):
    """``Topics``, those invited."""


class TestLinks(LinksContract):
    """``Topics``, the links of their invitations."""


class TestUndoSteps(UndoStepsContract):
    """``UndoSteps``."""


class TestDocuments(DocumentsContract):
    """``Documents``."""
