"""Whoever gets the name of somebody who is gone is a stranger: to contacts, to nodes, to the list of administrators."""

from typing import Any

from ccm import namespaces as ns
from ccm.errors import StoreUnavailable
from ccm.modules import account_ends, pep, presence, register, roster, subscriptions
from ccm.modules.account_ends import CHANNEL
from ccm.modules.admin import Admin, AdminOptions
from ccm.modules.admin_lists import Elsewhere
from ccm.modules.admin_terms import Listed
from ccm.records import RosterItem
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.testing.memory import MemoryAccountXML
from ccm.wire.stanza import Stanza

ANN, KIM, FAR = "ann@localhost", "kim@localhost", "lee@elsewhere.example"


class Place:
    """Ann and Kim see each other; Lee is elsewhere, and Kim's contact as well."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.services = make_services(hands=self.hands)
        self.router = make_router(self.services)
        for jid in (ANN, KIM):
            self.join(jid)
        stored: Any = self.services.rosters
        stored.stored[ANN] = {KIM: RosterItem(KIM, subscription="both")}
        stored.stored[KIM] = {jid: RosterItem(jid, subscription="both") for jid in (ANN, FAR)}
        self.stored = stored.stored
        for module in (account_ends, roster, subscriptions, presence, pep, register):
            module.plugin.install(self.router, self.services)
        self.beyond = RecordingSession("elsewhere.example")
        self.router.set_elsewhere(self.beyond)
        self.ann = self.sign_in(ANN)
        self.ann.state["roster"] = True

    def join(self, jid: str) -> None:
        result_of(self.services.accounts.create(jid, jid, None, ()))

    def sign_in(self, jid: str) -> RecordingSession:
        session = RecordingSession(f"{jid}/a")
        self.router.bind(session)
        self.router.route(Stanza("presence", {"from": session.jid}), session)
        session.received.clear()
        return session

    def unregister(self) -> None:
        kim = self.sign_in(KIM)
        inner = f"<query xmlns='{ns.REGISTER}'><remove/></query>".encode()
        attrs = {"type": "set", "id": "r", "from": kim.jid, "to": "localhost"}
        self.router.route(Stanza("iq", attrs, inner, ((ns.REGISTER, "query"),)), kim)
        assert kim.received[-1].type == "result"
        self.router.unbind(kim)

    def check_that_a_stranger_sees_nothing(self) -> None:
        self.join(KIM)
        stranger = self.sign_in(KIM)
        self.router.route(Stanza("presence", {"from": self.ann.jid}, b"<show>away</show>", (("", "show"),)), self.ann)
        assert not stranger.received
        assert all(item.subscription == "none" for item in self.stored[ANN].values())


def test_contacts_of_an_account_that_is_removed_are_told_and_see_no_successor() -> None:
    place = Place()
    place.ann.received.clear()
    place.unregister()
    types = [stanza.type for stanza in place.ann.received if stanza.kind == "presence" and stanza.from_ == KIM]
    assert {"unsubscribe", "unsubscribed"} <= set(types)
    assert any(b"subscription='none'" in each.inner for each in place.ann.received if each.kind == "iq"), "a push"
    far = [
        (stanza.type, stanza.to) for stanza in place.beyond.received if stanza.type != "probe" and stanza.from_ == KIM
    ]
    assert far == [("unsubscribe", FAR), ("unsubscribed", FAR)]
    assert place.services.accounts.removed() == frozenset(), "that is told once"
    place.check_that_a_stranger_sees_nothing()


def test_an_account_that_a_component_removes_is_told_of_by_the_bus() -> None:
    place = Place()
    result_of(place.services.accounts.delete(KIM))
    assert place.services.accounts.removed() == {KIM}
    result_of(place.services.state.publish(CHANNEL, b'{"jid": "kim@localhost", "why": "removed"}'))
    assert place.services.accounts.removed() == frozenset()
    place.check_that_a_stranger_sees_nothing()


class Away(MemoryAccountXML):
    """Cannot be read for a while."""

    away = True

    async def get(self, owner: str, name: str) -> bytes | None:
        if self.away:
            raise StoreUnavailable("The database is away.")
        return await super().get(owner, name)


def office(store: Away) -> tuple[Hands, Any, Admin]:
    hands = Hands()
    services = make_services(hands=hands, account_xml=store)
    router = make_router(services)
    admin = Admin(router, services, AdminOptions(admins=("boss@localhost",)))
    router.attach(admin)
    return hands, router, admin


def test_an_administrator_who_is_gone_is_struck_though_the_list_was_not_read_yet() -> None:
    store = Away()
    store.kept["localhost", "admins"] = (
        b"<list xmlns='urn:ccm:admin:0'><jid>ann@localhost</jid><jid>kim@localhost</jid></list>"
    )
    _, router, _ = office(store)
    store.away = False
    result_of(router.tell("account-deleted", KIM))
    kept = store.kept["localhost", "admins"]
    assert b"ann@localhost" in kept and b"kim@localhost" not in kept


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one() -> None:
    store = Away()
    store.kept["localhost", "blocklist"] = b"<list xmlns='urn:ccm:admin:0'><jid>evil.example</jid></list>"
    hands, router, _ = office(store)
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)
    beyond = RecordingSession("beyond")
    router.set_elsewhere(beyond)

    def said() -> list[str | None]:
        beyond.received.clear()
        for domain in ("evil.example", "good.example"):
            attrs = {"from": ann.jid, "to": f"x@{domain}", "id": "1"}
            router.route(Stanza("message", attrs, b"<body>x</body>", ((ns.CLIENT, "body"),)), ann)
        return [stanza.to for stanza in beyond.received]

    assert said() == [], "nobody knows whom this server blocks"
    store.away = False
    hands.advance(30)
    assert said() == ["x@good.example"]


def test_a_host_that_blocks_nobody_pays_nothing_for_it() -> None:
    services = make_services()
    router = make_router(services)
    lists = [Listed(services.account_xml, "localhost", name) for name in ("blocklist", "allowlist")]
    border = Elsewhere(router, "localhost", *lists)
    for each in lists:
        result_of(each.load())
    border.begin()
    assert not border._attached
