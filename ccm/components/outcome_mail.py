"""
The mail that brings a published document to somebody who took part: first what is theirs to do (RFC 5322, RFC 5545).

Plain text, HTML, and a calendar file of their own actions. Each of these has three links, to a page that asks once more
before anything is changed. What people typed passes through the email package, Jinja2's escaping or icalendar. Leaves
out sending, and who gets one (:mod:`ccm.components.outcome_post`).
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ccm.components.invitation_mail import POLICY, message_id, plain_name, without_encoded_words
from ccm.records import Mail
from ccm.reporter import render_ics, wording
from ccm.reporter.document import Document, Item
from ccm.reporter.rendering import anchor, capital

MOST_OF_SUBJECT = 120


@dataclass(frozen=True, slots=True)
class OutcomeMail:
    """
    All that the mail says.

    :ivar mine: the recipient's actions that are open.
    :ivar url: of the document. :ivar answers: of the recipient's own page, without a slash at its end.
    :ivar key: the outbox job's; the Message-ID is made of it, so a mail sent twice is recognised.
    """

    document: Document
    mine: tuple[Item, ...]
    name: str
    address: str
    url: str
    answers: str
    key: str
    sender: str
    now: datetime


def compose(mail: OutcomeMail) -> Mail:
    """The mail, complete."""
    document = mail.document
    sender_name, sender = parseaddr(mail.sender)
    local, _, domain = sender.rpartition("@")
    to_local, _, to_domain = mail.address.rpartition("@")
    to_domain = to_domain.encode("idna").decode()
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(plain_name(sender_name) or "CCM", local, domain)
    message["To"] = Address(plain_name(mail.name), to_local, to_domain)
    message["Subject"] = _subject(document, len(mail.mine))
    message["Date"] = format_datetime(mail.now)
    message["Message-ID"] = message_id(mail.key, domain)
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{mail.answers}/stop>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    values = _values(mail)
    message.set_content(_template("outcome.txt").render(values))
    message.add_alternative(_template("outcome.html").render(values), subtype="html")
    if mail.mine or document.follow_up is not None:
        calendar = render_ics.calendar(document, url=mail.url, items=mail.mine)
        message.add_attachment(calendar, "text", "calendar", filename="actions.ics")
    return Mail(sender, f"{to_local}@{to_domain}", message.as_bytes())


def _subject(document: Document, count: int) -> str:
    amended = "Amended: " if document.version > 1 else ""
    yours = f", {wording.counted(count, 'action')} for you" if count else ""
    return without_encoded_words(f"{amended}{_line(document.title)[:MOST_OF_SUBJECT]}{yours}")


def _values(mail: OutcomeMail) -> dict[str, object]:
    document = mail.document
    own = {item.number for item in mail.mine}
    others = [
        (owner, [_task(item, mail) for item in items if item.number not in own])
        for owner, items in wording.tasks_by_owner(document)
    ]
    return {
        "title": _line(document.title),
        "language": document.language,
        "about": _about(document),
        "mine": [_task(item, mail) for item in mail.mine],
        "others": [(_line(owner), tasks) for owner, tasks in others if tasks],
        "decisions": [_told(item) for item in document.decisions],
        "questions": [_told(item) for item in document.questions if item.status == "open"],
        "next": wording.next_time(document.follow_up) if document.follow_up else "",
        "url": mail.url,
        "standing": _line(wording.standing(document)),
        "produced": _line(wording.produced(document)),
        "stop": f"{mail.answers}/stop",
    }


def _about(document: Document) -> str:
    """What it is about, in the words and by the name of who said so; decisions stand below by themselves."""
    quotes = (quote for section in document.sections for quote in section.quotes)
    said = next((quote for quote in quotes if quote.text == document.headline), None)
    return _line(f"{said.by}: “{said.text}”") if said is not None else ""


def _told(item: Item) -> dict[str, str]:
    return {"number": item.number, "text": _line(capital(item.text))}


def _task(item: Item, mail: OutcomeMail) -> dict[str, str]:
    here = f"{mail.answers}/{item.number}"
    return {
        "number": item.number,
        "text": _line(wording.task(item)),
        "due": _line(wording.due(item)),
        "said": _line(wording.source(item.by, item.at, mail.document.zone)),
        "source": f"{mail.url}#{anchor(item.source)}",
        "done": f"{here}?do=done",
        "not_me": f"{here}?do=not-me",
        "date": f"{here}?do=date",
    }


def _line(text: str) -> str:
    """In one line and without control characters: what begins a line in plain text is ours."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ccm.components"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
