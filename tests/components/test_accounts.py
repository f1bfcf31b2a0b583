"""The accounts component: guests keep their place, accounts change, leave with their data, and end."""

import email
import email.policy
import json
import re
from datetime import timedelta

import pytest
import pytest_twisted
from components.conftest import HOST, ROOMS, SIBLINGS, START, Person
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm import records as r
from ccm.components.accounts import AccountsOptions
from ccm.components.accounts import plugin as accounts_plugin
from ccm.components.invitations import plugin as invitations_plugin
from ccm.components.topics import TopicsOptions
from ccm.components.topics import plugin as topics_plugin
from ccm.errors import StanzaError
from ccm.modules.account_ends import plugin as account_ends
from ccm.modules.guests import plugin as guests_module
from ccm.router.contacts import Contacts
from ccm.router.hooks import Phase, Target, on
from ccm.router.module import Module
from ccm.router.services import Services
from ccm.session.guests import MARK, Scope
from ccm.session.tokens import Tokens
from ccm.session.verifiers import check_password, make_verifiers
from ccm.testing.fakes import make_services, spawn

GUESTS = f"guests.{HOST}"
ACCOUNTS = SIBLINGS["accounts"]
PASSWORD = "a meadow in November"
NEW = "another meadow in May"


@pytest.fixture
def house(stage, muc):
    """Every component but the reporter, the real rooms, and what guests may send."""
    stores = stage.stores
    stage.router.add_host(GUESTS)
    services = Services(
        host=HOST,
        later=lambda seconds, function: reactor.callLater(seconds, function).cancel,
        now=stage.seconds,
        accounts=stores.accounts,
        rosters=stores.rosters,
        contacts=Contacts(stores.rosters, spawn),
        account_xml=stores.account_xml,
        pubsub_nodes=stores.pubsub_nodes,
        archive=stores.archive,
        personal=stores.personal,
        offline=stores.offline,
        tokens=stores.tokens,
        state=stores.state,
        uploads=stores.uploads,
        push_targets=stores.push_targets,
        urls={},
        guest_host=GUESTS,
    )
    for module in (guests_module, account_ends):
        module.install(stage.router, services)
    options = AccountsOptions(iterations=4096)
    extra = {"guest_host": GUESTS}
    for plugin in (topics_plugin, invitations_plugin):
        stage.host(plugin, **extra)
    kept = {name: getattr(stores, name) for name in ("tokens", "rosters", "archive", "uploads", "push_targets")}
    stage.host(accounts_plugin, options, uploads_url="https://files.example/", **kept, **extra)
    yield stage
    for session in list(stage.router.all_sessions()):
        stage.router.unbind(session)
        stage.router.fire("session-closed", session)


class Guest(Person):
    """A guest's session, whose end is noted."""

    def __init__(self, router, jid):
        super().__init__(router, jid)
        self.ended = []

    def close(self, condition, text=""):
        self.ended.append(text)
        self._router.unbind(self)
        self._router.fire("session-closed", self)


def bind(stage, jid, scope=None):
    session = Guest(stage.router, jid)
    if scope is not None:
        session.state[MARK] = scope.text()
    stage.router.bind(session)
    stage.router.fire("session-bound", session)
    return session


async def account(stage, local, name, password=PASSWORD):
    verifiers = make_verifiers(password, 4096)
    made = await stage.stores.accounts.create(f"{local}@{HOST}", name, f"{local}@mail.example", verifiers)
    return bind(stage, f"{made.jid}/web")


async def file_of(stage, owner, name):
    """A file that somebody put there."""
    uploads = stage.stores.uploads
    await uploads.start()
    upload = r.Upload("f1", owner, name, "image/png", 3, stage.now, stage.now + timedelta(minutes=5), None)
    await uploads.offer(upload, r.UploadLimits())
    file = await uploads.open(upload)
    await file.write(b"abc")
    assert await file.keep()


def child(element, name, namespace=ns.ACCOUNTS):
    return next(element.elements(namespace, name), None)


