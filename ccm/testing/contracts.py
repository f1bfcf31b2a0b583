"""
Contract suites of the small stores: inherit one, give the fixture it names, and your provider is tested.

Every suite takes the fixture ``clock``, a :class:`ccm.testing.moments.Moments` that the provider reads its time from.
The other suites are in ``contracts_archive``, ``contracts_database``, ``contracts_outbox``, ``contracts_state`` and
``contracts_topics``. Needs pytest and pytest-twisted.
"""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, gatherResults

from ccm import records as r
from ccm.errors import CCMError, StanzaError
from ccm.testing.moments import Moments

VERIFIERS = (
    r.Verifier("SCRAM-SHA-256", b"salt\x00\xff", 4096, b"stored", b"server"),
    r.Verifier("SCRAM-SHA-1", b"other", 4096, b"stored1", b"server1"),
)


@pytest.fixture
def clock() -> Moments:
    """The time that providers under test are told."""
    return Moments()


async def refused(awaitable: Any, condition: str) -> StanzaError:
    """Await something that must raise this stanza error."""
    with pytest.raises(StanzaError) as caught:
        await awaitable
    assert caught.value.condition == condition
    return caught.value


async def together(*coroutines: Any) -> list[Any]:
    """Start all, then await all; a :class:`CCMError` is an outcome."""

    async def outcome(coroutine: Any) -> Any:
        try:
            return await coroutine
        except CCMError as error:
            return error

    outcomes: list[Any] = await gatherResults([Deferred.fromCoroutine(outcome(c)) for c in coroutines])
    return outcomes


