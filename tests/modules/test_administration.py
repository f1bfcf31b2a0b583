"""Administration by commands (XEP-0133, XEP-0050): who may, what each does, what is refused."""

from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.config import Section
from ccm.errors import ConfigError
from ccm.modules import disco
from ccm.modules.admin import Admin, AdminOptions
from ccm.modules.commands import plugin as commands
from ccm.records import RosterItem, Verifier
from ccm.session.verifiers import SIGNED_IN_BY
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza, text

ADMIN = "http://jabber.org/protocol/admin"
_COMMAND = ((ns.COMMANDS, "command"),)


async def verifiers(password: str) -> tuple[Verifier, ...]:
    return (Verifier("SCRAM-SHA-1", b"salt", 4096, password.encode(), b"key"),)


class Office:
    """A host with an administrator, Ann, and Bob, who is none."""

    def __init__(self, services: Any = None, **options: Any) -> None:
        self.hands = Hands()
        self.ended: list[bool] = []
        self.services = services or make_services(hands=self.hands, end=self.ended.append)
        self.accounts = self.services.accounts
        self.router = make_router(self.services)
        chosen: Section = AdminOptions(**({"admins": ("ann@localhost",)} | options))
        self.router.attach(Admin(self.router, self.services, chosen, verifiers))  # type: ignore[arg-type]
        commands.install(self.router, self.services)
        disco.plugin.install(self.router, self.services)
        for name in ("ann", "bob"):
            if services is None:
                result_of(self.accounts.create(f"{name}@localhost", name.title(), None, ()))
        self.ann, self.bob = self.sign_in("ann@localhost/a"), self.sign_in("bob@localhost/b")

    def sign_in(self, jid: str, show: str | None = "") -> RecordingSession:
        session = RecordingSession(jid)
        self.router.bind(session)
        self.router.fire("session-bound", session)
        if show is not None:
            inner = f"<show>{show}</show>".encode() if show else b""
            children = (("jabber:client", "show"),) if show else ()
            session.presence = Stanza("presence", {"from": jid}, inner, children)
            self.router.fire("session-available", session)
        return session

    def ask(self, by: RecordingSession, payload: bytes, name: tuple[str, str], type_: str, to: str) -> Stanza:
        by.received.clear()
        attrs = {"type": type_, "id": "1", "from": by.jid, "to": to}
        self.router.route(Stanza("iq", attrs, payload, (name,)), by)
        return next(each for each in by.received if each.kind == "iq")

    def run(
        self, name: str, values: dict[str, list[str] | str] | None = None, by: Any = None, to: str = "localhost"
    ) -> Stanza:
        """Send a command, with its form filled in if there are values."""
        form = b""
        for var, value in (values or {}).items():
            lines = [value] if isinstance(value, str) else value
            inner = b"".join(b"<value>%b</value>" % text(line) for line in lines)
            form += f"<field var='{var}'>".encode() + inner + b"</field>"
        x = b"<x xmlns='jabber:x:data' type='submit'>%b</x>" % form if values is not None else b""
        command = f"<command xmlns='{ns.COMMANDS}' node='{ADMIN}#{name}'>".encode() + x + b"</command>"
        return self.ask(by or self.ann, command, _COMMAND[0], "set", to)

    def listed(self, by: RecordingSession, to: str = "localhost") -> Stanza:
        query = f"<query xmlns='{ns.DISCO_ITEMS}' node='{ns.COMMANDS}'/>".encode()
        return self.ask(by, query, (ns.DISCO_ITEMS, "query"), "get", to)


def fields(answer: Stanza) -> dict[str, list[str]]:
    """Values by name of the form in an answer."""
    command = next(answer.element.elements(ns.COMMANDS, "command"))
    form = next(command.elements(ns.DATA_FORMS, "x"))
    return {
        each["var"]: [str(value) for value in each.elements(ns.DATA_FORMS, "value")]
        for each in form.elements(ns.DATA_FORMS, "field")
    }


def notes(answer: Stanza, kind: str) -> list[str]:
    assert answer.type == "result", answer.inner
    command = next(answer.element.elements(ns.COMMANDS, "command"))
    assert command["status"] == "completed"
    return [str(note) for note in command.elements(ns.COMMANDS, "note") if note["type"] == kind]