def condition(element):
    assert element["type"] == "error", element.toXml()
    return child(element, "error", ns.CLIENT).firstChildElement().name


def words(element):
    return str(next(e for e in child(element, "error", ns.CLIENT).elements() if e.name == "text"))


async def until(holds):
    for _ in range(500):
        if await holds():
            return
        await deferLater(reactor, 0.01, lambda: None)
    pytest.fail("it never came to hold")


async def visit(stage):
    """Ann's topic, and Kim in it as a guest by an invitation's link."""
    ann = await account(stage, "ann", "Ann")
    answer = await ann.ask(
        SIBLINGS["invitations"], "set", f"<invite xmlns='{ns.INVITATIONS}' address='kim@mail.example' name='Audit'/>"
    )
    topic = child(child(answer, "done", ns.INVITATIONS), "topic", ns.TOPICS)
    (invitee,) = await stage.stores.topics.invitees(topic["id"])
    jid = f"{invitee.id}@{GUESTS}"
    await stage.stores.accounts.create(jid, "Kim", None, ())
    assert await stage.stores.topics.redeem_link(invitee.token_hash, jid)
    await stage.stores.state.publish("invitee-joined", json.dumps({"invitee": invitee.id, "jid": jid}).encode())

    async def admitted():
        return jid in (await stage.stores.topics.get(topic["id"])).members

    await until(admitted)
    scope = Scope(topic["room"], topic["id"], START + timedelta(hours=12))
    guest = bind(stage, f"{jid}/web", scope)
    await guest.join(topic["room"], "Kim")
    await ann.join(topic["room"], "Ann")
    return ann, guest, topic


async def said(person, others, text):
    person.send(f"<message type='groupchat' to='{person.room}' id='{text[:3]}'><body>{text}</body></message>")
    heard = await others.hears(lambda e: e.name == "message" and f"<body>{text}</body>" in e.toXml())
    return re.search(r"occupant-id' id='([^']*)'|<occupant-id[^>]*id=['\"]([^'\"]*)", heard.toXml())


def claim(guest, **fields):
    written = "".join(f" {name}='{value}'" for name, value in fields.items())
    return guest.ask(ACCOUNTS, "set", f"<claim xmlns='{ns.ACCOUNTS}'{written}/>")


# ---- keeping one's place


@pytest_twisted.ensureDeferred
async def test_a_guest_becomes_an_account_that_keeps_topic_invitation_and_authorship(house):
    ann, guest, topic = await visit(house)
    guest.room = ann.room = topic["room"]
    before = await said(guest, ann, "as a guest")
    await file_of(house, guest.bare, "plan.png")
    answer = await claim(guest, password=NEW)
    done = child(answer, "done")
    made = child(done, "account")
    assert (made["jid"], made["name"]) == (f"kim@{HOST}", "Kim")
    stores = house.stores
    kim = await stores.accounts.get(made["jid"])
    assert kim.email == "kim@mail.example"
    assert check_password(NEW, kim.verifiers[0])
    members = (await stores.topics.get(topic["id"])).members
    assert made["jid"] in members and guest.bare not in members
    (invitee,) = await stores.topics.invitees(topic["id"])
    assert (invitee.state, invitee.jid) == ("joined", made["jid"])
    bearer = await Tokens(stores.tokens, lambda: house.now).admit(str(child(done, "entry")))
    assert (bearer.jid, bearer.scope) == (made["jid"], "")
    mine = bind(house, f"{made['jid']}/web")
    mine.room = topic["room"]
    await mine.join(topic["room"], "Kim")
    after = await said(mine, ann, "as myself")
    assert before.groups() == after.groups()
    page = await stores.archive.said_by(made["jid"])
    assert [b"as a guest" in m.stanza for m in page.items] == [True, False]

    async def ended():
        return bool(guest.ended)

    await until(ended)
    assert guest.ended == ["You have an account now. Sign in with it."]
    assert not stores.accounts.exists(guest.bare)
    assert [file.name for file in await stores.uploads.of(made["jid"])] == ["plan.png"]


