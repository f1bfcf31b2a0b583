"""Assembly of the web part: which page gets what, and the listener for operators."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twisted.web.resource import IResource

from ccm.errors import ConfigError
from ccm.publish.secret import read_secret
from ccm.records import Verifier
from ccm.session.tokens import Tokens
from ccm.settings import Settings
from ccm.store.keys import Keys
from ccm.store.stores import Stores
from ccm.transports.http_site import QuietSite
from ccm.web.archive import ArchivePages
from ccm.web.desk import Desk
from ccm.web.devmail import DevMail
from ccm.web.forms import Forms
from ccm.web.intake import Intake, IntakeFactory
from ccm.web.invitation import InvitationLink
from ccm.web.letters import Letters
from ccm.web.look import Fonts, Look
from ccm.web.mail import FileMailer
from ccm.web.operations import Operations, Reading
from ccm.web.outcome import OutcomePage
from ccm.web.pages import Pages
from ccm.web.readers import Readers
from ccm.web.registration import Registration
from ccm.web.reset import AccountLinks
from ccm.web.rsvp import AnswerPage, UnsubscribePage
from ccm.web.site import Root, Style
from ccm.web.smtp import SmtpMailer
from ccm.web.uploads import Uploads
from ccm.web.wellknown import HostMeta


@dataclass(frozen=True, slots=True)
class Addresses:
    """
    The public addresses of a server.

    :ivar web: base of the web part, ends with ``/``.
    :ivar mail_sender: address that mails come from.
    :ivar uploads: base of the files that people put here, ends with ``/``.
    :ivar mail_replies: domain whose ``bounces+`` and ``rsvp+`` addresses come back here; ``""`` if none do.
    """

    web: str
    bosh: str
    websocket: str
    mail_sender: str
    mail_replies: str = ""
    uploads: str = ""

    @classmethod
    def of(cls, settings: Settings, port: int) -> "Addresses":
        """Made of the options. :param port: of the first HTTP listener, for an empty ``web.url``."""
        host = settings["server"].host
        web = settings["web"].url or f"http://{host}:{port}/"
        web = web if web.endswith("/") else web + "/"
        parts = urlsplit(web)
        socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path}"
        mail = settings["mail"]
        sender = mail.sender or f"noreply@{host}"
        replies = (mail.reply_domain or sender.rpartition("@")[2]) if mail.intake else ""
        files = settings["modules.upload"].url or f"{web}upload/"
        files = files if files.endswith("/") else files + "/"
        return cls(web, f"{web}http-bind", f"{socket}xmpp-websocket", sender, replies, files)

    @property
    def by_use(self) -> dict[str, str]:
        """For modules."""
        return {"web": self.web, "bosh": self.bosh, "websocket": self.websocket, "uploads": self.uploads}

    @property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.web.startswith("https://")


def mailer(reactor: Any, settings: Settings) -> FileMailer | SmtpMailer:
    """Where mail goes. :raises ConfigError: for a user without a password."""
    options = settings["mail"]
    if not options.smtp_host:
        return FileMailer(Path(settings["server"].state) / "mail")
    password = read_secret("mail", options.password, options.password_file) if options.user else ""
    return SmtpMailer(reactor, options, password)


def intake(reactor: Any, settings: Settings, stores: Stores) -> IntakeFactory:
    """What takes in mail to ``bounces+`` and ``rsvp+`` addresses."""
    return IntakeFactory(Intake(stores.topics, stores.outbox, stores.state), settings["mail"], reactor)


def root(
    settings: Settings,
    stores: Stores,
    keys: Keys,
    addresses: Addresses,
    verifiers: Callable[[str], Awaitable[tuple[Verifier, ...]]],
    mails: FileMailer | SmtpMailer,
    dashboard: IResource,
    bundle: Path,
    pause: Callable[[float], Awaitable[Any]],
    apart: Callable[..., Awaitable[Any]],
    now: Callable[[], float] = time.time,
    here: Callable[[str], tuple[str, ...]] = lambda _room: (),
) -> IResource:
    """
    Every page of the web part, with the dashboard for all else.

    :param bundle: folder of the built dashboard. :param pause: comes back after so many seconds.
    :param apart: ``(function, *arguments)`` runs it in a thread.
    :param here: names of the people in a room, by its JID.
    :raises ConfigError: if a folder of the operator's would hide a page.
    """
    options = settings["web"]
    pages = Pages(Look(Fonts.of_bundle(bundle)), secure=addresses.secure)
    forms = Forms(keys.derive("forms"), addresses.web, options.form_seconds_least, options.form_hours_most, now)
    desk = Desk(
        host=settings["server"].host,
        url=addresses.web,
        pages=pages,
        forms=forms,
        letters=Letters(addresses.mail_sender, settings["mail"].name, addresses.web, now),
        accounts=stores.accounts,
        options=options,
        verifiers=verifiers,
        now=now,
        pause=pause,
        tokens=Tokens(stores.tokens, lambda: datetime.fromtimestamp(now(), UTC)),
        state=stores.state,
    )
    readers = Readers(stores.topics, stores.tokens)
    links = AccountLinks(desk, stores.tokens, stores.outbox)
    shows_mail = options.dev_mail and isinstance(mails, FileMailer)
    registration = Registration(desk, stores.pending, stores.outbox, shows_mail=shows_mail)
    below: dict[str, Any] = {
        "archive": ArchivePages(pages, stores.documents, readers, stores.search, addresses.web, options, apart),
        "i": InvitationLink(desk, stores.topics, settings["guests"], here),
        "rsvp": AnswerPage(desk, stores.topics, stores.outbox, stores.state),
        "unsubscribe": UnsubscribePage(desk, stores.topics, stores.outbox, stores.state, stores.suppression),
        "outcome": OutcomePage(
            desk,
            stores.topics,
            stores.documents,
            stores.tokens,
            stores.outbox,
            stores.state,
            stores.suppression,
        ),
        "upload": Uploads(pages, stores.uploads, now),
        ".well-known": HostMeta({"bosh": addresses.bosh, "websocket": addresses.websocket}),
    }
    if shows_mail and isinstance(mails, FileMailer):
        below["dev"] = DevMail(pages, mails)
    style = Style(pages)
    whole: dict[str, Any] = {"register": registration, "validate": registration, "reset": links, "address": links}
    whole |= {"style": style, "favicon.ico": style, "robots.txt": style}
    for name in options.folders:
        if name in below or name in whole or name == "dev":
            raise ConfigError(f"web.folders: /{name}/ is a page of the server's own. Choose another name.")
    return Root(pages, below, whole, dashboard)


def operations(reactor: Any, troubles: Callable[[], list[str]], read: Reading) -> QuietSite:
    """The listener for operators."""
    return QuietSite(Operations(troubles, read, {}).app.resource(), reactor)
