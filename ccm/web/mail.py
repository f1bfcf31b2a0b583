"""
Mail on its way: the outbox's mail jobs, and the mailer that writes files, for a server that is tried out.

Every mail is already complete (RFC 5322, with its Message-ID). Leaves out composing, queueing and trying again (the
outbox), SMTP (``smtp``), and mail that comes in.
"""

import email
import email.policy
import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from zope.interface import implementer

from ccm.bounds import Amount, Count, Port
from ccm.config import Section
from ccm.errors import ConfigError, Unavailable
from ccm.interfaces import IMailer
from ccm.records import Mail, OutboxJob


class MailOptions(Section):
    """
    ``[mail]``: where mail goes. With ``smtp_host`` empty it is written into ``<server.state>/mail`` instead.

    ``sender`` is the address that mails come from (default ``noreply@<server.host>``), ``name`` what stands beside it.
    ``tls`` is ``"starttls"``, ``"direct"`` or ``"off"`` (for a relay on this machine).

    ``intake`` are the Twisted endpoints, on this machine only, where the site's mail server hands over mail to
    ``bounces+*`` and ``rsvp+*`` at ``reply_domain`` (default: that of ``sender``), by SMTP or LMTP; without them
    invitations name no such address. ``intake_bytes`` bounds one mail, ``intake_connections`` how many come at once,
    ``intake_seconds`` how long one may be silent.
    """

    smtp_host: str = ""
    smtp_port: Port = 25
    user: str = ""
    password: str = ""
    password_file: str = ""
    tls: Literal["starttls", "direct", "off"] = "starttls"
    sender: str = ""
    name: str = "CCM"
    timeout_seconds: Amount = 30.0
    intake: tuple[str, ...] = ()
    reply_domain: str = ""
    intake_bytes: Count = 262_144
    intake_connections: Count = 20
    intake_seconds: Count = 60

    def check(self) -> None:
        """:raises ConfigError: for a sender or domain that is none, or a password that would go in clear."""
        if self.sender and ("@" not in self.sender or not self.sender.isprintable() or " " in self.sender):
            raise ConfigError(f"mail.sender: {self.sender!r} is no mail address. Write it as noreply@example.org.")
        if self.reply_domain and ("@" in self.reply_domain or " " in self.reply_domain):
            raise ConfigError(f"mail.reply_domain: {self.reply_domain!r} is no domain. Write it as example.org.")
        if self.user and self.tls == "off":
            raise ConfigError("mail.user needs mail.tls: a password is not sent in clear.")


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

    :param tell: ``async (channel, facts)``, hears ``mail-failed``, ``mail-delayed`` and, after that, ``mail-sent``.
    """

    def __init__(self, mailer: IMailer, tell: Callable[[str, dict[str, str]], Awaitable[None]]) -> None:
        self._mailer = mailer
        self._tell = tell

    async def deliver(self, job: OutboxJob) -> str:
        """Send what *job* holds. :raises Rejected, Unavailable: as the mailer does."""
        work = json.loads(job.payload)
        await self._mailer.send(Mail(work["sender"], work["recipient"], work["message"].encode("utf-8")))
        if job.attempts:
            await self._tell("mail-sent", {"key": job.key, "address": work["recipient"]})
        return "handed over"

    async def delayed(self, job: OutboxJob, reason: str) -> None:
        """Tell whoever caused it that the mail must wait."""
        work = json.loads(job.payload)
        await self._tell("mail-delayed", {"key": job.key, "address": work["recipient"], "reason": reason})

    async def parked(self, job: OutboxJob, reason: str) -> None:
        """Tell whoever caused it that the mail did not go out."""
        work = json.loads(job.payload)
        await self._tell("mail-failed", {"key": job.key, "address": work["recipient"], "reason": reason})
