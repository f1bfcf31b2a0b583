"""
Assembly of the ways in: TCP, direct TLS, HTTP with BOSH and WebSocket, components; and what resumes after a restart.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.resource import IResource

from ccm import address, listening
from ccm.errors import ConfigError
from ccm.router.neighbours import Neighbours
from ccm.router.traffic import Traffic
from ccm.session.keeping import Keeper, Missed
from ccm.session.machine import Session
from ccm.session.realm import Realm
from ccm.settings import Settings
from ccm.store.accounts import Accounts
from ccm.store.stores import Stores
from ccm.transports.bosh import BoshSessions
from ccm.transports.bosh_saver import BoshSaver
from ccm.transports.certificates import Certificates
from ccm.transports.component import ComponentListener
from ccm.transports.http import FrontFactory
from ccm.transports.http_put import PutGate
from ccm.transports.http_site import QuietSite
from ccm.transports.outgoing import Turn
from ccm.transports.sni import NamedCertificates
from ccm.transports.static import StaticFiles
from ccm.transports.tcp import ClientFactory
from ccm.transports.websocket import WebSocketGate
from ccm.website import Addresses
from ccm.wire.framing import StreamFraming, WebSocketFraming
from ccm.wire.parsers import ParserPool

log = Logger()
_REMOVED = "The account was removed."
_SWITCHED_OFF = "The account was switched off. Ask the operator."


class Doors:
    """
    Every listener for clients and components.

    :param state_dir: where a self-signed certificate is made.
    :ivar bosh_records: keeps those of BOSH sessions.
    """

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        realm: Realm,
        neighbours: Neighbours,
        stores: Stores,
        addresses: Addresses,
        state_dir: Path,
    ) -> None:
        self._reactor = reactor
        self._settings = settings
        self._realm = realm
        self._neighbours = neighbours
        self._accounts = stores.accounts
        self._uploads = stores.uploads
        self._addresses = addresses
        self._pool = ParserPool(settings["wire"])
        self._turn = Turn(partial(reactor.callLater, 0))
        self.certificates = certificates(settings, state_dir)
        self._ports: list[IListeningPort] = []
        self._saver = BoshSaver(stores.state, realm, reactor, settings["bosh"])
        self.bosh_records = self._saver.keeper
        self._bosh = BoshSessions(
            partial(_session, realm, "bosh"),
            self._pool,
            settings["bosh"],
            reactor,
            realm.barrier,
            secrets.token_urlsafe,
            self._saver,
            limits=settings["session"],
            visitors=realm.visitors,
            shaping=realm.shaping,
        )
        self._websocket = WebSocketGate(
            partial(_session, realm, "websocket"),
            self._pool,
            settings["websocket"],
            settings["session"],
            reactor,
            self._turn,
            realm.visitors,
            realm.shaping,
        )

    async def restore(self, records: Keeper, missed: Missed) -> None:
        """
        Bring back the sessions that may still be resumed (XEP-0198, BOSH), before anybody can connect.

        :param missed: what rooms archived for a session since its record was made.
        """
        framings = {"tcp": StreamFraming, "websocket": WebSocketFraming}
        count = await records.restore(self._realm, lambda transport: framings[transport](self._pool), missed)
        count += await self._saver.restore(self._bosh, missed)
        whole = (self._settings, *self._settings.hosts.values())
        guests = {host for settings in whole for host in settings["sasl"].anonymous_hosts}
        count -= end_without_account(self._neighbours, self._accounts.exists, guests)
        if count:
            log.info("{count} sessions wait for their clients.", count=count)

    def dashboard(self) -> IResource:
        """
        The bundled dashboard, and the operator's folders beside it.

        :raises ConfigError: if it has not been built, or one of them cannot be shown.
        """
        websocket = self._settings["http"].websocket_path if self._settings["web"].dashboard_websocket else ""
        names = {"{{domain}}": self._settings["server"].host, "{{websocket}}": websocket}
        return StaticFiles(bundle(), names, self._settings["web"].folders)

    async def open(self, pages: IResource, component_secrets: Mapping[str, str], traffic: Traffic) -> None:
        """Listen. :raises OSError: if an address is taken."""
        listen = self._settings["listen"]
        client = partial(ClientFactory, self._realm, self._pool, self._reactor, self._turn)
        await self._listen("listen.c2s", listen.c2s, client(self.certificates))
        await self._listen("listen.direct_tls", listen.direct_tls, client(self.certificates, direct_tls=True))
        front = partial(
            FrontFactory,
            self._reactor,
            self._settings["http"],
            QuietSite(pages, self._reactor),
            bosh=self._bosh,
            websocket=self._websocket,
            files=PutGate(self._uploads, self._settings["modules.upload"].least_bytes_per_second),
            visitors=self._realm.visitors,
        )
        await self._listen("listen.http", listen.http, front(behind_tls=self._settings["web"].secure))
        secure: Any = TLSMemoryBIOFactory(self.certificates.for_http, False, front(behind_tls=True), self._reactor)
        await self._listen("listen.https", listen.https, secure)
        if component_secrets:
            components = ComponentListener(
                self._neighbours.routers[0],
                component_secrets,
                self._settings["component_listener"],
                self._reactor,
                self._turn,
                secrets.token_bytes,
                self._settings["wire"],
                traffic,
            )
            await self._listen("listen.components", listen.components, components)

    async def stop(self) -> None:
        """Close the listeners, then tell every client that cannot be resumed by the next process."""
        for port in self._ports:
            stopping = port.stopListening()
            if stopping is not None:
                await stopping
        self._bosh.stop()
        for session in list(self._neighbours.all_sessions()):
            if session.transport != "bosh":
                session.suspend()
        await self._saver.close()

    async def _listen(self, option: str, endpoints: tuple[str, ...], factory: Any) -> None:
        for endpoint in endpoints:
            self._ports.append(await listening.listen(self._reactor, option, endpoint, factory))


def certificates(settings: Settings, state_dir: Path) -> NamedCertificates:
    """What each domain shows, and the one authority by which those of clients are judged at all of them."""
    own = _certificates(settings, state_dir)
    others = {host: _certificates(each, state_dir / "hosts" / host) for host, each in settings.hosts.items()}
    return NamedCertificates(own, others)


def _certificates(settings: Settings, folder: Path) -> Certificates:
    tls = settings["tls"]
    with settings.named():
        return Certificates(folder, (settings["server"].host,), tls.certificate, tls.key, settings["sasl"].client_ca)


def _session(realm: Realm, transport: str, connection: Any, framing: Any) -> Session:
    return Session(realm, connection, framing, transport)


async def end_changed(neighbours: Neighbours, accounts: Accounts) -> None:
    """
    Notice what another process changed; nobody stays signed in to an account removed, or in an old way.

    Whose removal nobody was told of, for the process ended meanwhile or did not run, is told of now.
    """
    changed = await accounts.refresh()
    removed = accounts.removed()
    for jid in changed | removed:
        account = None if jid in removed else await accounts.get(jid)  # another one may have the name already
        if account is None:
            why = _REMOVED
        else:
            why = "The password was changed. Sign in with the new one." if account.enabled else _SWITCHED_OFF
        router = neighbours.of(address.domain(jid))
        for session in router.sessions_of(jid) if router is not None else ():
            session.close("not-authorized", why)
        if router is not None and account is None:
            await neighbours.tell("account-deleted", jid)
            await accounts.told(jid)


def end_without_account(neighbours: Neighbours, exists: Callable[[str], bool], guests: Collection[str]) -> int:
    """End the sessions whose account was removed while they could not be told; answers how many."""
    ended = 0
    for session in list(neighbours.all_sessions()):
        bare = address.bare(session.jid)
        if not exists(bare) and address.domain(bare) not in guests:
            session.close("not-authorized", _REMOVED)
            ended += 1
    return ended


def bundle() -> Path:
    """The folder of the built dashboard: in a wheel ``ccm/static``, in a checkout ``static/dist``."""
    package = Path(__file__).parent
    for folder in (package / "static", package.parent / "static" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    raise ConfigError("The dashboard has not been built: run 'make dashboard', or install a wheel.")
