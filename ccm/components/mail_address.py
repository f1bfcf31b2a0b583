"""
Reads the mail addresses that people type: ``Ann <ann@example.org>``, ``mailto:…``, stray quotes and commas.

Syntax is checked by email-validator (RFC 5322, 6531) without asking the DNS, since an answer there would delay the
user and prove nothing about the mailbox. Local parts beyond ASCII are refused, since few servers take them. A domain
that looks like a slip of a common one is suspected, never corrected.
"""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from ccm.components import names
from ccm.errors import StanzaError

MAX_CHARACTERS = 320
#: Domains that many people have; a near miss of one is suspected.
COMMON_DOMAINS: tuple[str, ...] = tuple(
    re.findall(
        r"\S+",
        "gmail.com googlemail.com yahoo.com hotmail.com outlook.com icloud.com live.com aol.com gmx.de gmx.net web.de "
        "t-online.de posteo.de mailbox.org protonmail.com proton.me orange.fr free.fr wanadoo.fr laposte.net ziggo.nl "
        "kpnmail.nl xs4all.nl bluewin.ch mail.com email.com ymail.com mail.de gmx.com gmx.at gmx.ch",
    )
)

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


@dataclass(frozen=True, slots=True)
class MailAddress:
    """
    :ivar address: normalised, domain in lower case.
    :ivar name: as typed beside it, else made of the local part.
    :ivar suspected: the address that was probably meant, or ``""``.
    """

    address: str
    name: str
    suspected: str = ""


def read(text: str, own_domain: str = "") -> MailAddress:
    """
    Take what was typed as one address.

    :param own_domain: accepted although it may not exist elsewhere, e.g. ``localhost``.
    :raises StanzaError: ``not-acceptable`` if there is none in it, or several.
    """
    if len(text) > MAX_CHARACTERS:
        raise StanzaError("not-acceptable", "That is too long for a mail address.")
    if re.search(r"[\x00-\x1f\x7f]", text.strip()):
        raise StanzaError("not-acceptable", "A mail address is one line. Take the line breaks out.")
    cleaned = text.strip().strip(",;").removeprefix("mailto:").strip()
    found = _ADDRESS.findall(cleaned)
    if len(found) > 1:
        raise StanzaError("not-acceptable", "That is more than one address. Invite one person at a time.")
    address = found[0].rstrip(".") if found else cleaned
    local, _, domain = address.rpartition("@")
    try:
        valid = validate_email(
            f"{local}@example.org" if domain.lower() == own_domain and own_domain else address,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise StanzaError(
            "not-acceptable", f"“{cleaned[:80]}” is no mail address. Write it like kim@example.org."
        ) from error
    domain = domain.lower() if domain.lower() == own_domain else valid.domain.lower()
    suspected = near(domain)
    name = _ADDRESS.sub("", cleaned).strip(" <>()\"'")
    return MailAddress(
        f"{valid.local_part}@{domain}",
        names.clean(name) or names.from_address(valid.local_part),
        f"{valid.local_part}@{suspected}" if suspected else "",
    )


def near(domain: str) -> str:
    """The common domain that is one slip away (a letter more, less, other, or two swapped); ``""`` if none is."""
    if domain in COMMON_DOMAINS:
        return ""
    for common in COMMON_DOMAINS:
        if len(common) > 6 and _one_slip(domain, common):
            return common
    return ""


def _one_slip(typed: str, meant: str) -> bool:
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    a, b = typed[start:], meant[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
