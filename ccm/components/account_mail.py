"""
The mails about an account that changes: plain text, as payloads of outbox jobs.

Message-ID is made of the job's key, so that a mail sent twice is recognised as one. Leaves out the mails of the web
part's forms.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

Job = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AccountMail:
    """
    :ivar sender: as in From, ``Name <address>``.
    :ivar url: public base of the web part, ends with ``/``.
    """

    sender: str
    url: str

    def confirm(self, key: str, address: str, token: str, hours: float, now: datetime) -> Job:
        """The link that confirms a new mail address."""
        text = (
            f"Hello,\n\nyou want to use this mail address for your account at {self.url}.\n\n"
            f"Confirm it within {hours:g} hours:\n\n{self.url}address/{token}\n\n"
            "If it was not you, do nothing: nothing was changed.\n"
        )
        return self._job(key, address, "Confirm your new mail address", text, now)

    def taken(self, key: str, address: str, now: datetime) -> Job:
        """To somebody whose address another account wants."""
        text = (
            f"Hello,\n\nsomebody wants to use this mail address for another account at {self.url}, "
            "but you have an account with it there. Nothing was changed.\n"
        )
        return self._job(key, address, "Your mail address", text, now)

    def leaving(self, key: str, address: str, new: str, now: datetime) -> Job:
        """To the present address, so that nobody loses an account unawares."""
        text = (
            f"Hello,\n\nyour account at {self.url} is about to get another mail address: {new}\n\n"
            f"If it was not you, change your password now: {self.url}reset\n"
        )
        return self._job(key, address, "Your account gets another mail address", text, now)

    def deleted(self, key: str, address: str, now: datetime) -> Job:
        """The account is gone."""
        text = (
            f"Hello,\n\nyour account at {self.url} was deleted, as you asked. What you said in talks with others stays "
            "there under the name it was said by.\n"
        )
        return self._job(key, address, "Your account was deleted", text, now)

    def _job(self, key: str, address: str, subject: str, text: str, now: datetime) -> Job:
        sender = parseaddr(self.sender)[1]
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        local, _, domain = address.rpartition("@")
        message["To"] = f"{local}@{domain.encode('idna').decode()}"
        message["Subject"] = subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{key.replace(':', '.')}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable")
        payload = {"sender": sender, "recipient": address, "message": message.as_bytes().decode("ascii")}
        return "mail", key, json.dumps(payload)
