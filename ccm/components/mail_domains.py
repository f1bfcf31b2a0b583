"""
Mail domains that look like a slip: one letter off a common one, an ending that does not exist, a comma for a dot.

The list is of domains that many people have. A domain that may well exist (``mail.com``, ``gmx.de``) is on it so that
it is not taken for a slip of its neighbour. Leaves out asking the DNS.
"""

import re
from functools import lru_cache

#: Domains that many people have.
COMMON_DOMAINS: tuple[str, ...] = tuple(
    re.findall(
        r"\S+",
        "gmail.com googlemail.com yahoo.com hotmail.com outlook.com icloud.com live.com aol.com gmx.de gmx.net web.de "
        "t-online.de posteo.de mailbox.org protonmail.com proton.me orange.fr free.fr wanadoo.fr laposte.net ziggo.nl "
        "kpnmail.nl xs4all.nl bluewin.ch mail.com email.com ymail.com mail.de gmx.com gmx.at gmx.ch hotmail.fr "
        "hotmail.de hotmail.nl hotmail.co.uk outlook.fr outlook.de yahoo.fr yahoo.de yahoo.co.uk live.nl live.fr "
        "live.de msn.com me.com mac.com sfr.fr freenet.de arcor.de planet.nl home.nl hetnet.nl btinternet.com "
        "zoho.com fastmail.com hey.com pm.me tutanota.com tuta.io yandex.com qq.com 163.com",
    )
)
#: Endings of slips, which are no top-level domains or hardly ever meant.
_ENDINGS = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "comm": "com",
    "vom": "com",
    "xom": "com",
    "cpm": "com",
    "coom": "com",
    "ogr": "org",
    "orgg": "org",
    "orh": "org",
    "nett": "net",
    "ner": "net",
    "dee": "de",
    "frr": "fr",
}
_BY_FIRST = {name: f"{name}.com" for name in ("gmail", "hotmail", "outlook", "yahoo", "icloud", "googlemail")}
_SHORTEST = 7


@lru_cache(maxsize=2048)
def near(domain: str) -> str:
    """The domain that was probably meant; ``""`` if this one may be."""
    if domain in COMMON_DOMAINS:
        return ""
    plain = re.sub(r"\.{2,}", ".", domain.replace(",", ".")).strip(".")
    if plain.startswith("www."):
        plain = plain[4:]
    if plain in _BY_FIRST:
        return _BY_FIRST[plain]
    stem, _, ending = plain.rpartition(".")
    mended = f"{stem}.{_ENDINGS[ending]}" if stem and ending in _ENDINGS else plain
    for tried in dict.fromkeys((mended, plain)):
        if tried in COMMON_DOMAINS:
            return tried
        for common in COMMON_DOMAINS:
            if len(common) >= _SHORTEST and _one_slip(tried, common):
                return common
    glued = next((f"{plain[: -len(end)]}.{end}" for end in ("com", "org", "net") if _glued(plain, end)), "")
    return glued or (mended if mended != domain else "")


def _glued(domain: str, ending: str) -> bool:
    """A dot was forgotten: ``gmailcom``."""
    return "." not in domain and domain.endswith(ending) and f"{domain[: -len(ending)]}.{ending}" in COMMON_DOMAINS


def _one_slip(typed: str, meant: str) -> bool:
    """A letter more, less or other, or two swapped."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    a, b = typed[start:], meant[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