def done(answer: Stanza) -> Stanza:
    """An answer that tells of no error."""
    assert not notes(answer, "error"), answer.inner
    return answer


# ---- who may


@pytest.mark.parametrize("to", ["localhost", "ann@localhost"])
def test_administrators_find_all_commands_at_the_host_and_at_their_own_address(to: str) -> None:
    office = Office()
    items = [item["node"] for query in office.listed(office.ann, to).element.elements() for item in query.elements()]
    assert len(items) == 30
    assert f"{ADMIN}#add-user" in items
    assert all(f"jid='{to}'".encode() in line for line in office.listed(office.ann, to).inner.split(b"<item ")[1:])
    done(office.run("get-online-users-num", to=to))


def test_nobody_else_sees_or_uses_a_command() -> None:
    office = Office()
    assert b"<item" not in office.listed(office.bob).inner
    for values in (None, {}):
        assert b"<forbidden " in office.run("get-online-users-num", values, office.bob).inner
    assert b"modules.admin.admins" in office.run("shutdown", {}, office.bob).inner, "who can help is told"
    assert b"<service-unavailable " in office.run("announce", to="ann@localhost", by=office.bob).inner
    query = f"<query xmlns='{ns.DISCO_INFO}' node='{ADMIN}#announce'/>".encode()
    assert b"<forbidden " in office.ask(office.bob, query, (ns.DISCO_INFO, "query"), "get", "localhost").inner
    assert b"command-node" in office.ask(office.ann, query, (ns.DISCO_INFO, "query"), "get", "localhost").inner


def test_an_administrators_address_is_believed_of_sessions_alone() -> None:
    office = Office()
    command = f"<command xmlns='{ns.COMMANDS}' node='{ADMIN}#shutdown'/>".encode()
    attrs = {"type": "set", "id": "1", "from": office.ann.jid, "to": "localhost"}
    office.router.route(Stanza("iq", attrs, command, _COMMAND), RecordingSession("chat.example.org"))
    assert b"<forbidden " in office.ann.received.pop().inner


@pytest.mark.parametrize("written", ["ann", "localhost", "ann@localhost/a", "@", "a b@c"])
def test_an_administrator_is_named_by_a_bare_address(written: str) -> None:
    with pytest.raises(ConfigError, match=r"modules.admin.admins: .*name@example.org"):
        AdminOptions(admins=(written,)).check()


def test_an_administrator_has_an_account_of_this_domain() -> None:
    with pytest.raises(ConfigError, match=r"ann@elsewhere\.example has no account here\. Name somebody@localhost"):
        Office(admins=("ann@elsewhere.example",))


def test_a_command_that_is_not_there_is_not_found_and_a_canceled_one_is_canceled() -> None:
    office = Office()
    assert b"<item-not-found " in office.run("make-tea").inner
    command = f"<command xmlns='{ns.COMMANDS}' node='{ADMIN}#shutdown' action='cancel' sessionid='s'/>".encode()
    answer = office.ask(office.ann, command, _COMMAND[0], "set", "localhost")
    assert b"sessionid='s' status='canceled'" in answer.inner
    assert office.ended == []


# ---- accounts


