"""People who pretend to be somebody else, or more than they are."""

import re
from base64 import b64decode, b64encode

import pytest
from fixtures.server import ServerProcess
from hostile import HEADER, SASL, Client, Wire, signed_in

MUC = "http://jabber.org/protocol/muc"


def enter(client: Client, room: str, nick: str, inner: str = "") -> bytes:
    presence = f"<presence to='{room}@conference.localhost/{nick}'><x xmlns='{MUC}'/>{inner}</presence>"
    return client.say(presence.encode()).hear(b"<subject/></message>")


def ask(client: Client, type_: str, to: str, payload: str) -> bytes:
    client.say(f"<iq type='{type_}' id='ask' to='{to}'>{payload}</iq>".encode())
    return client.hear(b"id='ask'") + client.hear(b">") + client.ping()


def open_room(client: Client, room: str, nick: str) -> None:
    enter(client, room, nick)
    ask(
        client,
        "set",
        f"{room}@conference.localhost",
        f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>",
    )


def test_from_of_somebody_else_ends_the_stream(target: ServerProcess) -> None:
    for jid in ("ann@localhost", "ann@localhost/r", "localhost", "conference.localhost"):
        with signed_in(target, "eve") as eve:
            said = eve.say(f"<message from='{jid}' to='bob@localhost/b'><body>x</body></message>".encode()).rest()
            assert b"<invalid-from" in said


@pytest.mark.parametrize(
    "authzid", ["ann@localhost", "ann", "admin@localhost", "localhost", "eve@elsewhere", "ann@localhost/r"]
)
def test_sasl_authzid_impersonation_is_refused(target: ServerProcess, authzid: str) -> None:
    with Client(target.c2s) as eve:
        said = eve.open().plain("eve", authzid=authzid)
        assert b"<invalid-authzid/>" in said


