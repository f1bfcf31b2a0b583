"""
Assembly of the components: in this process, or one of them in a process of its own (XEP-0114).

The handlers are the same in both; only what carries their stanzas differs.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString
from twisted.logger import Logger

from ccm import address, departures, running
from ccm.components.context import Context, spawn
from ccm.components.external import ExternalComponent
from ccm.components.host import LocalComponent
from ccm.config import Config, nearest
from ccm.errors import ConfigError
from ccm.publish.outbox import OutboxWorker
from ccm.publish.secret import read_secret
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.router.traffic import Traffic
from ccm.settings import Settings
from ccm.store.stores import Stores, open_stores
from ccm.transports.component_secrets import checked
from ccm.website import Addresses

log = Logger()


def domains(settings: Settings) -> dict[str, str]:
    """Domain of each installed component by name: ``<name>.<host>``."""
    return {name: f"{name}.{settings['server'].host}" for name in settings.plugins["components"]}


def component_secrets(settings: Settings) -> dict[str, str]:
    """
    Secret of each external component by its domain.

    :raises ConfigError: for a domain that is served otherwise, or a secret that cannot be read or must not be used.
    """
    options, listener = settings["components"], settings["component_listener"]
    host = settings["server"].host
    names = domains(settings)
    taken = {host: "server.host", f"conference.{host}": "the room service"}
    taken |= {names[name]: f"components.local ({name})" for name in options.local}
    secrets_ = {}
    for domain, file in options.secret_files.items():
        if domain in taken:
            raise ConfigError(
                f"{settings.source}: components.secret_files has {domain}, which is {taken[domain]}: "
                "take it out of one of them."
            )
        if not address.is_domain(domain):
            raise ConfigError(
                f"{settings.source}: components.secret_files: {domain!r} is no domain; write it in small letters."
            )
        secrets_[domain] = read_secret(f"components.secret_files: {domain}", "", file)
    for domain in settings["component_queue"].retry_sets:
        if domain not in secrets_:
            raise ConfigError(
                f"component_queue.retry_sets: {domain} is no external component{nearest(domain, secrets_)}"
                if secrets_
                else "component_queue.retry_sets: components.secret_files names no external component."
            )
    return checked(secrets_, listener.min_secret_bytes, weak=listener.weak_secrets)


def context(
    reactor: Any,
    settings: Settings,
    stores: Stores,
    addresses: Addresses,
    domain: str,
    now: Callable[[], float],
    *,
    repeats: bool = False,
) -> Context:
    """What the handlers of a component get."""
    server = settings["server"]
    return Context(
        domain=domain,
        host=server.host,
        rooms=f"conference.{server.host}",
        siblings=domains(settings),
        topics=stores.topics,
        documents=stores.documents,
        outbox=stores.outbox,
        suppression=stores.suppression,
        undo_steps=stores.undo_steps,
        tokens=stores.tokens,
        rosters=stores.rosters,
        archive=stores.archive,
        search=stores.search,
        uploads=stores.uploads,
        push_targets=stores.push_targets,
        uploads_url=addresses.uploads,
        guest_host=settings["guests"].domain(server.host),
        apart=running.apart(reactor),
        repeats=repeats,
        accounts=stores.accounts,
        state=stores.state,
        clock=reactor,
        workers=lambda kind, deliver: OutboxWorker(kind, stores.outbox, deliver, reactor, settings["outbox"]),
        now=lambda: running.utc(now()),
        spawn=spawn,
        web_url=addresses.web,
        mail_from=f"{settings['mail'].name} <{addresses.mail_sender}>",
        mail_replies=addresses.mail_replies,
        token=lambda: secrets.token_urlsafe(32),
        operators=frozenset(settings["muc"].admins),
        zone=server.zone,
        language=server.language,
        publishers=tuple(departures.targets(reactor, settings, addresses)),
        summarizer=departures.summarizer(reactor, settings, addresses),
    )


class Residents:
    """
    The components in this process, and the secrets of those elsewhere.

    :ivar domains: of CCM's own components, wherever they run: owners of every room; of others only ``muc.admins`` are.
    :ivar secrets: domain -> secret of the external ones.
    :ivar traffic: what goes to all of them.
    :raises ConfigError: for a domain that is both here and elsewhere, or an unreadable secret.
    """

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        stores: Stores,
        router: Router,
        addresses: Addresses,
        now: Callable[[], float],
    ) -> None:
        names = domains(settings)
        options = settings["components"]
        self.secrets = component_secrets(settings)
        self.domains = frozenset(names.values())
        self.traffic = Traffic(
            router,
            settings["component_queue"],
            reactor.seconds,
            running.later(reactor),
            state=stores.state,
            spawn=running.spawn,
            own=self.domains,
        )
        self._components = []
        for name in options.local:
            domain = names[name]
            plugin = settings.plugins["components"][name]
            here = context(reactor, settings, stores, addresses, domain, now)
            handlers = plugin.handlers(here, settings[f"components.{name}"])
            self._components.append(LocalComponent(router, domain, handlers, reactor, self.traffic))

    def check(self, served: Neighbours) -> None:
        """:raises ConfigError: if a domain of theirs is served by something else."""
        here = {component.jid for component in self._components}
        for domain in sorted(here | set(self.secrets)):
            if served.of(domain) is not None:
                raise ConfigError(f"{domain} is that of a component, and served otherwise too: give one another name.")

    @property
    def everywhere(self) -> frozenset[str]:
        """Domains of components here and elsewhere, whether or not anybody serves them now."""
        return self.domains | frozenset(self.secrets)

    def start(self) -> None:
        """Bring them up, in the order of the configuration."""
        for component in self._components:
            component.start()

    def stop(self) -> None:
        """Take them down."""
        for component in reversed(self._components):
            component.stop()


class ComponentProcess(Service):
    """
    One component handler in a process of its own.

    :param endpoint: client endpoint description of the server's component listener.
    :param domain: its domain; ``None`` means ``<handler>.<server.host>``.
    :raises ConfigError: for a handler that is not installed.
    :ivar ready: fires once it connects, or with why it cannot start.
    """

    name = "ccm-component"

    def __init__(
        self, reactor: Any, config: Config, handler: str, endpoint: str, domain: str | None, secret: str
    ) -> None:
        self.settings = settings = Settings(config)
        known = settings.plugins["components"]
        if handler not in known:
            raise ConfigError(f"--handler {handler} is not installed{nearest(handler, known)}")
        if len(secret) < 16:
            raise ConfigError("--secret-file holds fewer than 16 characters; take a longer secret.")
        self.ready: Deferred[None] = Deferred()
        self._reactor = reactor
        self._handler = handler
        self._endpoint = endpoint
        self._domain = domain or domains(settings)[handler]
        self._secret = secret
        self._stores: Stores | None = None
        self._component: ExternalComponent | None = None

    def startService(self) -> None:
        """Open the stores, then connect."""
        super().startService()
        Deferred.fromCoroutine(self.start()).addCallbacks(self.ready.callback, self._failed)

    def stopService(self) -> "Deferred[None]":
        """Disconnect, then close the stores."""
        super().stopService()
        return Deferred.fromCoroutine(self.stop())

    async def start(self) -> None:
        """:raises CCMError: if it cannot start."""
        settings, reactor = self.settings, self._reactor
        server = settings["server"]
        state_dir = Path(server.state).absolute()
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._stores = await open_stores(
            reactor, settings["store"], settings["state"], state_dir, host=server.host, now=time.time
        )
        addresses = Addresses.of(settings, 80)
        here = context(reactor, settings, self._stores, addresses, self._domain, time.time, repeats=True)
        handlers = settings.plugins["components"][self._handler].handlers(here, settings[f"components.{self._handler}"])
        endpoint = clientFromString(reactor, self._endpoint)
        self._component = ExternalComponent(endpoint, self._domain, self._secret, handlers, reactor)
        self._component.startService()
        running.started()
        log.info("CCM component {handler} serves {domain}.", handler=self._handler, domain=self._domain)

    async def stop(self) -> None:
        """Nothing is lost: what the handlers know is in the stores."""
        if self._component is not None:
            await self._component.stopService()
        if self._stores is not None:
            await self._stores.close()

    def _failed(self, failure: Any) -> None:
        running.say("ccm-component", failure.getErrorMessage())
        self.ready.errback(failure)
        self.ready.addErrback(lambda _: None)
        self._reactor.callWhenRunning(self._reactor.stop)
