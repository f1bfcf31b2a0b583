"""Notifications: who is told of what, when, by whom; and services that fail."""

from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.modules import disco, messages
from ccm.modules.push import PushOptions, plugin
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza, parse_element

SERVICE = "push.example.net"
FORM = (
    "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
    "<value>http://jabber.org/protocol/pubsub#publish-options</value></field>"
    "<field var='secret'><value>eruio &amp; 234</value></field></x>"
)


class App:
    """A push service that answers as it is told."""

    jid = SERVICE

    def __init__(self, router: Any) -> None:
        self.router = router
        self.asked: list[Stanza] = []
        self.answer = "<result/>"

    def deliver(self, stanza: Stanza) -> None:
        self.asked.append(stanza)
        self.reply()

    def deliver_raw(self, template: Any) -> None:
        raise AssertionError("nothing is sent to many here")

    def reply(self, stanza: Stanza | None = None) -> None:
        stanza = stanza or self.asked[-1]
        if self.answer == "<result/>":
            self.router.route(stanza.result())
        elif self.answer:
            condition, _, type_ = self.answer.partition(" ")
            inner = f"<error type='{type_}'><{condition} xmlns='{ns.STANZA_ERRORS}'/></error>"
            attrs = {"type": "error", "from": SERVICE, "to": stanza.from_ or "", "id": stanza.id or ""}
            self.router.route(Stanza("iq", attrs, inner.encode(), ((ns.CLIENT, "error"),)))

    def told(self) -> list[dict[str, str]]:
        """What each publication since said: its summary, with node and options."""
        found = []
        for stanza in self.asked:
            pubsub = next(stanza.element.elements())
            publish = next(pubsub.elements(ns.PUBSUB, "publish"))
            notification = next(next(publish.elements()).elements(ns.PUSH, "notification"))
            form = next(notification.elements(ns.DATA_FORMS, "x"))
            said = {field["var"]: str(next(field.elements())) for field in form.elements()}
            assert said.pop("FORM_TYPE") == "urn:xmpp:push:summary"
            said["node"] = publish.getAttribute("node") or ""
            for options in pubsub.elements(ns.PUBSUB, "publish-options"):
                said["options"] = next(options.elements()).toXml()
            found.append(said)
        self.asked.clear()
        return found


class Place:
    def __init__(self, targets: Any = None, **options: Any) -> None:
        self.hands = Hands()
        others = {} if targets is None else {"push_targets": targets}
        self.services = made = make_services(hands=self.hands, **others)
        self.router = make_router(made)
        for name in ("ann", "bob"):
            result_of(made.accounts.create(f"{name}@localhost", name, None, ()))
        for module in (disco, messages):
            module.plugin.install(self.router, made)
        plugin.install(self.router, made, PushOptions(**options))
        self.router.add_keeper(lambda stanza: True, self.keep)
        self.app = App(self.router)
        self.router.add_domain(SERVICE, self.app)
        self.phone = self.signed_in("ann@localhost/phone")
        self.bob = self.signed_in("bob@localhost/b")

    def keep(self, stanza: Stanza) -> bool:
        self.router.fire("message-kept", stanza.to, stanza)
        return True

    def signed_in(self, jid: str, priority: int | None = 0) -> RecordingSession:
        session = RecordingSession(jid)
        session.priority = priority
        self.router.bind(session)
        return session

    def away(self, session: RecordingSession) -> None:
        self.router.unbind(session)
        self.router.fire("session-closed", session)

    def ask(self, name: str, said: str, inner: str = "", session: RecordingSession | None = None, **attrs: str) -> str:
        session = session or self.phone
        attrs = {"type": "set", "id": "1", "from": session.jid, **attrs}
        xml = f"<{name} xmlns='{ns.PUSH}' {said}>{inner}</{name}>"
        self.router.route(Stanza("iq", attrs, xml.encode(), ((ns.PUSH, name),)), session)
        answer = session.received.pop()
        if answer.type == "result":
            return ""
        error = next(answer.element.elements(ns.CLIENT, "error"))
        return next(str(child.name) for child in error.elements(ns.STANZA_ERRORS))

    def enable(self, node: str = "n1", inner: str = "", session: RecordingSession | None = None) -> None:
        assert self.ask("enable", f"jid='{SERVICE}' node='{node}'", inner, session) == ""

    def say(self, inner: str = "<body>Hi &amp; bye</body>", to: str = "ann@localhost", type_: str = "chat") -> None:
        attrs = {"type": type_, "from": self.bob.jid, "to": to}
        self.router.route(message(inner, attrs), self.bob)

    def targets(self) -> list[tuple[str, str]]:
        return [(target.node, target.client) for target in result_of(self.services.push_targets.all())]


