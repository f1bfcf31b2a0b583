"""
Handing mail over to one SMTP server (RFC 5321), each mail on a connection of its own, by ``twisted.mail.smtp``.

Its sender is made fit here: messages already have CRLF line ends, a leading dot is doubled wherever a chunk begins
(§4.5.2), and a connection that breaks ends the attempt instead of leaving it open. Leaves out SMTPUTF8 (RFC 6531) and
several mails on one connection.
"""

from io import BytesIO
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.ssl import optionsForClientTLS
from twisted.mail.smtp import ESMTPSender, ESMTPSenderFactory, SMTPClientError, SMTPDeliveryError
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm.errors import Rejected, Unavailable
from ccm.interfaces import IMailer
from ccm.records import Mail
from ccm.web.mail import MailOptions


class _Sender(ESMTPSender):
    """One mail over one connection."""

    _line_start = True

    def transformChunk(self, chunk: bytes) -> bytes:
        self.resetTimeout()  # type: ignore[no-untyped-call]
        stuffed = chunk.replace(b"\n.", b"\n..")
        if self._line_start and chunk.startswith(b"."):
            stuffed = b"." + stuffed
        self._line_start = chunk.endswith(b"\n")
        return stuffed

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        factory = self.factory
        if not factory.sendFinished:
            factory.sendFinished = True
            factory.result.errback(_Broken(reason.getErrorMessage()))


class _Broken(Exception):
    """The connection ended before the mail was taken."""


class _Senders(ESMTPSenderFactory):
    protocol = _Sender
    noisy = False


def _give_up(factory: _Senders) -> None:
    factory.sendFinished = True
    if factory.currentProtocol is not None:
        factory.currentProtocol.transport.abortConnection()


@implementer(IMailer)
class SmtpMailer:
    """
    See the module.

    :param trust: a certificate authority to trust instead of the system's, or ``None``.
    :raises ConfigError: as :meth:`~ccm.web.mail.MailOptions.check`.
    """

    def __init__(self, reactor: Any, options: MailOptions, password: str = "", trust: Any = None) -> None:
        options.check()
        self._reactor = reactor
        self._options = options
        self._password = password
        self._trust = trust

    async def send(self, mail: Mail) -> None:
        """See :class:`~ccm.interfaces.IMailer`."""
        o = self._options
        sender, recipient = _ascii(mail.sender), _ascii(mail.recipient)
        context = optionsForClientTLS(o.smtp_host, trustRoot=self._trust) if o.tls != "off" else None
        sent: Deferred[Any] = Deferred(lambda _: _give_up(factory))
        factory = _Senders(  # type: ignore[no-untyped-call]
            o.user.encode() or None,
            self._password.encode() or None,
            sender,
            recipient,
            BytesIO(mail.message),
            sent,
            retries=0,
            timeout=o.timeout_seconds,
            contextFactory=context if o.tls == "starttls" else None,
            requireTransportSecurity=o.tls == "starttls",
            requireAuthentication=bool(o.user),
            hostname=o.smtp_host if o.tls != "off" else None,
        )
        endpoint: Any = HostnameEndpoint(self._reactor, o.smtp_host, o.smtp_port, timeout=o.timeout_seconds)
        if o.tls == "direct" and context is not None:
            endpoint = wrapClientTLS(context, endpoint)
        where = f"{o.smtp_host}:{o.smtp_port}"
        try:
            await endpoint.connect(factory)
            await sent.addTimeout(o.timeout_seconds * 2, self._reactor)
        except SMTPClientError as error:
            raise _judged(error, mail, where) from error
        except (ConnectError, ConnectTimeout, DNSLookupError, OSError) as error:
            raise Unavailable(f"{where} cannot be reached: {error}") from error
        except (DeferredTimeout, CancelledError) as error:
            raise Unavailable(f"{where} took too long over a mail.", ambiguous=True) from error
        except _Broken as error:
            raise Unavailable(f"{where} ended the connection: {error}", ambiguous=True) from error


def _ascii(address: str) -> str:
    """The address as SMTP takes it. :raises Rejected: if its local part is not ASCII."""
    local, _, domain = address.rpartition("@")
    try:
        local.encode("ascii")
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise Rejected(f"{address} holds letters that mail servers do not take. Use another address.") from error


def _judged(error: SMTPClientError, mail: Mail, where: str) -> Exception:
    """What the server's answer means: refusing this recipient or this mail by a 5xx is final, all else may pass."""
    code, said = _answer(error.code, error.resp)
    for _, status, answer in getattr(error, "addresses", None) or ():
        if not 200 <= status < 300:
            code, said = _answer(status, answer)
    if isinstance(error, SMTPDeliveryError) and 500 <= code < 600:
        return Rejected(f"The mail to {mail.recipient} was refused: {code} {said}".strip())
    return Unavailable(f"{where} did not take a mail: {code if code > 0 else ''} {said}".strip(), ambiguous=code < 0)


def _answer(code: Any, text: Any) -> tuple[int, str]:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return (code if isinstance(code, int) else -1), " ".join(said.split())