class AccountsContract:
    """For :class:`ccm.interfaces.IAccounts`; fixture ``accounts``."""

    @pytest_twisted.ensureDeferred
    async def test_an_account_is_found_by_address_localpart_and_mail(self, accounts: Any) -> None:
        made = await accounts.create("ann@example.org", "Ann", "Ann.Smith@mail.example", VERIFIERS)
        for name in ("ann@example.org", "ann", "Ann", " ann ", "ANN@example.org", "ann.smith@MAIL.example"):
            assert await accounts.find(name) == made, name
        assert await accounts.get("ann@example.org") == made

    @pytest_twisted.ensureDeferred
    async def test_an_unknown_name_finds_nobody(self, accounts: Any) -> None:
        await accounts.create("ann@example.org", "Ann", None, VERIFIERS)
        for name in ("", " ", "bob", "bob@example.org", "@", "ann@", "@example.org", "a" * 3000, "ann@elsewhere.org"):
            assert await accounts.find(name) is None, name

    @pytest_twisted.ensureDeferred
    async def test_the_verifiers_come_back_as_they_were(self, accounts: Any) -> None:
        await accounts.create("ann@example.org", "Ann", None, VERIFIERS)
        assert (await accounts.get("ann@example.org")).verifiers == VERIFIERS

    @pytest_twisted.ensureDeferred
    async def test_existence_is_known_at_once(self, accounts: Any) -> None:
        assert not accounts.exists("ann@example.org")
        await accounts.create("ann@example.org", "Ann", None, ())
        assert accounts.exists("ann@example.org")
        await accounts.delete("ann@example.org")
        assert not accounts.exists("ann@example.org")

    @pytest_twisted.ensureDeferred
    async def test_a_taken_jid_or_mail_address_is_a_conflict(self, accounts: Any) -> None:
        first = await accounts.create("ann@example.org", "Ann", "ann@mail.example", VERIFIERS)
        await refused(accounts.create("ann@example.org", "Other", None, ()), "conflict")
        await refused(accounts.create("bob@example.org", "Bob", "ANN@mail.example", ()), "conflict")
        assert await accounts.all() == (first,)
        assert not accounts.exists("bob@example.org")

    @pytest_twisted.ensureDeferred
    async def test_of_parallel_registrations_one_wins(self, accounts: Any) -> None:
        outcomes = await together(*(accounts.create("ann@example.org", f"Ann {i}", None, ()) for i in range(8)))
        assert sum(isinstance(outcome, r.Account) for outcome in outcomes) == 1

    @pytest_twisted.ensureDeferred
    async def test_a_password_is_replaced_whole(self, accounts: Any) -> None:
        await accounts.create("ann@example.org", "Ann", None, VERIFIERS)
        await accounts.set_verifiers("ann@example.org", VERIFIERS[:1])
        assert (await accounts.find("ann")).verifiers == VERIFIERS[:1]
        await refused(accounts.set_verifiers("bob@example.org", ()), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_a_mail_address_is_replaced_unless_it_is_anothers(self, accounts: Any) -> None:
        await accounts.create("ann@example.org", "Ann", "ann@mail.example", VERIFIERS)
        await accounts.create("bob@example.org", "Bob", "bob@mail.example", ())
        await accounts.set_email("ann@example.org", "Ann@new.example")
        assert (await accounts.find("ann@new.example")).email == "Ann@new.example"
        assert await accounts.find("ann@mail.example") is None
        await refused(accounts.set_email("ann@example.org", "BOB@mail.example"), "conflict")
        await refused(accounts.set_email("zoe@example.org", "zoe@mail.example"), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_a_deleted_account_is_gone_and_its_names_are_free(self, accounts: Any) -> None:
        await accounts.create("ann@example.org", "Ann", "ann@mail.example", VERIFIERS)
        await accounts.delete("ann@example.org")
        assert await accounts.find("ann") is None
        await refused(accounts.delete("ann@example.org"), "item-not-found")
        await accounts.create("anna@example.org", "Anna", "ann@mail.example", ())

    @pytest_twisted.ensureDeferred
    async def test_an_account_that_is_switched_off_stays_and_is_counted_apart(self, accounts: Any) -> None:
        for name in ("ann", "bob"):
            await accounts.create(f"{name}@example.org", name, None, VERIFIERS)
        await accounts.set_enabled("ann@example.org", False)
        assert (await accounts.get("ann@example.org")).enabled is False
        assert accounts.exists("ann@example.org")
        assert [await accounts.count("example.org", enabled) for enabled in (None, False, True)] == [2, 1, 1]
        assert await accounts.names("example.org", enabled=False) == ("ann@example.org",)
        assert len(await accounts.names("example.org", limit=1)) == 1
        assert await accounts.count("example.net") == 0
        await accounts.set_enabled("ann@example.org", True)
        assert (await accounts.find("ann@example.org")).enabled is True
        await refused(accounts.set_enabled("nobody@example.org", True), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_all_accounts_come_by_jid_and_by_domain(self, accounts: Any) -> None:
        for jid in ("cid@example.org", "ann@example.org", "bob@other.example"):
            await accounts.create(jid, jid, None, ())
        assert [a.jid for a in await accounts.all()] == ["ann@example.org", "bob@other.example", "cid@example.org"]
        assert [a.jid for a in await accounts.all("example.org")] == ["ann@example.org", "cid@example.org"]
        assert await accounts.all("le.org") == ()


class RostersContract:
    """For :class:`ccm.interfaces.IRosters`; fixture ``rosters``."""

    @pytest_twisted.ensureDeferred
    async def test_an_unknown_roster_is_empty(self, rosters: Any) -> None:
        assert await rosters.load("ann@example.org") == {}

    @pytest_twisted.ensureDeferred
    async def test_contacts_come_back_as_they_were(self, rosters: Any) -> None:
        items = {
            "bob@example.org": r.RosterItem("bob@example.org", "Böb", "both", groups=("Friends", "Ärzte")),
            "cid@example.org": r.RosterItem("cid@example.org", ask=True, approved=True),
            "dan@example.org": r.RosterItem("dan@example.org", pending_in=True),
        }
        await rosters.save("ann@example.org", items)
        assert await rosters.load("ann@example.org") == items
        assert await rosters.load("bob@example.org") == {}

    @pytest_twisted.ensureDeferred
    async def test_saving_replaces_the_whole_roster(self, rosters: Any) -> None:
        await rosters.save("ann@example.org", {"b@x.example": r.RosterItem("b@x.example")})
        await rosters.save("ann@example.org", {})
        assert await rosters.load("ann@example.org") == {}


class TokensContract:
    """For :class:`ccm.interfaces.ITokens`; fixture ``tokens``."""

    @staticmethod
    def token(clock: Moments, hash_: bytes = b"hash", purpose: str = "invite", uses: int = 1) -> r.Token:
        """One that lasts an hour."""
        return r.Token(hash_, purpose, "ann@example.org", '{"topic": "t"}', clock.moment(3600), uses)

    @pytest_twisted.ensureDeferred
    async def test_looking_uses_nothing(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock))
        assert await tokens.look("invite", b"hash") == self.token(clock)
        assert await tokens.look("invite", b"hash") == self.token(clock)

    @pytest_twisted.ensureDeferred
    async def test_a_token_is_redeemed_as_often_as_it_says(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock, uses=2))
        for _ in range(2):
            redeemed = await tokens.redeem("invite", b"hash")
            assert (redeemed.subject, redeemed.scope) == ("ann@example.org", '{"topic": "t"}')
        assert await tokens.redeem("invite", b"hash") is None
        assert await tokens.look("invite", b"hash") is None

    @pytest_twisted.ensureDeferred
    async def test_of_parallel_redemptions_one_wins(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock))
        outcomes = await together(*(tokens.redeem("invite", b"hash") for _ in range(20)))
        assert sum(outcome is not None for outcome in outcomes) == 1

    @pytest_twisted.ensureDeferred
    async def test_a_token_serves_its_own_purpose_alone(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock))
        assert await tokens.redeem("session", b"hash") is None
        assert await tokens.redeem("invite", b"hash") is not None

    @pytest_twisted.ensureDeferred
    async def test_an_expired_token_is_worth_nothing(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock))
        clock.advance(3601)
        assert await tokens.look("invite", b"hash") is None
        assert await tokens.redeem("invite", b"hash") is None

    @pytest_twisted.ensureDeferred
    async def test_revoking_ends_every_token_of_purpose_and_subject(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock, b"one"))
        await tokens.issue(self.token(clock, b"two"))
        await tokens.issue(self.token(clock, b"three", purpose="session"))
        await tokens.revoke("invite", "ann@example.org")
        assert await tokens.look("invite", b"one") is await tokens.redeem("invite", b"two") is None
        assert await tokens.look("session", b"three") is not None

    @pytest_twisted.ensureDeferred
    async def test_somebodys_tokens_of_a_purpose_are_told(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock, b"one"))
        later = replace(self.token(clock, b"two"), expires=clock.moment(7200))
        await tokens.issue(later)
        await tokens.issue(self.token(clock, b"three", purpose="session"))
        await tokens.issue(replace(self.token(clock, b"four"), subject="kim@example.org"))
        await tokens.issue(replace(self.token(clock, b"one"), scope="other"))
        assert [token.hash for token in await tokens.of("invite", "ann@example.org")] == [b"two", b"one"]
        clock.advance(3601)
        assert await tokens.of("invite", "ann@example.org") == (later,)

    @pytest_twisted.ensureDeferred
    async def test_one_token_is_ended_and_no_other(self, tokens: Any, clock: Moments) -> None:
        await tokens.issue(self.token(clock, b"one"))
        await tokens.issue(self.token(clock, b"two"))
        await tokens.end("invite", b"one")
        await tokens.end("invite", b"unknown")
        assert await tokens.look("invite", b"one") is None
        assert await tokens.look("invite", b"two") is not None