def test_an_account_is_added_with_its_names_and_a_weak_password_is_told() -> None:
    office = Office()
    form = office.run("add-user")
    assert b"status='executing'" in form.inner
    assert list(fields(form)) == [
        "FORM_TYPE", "accountjid", "password", "password-verify", "email", "given_name", "surname"
    ]  # fmt: skip
    answer = done(
        office.run(
            "add-user",
            {
                "FORM_TYPE": ADMIN,
                "accountjid": "kim@localhost/x",
                "password": "password",
                "password-verify": "password",
                "given_name": "Kim",
                "surname": "Lee",
            },
        )
    )
    assert "nevertheless" in notes(answer, "warn")[0]
    account = result_of(office.accounts.get("kim@localhost"))
    assert (account.name, account.verifiers[0].stored_key) == ("Kim Lee", b"password")
    again = office.run("add-user", {"accountjid": "kim@localhost", "password": "x"})
    assert b"<conflict " in again.inner, "XEP-0133 §5"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"accountjid": "kim@localhost", "password": "a", "password-verify": "b"}, "not the same"),
        ({"accountjid": "kim@elsewhere.org", "password": "a", "password-verify": "a"}, "of the domain elsewhere.org"),
        ({"accountjid": "kim@invalid@domain", "password": "a", "password-verify": "a"}, "no address"),
        ({"accountjid": "", "password": "a"}, "is needed"),
        ({"accountjid": "kim@localhost"}, "is needed"),
        ({"accountjid": "kim@localhost", "password": "a", "email": "kim"}, "no mail address"),
    ],
)
def test_what_cannot_be_added_is_told_in_a_note(values: dict[str, Any], why: str) -> None:
    office = Office()
    assert why in notes(office.run("add-user", values), "error")[0]
    assert not office.accounts.exists("kim@localhost")


def test_a_deleted_account_is_signed_out_and_told_to_all_modules() -> None:
    office = Office()
    done(office.run("delete-user", {"accountjids": ["bob@localhost/b"]}))
    assert not office.accounts.exists("bob@localhost")
    assert "removed" in (office.bob.closed or "")


def test_nothing_is_done_if_one_of_several_accounts_is_none() -> None:
    office = Office()
    answer = office.run("delete-user", {"accountjids": ["bob@localhost", "jo@localhost"]})
    assert "no account jo@localhost" in notes(answer, "error")[0]
    assert office.accounts.exists("bob@localhost")


@pytest.mark.parametrize("name", ["delete-user", "disable-user"])
def test_nobody_shuts_out_oneself_or_who_is_named_in_the_configuration(name: str) -> None:
    office = Office(admins=("ann@localhost", "bob@localhost"))
    for jid in ("ann@localhost", "bob@localhost"):
        assert b"<not-allowed " in office.run(name, {"accountjids": [jid]}).inner
    assert office.ann.closed is office.bob.closed is None


def test_an_account_is_switched_off_and_on_and_keeps_its_contacts() -> None:
    office = Office()
    contact = RosterItem("kim@example.org", name="Kim")
    result_of(office.services.rosters.save("bob@localhost", {contact.jid: contact}))
    done(office.run("disable-user", {"accountjids": ["bob@localhost"]}))
    assert result_of(office.accounts.get("bob@localhost")).enabled is False
    assert "switched off" in (office.bob.closed or "")
    assert fields(done(office.run("get-disabled-users-num")))["disabledusersnum"] == ["1"]
    assert fields(done(office.run("get-disabled-users-list", {})))["disableduserjids"] == ["bob@localhost"]
    roster = done(office.run("get-user-roster", {"accountjids": ["bob@localhost"]}))
    assert b"<query xmlns='jabber:iq:roster'><item jid='kim@example.org'" in roster.inner
    done(office.run("reenable-user", {"accountjids": ["bob@localhost"]}))
    assert result_of(office.accounts.get("bob@localhost")).enabled is True
    assert notes(office.run("reenable-user", {"accountjids": ["jo@localhost"]}), "error")


def test_a_session_is_ended_by_its_full_address_and_all_by_the_bare_one() -> None:
    office = Office()
    phone = office.sign_in("bob@localhost/phone")
    done(office.run("end-user-session", {"accountjids": [phone.jid]}))
    assert phone.closed is not None and office.bob.closed is None
    done(office.run("end-user-session", {"accountjids": ["bob@localhost"]}))
    assert office.bob.closed is not None


def test_who_ends_the_own_session_still_gets_the_answer() -> None:
    office = Office()
    done(office.run("end-user-session", {"accountjids": ["ann@localhost"]}))
    assert office.ann.closed is None
    office.hands.advance(1)
    assert office.ann.closed is not None


def test_a_password_is_changed_and_whoever_had_the_old_one_is_signed_out() -> None:
    office = Office()
    done(office.run("change-user-password", {"accountjid": "bob@localhost", "password": "four plain words do"}))
    assert result_of(office.accounts.get("bob@localhost")).verifiers[0].stored_key == b"four plain words do"
    assert "password was changed" in (office.bob.closed or "")
    done(office.run("change-user-password", {"accountjid": "ann@localhost", "password": "four plain words do"}))
    assert office.ann.closed is None, "who changes the own one stays"
    assert office.ann.state[SIGNED_IN_BY]