def message(inner: str, attrs: dict[str, str]) -> Stanza:
    element = parse_element(f"<message xmlns='jabber:client'>{inner}</message>".encode())
    for name, value in attrs.items():
        element[name] = value
    return Stanza.from_element(element)


def test_an_app_is_told_of_a_message_that_waits_and_of_nothing_private() -> None:
    place = Place()
    place.enable()
    place.away(place.phone)
    place.say()
    assert place.app.told() == [{"message-count": "1", "last-message-body": "New message", "node": "n1"}]


def test_who_wrote_what_is_told_only_where_the_operator_says_so() -> None:
    place = Place(sender=True, body=True)
    place.enable()
    place.away(place.phone)
    place.say()
    (told,) = place.app.told()
    assert (told["last-message-sender"], told["last-message-body"]) == ("bob@localhost/b", "Hi & bye")
    silent = Place(placeholder="")
    silent.enable()
    silent.away(silent.phone)
    silent.say()
    assert silent.app.told() == [{"message-count": "1", "node": "n1"}]


def test_the_publication_comes_from_the_host_with_the_options_that_were_given() -> None:
    place = Place()
    place.enable(inner=FORM)
    place.away(place.phone)
    place.say()
    assert place.app.asked[0].attrs["from"] == "localhost" and place.app.asked[0].type == "set"
    (told,) = place.app.told()
    assert "<value>eruio &amp; 234</value>" in told["options"] and "publish-options" in told["options"]


def test_nobody_is_told_who_sees_it_anyway() -> None:
    place = Place()
    place.enable()
    place.say()
    assert place.app.told() == [] and len(place.phone.received) == 1
    place.away(place.phone)
    desk = place.signed_in("ann@localhost/desk")
    place.say()
    assert len(place.app.told()) == 1 and len(desk.received) == 1  # the phone was told, it has no session
    place.signed_in("ann@localhost/phone")
    place.say()
    assert place.app.told() == []


