"""
XEP-0215 External Service Discovery 1.0.0: where clients find STUN and TURN for calls, with passwords that end.

A service with a secret gets a name and password for each asker, which the TURN server checks by the same secret
(coturn's ``use-auth-secret``): ``expiry:account`` and its HMAC-SHA-1. Leaves out pushes of changes.
"""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha1
from hmac import new as hmac
from pathlib import Path
from typing import Any, Literal

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Amount, PortOr0
from ccm.config import Section
from ccm.errors import ConfigError, StanzaError
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute

OURS = (Target.NONE, Target.HOST)


class ExternalService(Section):
    """One of them. *port* 0 tells none; *secret_file* holds what the service shares with this server."""

    type: str
    host: str
    port: PortOr0 = 0
    transport: Literal["udp", "tcp"] = "udp"
    name: str = ""
    secret_file: str = ""


class ExternalServicesOptions(Section):
    """What clients are told of, and how long the passwords of those with a secret hold."""

    services: tuple[ExternalService, ...] = ()
    credential_hours: Amount = 12.0


class ExternalServices:
    """Answers accounts and guests of this server. :raises ConfigError: for a secret that cannot be read."""

    def __init__(self, router: Router, services: Services, options: ExternalServicesOptions) -> None:
        self._router = router
        self._now = services.now
        self._seconds = options.credential_hours * 3600
        self._offered = [(service, _secret(service)) for service in options.services]

    @on.iq("get", ns.EXTERNAL_SERVICES, "services", to=OURS)
    def services(self, stanza: Stanza, origin: Any) -> Stanza:
        """§3.1, and §3.2 for those of one type."""
        asker = self._asker(origin)
        wanted = next(stanza.element.elements()).getAttribute("type")
        lines = [self._told(s, secret, asker) for s, secret in self._offered if wanted in (None, s.type)]
        mark = f" type='{attribute(wanted)}'" if wanted else ""
        inner = f"<services xmlns='{ns.EXTERNAL_SERVICES}'{mark}>{''.join(lines)}</services>"
        return stanza.result(inner.encode(), ((ns.EXTERNAL_SERVICES, "services"),))

    @on.iq("get", ns.EXTERNAL_SERVICES, "credentials", to=OURS)
    def credentials(self, stanza: Stanza, origin: Any) -> Stanza:
        """§3.3."""
        asker = self._asker(origin)
        asked = next(iter(next(stanza.element.elements()).elements()), None)
        if asked is None or not asked.getAttribute("host") or not asked.getAttribute("type"):
            raise StanzaError("bad-request", "Name the host and type of the service.")
        place = (asked["type"], asked["host"])
        port = asked.getAttribute("port")
        found = [
            self._told(service, secret, asker)
            for service, secret in self._offered
            if (service.type, service.host) == place and port in (None, str(service.port))
        ]
        if not found:
            raise StanzaError("item-not-found", "There is no such service. Ask for all of them.")
        inner = f"<credentials xmlns='{ns.EXTERNAL_SERVICES}'>{''.join(found)}</credentials>"
        return stanza.result(inner.encode(), ((ns.EXTERNAL_SERVICES, "credentials"),))

    def _asker(self, origin: Any) -> str:
        if not self._router.is_client(origin):
            raise StanzaError("forbidden", "Only this server's own clients may use its services.")
        return address.bare(origin.jid)

    def _told(self, service: ExternalService, secret: bytes, asker: str) -> str:
        told = {"type": service.type, "host": service.host, "transport": service.transport}
        if service.port:
            told["port"] = str(service.port)
        if service.name:
            told["name"] = service.name
        if secret:
            expires = int(self._now() + self._seconds)
            username = f"{expires}:{asker}"
            told["username"] = username
            told["password"] = b64encode(hmac(secret, username.encode(), sha1).digest()).decode()
            told["expires"] = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            told["restricted"] = "true"
        return "<service" + "".join(f" {name}='{attribute(value)}'" for name, value in told.items()) + "/>"


def _secret(service: ExternalService) -> bytes:
    if not service.secret_file:
        return b""
    try:
        secret = Path(service.secret_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        text = f"[modules.external_services]: {service.secret_file} cannot be read: {error.strerror}."
        raise ConfigError(text) from error
    if not secret:
        raise ConfigError(f"[modules.external_services]: {service.secret_file} is empty.")
    return secret.encode()


plugin = Module(
    "external_services", "XEP-0215 1.0.0", ExternalServices, (ns.EXTERNAL_SERVICES,), ExternalServicesOptions
)
