"""What may be the secret of an external component (XEP-0114): none that others guess, and none used twice."""

import re
from collections.abc import Mapping

from ccm.errors import ConfigError

_DISTINCT = 8
_WELL_KNOWN = ("changeme", "changethis", "componentsecret", "secret", "password", "default", "example", "topsecret")
_SERIES = "01234567890123456789abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzqwertyuiopasdfghjklzxcvbnm"
_REMEDY = "Make one by: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def checked(secrets: Mapping[str, str], min_bytes: int, *, weak: bool = False) -> dict[str, str]:
    """
    The same secrets, by domain.

    :param weak: take well-known ones, and one for several domains: for conformance suites only.
    :raises ConfigError: if one is too short, a well-known default, or that of another domain as well.
    """
    owners: dict[str, str] = {}
    for domain, secret in secrets.items():
        if len(secret.encode()) < min_bytes:
            raise ConfigError(
                f"The secret of component {domain} is too short: use {min_bytes} bytes at least. {_REMEDY}"
            )
        if weak:
            continue
        if _guessable(secret, domain):
            raise ConfigError(f"The secret of component {domain} is one that others guess. {_REMEDY}")
        other = owners.setdefault(secret, domain)
        if other != domain:
            raise ConfigError(
                f"The components {other} and {domain} have the same secret: give each its own, so that neither can "
                f"speak for the other. {_REMEDY}"
            )
    return dict(secrets)


def _guessable(secret: str, domain: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", secret.lower())
    if len(set(plain)) < _DISTINCT or plain in _SERIES:
        return True
    names = [re.sub(r"[^a-z0-9]", "", part) for part in (domain, domain.partition(".")[0])]
    for word in (*_WELL_KNOWN, *names):
        plain = plain.replace(word, "") if word else plain
    return len(set(plain)) < _DISTINCT // 2