@pytest.mark.parametrize(
    ("inner", "type_"),
    [
        ("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "chat"),
        ("<received xmlns='urn:xmpp:receipts' id='1'/>", "chat"),
        ("<body>news</body>", "headline"),
        ("<body>failed</body>", "error"),
        ("<subject>only</subject>", "normal"),
        ("<body>old</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>", "chat"),
    ],
)
def test_what_is_no_message_to_a_person_is_not_told(inner: str, type_: str) -> None:
    place = Place()
    place.enable()
    place.away(place.phone)
    place.signed_in("ann@localhost/desk")
    place.say(inner, type_=type_)
    assert place.app.told() == []


@pytest.mark.parametrize(
    "inner",
    [
        "<encrypted xmlns='eu.siacs.conversations.axolotl'/>",
        "<encrypted xmlns='urn:xmpp:omemo:2'/>",
        "<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>",
        "<x xmlns='jabber:x:conference' jid='r@conference.localhost'/>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='bob@localhost'/></x>",
    ],
)
def test_calls_invitations_and_what_is_encrypted_are_told(inner: str) -> None:
    place = Place(body=True)
    place.enable()
    place.away(place.phone)
    place.say(inner, type_="normal")
    (told,) = place.app.told()
    assert told["last-message-body"] == "New message"


def test_a_session_that_hibernates_or_does_not_look_is_told_of_what_it_gets() -> None:
    place = Place(sender=True)
    place.enable()
    room = message("<body>all</body>", {"type": "groupchat", "from": "r@conference.localhost/bob"})
    place.router.fire("message-waits", place.phone, room)
    assert place.app.told()[0]["last-message-sender"] == "r@conference.localhost/bob"
    place.router.fire("message-waits", place.bob, room)
    assert place.app.told() == []


def test_a_copy_counts_if_somebody_else_wrote_it() -> None:
    place = Place(body=True, sender=True)
    place.enable()
    for name, expected in (("sent", []), ("received", ["bob@localhost/b"])):
        inner = (
            f"<{name} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
            "<message xmlns='jabber:client' from='bob@localhost/b' type='chat'><body>Hi</body></message>"
            f"</forwarded></{name}>"
        )
        place.router.fire("message-waits", place.phone, message(inner, {"from": "ann@localhost", "type": "chat"}))
        assert [told["last-message-sender"] for told in place.app.told()] == expected


def test_what_was_not_acknowledged_when_the_connection_broke_is_told_once() -> None:
    place = Place()
    place.enable()
    lost = [message("<body>a</body>", {"from": "bob@localhost/b"}), Stanza("presence", {"from": "bob@localhost/b"})]
    place.app.answer = ""
    place.router.fire("session-unacknowledged", place.phone, lambda: [*lost, *lost])
    (told,) = place.app.told()
    assert told["message-count"] == "1"

    def nobody() -> list[Stanza]:
        raise AssertionError("nobody asked for this")

    place.router.fire("session-unacknowledged", place.bob, nobody)


def test_while_a_service_has_not_answered_it_is_told_the_rest_together() -> None:
    place = Place()
    place.enable()
    place.away(place.phone)
    place.app.answer = ""
    for _ in range(50):
        place.say()
    first = place.app.asked[0]
    assert [told["message-count"] for told in place.app.told()] == ["1"]
    place.app.answer = "<result/>"
    place.app.reply(first)
    assert [told["message-count"] for told in place.app.told()] == ["50"]
    place.app.reply(first)  # a second answer means nothing
    assert place.app.told() == []
    place.router.fire("session-available", place.signed_in("ann@localhost/phone"))
    place.away(place.router.session("ann@localhost/phone"))
    place.say()
    assert [told["message-count"] for told in place.app.told()] == ["1"]


@pytest.mark.parametrize("answer", ["item-not-found cancel", "forbidden auth", "not-acceptable modify", "gone cancel"])
def test_a_node_that_is_refused_is_asked_no_more(answer: str) -> None:
    place = Place()
    place.enable()
    place.enable("n2")
    place.away(place.phone)
    place.app.answer = answer
    place.say()
    assert len(place.app.told()) == 2
    place.say()
    assert place.app.told() == [] and place.targets() == []


@pytest.mark.parametrize(
    "answer", ["internal-server-error cancel", "resource-constraint wait", "item-not-found wait", ""]
)
def test_a_service_that_is_away_is_asked_again_later_and_in_the_end_no_more(answer: str) -> None:
    place = Place(failures=3, retry_seconds=100, answer_seconds=10)
    place.enable()
    place.away(place.phone)
    place.app.answer = answer
    place.say()
    place.say()
    place.hands.advance(11)
    assert len(place.app.told()) == 1
    place.hands.advance(101)
    assert [told["message-count"] for told in place.app.told()] == ["2"]
    place.hands.advance(11)
    place.hands.advance(100)
    assert place.app.told() == []
    assert place.targets() == [("n1", "ann@localhost/phone")]
    place.hands.advance(101)
    place.hands.advance(11)
    assert len(place.app.told()) == 1 and place.targets() == []
    place.hands.advance(10_000)
    assert place.app.told() == []


def test_a_service_that_comes_back_is_told_and_its_failures_are_forgotten() -> None:
    place = Place(failures=2, retry_seconds=100)
    place.router.remove_domain(SERVICE, place.app)
    place.enable()
    place.away(place.phone)
    for _ in range(3):
        place.say()
        place.router.add_domain(SERVICE, place.app)
        place.hands.advance(101)
        assert len(place.app.told()) == 1
        place.router.remove_domain(SERVICE, place.app)
    assert place.targets() == [("n1", "ann@localhost/phone")]


def test_who_came_back_meanwhile_is_not_told_after_all() -> None:
    place = Place(retry_seconds=100)
    place.enable()
    place.away(place.phone)
    place.app.answer = "resource-constraint wait"
    place.say()
    place.app.told()
    place.router.fire("session-available", place.signed_in("ann@localhost/phone"))
    place.hands.advance(101)
    assert place.app.told() == []


def test_the_last_request_for_a_node_holds() -> None:
    place = Place()
    place.enable(inner=FORM)
    desk = place.signed_in("ann@localhost/desk")
    place.enable(session=desk)
    assert place.targets() == [("n1", "ann@localhost/desk")]
    place.away(desk)
    place.away(place.phone)
    place.say()
    (told,) = place.app.told()
    assert "options" not in told


def test_one_node_or_all_of_a_service_are_switched_off() -> None:
    place = Place()
    for node in ("n1", "n2", "n3"):
        place.enable(node)
    assert place.ask("disable", f"jid='{SERVICE}' node='n2'") == ""
    assert place.ask("disable", "jid='other.example.net'") == ""
    assert [node for node, _ in place.targets()] == ["n1", "n3"]
    assert place.ask("disable", f"jid='{SERVICE}'") == ""
    assert place.targets() == []
    place.away(place.phone)
    place.say()
    assert place.app.told() == []


def test_the_oldest_node_goes_for_a_new_one() -> None:
    place = Place(nodes_per_account=2)
    for node in ("n1", "n2", "n3"):
        place.enable(node)
    assert [node for node, _ in place.targets()] == ["n2", "n3"]


@pytest.mark.parametrize(
    ("said", "inner", "condition"),
    [
        ("node='n'", "", "bad-request"),
        ("jid=''", "", "bad-request"),
        ("jid='a@b@c'", "", "jid-malformed"),
        ("jid='localhost'", "", "not-acceptable"),
        ("jid='bob@localhost'", "", "not-acceptable"),
        ("jid='bob@localhost/b'", "", "not-acceptable"),
        (f"jid='{SERVICE}' node='{'x' * 2000}'", "", "not-acceptable"),
        (f"jid='{SERVICE}'", FORM.replace("eruio", "x" * 5000), "not-acceptable"),
        (f"jid='{SERVICE}'", FORM.replace("pubsub#publish", "x#publish"), "bad-request"),
    ],
)
def test_what_cannot_be_told_anybody_is_refused(said: str, inner: str, condition: str) -> None:
    place = Place()
    assert place.ask("enable", said, inner) == condition
    assert place.targets() == []


def test_nobody_switches_on_for_others() -> None:
    place = Place()
    assert place.ask("enable", f"jid='{SERVICE}'", to="bob@localhost") == "forbidden"
    guest = place.signed_in("guest@anon.localhost/x")
    place.router.add_host("anon.localhost")
    assert place.ask("enable", f"jid='{SERVICE}'", session=guest) == "not-allowed"
    assert place.targets() == []


def test_a_service_shuts_an_account_out() -> None:
    place = Place()
    place.enable()
    place.enable("n2")

    def say(sender: str, jid: str, affiliation: str = "none") -> None:
        inner = f"<pubsub xmlns='{ns.PUBSUB}' node='n1'><affiliation jid='{jid}' affiliation='{affiliation}'/></pubsub>"
        attrs = {"from": sender, "to": "ann@localhost"}
        place.router.route(Stanza("message", attrs, inner.encode(), ((ns.PUBSUB, "pubsub"),)))

    say("eve.example.net", "ann@localhost")
    say(SERVICE, "bob@localhost")
    say(SERVICE, "ann@localhost", "publish-only")
    assert len(place.targets()) == 2
    say(SERVICE, "ann@localhost")
    assert [node for node, _ in place.targets()] == ["n2"]


def test_nodes_outlive_the_server_and_end_with_the_account() -> None:
    before = Place()
    before.enable(inner=FORM)
    place = Place(targets=before.services.push_targets)
    place.away(place.phone)
    place.say()
    assert len(place.app.told()) == 1
    place.router.fire("account-deleted", "ann@localhost")
    place.say()
    assert place.app.told() == []


def test_accounts_say_that_they_offer_it() -> None:
    place = Place()
    query = f"<query xmlns='{ns.DISCO_INFO}'/>".encode()
    attrs = {"type": "get", "id": "1", "from": place.phone.jid, "to": "ann@localhost"}
    place.router.route(Stanza("iq", attrs, query, ((ns.DISCO_INFO, "query"),)), place.phone)
    assert b"<feature var='urn:xmpp:push:0'/>" in place.phone.received.pop().inner


def test_what_comes_after_a_client_looked_is_told_though_it_is_fewer_than_before() -> None:
    place = Place()
    place.enable()
    place.away(place.phone)
    place.app.answer = ""
    for _ in range(3):
        place.say()
    first = place.app.asked[0]
    phone = place.signed_in("ann@localhost/phone")
    place.router.fire("session-available", phone)
    place.away(phone)
    place.say()
    place.app.told()
    place.app.answer = "<result/>"
    place.app.reply(first)
    assert [told["message-count"] for told in place.app.told()] == ["1"]
