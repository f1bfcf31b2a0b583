"""
The mails of the web part: confirm your address, you already have an account, choose a new password, come in again.

Complete messages (RFC 5322) as payloads of outbox jobs; Message-ID is made of the job's key, so that a mail sent twice
is recognised as one. Leaves out invitations: the component that invites writes those.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr


class Letters:
    """
    :param sender: address mails come from.
    :param name: what stands beside it.
    :param url: the public address of this server, ending with ``/``.
    :param now: seconds since the epoch.
    """

    def __init__(self, sender: str, name: str, url: str, now: Callable[[], float]) -> None:
        self._now = now
        self._sender = sender
        self._name = name
        self._url = url

    def validate(self, key: str, address: str, name: str, link: str, hours: float) -> str:
        """The payload of the mail with the link that confirms an address."""
        text = (
            f"Hello {name},\n\nsomebody, hopefully you, registered with this mail address at {self._url}.\n\n"
            f"Confirm it within {hours:g} hours:\n\n{link}\n\n"
            "If it was not you, do nothing: without the confirmation there is no account.\n"
        )
        return self._payload(key, address, "Confirm your mail address", text)

    def known(self, key: str, address: str) -> str:
        """The payload of the mail to somebody who registers a second time."""
        text = (
            f"Hello,\n\nsomebody registered with this mail address at {self._url}, "
            "but you already have an account there.\n\n"
            f"Sign in with this address at {self._url}\n\n"
            "If it was not you, do nothing: nothing was changed.\n"
        )
        return self._payload(key, address, "You already have an account", text)

    def reset(self, key: str, address: str, name: str, link: str, minutes: float) -> str:
        """The payload of the mail with the link to a new password."""
        text = (
            f"Hello {name},\n\nsomebody, hopefully you, asked for a new password for your account at {self._url}.\n\n"
            f"Choose it within {minutes:g} minutes:\n\n{link}\n\n"
            "If it was not you, do nothing: the old password goes on working.\n"
        )
        return self._payload(key, address, "Choose a new password", text)

    def enter(self, key: str, address: str, name: str, topic: str, link: str) -> str:
        """The payload of the mail with one more link for somebody who followed an invitation's before."""
        text = (
            f"Hello {name},\n\nhere is a new link into {topic}. It works once, like the one before:\n\n{link}\n\n"
            "If you did not ask for it, do nothing.\n"
        )
        return self._payload(key, address, "Your new link", text)

    def _payload(self, key: str, address: str, subject: str, text: str) -> str:
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((self._name, self._sender))
        local, _, domain = address.rpartition("@")
        message["To"] = f"{local}@{domain.encode('idna').decode()}"
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.fromtimestamp(self._now(), UTC))
        message["Message-ID"] = f"<{key.replace(':', '.')}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable")
        return json.dumps({"sender": self._sender, "recipient": address, "message": message.as_bytes().decode("ascii")})
