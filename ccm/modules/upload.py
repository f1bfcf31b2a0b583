"""
XEP-0363 HTTP File Upload 1.2.0: ``upload.<host>`` gives its people places to put a file, each with its address.

The file itself comes and goes over HTTP (``transports/http_put.py``, ``web/uploads.py``). Of the purposes (§5) a
message and something ephemeral; leaves out places for profiles and for good. Everybody who knows an address can read
the file (§2), so it holds 192 random bits.
"""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from twisted.words.xish.domish import Element
from zope.interface import implementer

from ccm import address, media
from ccm import namespaces as ns
from ccm.bounds import AmountOr0, Count, CountOr0, check_domains, check_url
from ccm.config import Section
from ccm.errors import ConfigError, QuotaReached, StanzaError
from ccm.interfaces import ISink
from ccm.modules.aside import aside
from ccm.modules.service_domain import ServiceDomain
from ccm.records import Upload, UploadLimits
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import forms
from ccm.wire.stanza import Stanza, attribute

_SWEEP_SECONDS = 600
_MOST_NAME_CHARACTERS = 1000
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_DIGITS = re.compile(r"[1-9][0-9]{0,14}")


class UploadOptions(Section):
    """
    ``domain``: where clients ask; empty means ``upload.<host>``. ``url``: public base of the files, which leads to
    ``/upload/`` of the HTTP listener; empty means ``<web.url>upload/``. ``folder``: where the files are, empty
    means ``uploads`` in the state folder.

    *Limits* (0: none): of a file; of an account in a day and in all; of everything; places that an account has not used
    yet; room that stays free on the disk. ``types`` may come, such as ``"image/*"``. ``guests`` may upload as well.
    *Times*: in which a place must be used (begun), and after which a file goes (0: never). An upload may be as slow as
    ``least_bytes_per_second``.
    """

    domain: str = ""
    url: str = ""
    folder: str = ""
    max_file_bytes: CountOr0 = 104_857_600
    bytes_per_account_per_day: CountOr0 = 536_870_912
    files_per_account_per_day: CountOr0 = 500
    bytes_per_account: CountOr0 = 1_073_741_824
    bytes_in_all: CountOr0 = 10_737_418_240
    open_places_per_account: CountOr0 = 20
    least_free_bytes: CountOr0 = 268_435_456
    types: tuple[str, ...] = ("*/*",)
    guests: bool = True
    place_seconds: Count = 300
    expire_days: AmountOr0 = 30.0
    least_bytes_per_second: CountOr0 = 4096

    def check(self) -> None:
        """:raises ConfigError: for a type, domain or address that is none."""
        check_url("modules.upload.url", self.url)
        check_domains("modules.upload.domain", filter(None, [self.domain]))
        for pattern in self.types:
            if not media.is_pattern(pattern):
                raise ConfigError(f"modules.upload.types: {pattern!r}: write it like image/png, image/* or */*.")