@pytest_twisted.ensureDeferred
async def test_what_must_be_mended_is_told_and_changes_nothing(house):
    _, guest, topic = await visit(house)
    for fields, told in (
        ({"password": "short"}, "Take at least 10 characters"),
        ({"password": "Password1234"}, "one of the first"),
        ({"password": NEW, "local": "ann"}, "ann2@localhost is free"),
        ({"password": NEW, "local": "a b"}, "cannot be a chat address"),
        ({"password": NEW, "name": "x" * 81}, "at most 80"),
        ({"password": NEW, "name": "\u0410nn"}, "Somebody in your topic is called"),
    ):
        answer = await claim(guest, **fields)
        assert condition(answer) == "not-acceptable"
        assert told in words(answer), fields
    assert condition(await claim(guest)) == "bad-request"
    assert not house.stores.accounts.exists(f"kim@{HOST}")
    assert guest.bare in (await house.stores.topics.get(topic["id"])).members


@pytest_twisted.ensureDeferred
async def test_an_address_that_has_an_account_by_now_is_sent_to_sign_in(house):
    _, guest, _ = await visit(house)
    await account(house, "kim", "Kim")
    answer = await claim(guest, password=NEW)
    assert condition(answer) == "conflict"
    assert "kim@mail.example has an account" in words(answer)


@pytest_twisted.ensureDeferred
async def test_a_claim_that_cannot_be_carried_out_leaves_the_guest_as_it_was(house):
    _, guest, topic = await visit(house)
    house.components["topics"].stop()
    answer = await claim(guest, password=NEW)
    assert answer["type"] == "error"
    assert not house.stores.accounts.exists(f"kim@{HOST}")
    room = next(r for r in await house.stores.rooms.load_all(ROOMS) if r.jid == topic["room"])
    assert room.affiliations[guest.bare][0] == "member"
    house.components["topics"].start()
    assert (await claim(guest, password=NEW))["type"] == "result"


@pytest_twisted.ensureDeferred
async def test_a_guest_in_a_full_topic_becomes_an_account_too(house):
    house.components["topics"].stop()
    house.host(topics_plugin, TopicsOptions(max_members_per_topic=2), guest_host=GUESTS)
    ann, guest, topic = await visit(house)
    assert (await claim(guest, password=NEW))["type"] == "result"
    assert (await house.stores.topics.get(topic["id"])).members == (ann.bare, f"kim@{HOST}")


class Refusing:
    """Refuses requests of these payloads."""

    def __init__(self):
        self.payloads = ()

    def __call__(self, _router, _services, _options):
        return self

    @on.any("iq", to=tuple(Target), phase=Phase.FILTER)
    def check(self, stanza, _origin):
        if stanza.type == "set" and stanza.payload in self.payloads:
            raise StanzaError("internal-server-error")


@pytest.fixture
def refusing(house):
    made = Refusing()
    Module("refusing", "CCM", made).install(house.router, make_services())
    return made


async def affiliations(house, topic):
    return next(r for r in await house.stores.rooms.load_all(ROOMS) if r.jid == topic["room"]).affiliations


@pytest_twisted.ensureDeferred
async def test_a_claim_that_fails_half_way_gives_the_place_back(house, refusing):
    ann, guest, topic = await visit(house)
    guest.room = ann.room = topic["room"]
    refusing.payloads = ((ns.TOPICS, "succeed"),)
    kim = f"kim@{HOST}"
    assert (await claim(guest, password=NEW))["type"] == "error"
    assert await house.stores.accounts.get(kim) is None
    places = await affiliations(house, topic)
    assert (places[guest.bare][0], places.get(kim)) == ("member", None)
    assert (await house.stores.topics.get(topic["id"])).members == (ann.bare, guest.bare)
    (invitee,) = await house.stores.topics.invitees(topic["id"])
    assert invitee.jid == guest.bare
    await said(guest, ann, "still here")
    refusing.payloads = ()
    assert (await claim(guest, password=NEW))["type"] == "result"
    assert kim in await affiliations(house, topic)


