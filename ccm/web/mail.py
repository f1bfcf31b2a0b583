"""
Handing mail over: to a smart host by SMTP (``twisted.mail.smtp``), or into files for a server that is tried out.

Every mail is already complete (RFC 5322, with its Message-ID); this only carries it. Leaves out composing, queueing and
trying again (the outbox), and mail that comes in.
"""

import email
import email.policy
import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.ssl import optionsForClientTLS
from twisted.mail.smtp import ESMTPSenderFactory, SMTPClientError
from zope.interface import implementer

from ccm.config import Section
from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.interfaces import IMailer
from ccm.records import Mail, OutboxJob


class MailOptions(Section):
    """
    ``[mail]``: where mail goes. With ``smtp_host`` empty it is written into ``<server.state>/mail`` instead.

    ``sender`` is the address that mails come from (default ``noreply@<server.host>``), ``name`` what stands beside it.
    ``tls`` is ``"starttls"``, ``"direct"`` or ``"off"`` (for a relay on this machine).
    """

    smtp_host: str = ""
    smtp_port: int = 25
    user: str = ""
    password: str = ""
    password_file: str = ""
    tls: str = "starttls"
    sender: str = ""
    name: str = "CCM"
    timeout_seconds: float = 30.0


@implementer(IMailer)
class SmtpMailer:
    """Hands each mail to one SMTP server, on a connection of its own."""

    def __init__(self, reactor: Any, options: MailOptions, password: str = "") -> None:
        if options.tls not in ("starttls", "direct", "off"):
            raise ConfigError(f"mail.tls must be starttls, direct or off, not {options.tls!r}.")
        self._reactor = reactor
        self._options = options
        self._password = password

    async def send(self, mail: Mail) -> None:
        """See :class:`~ccm.interfaces.IMailer`."""
        o = self._options
        sent: Deferred[Any] = Deferred()
        context = optionsForClientTLS(o.smtp_host) if o.tls != "off" else None
        factory = ESMTPSenderFactory(
            o.user.encode() or None,
            self._password.encode() or None,
            mail.sender,
            mail.recipient,
            BytesIO(mail.message),
            sent,
            retries=0,
            timeout=o.timeout_seconds,
            contextFactory=context if o.tls == "starttls" else None,
            requireTransportSecurity=o.tls == "starttls",
            requireAuthentication=bool(o.user),
            hostname=o.smtp_host if o.tls != "off" else None,
        )
        factory.noisy = False
        endpoint: Any = HostnameEndpoint(self._reactor, o.smtp_host, o.smtp_port, timeout=o.timeout_seconds)
        if o.tls == "direct":
            from twisted.internet.endpoints import wrapClientTLS

            endpoint = wrapClientTLS(context, endpoint)
        try:
            await endpoint.connect(factory)
            await sent
        except SMTPClientError as error:
            raise _judged(error, mail) from error
        except (ConnectError, DNSLookupError, OSError) as error:
            raise Unavailable(f"{o.smtp_host}:{o.smtp_port} cannot be reached: {error}") from error


def _judged(error: SMTPClientError, mail: Mail) -> Exception:
    """A 5xx is final, anything else may pass."""
    code = getattr(error, "code", -1)
    text = getattr(error, "resp", b"")
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    addresses = getattr(error, "addresses", None)
    if addresses:
        _, code, answer = addresses[0]
        said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    if isinstance(code, int) and 500 <= code < 600:
        return Rejected(f"{mail.recipient} was refused: {code} {said}".strip())
    return Unavailable(
        f"the mail server answered {code} {said}".strip(), ambiguous=not isinstance(code, int) or code < 0
    )


@implementer(IMailer)
class FileMailer:
    """Writes each mail into a folder, one ``.eml`` file; the same mail twice is one file."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    async def send(self, mail: Mail) -> None:
        """See :class:`~ccm.interfaces.IMailer`. :raises Unavailable: if the file cannot be written."""
        name = f"{hashlib.sha256(mail.recipient.encode() + mail.message).hexdigest()[:24]}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / f".{name}"
            part.write_bytes(mail.message)
            os.replace(part, self._folder / name)
        except OSError as error:
            raise Unavailable(f"{self._folder} cannot be written: {error.strerror}") from error

    def all(self) -> list[email.message.EmailMessage]:
        """Every mail, newest first, for ``/dev/mail``."""
        if not self._folder.is_dir():
            return []
        files = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]


class MailJobs:
    """
    Mail jobs of the outbox, carried out.

    :param tell: ``async (channel, facts)``, hears ``mail-failed``.
    """

    def __init__(self, mailer: IMailer, tell: Callable[[str, dict[str, str]], Awaitable[None]]) -> None:
        self._mailer = mailer
        self._tell = tell

    async def deliver(self, job: OutboxJob) -> str:
        """Send what *job* holds. :raises Rejected, Unavailable: as the mailer does."""
        work = json.loads(job.payload)
        await self._mailer.send(Mail(work["sender"], work["recipient"], work["message"].encode("utf-8")))
        return "handed over"

    async def parked(self, job: OutboxJob, reason: str) -> None:
        """Tell whoever caused it that the mail did not go out."""
        work = json.loads(job.payload)
        await self._tell("mail-failed", {"key": job.key, "address": work["recipient"], "reason": reason})