def test_an_administrator_by_command_does_not_take_over_one_by_configuration() -> None:
    office = Office()
    done(office.run("edit-admin", {"adminjids": ["ann@localhost", "bob@localhost"]}))
    asked = {"accountjid": "ann@localhost", "password": "four plain words do"}
    answer = office.run("change-user-password", asked, by=office.bob)
    assert b"is an administrator by the configuration" in answer.inner
    assert not result_of(office.accounts.get("ann@localhost")).verifiers
    done(office.run("change-user-password", asked | {"accountjid": "bob@localhost"}, by=office.bob))


def test_at_a_virtual_host_nobody_gets_a_mail_address_by_command() -> None:
    office = Office(make_services(is_own=False))
    assert "email" not in fields(office.run("add-user"))
    asked = {"accountjid": "cid@localhost", "password": "four plain words do", "email": "boss@firm.example"}
    assert b"Give no mail address here" in office.run("add-user", asked).inner
    assert not office.accounts.exists("cid@localhost")
    done(office.run("add-user", asked | {"email": ""}))
    assert result_of(office.accounts.get("cid@localhost")).email is None


def test_the_last_login_is_kept_for_those_who_are_gone() -> None:
    office = Office()
    asked = {"accountjids": ["bob@localhost"]}
    assert fields(done(office.run("get-user-lastlogin", asked)))["lastlogin"] == ["2026-01-01T00:00:00Z"]
    office.hands.advance(30)
    office.sign_in("bob@localhost/c")
    office.hands.advance(3600)
    assert fields(done(office.run("get-user-lastlogin", asked)))["lastlogin"] == ["2026-01-01T00:00:30Z"]
    later = Office(office.services)
    result_of(later.accounts.create("jo@localhost", "Jo", None, ()))
    never = done(later.run("get-user-lastlogin", {"accountjids": ["jo@localhost"]}))
    assert "Never" in notes(never, "info")[0]


@pytest.mark.parametrize("var", ["accountjid", "accountjids"])
def test_figures_of_a_user(var: str) -> None:
    office = Office()
    found = fields(done(office.run("user-stats", {var: "bob@localhost"})))
    assert (found["rostersize"], found["onlineresources"]) == (["0"], ["b"])


# ---- people


def test_people_are_counted_and_listed_by_what_they_do() -> None:
    office = Office()
    office.sign_in("bob@localhost/away", "xa")
    result_of(office.accounts.create("kim@localhost", "Kim", None, ()))
    away = office.sign_in("kim@localhost/away", "away")
    office.router.bind(RecordingSession("somebody@guests.localhost/a"))
    expected = {
        ("registered", "registereduser"): ["ann@localhost", "bob@localhost", "kim@localhost"],
        ("disabled", "disableduser"): [],
        ("online", "onlineuser"): ["ann@localhost", "bob@localhost", "kim@localhost"],
        ("active", "activeuser"): ["ann@localhost", "bob@localhost"],
        ("idle", "idleuser"): ["kim@localhost"],
    }
    for (kind, var), people in expected.items():
        assert fields(done(office.run(f"get-{kind}-users-num")))[f"{var}snum"] == [str(len(people))], kind
        name = f"get-{kind}-users" + ("" if kind in ("active", "idle") else "-list")
        assert b"status='executing'" in office.run(name).inner
        assert fields(done(office.run(name, {})))[f"{var}jids"] == people
    away.hibernating, away.presence = True, None
    assert fields(done(office.run("get-idle-users-num")))["idleusersnum"] == ["1"], "who waits for a client is idle"
    few = done(office.run("get-online-users-list", {"max_items": "1"}))
    assert fields(few)["onlineuserjids"] == ["ann@localhost"]
    assert "more than 1" in notes(few, "info")[0]
    assert notes(office.run("get-online-users-list", {"max_items": "many"}), "error")


# ---- words