@pytest_twisted.ensureDeferred
async def test_an_account_that_may_have_the_place_already_stays(house, refusing):
    _, guest, _ = await visit(house)
    refusing.payloads = ((ns.ROOMS, "succeed"),)
    answer = await claim(guest, password=NEW)
    assert f"You have the account kim@{HOST} now" in words(answer)
    assert check_password(NEW, (await house.stores.accounts.get(f"kim@{HOST}")).verifiers[0])


@pytest_twisted.ensureDeferred
async def test_a_room_that_is_gone_keeps_nobody_from_an_account(house):
    ann, guest, topic = await visit(house)
    destroyed = await ann.ask(topic["room"], "set", f"<query xmlns='{ns.MUC_OWNER}'><destroy/></query>")
    assert destroyed["type"] == "result"
    assert (await claim(guest, password=NEW))["type"] == "result"


@pytest_twisted.ensureDeferred
async def test_an_account_takes_the_place_of_a_guest_who_never_was(house):
    _, guest, topic = await visit(house)
    zoe = await account(house, "zoe", "Zoe")
    scope = Scope(topic["room"], topic["id"], START + timedelta(hours=12)).text()
    code = await Tokens(house.stores.tokens, lambda: house.now).code(guest.bare, 120, scope)
    accept = f"<accept xmlns='{ns.ACCOUNTS}' code='{code}'/>"
    answer = await zoe.ask(ACCOUNTS, "set", accept)
    assert child(child(answer, "done"), "topic")["id"] == topic["id"]
    members = (await house.stores.topics.get(topic["id"])).members
    assert zoe.bare in members and guest.bare not in members
    assert condition(await zoe.ask(ACCOUNTS, "set", accept)) == "item-not-found"


@pytest_twisted.ensureDeferred
async def test_a_sign_in_token_is_no_code(house):
    zoe = await account(house, "zoe", "Zoe")
    token, _ = await Tokens(house.stores.tokens, lambda: house.now).issue(f"ann@{HOST}")
    answer = await zoe.ask(ACCOUNTS, "set", f"<accept xmlns='{ns.ACCOUNTS}' code='{token}'/>")
    assert condition(answer) == "item-not-found"


# ---- what a guest may do


@pytest_twisted.ensureDeferred
async def test_a_guest_sees_the_one_topic_and_makes_no_other(house):
    ann, guest, topic = await visit(house)
    await ann.ask(SIBLINGS["topics"], "set", f"<create xmlns='{ns.TOPICS}' name='Secret'/>")
    listed = await guest.ask(SIBLINGS["topics"], "get", f"<topics xmlns='{ns.TOPICS}'/>")
    assert [t["id"] for t in child(listed, "topics", ns.TOPICS).elements(ns.TOPICS, "topic")] == [topic["id"]]
    for to, payload in (
        (SIBLINGS["topics"], f"<create xmlns='{ns.TOPICS}'/>"),
        (SIBLINGS["topics"], f"<command xmlns='{ns.COMMANDS}' node='{ns.TOPICS}#create'/>"),
        (SIBLINGS["invitations"], f"<invite xmlns='{ns.INVITATIONS}' address='x@mail.example' topic='{topic['id']}'/>"),
        (ACCOUNTS, f"<delete xmlns='{ns.ACCOUNTS}' password='x'/>"),
        (f"other@{ROOMS}", f"<query xmlns='{ns.MUC_OWNER}'/>"),
        (HOST, f"<query xmlns='{ns.REGISTER}'><remove/></query>"),
        (HOST, f"<query xmlns='{ns.ROSTER}'><item jid='ann@{HOST}'/></query>"),
        ("elsewhere.example", "<ping xmlns='urn:xmpp:ping'/>"),
        (f"ann@{HOST}/web", "<ping xmlns='urn:xmpp:ping'/>"),
    ):
        answer = await guest.ask(to, "set", payload)
        assert condition(answer) == "forbidden", payload
        assert "one topic" in words(answer)


