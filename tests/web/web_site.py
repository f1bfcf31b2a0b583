"""The whole web part on a loopback port, on real SQLite stores, and a browser without script that visits it."""

import email
import email.policy
import json
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import treq
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource
from twisted.web.server import Site

from ccm import website
from ccm.records import Verifier
from ccm.session.guests import GuestOptions
from ccm.store.keys import Keys
from ccm.store.stores import Stores
from ccm.testing.moments import Moments
from ccm.web.mail import FileMailer, MailOptions
from ccm.web.options import WebOptions

HOST = "example.org"
GOOD = "four plain words do"


@dataclass
class ServerOptions:
    """As much of ``[server]`` as the web part reads."""

    host: str = HOST


@dataclass
class Seen:
    """An answer. *text* is its body, *fields* the values of its form."""

    status: int
    headers: Any
    text: str
    body: bytes

    def header(self, name: str) -> str:
        """The last value of a header, or nothing."""
        values = self.headers.getRawHeaders(name) or [""]
        return str(values[-1])

    @property
    def token(self) -> str:
        """The hidden token of its form."""
        found = re.search(r'name="form" value="([^"]*)"', self.text)
        assert found, self.text
        return unescape(found[1])

    def value(self, name: str) -> str:
        """What stands in a field of its form."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.text)
        assert found, self.text
        return unescape(found[1])


@dataclass
class Browser:
    """Keeps cookies by path, sends ``Origin`` as browsers do, follows no redirect."""

    site: "WebSite"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Seen:
        """A GET."""
        return await self._ask("GET", path, None, headers)

    async def head(self, path: str) -> Seen:
        """A HEAD."""
        return await self._ask("HEAD", path, None, {})

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Seen:
        """A POST of a form."""
        return await self._ask("POST", path, fields, {"Origin": self.site.url.rstrip("/"), **headers})

    async def fill(self, path: str, typed: dict[str, str], to: str = "", *, wait_seconds: float = 5.0) -> Seen:
        """Open a page with a form, take one's time, and send it."""
        page = await self.get(path)
        self.site.clock.advance(wait_seconds)
        return await self.post(to or path, {"form": page.token, **typed})

    async def _ask(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> Seen:
        cookies = [value for prefix, value in self.cookies.items() if path.startswith(prefix)]
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if cookies:
            sent["Cookie"] = "; ".join(cookies)
        body = None
        if fields is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields).encode()
        url = urljoin(self.site.url, path)
        response = await treq.request(method, url, headers=sent, data=body, allow_redirects=False, persistent=False)
        content = await response.content()
        for cookie in response.headers.getRawHeaders("Set-Cookie") or ():
            found = re.search(r"[Pp]ath=([^;]*)", cookie)
            self.cookies[found[1] if found else "/"] = cookie.partition(";")[0]
        return Seen(response.code, response.headers, content.decode("utf-8", "replace"), content)


class Front(Resource):
    """Stands in for the dashboard."""

    def getChild(self, path: bytes, request: Any) -> "Front":
        request.postpath = []
        return self

    def render_GET(self, request: Any) -> bytes:
        return b"dashboard"


class WebSite:
    """What the tests visit. *hashed*: passwords that were derived; *made*: things made apart; *here*: who is where."""

    def __init__(self, stores: Stores, clock: Moments, folder: Path, bundle: Path, **options: Any) -> None:
        self.stores = stores
        self.clock = clock
        self.hashed: list[str] = []
        self.pauses: list[float] = []
        self.made = 0
        self.here: dict[str, tuple[str, ...]] = {}
        self.settings: Any = {"server": ServerOptions(), "mail": MailOptions(), "web": WebOptions(**options)}
        self.settings["guests"] = GuestOptions()
        self.mailer = FileMailer(folder / "mail")
        self.folder = folder
        self.bundle = bundle
        self.url = ""
        self._port: Any = None

    async def open(self) -> None:
        """Listen on a free port."""
        self._port = reactor.listenTCP(0, Site(Resource()), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._port.getHost().port}/"
        self._port.factory.resource = website.root(
            self.settings,
            self.stores,
            Keys(self.folder),
            website.Addresses(self.url, f"{self.url}http-bind", "ws://x/xmpp-websocket", f"noreply@{HOST}"),
            self.make,
            self.mailer,
            Front(),
            self.bundle,
            self.pause,
            self.apart,
            self.clock.seconds,
            lambda room: self.here.get(room, ()),
        )

    async def close(self) -> None:
        """Stop listening."""
        await self._port.stopListening()

    async def make(self, password: str) -> tuple[Verifier, ...]:
        """Note a password instead of deriving."""
        self.hashed.append(password)
        return (Verifier("SCRAM-SHA-256", b"salt", 4096, password.encode(), b"server"),)

    async def pause(self, seconds: float) -> None:
        """Let time pass at once."""
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    async def apart(self, function: Any, *arguments: Any) -> Any:
        """Count it and do it in a thread."""
        self.made += 1
        return await deferToThread(function, *arguments)

    def browser(self) -> Browser:
        """A fresh browser."""
        return Browser(self)

    async def mails(self) -> list[dict[str, Any]]:
        """The payloads of every mail job that waits, and takes them."""
        jobs = await self.stores.outbox.claim("mail", 100, 60)
        return [json.loads(job.payload) for job in jobs]

    async def link(self) -> str:
        """The path in the newest mail."""
        mail = (await self.mails())[-1]
        message = email.message_from_string(mail["message"], policy=email.policy.default)
        text = message.get_body(("plain",)).get_content()
        found = re.search(rf"{re.escape(self.url)}(\S+)", text.replace(f"{self.url}.", ""))
        assert found, text
        return "/" + found[1]