@implementer(ISink)
class UploadService:
    """
    Answers at its domain.

    :ivar jid: the domain.
    """

    def __init__(self, router: Router, services: Services, options: UploadOptions) -> None:
        self.jid = options.domain or f"upload.{services.host}"
        self._router = router
        self._services = services
        self._options = options
        self._url = services.urls.get("uploads", "")
        self._limits = UploadLimits(
            bytes_per_account=options.bytes_per_account,
            bytes_per_day=options.bytes_per_account_per_day,
            files_per_day=options.files_per_account_per_day,
            open_places=options.open_places_per_account,
            bytes_in_all=options.bytes_in_all,
            least_free_bytes=options.least_free_bytes,
        )
        bounds = (
            options.max_file_bytes,
            options.bytes_per_account_per_day,
            options.bytes_per_account,
            options.bytes_in_all,
        )
        self._max_file_bytes = min((bound for bound in bounds if bound > 0), default=0)
        self._info = self._rendered()
        self._domain = ServiceDomain(router, self.jid, self._told, self._listed, _PURPOSE)
        router.add_domain(self.jid, self)
        self._sweep()

    # ---- what is asked

    @on.iq("get", ns.UPLOAD, "request", to=Target.OTHER)
    def request(self, stanza: Stanza, origin: Any) -> Any:
        """§4."""
        return self._place(stanza, origin) if stanza.to == self.jid else None

    def deliver(self, stanza: Stanza) -> None:
        """Anything else is for nobody."""
        self._domain.refuse(stanza)

    def deliver_raw(self, template: Any) -> None:
        """Nothing is sent to many here."""

    @on.event("account-deleted")
    def gone(self, _jid: str) -> None:
        """Its files go with it."""
        aside(self._services.uploads.sweep(), "removing the files of an account")

    # ---- inside

    async def _place(self, stanza: Stanza, origin: Any) -> Stanza:
        owner = self._owner(origin)
        asked = next(stanza.element.elements())
        name = _name(asked)
        size = self._size(asked)
        media_type = self._media_type(asked, name)
        now = datetime.fromtimestamp(self._services.now(), UTC)
        options = self._options
        upload = Upload(
            id=secrets.token_urlsafe(24),
            owner=owner,
            name=name,
            media_type=media_type,
            size=size,
            created=now,
            until=now + timedelta(seconds=options.place_seconds),
            expires=_expires(asked, now, options.expire_days),
        )
        try:
            await self._services.uploads.offer(upload, self._limits)
        except QuotaReached as full:
            retry = b"" if full.again is None else b"<retry xmlns='%b' stamp='%b'/>" % (_NS, _stamp(full.again))
            raise StanzaError("resource-constraint", str(full), extra=retry) from full
        url = attribute(f"{self._url}{upload.id}/{quote(name, safe='')}")
        inner = f"<slot xmlns='{ns.UPLOAD}'><put url='{url}'/><get url='{url}'/></slot>"
        return stanza.result(inner.encode(), ((ns.UPLOAD, "slot"),))

    def _owner(self, origin: Any) -> str:
        bare = address.bare(origin.jid) if self._router.is_client(origin) else ""
        guest = address.domain(bare) == self._services.guest_host if bare else False
        if not bare or not self._router.is_account(bare) or (guest and not self._options.guests):
            raise StanzaError("forbidden", "Only people with an account here may put files here.")
        return bare

    def _size(self, asked: Element) -> int:
        given = asked.getAttribute("size") or ""
        if not _DIGITS.fullmatch(given):
            raise StanzaError("bad-request", "Give the size of the file in bytes, at least one (XEP-0363 §4).")
        size = int(given)
        most = self._max_file_bytes
        if most and size > most:
            inner = b"<max-file-size>%d</max-file-size>" % most
            extra = b"<file-too-large xmlns='%b'>%b</file-too-large>" % (_NS, inner)
            raise StanzaError("not-acceptable", f"File too large. It may have {most} bytes.", extra=extra)
        return size

    def _media_type(self, asked: Element, name: str) -> str:
        given = asked.getAttribute("content-type")
        media_type = media.essence(given) if given else ""
        if given and not media_type:
            raise StanzaError("bad-request", "That is no media type. Write it like image/png.")
        if not media.allowed(media_type or media.guessed(name), self._options.types):
            raise StanzaError("not-acceptable", f"Files here may be: {', '.join(self._options.types)}.")
        return media_type

    async def _told(self, _asker: str, node: str) -> bytes:
        """§3."""
        if node:
            raise StanzaError("item-not-found", "There are no nodes here. Ask without one.")
        return self._info

    async def _listed(self, asker: str, node: str) -> bytes:
        await self._told(asker, node)
        return b""

    def _rendered(self) -> bytes:
        purposes = (f"{ns.UPLOAD_PURPOSE}#message", f"{ns.UPLOAD_PURPOSE}#ephemeral")
        features = (ns.DISCO_INFO, ns.DISCO_ITEMS, ns.PING, ns.UPLOAD, *purposes)
        inner = "<identity category='store' type='file' name='HTTP File Upload'/>"
        inner += "".join(f"<feature var='{feature}'/>" for feature in features)
        if not self._max_file_bytes:
            return inner.encode()
        return inner.encode() + forms.form(
            "result", ns.UPLOAD, [forms.field("max-file-size", [str(self._max_file_bytes)])]
        )

    def _sweep(self) -> None:
        aside(self._services.uploads.sweep(), "removing files that have expired", again=True)
        self._services.later(_SWEEP_SECONDS, self._sweep)


_NS = ns.UPLOAD.encode()
_PURPOSE = "This address gives places for files and nothing else (XEP-0363)."


def _name(asked: Element) -> str:
    given = asked.getAttribute("filename")
    if not given or len(given) > _MOST_NAME_CHARACTERS:
        raise StanzaError("bad-request", f"Name the file, in {_MOST_NAME_CHARACTERS} characters (XEP-0363 §4).")
    return media.file_name(given)


def _expires(asked: Element, now: datetime, days: float) -> datetime | None:
    """When the file goes: after the time that holds here, or earlier if the purpose says so (§5.3)."""
    expires = now + timedelta(days=days) if days else None
    for child in asked.elements():
        if child.uri != ns.UPLOAD_PURPOSE or child.name == "message":
            continue
        if child.name != "ephemeral":
            raise StanzaError("feature-not-implemented", f"No files are kept here as {child.name}.")
        before = _moment(child.getAttribute("expire-before") or "")
        if before <= now:
            raise StanzaError("not-acceptable", "It would have expired already. Choose a later time.")
        expires = before if expires is None else min(before, expires)
    return expires


def _moment(given: str) -> datetime:
    try:
        if _STAMP.fullmatch(given):
            return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise StanzaError("bad-request", "Write expire-before like 2026-09-10T23:08:25Z (XEP-0082).")


def _stamp(moment: datetime) -> bytes:
    """A second later at most, so that who comes then is not too early."""
    return (moment + timedelta(microseconds=999_999)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


plugin = Module("upload", "XEP-0363 1.2.0", UploadService, (), UploadOptions)