@pytest_twisted.ensureDeferred
async def test_a_guest_enters_no_other_room_and_writes_to_nobody_outside(house):
    ann, guest, topic = await visit(house)
    invite = f"<x xmlns='{ns.MUC_USER}'><invite to='bob@{HOST}'/></x>"
    for xml in (
        f"<message to='{topic['room']}'>{invite}</message>",
        f"<message to='{topic['room']}' type='chat'>{invite}</message>",
        f"<presence to='other@{ROOMS}/Kim'><x xmlns='{ns.MUC}'/></presence>",
        f"<message to='ann@{HOST}' type='chat'><body>psst</body></message>",
        f"<presence to='ann@{HOST}' type='subscribe'/>",
    ):
        guest.send(xml)
        heard = await guest.hears(lambda e: e.getAttribute("type") == "error" and e.name != "iq")
        assert condition(heard) == "forbidden", xml
        guest.received.remove(heard)
    assert "psst" not in "".join(ann.texts())


@pytest_twisted.ensureDeferred
async def test_what_a_guest_calls_an_error_or_a_result_reaches_nobody_outside(house):
    ann, guest, topic = await visit(house)
    before = len(ann.received)
    guest.send(f"<message to='{ann.jid}' type='error'><body>buy this</body></message>")
    guest.send(f"<presence to='{ann.jid}' type='error'/>")
    guest.send(f"<iq to='{ann.jid}' type='result' id='unasked'/>")
    assert ann.received[before:] == []
    asked = ann.ask(f"{topic['room']}/Kim", "get", "<ping xmlns='urn:xmpp:ping'/>")
    ping = await guest.hears(lambda e: e.name == "iq" and e["type"] == "get")
    guest.send(f"<iq to='{ping['from']}' type='result' id='{ping['id']}'/>")
    assert (await asked)["type"] == "result"


@pytest_twisted.ensureDeferred
async def test_a_guest_whose_session_lacks_a_scope_is_sent_away(house):
    await house.stores.accounts.create(f"x@{GUESTS}", "X", None, ())
    guest = bind(house, f"x@{GUESTS}/web")
    assert guest.ended == ["Follow the link of your invitation to come in."]


@pytest_twisted.ensureDeferred
async def test_a_visit_ends_at_its_time(house):
    await house.stores.accounts.create(f"x@{GUESTS}", "X", None, ())
    guest = bind(house, f"x@{GUESTS}/web", Scope(f"t@{ROOMS}", "t", START + timedelta(seconds=0.05)))

    async def ended():
        return bool(guest.ended)

    await until(ended)
    assert "Your visit has ended" in guest.ended[0]


@pytest_twisted.ensureDeferred
async def test_taking_the_invitation_back_ends_the_guest(house):
    ann, guest, topic = await visit(house)
    (invitee,) = await house.stores.topics.invitees(topic["id"])
    await ann.ask(SIBLINGS["invitations"], "set", f"<revoke xmlns='{ns.INVITATIONS}' id='{invitee.id}'/>")

    async def ended():
        return bool(guest.ended)

    await until(ended)
    assert guest.ended == ["Your invitation was taken back."]
    assert not house.stores.accounts.exists(guest.bare)
    assert guest.bare not in (await house.stores.topics.get(topic["id"])).members


@pytest_twisted.ensureDeferred
async def test_guests_whose_topic_is_gone_are_forgotten_after_a_day(house):
    await house.stores.accounts.create(f"old@{GUESTS}", "Old", None, ())
    house.advance(days=2)
    await house.stores.accounts.create(f"new@{GUESTS}", "New", None, ())
    house.components["accounts"].stop()
    house.components["accounts"].start()

    async def forgotten():
        return not house.stores.accounts.exists(f"old@{GUESTS}")

    await until(forgotten)
    assert house.stores.accounts.exists(f"new@{GUESTS}")