def test_sasl_user_enumeration_unknown_names_go_the_same_way(target: ServerProcess) -> None:
    shapes = []
    for name in ("ann", "nobody-of-that-name"):
        with Client(target.c2s) as wire:
            wire.open()
            first = b64encode(f"n,,n={name},r=abcdef".encode()).decode()
            wire.say(f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-256'>{first}</auth>".encode())
            challenge = wire.hear(b"</challenge>")
            wire.say(f"<response xmlns='{SASL}'>{b64encode(b'c=biws,r=x,p=AAAA').decode()}</response>".encode())
            shapes.append((len(challenge), wire.hear(b"</failure>")))
    assert shapes[0] == shapes[1]


def test_sasl_a_made_up_salt_is_the_same_each_time(target: ServerProcess) -> None:
    salts = set()
    for _ in range(2):
        with Client(target.c2s) as wire:
            wire.open()
            first = b64encode(b"n,,n=nobody-of-that-name,r=abcdef").decode()
            wire.say(f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-256'>{first}</auth>".encode())
            said = b64decode(re.search(rb">([^<]+)</challenge>", wire.hear(b"</challenge>"))[1])  # type: ignore[index]
            salts.add(said.split(b",s=")[1])
    assert len(salts) == 1


def test_sasl_three_failures_end_the_stream(target: ServerProcess) -> None:
    with Client(target.c2s) as wire:
        wire.open()
        for _ in range(3):
            assert b"<not-authorized/>" in wire.plain("eve", "wrong")
        assert b"policy-violation" in wire.rest()


def test_sasl_log_injection_no_line_of_the_log_is_an_attackers(target: ServerProcess) -> None:
    forged = "2026-01-01T00:00:00 forged"
    for name in (f"eve\n{forged}", f"eve\r\n{forged}", f"eve\x1b[2J{forged}"):
        with Client(target.c2s) as wire:
            assert b"<failure" in wire.open().plain(name, "wrong")
    with signed_in(target, "eve") as eve:
        eve.say(f"<presence to='log@conference.localhost/x&#10;{forged}'><x xmlns='{MUC}'/></presence>".encode()).ping()
    with Wire(target.c2s) as wire:
        wire.say(HEADER.replace(b"localhost", f"x&#10;{forged}".encode(), 1)).rest()
    log = target.log.read_text("utf-8", "replace")
    assert not any(line.startswith(forged) for line in log.splitlines()) and "\x1b[2J" not in log


def test_stanza_id_spoof_and_carbon_spoof_come_as_from_who_sent_them(target: ServerProcess) -> None:
    """Also mam-result-spoof and roster-push-spoof: whatever a message claims, its ``from`` is the sender's own."""
    forged = (
        "<result xmlns='urn:xmpp:mam:2' id='1'><forwarded xmlns='urn:xmpp:forward:0'/></result>",
        "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<message xmlns='jabber:client' from='ann@localhost/r'><body>forged</body></message></forwarded></received>",
        "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@localhost' id='forged'/><body>x</body>",
    )
    with signed_in(target, "bob", "b") as bob, signed_in(target, "eve") as eve:
        for payload in forged:
            eve.say(f"<message to='bob@localhost/b' type='chat'>{payload}</message>".encode())
        push = "<query xmlns='jabber:iq:roster'><item jid='eve@localhost' subscription='both'/></query>"
        eve.say(f"<iq type='set' id='push' to='bob@localhost/b'>{push}</iq>".encode()).ping()
        came = bob.ping()
        heads = re.findall(rb"<(?:message|iq) [^>]*to='bob@localhost/b'[^>]*>", came)
        assert len(heads) >= 3 and all(b"from='eve@localhost/r'" in head for head in heads)


def test_roster_push_spoof_a_request_to_anothers_account_is_refused(target: ServerProcess) -> None:
    with signed_in(target, "eve") as eve, signed_in(target, "bob", "b") as bob:
        push = "<query xmlns='jabber:iq:roster'><item jid='eve@localhost' subscription='both'/></query>"
        said = ask(eve, "set", "bob@localhost", push)
        assert b"type='error'" in said
        assert b"eve@localhost" not in ask(bob, "get", "bob@localhost", "<query xmlns='jabber:iq:roster'/>")


def test_muc_privilege_escalation_a_participant_reads_and_changes_nothing(target: ServerProcess) -> None:
    room = "power@conference.localhost"
    with signed_in(target, "ann") as ann, signed_in(target, "eve") as eve:
        open_room(ann, "power", "Ann")
        enter(eve, "power", "Eve")
        for payload in (
            f"<query xmlns='{MUC}#admin'><item affiliation='outcast'/></query>",
            f"<query xmlns='{MUC}#admin'><item affiliation='owner'/></query>",
            f"<query xmlns='{MUC}#owner'/>",
        ):
            assert b"type='error'" in ask(eve, "get", room, payload), payload
        for payload in (
            f"<query xmlns='{MUC}#admin'><item jid='eve@localhost' affiliation='owner'/></query>",
            f"<query xmlns='{MUC}#admin'><item nick='Eve' role='moderator'/></query>",
            f"<query xmlns='{MUC}#admin'><item nick='Ann' role='none'/></query>",
            f"<query xmlns='{MUC}#owner'><destroy/></query>",
            f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>",
            "<record xmlns='urn:ccm:record:0' on='false'/>",
        ):
            assert b"type='error'" in ask(eve, "set", room, payload), payload
        ask(ann, "set", room, f"<query xmlns='{MUC}#owner'><destroy/></query>")


def test_muc_forged_status_and_items_of_an_occupant_are_taken_out(target: ServerProcess) -> None:
    room = "forged@conference.localhost"
    forged = f"<x xmlns='{MUC}#user'><item affiliation='owner' role='moderator'/><status code='307'/></x>"
    with signed_in(target, "ann") as ann, signed_in(target, "eve") as eve:
        open_room(ann, "forged", "Ann")
        ann.ping()
        enter(eve, "forged", "Eve", forged)
        came = ann.ping()
        assert came.count(b"<presence") == 1 and b"affiliation='owner'" not in came and b"307" not in came
        eve.say(f"<message type='groupchat' to='{room}'><body>x</body>{forged}</message>".encode()).hear(
            b"<body>x</body>"
        )
        came = ann.ping()
        assert b"<body>x</body>" in came and b"307" not in came
        ask(ann, "set", room, f"<query xmlns='{MUC}#owner'><destroy/></query>")


def test_component_requests_of_siblings_are_refused_to_people(target: ServerProcess) -> None:
    with signed_in(target, "eve") as eve:
        for payload in (
            "<admit xmlns='urn:ccm:topics:0' id='x' jid='eve@localhost'/>",
            "<create xmlns='urn:ccm:topics:0' name='x' for='ann@localhost'/>",
        ):
            said = ask(eve, "set", "topics.localhost", payload)
            assert b"type='error'" in said
