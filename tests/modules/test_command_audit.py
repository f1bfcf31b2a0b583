"""The log says who ran which command on whom, and who was refused; a stranger cannot fill it."""

from typing import Any

from test_administration import Office, notes
from twisted.logger import capturedLogs, formatEvent


def said(logs: Any) -> list[str]:
    return [formatEvent(event) for event in logs if event["log_namespace"] == "ccm.modules.commands"]


def test_who_was_deleted_stands_in_the_log() -> None:
    office = Office()
    with capturedLogs() as logs:
        office.run("delete-user", {"accountjids": ["bob@localhost"]})
    assert said(logs) == [
        "ann@localhost/a ran the command http://jabber.org/protocol/admin#delete-user on bob@localhost."
    ]


def test_what_a_command_refused_its_administrator_stands_in_the_log() -> None:
    office = Office()
    with capturedLogs() as logs:
        office.run("delete-user", {"accountjids": ["kim@localhost"]})
    (line,) = said(logs)
    assert "ann@localhost/a was refused" in line and "on kim@localhost: There is no account" in line


def test_a_password_stands_in_no_log() -> None:
    office = Office()
    with capturedLogs() as logs:
        office.run("add-user", {"accountjid": "kim@localhost", "password": "meadow"})
    assert said(logs)[0].endswith("#add-user on kim@localhost.") and "meadow" not in said(logs)[0]


def test_who_may_not_is_logged_once_in_a_while() -> None:
    office = Office()

    def tried(*names: str) -> list[str]:
        with capturedLogs() as logs:
            for name in names:
                assert b"<forbidden " in office.run(name, {"accountjids": ["ann@localhost"]}, office.bob).inner
        return said(logs)

    lines = tried("delete-user", "delete-user", "disable-user")
    assert [line.split(" ")[0] for line in lines] == ["bob@localhost"] * 2
    assert "may not run the command http://jabber.org/protocol/admin#delete-user" in lines[0]
    assert tried("delete-user") == []
    office.hands.advance(61)
    assert len(tried("delete-user")) == 1


def test_an_account_of_another_domain_is_told_where_it_is_administered() -> None:
    values = {"accountjid": "kim@elsewhere.org", "password": "a meadow in May"}
    (note,) = notes(Office().run("add-user", values), "error")
    assert "this is localhost: addresses here end with @localhost" in note
    assert "administered at elsewhere.org" in note