def heard(session: RecordingSession) -> list[str]:
    said = [each.child_text("body") or "" for each in session.received if each.kind == "message"]
    session.received.clear()
    return said


def test_an_announcement_goes_to_every_session_and_not_to_guests() -> None:
    office = Office()
    guest = RecordingSession("somebody@guests.localhost/a")
    office.router.bind(guest)
    office.bob.received.clear()
    answer = office.run("announce", {"announcement": ["Maintenance", "at noon & after"]})
    assert notes(done(answer), "info") == ["2 sessions were told."]
    (told,) = office.bob.received
    assert (told.type, told.from_, told.child_text("body")) == ("headline", "localhost", "Maintenance\nat noon & after")
    assert guest.received == []


def test_the_message_of_the_day_is_told_to_everybody_once() -> None:
    office = Office()
    away = office.sign_in("bob@localhost/not-yet", None)
    done(office.run("set-motd", {"motd": ["New rooms", "today"]}))
    assert heard(office.bob) == ["New rooms\ntoday"] and heard(away) == []
    assert heard(office.sign_in("bob@localhost/later")) == [], "he has heard it"
    result_of(office.accounts.create("kim@localhost", "Kim", None, ()))
    assert heard(office.sign_in("kim@localhost/a")) == ["New rooms\ntoday"]
    form = fields(office.run("edit-motd"))
    assert form["motd"] == ["New rooms", "today"]
    done(office.run("edit-motd", {"motd": "Old rooms"}))
    assert heard(office.bob) == ["Old rooms"]
    later = Office(office.services)
    result_of(later.accounts.create("jo@localhost", "Jo", None, ()))
    assert heard(later.sign_in("jo@localhost/a")) == ["Old rooms"], "after a restart"
    done(later.run("delete-motd"))
    assert fields(later.run("edit-motd"))["motd"] == []
    assert notes(later.run("delete-motd"), "info") == ["There was none."]
    result_of(later.accounts.create("lee@localhost", "Lee", None, ()))
    assert heard(later.sign_in("lee@localhost/a")) == []


def test_newcomers_are_welcomed_once() -> None:
    office = Office()
    office.hands.advance(1)
    done(office.run("set-welcome", {"welcome": "Hello"}))
    assert heard(office.sign_in("bob@localhost/x")) == [], "he was here before"
    office.hands.advance(1)
    result_of(office.accounts.create("kim@localhost", "Kim", None, ()))
    assert heard(office.sign_in("kim@localhost/a")) == ["Hello"]
    assert heard(office.sign_in("kim@localhost/b")) == []
    assert fields(office.run("set-welcome"))["welcome"] == ["Hello"]
    done(office.run("delete-welcome"))
    assert fields(office.run("set-welcome"))["welcome"] == []


def test_empty_words_are_not_told() -> None:
    office = Office()
    assert notes(office.run("announce", {"announcement": [" ", ""]}), "error")
    assert "too long" not in notes(office.run("set-motd", {"motd": "x" * 10_000}), "info")[0]
    assert "too long" in notes(office.run("set-motd", {"motd": "x" * 10_001}), "error")[0]


# ---- lists


def passes(office: Office, from_: str, to: str) -> bool:
    """Whether a message gets from one to the other, or is refused as not allowed."""
    origin = office.router.session(from_) or RecordingSession(from_)
    office.bob.received.clear()
    office.router.route(Stanza("message", {"from": from_, "to": to}), origin)
    return not any(b"<not-allowed " in each.inner for each in office.bob.received) and (
        to != office.bob.jid or bool(office.bob.received)
    )


def test_the_block_list_keeps_elsewhere_out_in_both_directions() -> None:
    office = Office()
    far = ["bad.example", "worse.example/bot", "kim@good.example"]
    assert fields(office.run("edit-blacklist"))["blacklistjids"] == []
    done(office.run("edit-blacklist", {"blacklistjids": far}))
    assert fields(office.run("edit-blacklist"))["blacklistjids"] == far
    bob = office.bob.jid
    for jid in ("x@bad.example/y", "bad.example", "x@worse.example/bot", "kim@good.example/z"):
        assert not passes(office, jid, bob), jid
        assert not passes(office, bob, jid), jid
    for jid in ("x@worse.example/me", "jo@good.example/z", "ann@localhost/a"):
        assert passes(office, jid, bob), jid
    restarted = Office(office.services)
    assert not passes(restarted, "x@bad.example/y", restarted.bob.jid)
    done(restarted.run("edit-blacklist", {"blacklistjids": []}))
    assert passes(restarted, "x@bad.example/y", restarted.bob.jid)


