"""
What people type about themselves: mail address, name, chat address, password.

Every check raises a sentence for the person; nothing is refused that can be made right (a missing chat address is
derived, a taken one gets a number).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

from email_validator import EmailNotValidError, validate_email
from precis_i18n import get_profile

from ccm import passwords
from ccm.address import prepare
from ccm.errors import CCMError, StanzaError
from ccm.interfaces import IAccounts

RESERVED = frozenset(
    {"admin", "administrator", "root", "support", "postmaster", "abuse", "security", "reporter", "ccm"}
)
NAME_CHARACTERS = 80
_PASSWORD = get_profile("OpaqueString")
# Letters and marks that leave nothing on the screen: Hangul fillers, variation selectors, an empty Braille cell.
_UNSEEN = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10))
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕһԁԛԝӏαβεικνορτυχγ",
    "abekmhopctyxijshdqwlaβeikvoptuxy",
    "".join(map(chr, _UNSEEN)),
)


class Mistake(CCMError):
    """A field that must be mended. :ivar field: its name."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def mail_address(typed: str) -> str:
    """The normalised address. :raises Mistake: if it is none."""
    try:
        found = validate_email(typed, check_deliverability=False)
    except EmailNotValidError as error:
        raise Mistake("address", f"That is no mail address: {error}") from error
    local, _, domain = found.normalized.rpartition("@")
    return f"{local}@{domain.lower()}"


def display_name(typed: str, address: str) -> str:
    """The name shown to others; made of the mail address if none is given. :raises Mistake: if it is unfit."""
    name = unicodedata.normalize("NFC", " ".join(typed.split()))
    if not name:
        name = " ".join(word.capitalize() for word in re.split(r"[._+-]+", address.partition("@")[0]) if word)
    if len(name) > NAME_CHARACTERS:
        raise Mistake("name", f"A name has at most {NAME_CHARACTERS} characters.")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in name):
        raise Mistake("name", "That name holds characters that cannot be shown.")
    return name


def skeleton(name: str) -> str:
    """
    What two names share that would be taken for the same: compatibility forms and case folded, no blanks and nothing
    invisible, the commonest Cyrillic and Greek look-alikes of Latin letters replaced (not all of Unicode TS #39).
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(folded.split()).translate(_LOOKALIKES)


async def has_namesake(name: str, jids: Iterable[str], accounts: IAccounts) -> bool:
    """Whether one of those accounts has a name that would be taken for this one."""
    wanted = skeleton(name)
    for jid in jids:
        account = await accounts.get(jid)
        if account is not None and skeleton(account.name) == wanted:
            return True
    return False


def chat_address(typed: str, address: str, host: str, taken: Callable[[str], bool], *, may_vary: bool) -> str:
    """
    The JID to register.

    :param taken: whether a bare JID is in use.
    :param may_vary: whether a taken one gets a number instead of being refused, as when nothing was typed.
    :raises Mistake: if it is malformed, reserved or taken.
    """
    wish = typed.removesuffix(f"@{host}") or re.sub(r"[^a-z0-9._-]+", "", address.partition("@")[0].lower()) or "me"
    try:
        jid = prepare(f"{wish}@{host}")
    except StanzaError as error:
        raise Mistake("local", f"“{wish}” cannot be a chat address: use letters, digits, dot and hyphen.") from error
    local = jid.partition("@")[0]
    if jid.count("@") != 1 or "/" in jid or len(local) > 64:
        raise Mistake("local", f"“{wish}” cannot be a chat address: use letters, digits, dot and hyphen.")
    free = (f"{local}{n}@{host}" for n in range(2, 1000))
    if local in RESERVED or taken(jid):
        other = next(candidate for candidate in free if not taken(candidate))
        if typed and not may_vary:
            raise Mistake("local", f"{jid} is taken. {other} is free.")
        return other
    return jid


def password(typed: str, least: int, *personal: str) -> str:
    """
    The prepared password (RFC 8265 §4, OpaqueString).

    :raises Mistake: if it is too short, or easily guessed by who knows the *personal* strings.
    """
    try:
        passwords.check(typed, *personal, least=least)
    except passwords.WeakPassword as weak:
        raise Mistake("password", str(weak)) from weak
    try:
        return str(_PASSWORD.enforce(typed))
    except UnicodeError as error:
        raise Mistake("password", "That password holds a character that cannot be typed everywhere.") from error
