"""What attackers would find only by reading: comparisons of secrets; mails and calendars of what people typed."""

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm.components.invitation_mail import Invitation, calendar, compose
from ccm.records import Invitee, Topic

CCM = Path(__file__).parents[2] / "ccm"
SECRETS = {"secret", "digest", "proof", "signature", "stored_key", "server_key", "token_hash", "mac"}
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TOPIC = Topic(
    "k3f9x2", "Licences", "k3f9x2@conference.localhost", "ann@localhost", "planned", NOW + timedelta(days=1), 60,
    "UTC", "en", NOW,
)  # fmt: skip
INVITEE = Invitee("i1", "k3f9x2", "kim@example.org", "Kim", "ann@localhost", "offered")
INVITATION = Invitation(
    TOPIC, INVITEE, "Ann", "ann@example.org", "http://localhost/i/t", "invite:i1:0", "CCM <noreply@localhost>", NOW
)
#: What people can type where names are taken in: no control characters (web and components see to that).
TYPED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
NASTY = [
    '";ATTENDEE:mailto:x@y',
    "a;b,c:d\\n",
    "END:VEVENT",
    "x\\nATTENDEE:mailto:x@y",
    "=?utf-8?q?Bcc:_x?=",
    "a" * 200,
    "<b>",
]


def names_of(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Call):
        return names_of(node.func)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return {name}


def is_column(node: ast.expr) -> bool:
    """A column of a table: the database compares, and finds by the hash of a secret."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "c"


def test_secrets_are_compared_in_constant_time_only() -> None:
    found = []
    for path in CCM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) or is_column(side) for side in sides):
                    continue
                if set().union(*map(names_of, sides)) & SECRETS:
                    found.append(f"{path.relative_to(CCM)}:{node.lineno}")
    assert not found, f"compare by hmac.compare_digest: {found}"


def check_calendar(data: bytes) -> None:
    whole = icalendar.Calendar.from_ical(data)
    events = whole.walk("VEVENT")
    assert len(events) == 1 and len(whole.subcomponents) == 1
    expected = {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "ORGANIZER", "ATTENDEE",
        "STATUS",
    }  # fmt: skip
    assert set(events[0]) == expected
    assert str(events[0]["ATTENDEE"]) == "mailto:kim@example.org" and str(events[0]["URL"]) == INVITATION.link


@settings(deadline=None)  # a busy machine is no defect
@given(TYPED, TYPED)
def test_icalendar_injection_whatever_is_typed_makes_one_event_with_our_properties(topic: str, name: str) -> None:
    check_calendar(calendar(replace(INVITATION, topic=replace(TOPIC, name=topic), inviter=name), "noreply@localhost"))


@settings(deadline=None)  # a busy machine is no defect
@given(TYPED, TYPED)
def test_mail_header_injection_whatever_is_typed_makes_one_mail_to_one_address(topic: str, name: str) -> None:
    check_mail(topic, name)


@pytest.mark.parametrize("nasty", NASTY)
def test_mail_and_calendar_bear_what_is_meant_to_break_them(nasty: str) -> None:
    check_mail(nasty, nasty)
    check_calendar(calendar(replace(INVITATION, topic=replace(TOPIC, name=nasty), inviter=nasty), "noreply@localhost"))


def check_mail(topic: str, name: str) -> None:
    invitation = replace(
        INVITATION, topic=replace(TOPIC, name=topic), inviter=name, invitee=replace(INVITEE, name=name)
    )
    mail = compose(invitation)
    assert mail.recipient == "kim@example.org"
    head = mail.message.partition(b"\r\n\r\n")[0]
    keys = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert set(keys) == {
        b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"auto-submitted", b"mime-version",
        b"content-type",
    }  # fmt: skip
    assert len(keys) == 9
    parsed = message_from_bytes(mail.message, policy=SMTP)
    assert [address.addr_spec for address in parsed["To"].addresses] == ["kim@example.org"]
    assert [address.addr_spec for address in parsed["From"].addresses] == ["noreply@localhost"]
