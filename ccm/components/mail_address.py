"""
Reads the mail addresses that people type and paste: ``Ann <ann@example.org>; bob@example.org``, ``mailto:…``, lists
with bullets, ``kim (at) example.org``, stray quotes and commas.

Syntax is checked by email-validator (RFC 5322, 6531) without asking the DNS, since an answer there would delay the
user and prove nothing about the mailbox. Local parts beyond ASCII are refused, since few servers take them. A domain
that looks like a slip is suspected, never corrected; see :mod:`ccm.components.mail_domains`.
"""

import html
import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from ccm.components import names
from ccm.components.mail_domains import near
from ccm.errors import StanzaError

MAX_CHARACTERS = 320
MAX_PASTED_CHARACTERS = 10_000
MAX_ADDRESSES = 50

_NOT_IN = r"/\s<>\"'“”„«»(),;:\[\]{}|\\"
# Every repetition is bounded, and begins where a word does: what is pasted may be made to be slow to read.
_ADDRESS = re.compile(
    rf"(?<![^{_NOT_IN}])[^{_NOT_IN}@]{{1,64}}(?:(?<=\w)'(?=\w)[^{_NOT_IN}@]{{1,64}}){{0,2}}@{{1,3}}"
    rf"[^{_NOT_IN}@]{{1,255}}(?:,(?:com|org|net|de|fr|nl|io|eu|uk)\b)?"
)
_SPELLED = re.compile(
    r"(?<![\w.+-])(?P<local>[\w.+-]{1,64})\s?(?:[\(\[{<]\s?(?:at|ät)\s?[\)\]}>]|\s(?:at|ät)\s)\s?"
    r"(?P<domain>[\w-]{1,63}(?:(?:\s?[\(\[{]\s?(?:dot|punkt|point|punt)\s?[\)\]}]\s?|\s(?:dot|punkt|point|punt)\s|\.)"
    r"[\w-]{1,63}){1,8})",
    re.IGNORECASE,
)
_DOT = re.compile(r"\s?[\(\[{]\s?(?:dot|punkt|point|punt)\s?[\)\]}]\s?|\s(?:dot|punkt|point|punt)\s", re.IGNORECASE)
_SPACED = re.compile(r"(?<=[\w.+-])\s@\s?(?=[\w-]{1,63}\.\w)|(?<=[\w.+-])@\s(?=[\w-]{1,63}\.\w)")
_LINK = re.compile(r"<a\s[^<>]{0,300}?mailto:([^\"'<>?\s]{3,320})[^<>]{0,300}>[^<]{0,200}</a>", re.IGNORECASE)
_BETWEEN = re.compile(
    r"[,;\n|•·]+|(?<!\S)(?:and|und|et|en|&|\+|cc:?|bcc:?|to:|an:|à:|aan:|from:|with|mit|avec|met)(?!\S)", re.IGNORECASE
)
_ENTRIES = re.compile(r"[;\n|•·]+")
_EDGES = " \t\r\n<>()[]{}\"'“”„«»*-–—:;,.|/"
_QUOTED = re.compile(r"[\"“„«']([^\"“”„«»]{1,100})[\"”“»']\s?[<(\[]?\s?$")
_BEHIND = re.compile(r"\s?>?\s?\(([^()@]{2,60})\)")
_SAYING = re.compile(
    r"^(?:please|bitte|invite|also|and|mail|email|e-mail|address|adresse|adres|to|for|copy|contact|name|the|"
    r"attendees?|participants?|guests?|teilnehmer|invites?|add|send|hi|hello)$",
    re.IGNORECASE,
)


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


@dataclass(frozen=True, slots=True)
class Pasted:
    """
    :ivar addresses: each once, in their order.
    :ivar words: what stands between and is none: perhaps the name of a chat account.
    """

    addresses: tuple[MailAddress, ...] = ()
    words: tuple[str, ...] = ()


def read_all(text: str, own_domain: str = "") -> Pasted:
    """
    Every address in what was pasted; never refuses.

    :param own_domain: accepted although it may not exist elsewhere, e.g. ``localhost``.
    """
    text = _plain(text[:MAX_PASTED_CHARACTERS])
    found: dict[str, MailAddress] = {}
    words: list[str] = []
    end = 0
    for match in islice(_ADDRESS.finditer(text), 2 * MAX_ADDRESSES):
        name, loose = _beside(text[end : match.start()], bracketed=text[: match.start()].endswith("<"))
        end = match.end()
        behind = _BEHIND.match(text, end)
        if behind:
            name, end = name or behind[1], behind.end()
        words += loose
        one = _one(match[0], name, own_domain)
        if one is None:
            words.append(match[0])
        else:
            found.setdefault(one.address.casefold(), one)
    name, loose = _beside(text[end:], bracketed=False)
    words += [*loose, *([name] if name else [])]
    return Pasted(tuple(found.values())[:MAX_ADDRESSES], tuple(dict.fromkeys(words)))