# ---- accounts


@pytest_twisted.ensureDeferred
async def test_a_new_password_ends_the_other_sessions_alone(house):
    ann = await account(house, "ann", "Ann")
    other = bind(house, f"ann@{HOST}/phone")
    wrong = await ann.ask(ACCOUNTS, "set", f"<password xmlns='{ns.ACCOUNTS}' password='no' new='{NEW}'/>")
    assert condition(wrong) == "not-authorized"
    weak = await ann.ask(ACCOUNTS, "set", f"<password xmlns='{ns.ACCOUNTS}' password='{PASSWORD}' new='1234567890'/>")
    assert condition(weak) == "not-acceptable"
    done = await ann.ask(ACCOUNTS, "set", f"<password xmlns='{ns.ACCOUNTS}' password='{PASSWORD}' new=' {NEW} '/>")
    assert done["type"] == "result"
    assert check_password(f" {NEW} ", (await house.stores.accounts.get(f"ann@{HOST}")).verifiers[0])
    assert other.ended == ["The password was changed. Sign in with the new one."]
    assert ann.ended == []


async def mails(stage):
    jobs = await stage.stores.outbox.claim("mail", 100, 60)
    found = [json.loads(job.payload) for job in jobs]
    return {m["recipient"]: email.message_from_string(m["message"], policy=email.policy.default) for m in found}


@pytest_twisted.ensureDeferred
async def test_another_mail_address_is_asked_to_confirm_and_the_present_one_told(house):
    ann = await account(house, "ann", "Ann")
    await account(house, "bob", "Bob")
    ask = f"<address xmlns='{ns.ACCOUNTS}' address='{{}}' password='{PASSWORD}'/>"
    unknown = await ann.ask(ACCOUNTS, "set", ask.format("ann@new.example"))
    sent = await mails(house)
    assert set(sent) == {"ann@new.example", "ann@mail.example"}
    token = re.search(r"/address/(\S+)", sent["ann@new.example"].get_content())[1]
    assert token
    assert "ann@new.example" in sent["ann@mail.example"].get_content()
    assert (await house.stores.accounts.get(f"ann@{HOST}")).email == "ann@mail.example"
    known = await ann.ask(ACCOUNTS, "set", ask.format("bob@mail.example"))
    sent = await mails(house)
    assert "/address/" not in sent["bob@mail.example"].get_content()
    assert child(known, "done").toXml() == child(unknown, "done").toXml()  # nobody learns who has an account
    assert condition(await ann.ask(ACCOUNTS, "set", ask.format("no address"))) == "not-acceptable"


@pytest_twisted.ensureDeferred
async def test_an_export_holds_account_contacts_topics_and_all_that_was_said_in_pages(house):
    ann = await account(house, "ann", "Ann")
    stores = house.stores
    await stores.rosters.save(f"ann@{HOST}", {f"bob@{HOST}": r.RosterItem(f"bob@{HOST}", "Bob", "both")})
    await ann.ask(SIBLINGS["topics"], "set", f"<create xmlns='{ns.TOPICS}' name='Audit'/>")
    for n in range(150):
        id_ = stores.archive.next_id()
        stanza = f"<message xmlns='jabber:client'><body>line {n} &amp; more</body></message>".encode()
        await stores.archive.append(r.Archived(id_, f"t@{ROOMS}", f"t@{ROOMS}/Ann", f"ann@{HOST}", house.now, stanza))
    await file_of(house, f"ann@{HOST}", "très cool.png")
    await stores.push_targets.save(r.PushTarget(f"ann@{HOST}", "push.example.net", "n1", ""))
    pages, after = [], ""
    while True:
        answer = await ann.ask(ACCOUNTS, "get", f"<export xmlns='{ns.ACCOUNTS}' after='{after}'/>")
        export = child(answer, "export")
        pages.append(json.loads(str(export)))
        after = export.getAttribute("next") or ""
        if not after:
            break
    assert pages[0]["account"] == {
        "jid": f"ann@{HOST}",
        "name": "Ann",
        "email": "ann@mail.example",
        "created": "2026-11-22T10:00:00Z",
    }
    assert pages[0]["contacts"] == [{"jid": f"bob@{HOST}", "name": "Bob", "subscription": "both", "groups": []}]
    assert [topic["name"] for topic in pages[0]["topics"]] == ["Audit"]
    assert pages[0]["topics"][0]["owner"] is True
    (file,) = pages[0]["files"]
    assert file["name"] == "très cool.png" and file["bytes"] == 3 and file["expires"] is None
    assert file["url"] == "https://files.example/f1/tr%C3%A8s%20cool.png"
    assert pages[0]["notified"] == [{"service": "push.example.net", "node": "n1"}]
    lines = [message["text"] for page in pages for message in page["messages"]]
    assert lines == [f"line {n} & more" for n in range(150)]
    assert len(pages) == 2 and "account" not in pages[1]


