"""
What guards a form: same origin, a signed one-page token in a cookie of that path, a honeypot, and a least time.

Programs that fill in passwords are no robots: a form sent at once is told how much too early it is, and a filled
honeypot is shown. The cookie is ``SameSite=Strict`` and bound to the form's own path, so that nothing else ever
carries it. Limits are kept in memory by network address (IPv6 by /64). Leaves out captchas: proof of the mail address
does that work.
"""

import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer
from twisted.web.http import Request

from ccm.errors import CCMError

_COOKIE = b"ccm-form"
_TRACKED = 10_000
#: Name of the honeypot: robots fill it in, programs that keep passwords and addresses do not know it.
TRAP = "remark2"


class FormRefused(CCMError):
    """The form cannot be taken; the text says what to do."""


class Trapped(FormRefused):
    """The field that people do not see was filled in."""


class Forms:
    """
    :param key: secret that signs the tokens.
    :param origin: the public address, e.g. ``https://chat.example.org/``.
    :param least_seconds: a form sent faster was not filled in by hand.
    :param now: seconds since the epoch.
    """

    def __init__(
        self, key: bytes, origin: str, least_seconds: float, most_hours: float, now: Callable[[], float]
    ) -> None:
        self._signer = Signer(key, salt="form")
        self._origin = origin
        self._least = least_seconds
        self._most = most_hours * 3600
        self._now = now

    def open(self, request: Request, path: str) -> str:
        """
        The token to put into a form that is about to be shown; sets its cookie for *path* only.

        A token still young is kept, so that two open pages, or one with a mistake to mend, do not undo one another.
        """
        token = _cookie(request)
        age = self._age(token)
        if age is None or not 0 <= age < self._most / 2:
            token = self._signer.sign(f"{self._now():.3f}~{secrets.token_urlsafe(16)}").decode()
        request.addCookie(
            _COOKIE,
            token.encode(),
            path=path.encode(),
            httpOnly=True,
            sameSite=b"strict",
            secure=urlsplit(self._origin).scheme == "https",
            max_age=str(int(self._most)).encode(),
        )
        return token

    def check(self, request: Request) -> float:
        """
        Pass a form of ours.

        :returns: by how many seconds it came too early, if it is more than 0.
        :raises FormRefused: if it is none, or has expired; :class:`Trapped` if its honeypot is filled in.
        """
        if not self._same_site(request):
            raise FormRefused("This form was sent from another site. Open it here and send it again.")
        token = field(request, "form")
        age = self._age(token) if secrets.compare_digest(token.encode(), _cookie(request).encode()) else None
        if age is None or age > self._most:
            raise FormRefused(
                "This form has expired, or the browser keeps no cookies for this site. Send it once more."
            )
        if field(request, TRAP):
            raise Trapped(
                "A field that people do not see was filled in, perhaps by a program that fills in forms. It is shown "
                "now: empty it and send the form again."
            )
        return self._least - age

    def _age(self, token: str) -> float | None:
        """Seconds since *token* was made; ``None`` if it is none of ours."""
        try:
            made = self._signer.unsign(token.encode()).partition(b"~")[0]
            return self._now() - float(made)
        except (BadSignature, ValueError):
            return None

    def _same_site(self, request: Request) -> bool:
        """Whether the form was sent from here; pages without a referrer have the origin ``null`` (Fetch §3.2)."""
        if request.getHeader("Sec-Fetch-Site") not in (None, "same-origin", "none"):
            return False
        origin = request.getHeader("Origin")
        if origin in (None, "null"):
            return True
        there = urlsplit(str(origin))
        return there.scheme in ("http", "https") and there.netloc in (
            urlsplit(self._origin).netloc,
            request.getHeader("Host"),
        )


def _cookie(request: Request) -> str:
    return (request.getCookie(_COOKIE) or b"").decode("latin-1")


def field(request: Request, name: str) -> str:
    """The first value of a form field, stripped; empty if there is none."""
    return secret(request, name).strip()


def secret(request: Request, name: str) -> str:
    """The same as it was typed: blanks at the ends of a password are part of it."""
    values: list[bytes] = (request.args or {}).get(name.encode(), [])
    return values[0].decode("utf-8", "replace") if values else ""


class Rate:
    """
    So many events an address in so much time; oldest addresses are forgotten first.

    :param limit: events per window; 0 means no limit.
    """

    def __init__(self, limit: int, window_seconds: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window_seconds
        self._now = now
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def full(self, peer: str) -> bool:
        """Whether that network address has reached the limit; counts nothing."""
        now = self._now()
        times = self._seen.get(network(peer), [])
        return bool(self._limit) and sum(now - t < self._window for t in times) >= self._limit

    def allow(self, peer: str) -> bool:
        """Count one event from that network address; whether it is within the limit."""
        if not self._limit:
            return True
        key, now = network(peer), self._now()
        times = [t for t in self._seen.pop(key, []) if now - t < self._window]
        self._seen[key] = times
        while len(self._seen) > _TRACKED:
            self._seen.popitem(last=False)
        if len(times) >= self._limit:
            return False
        times.append(now)
        return True


def network(peer: str) -> str:
    """What counts as one place: an IPv4 address, an IPv6 /64."""
    try:
        address: Any = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