def read(text: str, own_domain: str = "") -> MailAddress:
    """
    Take what was typed as one address.

    :raises StanzaError: ``not-acceptable`` if there is none in it, or several.
    """
    if len(text) > MAX_CHARACTERS:
        raise StanzaError("not-acceptable", "That is too long for a mail address.")
    if re.search(r"[\x00-\x1f\x7f]", text.strip()):
        raise StanzaError("not-acceptable", "A mail address is one line. Take the line breaks out.")
    found = read_all(text, own_domain).addresses
    if len(found) > 1:
        raise StanzaError("not-acceptable", "That is more than one address. Invite one person at a time.")
    if not found:
        raise StanzaError("not-acceptable", f"“{text.strip()[:80]}” is no mail address. Write it like kim@example.org.")
    return found[0]


def _plain(text: str) -> str:
    """The text as if it had been written plainly."""
    text = html.unescape(re.sub(r"[\u200b\u200e\u200f\u2060\ufeff\xad]", "", text.replace("\xa0", " ")))
    text = text.replace("＠", "@").replace("﹫", "@")
    text = re.sub(r"[ \t\r\f\v]+", " ", text)
    text = _LINK.sub(r" \1 ", text)
    text = re.sub(r"</?(?:p|br|li|ul|ol|div|span|td|tr)\b[^<>]{0,300}>", "\n", text, flags=re.IGNORECASE)
    text = re.sub(r"mailto:([^\s?>\"']+)(?:\?[^\s>\"']*)?", lambda match: unquote(match[1]), text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:e-?mail|mail|adresse|address)\s*:\s*", " ", text, flags=re.IGNORECASE)
    text = _SPELLED.sub(_signs, text)
    return _SPACED.sub("@", text)


def _signs(match: re.Match[str]) -> str:
    """``kim at example dot org`` with the signs; prose (*reach me at work.example*) stays."""
    said = (
        re.search(r"[(\[{<]|\s(?:dot|punkt|point|punt)\s", match[0], re.IGNORECASE) or match[0] == match.string.strip()
    )
    if not said or match.string[match.end() :].startswith("@"):
        return match[0]
    return f"{match['local']}@{_DOT.sub('.', match['domain'])}"


def _beside(between: str, *, bracketed: bool) -> tuple[str, list[str]]:
    """The name that belongs to the address behind, and what belongs to none."""
    quoted = _QUOTED.search(between)
    if quoted:
        return names.clean(quoted[1].strip(_EDGES)), _loose(_BETWEEN.split(between[: quoted.start()]))
    entry = _ENTRIES.split(between)[-1].strip(" \t<")
    if bracketed and entry.count(",") == 1 and all(map(_is_name, entry.split(","))):
        return names.clean(entry), _loose(_BETWEEN.split(between[: between.rindex(entry)]))  # Lee, Kim <kim@…>
    pieces = _BETWEEN.split(between)
    last = pieces.pop().strip(_EDGES)
    last = re.sub(r"^\d{1,3}[.)]\s*", "", last)
    if bracketed or _is_name(last):
        return names.clean(last), _loose(pieces)
    return "", _loose([*pieces, last])


def _is_name(text: str) -> bool:
    words = text.strip(_EDGES).split()
    if not 0 < len(words) <= 4 or any(_SAYING.match(word) for word in words):
        return False
    return all(word[0].isupper() or word in ("de", "van", "von", "der", "den", "le", "la") for word in words)


def _loose(pieces: list[str]) -> list[str]:
    """What may be the name of a chat account: one word, or a name."""
    cleaned = [re.sub(r"^\d{1,3}[.)]\s*", "", piece.strip(_EDGES)) for piece in pieces]
    known = [each for each in cleaned if re.search(r"[^\W\d_]", each) and not _SAYING.match(each)]
    return [names.clean(each) for each in known if len(each.split()) == 1 or _is_name(each)]


def _one(typed: str, name: str, own_domain: str) -> MailAddress | None:
    address = typed.strip(".,;:!?-*_=/")
    local, _, domain = address.rpartition("@")
    local, domain = local.rstrip("@").strip("."), domain.lower()
    own = bool(own_domain) and domain == own_domain
    meant = "" if own else near(domain)
    checked = "example.org" if own or meant else domain
    try:
        valid = validate_email(
            f"{local}@{checked}", check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    domain = domain if own or meant else valid.domain.lower()
    name = names.clean(name) or names.from_address(valid.local_part)
    return MailAddress(f"{valid.local_part}@{domain}", name, f"{valid.local_part}@{meant}" if meant else "")
