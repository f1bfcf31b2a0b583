"""XEP-0092 Software Version 1.1: name and version of the server; leaves out the operating system unless configured."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ccm import namespaces as ns
from ccm.config import Section
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, text


class VersionOptions(Section):
    """What strangers may read. An empty ``show_version`` or ``show_system`` tells nothing."""

    show_version: bool = True
    show_system: str = ""


class Version:
    """Answers what runs here."""

    def __init__(self, _router: Router, _services: Services, options: VersionOptions) -> None:
        inner = b"<name>CCM</name>"
        if options.show_version:
            inner += b"<version>%b</version>" % text(_installed())
        if options.show_system:
            inner += b"<os>%b</os>" % text(options.show_system)
        self._query = b"<query xmlns='jabber:iq:version'>%b</query>" % inner

    @on.iq("get", ns.VERSION, "query", to=(Target.NONE, Target.HOST))
    def tell(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0092 §2."""
        return stanza.result(self._query, ((ns.VERSION, "query"),))


def _installed() -> str:
    try:
        return version("ccm")
    except PackageNotFoundError:
        return "unknown"


plugin = Module("version", "XEP-0092 1.1", Version, (ns.VERSION,), VersionOptions)