class PendingContract:
    """For :class:`ccm.interfaces.IPending`; fixtures ``pending`` and the ``accounts`` and ``outbox`` it works with."""

    @staticmethod
    def registration(clock: Moments, hash_: bytes = b"hash", jid: str = "ann@example.org") -> r.PendingRegistration:
        """One that lasts a day."""
        return r.PendingRegistration("ann@mail.example", jid, "Ann", VERIFIERS, hash_, clock.moment(86_400))

    @pytest_twisted.ensureDeferred
    async def test_a_pending_registration_is_no_account(self, pending: Any, accounts: Any, clock: Moments) -> None:
        await pending.add(self.registration(clock))
        assert await pending.look(b"hash") == self.registration(clock)
        assert not accounts.exists("ann@example.org")
        assert await accounts.find("ann") is None

    @pytest_twisted.ensureDeferred
    async def test_confirming_makes_the_account_once(self, pending: Any, accounts: Any, clock: Moments) -> None:
        await pending.add(self.registration(clock))
        outcomes = await together(*(pending.confirm(b"hash") for _ in range(5)))
        made = [outcome for outcome in outcomes if isinstance(outcome, r.Account)]
        assert len(made) == 1
        assert accounts.exists("ann@example.org")
        assert await accounts.find("ann@mail.example") == made[0]
        assert made[0].verifiers == VERIFIERS
        await refused(pending.confirm(b"hash"), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_the_newest_that_waits_is_found_until_one_is_confirmed(self, pending: Any, clock: Moments) -> None:
        first = self.registration(clock)
        await pending.add(first)
        clock.advance(60)
        second = replace(self.registration(clock), token_hash=b"second")
        await pending.add(second)
        assert await pending.find(first.address) == await pending.find(first.jid) == second
        assert await pending.look(b"hash") == first  # the earlier mail's link works as well
        local, _, host = first.jid.partition("@")
        for name in (first.jid, local.upper()):
            found = await pending.as_account(name, host)
            assert (found.jid, found.verifiers, found.enabled) == (first.jid, first.verifiers, False)
        for name in (first.address, "nobody", f"{local}@elsewhere.example", "@", ""):
            assert await pending.as_account(name, host) is None
        await pending.confirm(b"hash")
        assert await pending.find(first.address) is await pending.look(b"second") is None

    @pytest_twisted.ensureDeferred
    async def test_an_expired_registration_cannot_be_confirmed(self, pending: Any, clock: Moments) -> None:
        await pending.add(self.registration(clock))
        clock.advance(86_401)
        assert await pending.look(b"hash") is None
        await refused(pending.confirm(b"hash"), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_a_name_taken_meanwhile_is_a_conflict(self, pending: Any, accounts: Any, clock: Moments) -> None:
        await pending.add(self.registration(clock))
        await accounts.create("ann@example.org", "Other", None, ())
        await refused(pending.confirm(b"hash"), "conflict")
        assert (await accounts.get("ann@example.org")).name == "Other"

    @pytest_twisted.ensureDeferred
    async def test_the_mail_is_queued_with_it(self, pending: Any, outbox: Any, clock: Moments) -> None:
        await pending.add(self.registration(clock), [("mail", "validate:1", "{}")])
        assert [job.key for job in await outbox.claim("mail", 10, 60)] == ["validate:1"]


class AccountXMLContract:
    """For :class:`ccm.interfaces.IAccountXML`; fixture ``account_xml``."""

    @pytest_twisted.ensureDeferred
    async def test_pieces_are_kept_replaced_and_forgotten_by_owner_and_name(self, account_xml: Any) -> None:
        assert await account_xml.get("ann@example.org", "vcard") is None
        await account_xml.set("ann@example.org", {"vcard": b"<a/>", "blocked": b"<b>\xc3\xa9</b>"})
        await account_xml.set("bob@example.org", {"vcard": b"<c/>"})
        await account_xml.set("ann@example.org", {"vcard": b"<d/>"})
        assert await account_xml.get("ann@example.org", "vcard") == b"<d/>"
        assert await account_xml.all("vcard") == {"ann@example.org": b"<d/>", "bob@example.org": b"<c/>"}
        await account_xml.set("ann@example.org", {"vcard": None, "never": None})
        assert await account_xml.all("vcard") == {"bob@example.org": b"<c/>"}
        assert await account_xml.get("ann@example.org", "blocked") == b"<b>\xc3\xa9</b>"
        await account_xml.set_each("vcard", {"bob@example.org": b"<e/>", "kim@example.org": b"<f/>"})
        assert await account_xml.all("vcard") == {"bob@example.org": b"<e/>", "kim@example.org": b"<f/>"}

    @pytest_twisted.ensureDeferred
    async def test_the_bytes_of_an_account_are_counted(self, account_xml: Any) -> None:
        assert await account_xml.size("ann@example.org") == 0
        await account_xml.set("ann@example.org", {"a": b"<a/>", "b": b"<b>\xc3\xa9</b>"})
        assert await account_xml.size("ann@example.org") == 4 + 9


class SuppressionContract:
    """For :class:`ccm.interfaces.ISuppression`; fixture ``suppression``."""

    @pytest_twisted.ensureDeferred
    async def test_an_address_stays_on_the_list_until_it_is_removed(self, suppression: Any) -> None:
        assert not await suppression.has("kim@mail.example")
        await suppression.add("Kim@mail.example")
        await suppression.add("kim@mail.example")
        assert await suppression.has("kim@MAIL.example")
        assert not await suppression.has("kim2@mail.example")
        await suppression.remove("kim@mail.example")
        assert not await suppression.has("kim@mail.example")