def test_while_somebody_is_on_the_allow_list_nobody_else_of_elsewhere_gets_in() -> None:
    office = Office()
    done(office.run("edit-whitelist", {"whitelistjids": ["good.example"]}))
    bob = office.bob.jid
    assert passes(office, "x@good.example/y", bob)
    assert not passes(office, "x@bad.example/y", bob)
    assert passes(office, "ann@localhost/a", bob)
    assert passes(office, "room@conference.localhost/nick", bob), "what is here is not elsewhere"
    done(office.run("edit-whitelist", {"whitelistjids": ""}))
    assert passes(office, "x@bad.example/y", bob)


@pytest.mark.parametrize("name", ["edit-blacklist", "edit-whitelist"])
@pytest.mark.parametrize("typed", ["bob@localhost", "conference.localhost", "a@b@c"])
def test_what_is_here_or_no_address_is_on_no_list(name: str, typed: str) -> None:
    office = Office()
    var = name.removeprefix("edit-") + "jids"
    assert notes(office.run(name, {var: [typed]}), "error")
    assert notes(office.run(name, {}), "error"), "a form without the list does not empty it"


def test_administrators_are_added_and_taken_off_but_not_those_of_the_configuration() -> None:
    office = Office()
    assert fields(office.run("edit-admin"))["adminjids"] == ["ann@localhost"]
    done(office.run("edit-admin", {"adminjids": ["ann@localhost", "bob@localhost"]}))
    assert fields(office.run("edit-admin"))["adminjids"] == ["ann@localhost", "bob@localhost"]
    done(office.run("get-online-users-num", by=office.bob))
    answer = office.run("edit-admin", {"adminjids": ["bob@localhost"]}, office.bob)
    assert "ann@localhost stays" in notes(done(answer), "warn")[0]
    assert b"<not-allowed " in office.run("edit-admin", {"adminjids": ["ann@localhost"]}, office.bob).inner
    assert notes(office.run("edit-admin", {"adminjids": ["jo@localhost"]}), "error")
    restarted = Office(office.services)
    done(restarted.run("get-online-users-num", by=restarted.bob))


def test_who_gets_the_name_of_a_former_administrator_is_none() -> None:
    office = Office()
    done(office.run("edit-admin", {"adminjids": ["bob@localhost"]}))
    done(office.run("delete-user", {"accountjids": ["bob@localhost"]}))
    result_of(office.accounts.create("bob@localhost", "Another", None, ()))
    office.router.unbind(office.bob)
    assert b"<forbidden " in office.run("get-online-users-num", by=office.sign_in("bob@localhost/b")).inner


# ---- the service


@pytest.mark.parametrize(("name", "again"), [("restart", True), ("shutdown", False)])
def test_the_server_ends_after_a_while_and_a_word(name: str, again: bool) -> None:
    office = Office()
    assert {"delay", "announcement"} <= set(fields(office.run(name)))
    office.bob.received.clear()
    answer = done(office.run(name, {"delay": "60", "announcement": "Back soon"}))
    assert "60 seconds" in notes(answer, "info")[0]
    assert heard(office.bob) == ["Back soon"]
    office.hands.advance(59)
    assert office.ended == []
    done(office.run(name, {"delay": "30"}))  # instead of the first
    office.hands.advance(29)
    assert office.ended == []
    office.hands.advance(60)
    assert office.ended == [again]
    assert notes(office.run(name, {"delay": "soon"}), "error")


def test_administrators_of_a_host_that_is_not_to_decide_it_do_not_end_the_server() -> None:
    office = Office(make_services())
    result_of(office.accounts.create("ann@localhost", "Ann", None, ()))
    assert b"<item-not-found " in office.run("shutdown", {}).inner
    assert b"#shutdown" not in office.listed(office.ann).inner