@pytest_twisted.ensureDeferred
async def test_an_account_that_ends_leaves_topics_to_others_and_takes_those_of_its_own(house):
    ann, bob = await account(house, "ann", "Ann"), await account(house, "bob", "Bob")
    topics = {}
    for name in ("Alone", "Shared"):
        answer = await ann.ask(SIBLINGS["topics"], "set", f"<create xmlns='{ns.TOPICS}' name='{name}'/>")
        topics[name] = child(child(answer, "done", ns.TOPICS), "topic", ns.TOPICS)["id"]
    shared = topics["Shared"]
    await ann.ask(SIBLINGS["invitations"], "set", f"<invite xmlns='{ns.INVITATIONS}' address='bob' topic='{shared}'/>")
    assert condition(await ann.ask(ACCOUNTS, "set", f"<delete xmlns='{ns.ACCOUNTS}' password='no'/>")) == (
        "not-authorized"
    )
    done = await ann.ask(ACCOUNTS, "set", f"<delete xmlns='{ns.ACCOUNTS}' password='{PASSWORD}'/>")
    assert done["type"] == "result", done.toXml()
    stores = house.stores
    assert not stores.accounts.exists(f"ann@{HOST}")
    assert await stores.topics.get(topics["Alone"]) is None
    left = await stores.topics.get(shared)
    assert (left.owner, left.members) == (bob.bare, (bob.bare,))
    renamed = await bob.ask(SIBLINGS["topics"], "set", f"<rename xmlns='{ns.TOPICS}' id='{shared}' name='Mine'/>")
    assert renamed["type"] == "result"
    assert "was deleted" in (await mails(house))["ann@mail.example"].get_content()

    async def ended():
        return bool(ann.ended)

    await until(ended)
    assert ann.ended == ["The account has been removed."]


@pytest_twisted.ensureDeferred
async def test_everything_is_a_command_too(house):
    _, guest, _ = await visit(house)
    command = f"<command xmlns='{ns.COMMANDS}' node='{ns.ACCOUNTS}#claim'{{}}"
    form = await guest.ask(ACCOUNTS, "set", command.format("/>"))
    fields = [
        f["var"]
        for f in child(child(form, "command", ns.COMMANDS), "x", ns.DATA_FORMS).elements()
        if f.name == "field" and f.getAttribute("type") != "hidden"
    ]
    assert fields == ["name", "local", "password"]
    filled = f"<x xmlns='jabber:x:data' type='submit'><field var='password'><value>{NEW}</value></field></x></command>"
    done = await guest.ask(ACCOUNTS, "set", command.format(">" + filled))
    assert f"You are kim@{HOST} now" in done.toXml()
    bob = await account(house, "bob", "Bob")
    exported = await bob.ask(
        ACCOUNTS, "set", f"<command xmlns='{ns.COMMANDS}' node='{ns.ACCOUNTS}#export' action='execute'/>"
    )
    assert exported["type"] == "result"
