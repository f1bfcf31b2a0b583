"""
Every section of the configuration as its typed struct, and who may stand in the file.

The sections of plug-ins (``modules.<name>``, ``components.<name>``, ``publish.<name>``,
``summarizers.<name>``) come from the plug-ins; an
unknown plug-in name stops start-up with the known ones.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import twisted.plugins
from twisted.plugin import IPlugin, getPlugins
from zope.interface.interface import InterfaceClass

from ccm import virtual_hosts
from ccm.bounds import check_domains
from ccm.config import Config, Section, nearest
from ccm.errors import ConfigError
from ccm.federation.options import FederationOptions
from ccm.interfaces import IComponentHandler, IModule, IPublisher, ISummarizer
from ccm.muc.options import MucOptions
from ccm.publish.outbox import OutboxOptions
from ccm.router.queue_options import ComponentQueueOptions
from ccm.session.bosh_options import BoshOptions
from ccm.session.guests import GuestOptions
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.shaping import ShapingOptions
from ccm.session.visitors import VisitorOptions
from ccm.store.options import StateOptions, StoreOptions
from ccm.transports.component import ComponentListenerOptions
from ccm.transports.http_options import HttpOptions
from ccm.transports.websocket import WebSocketOptions
from ccm.web.mail import MailOptions
from ccm.web.options import WebOptions
from ccm.wire.limits import WireOptions


class ServerOptions(Section):
    """
    ``[server]``: who this server is.

    ``host`` is the domain of its accounts; rooms are at ``conference.<host>``, the components at ``<name>.<host>``.
    ``state`` is the folder of the database, the certificate and the keys. ``language`` and ``zone`` (IANA) hold where
    nobody said another.
    """

    host: str = "localhost"
    state: str = "var"
    language: str = "en"
    zone: str = "UTC"

    def check(self) -> None:
        """:raises ConfigError: for a host, language or zone that is none."""
        check_domains("server.host", [self.host])
        if not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", self.language):
            raise ConfigError(f"server.language: {self.language!r} is no language. Write it like en or de-CH.")
        try:
            ZoneInfo(self.zone)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ConfigError(f"server.zone: {self.zone!r} is no time zone. Write it like Europe/Berlin.") from error


class ListenOptions(Section):
    """``[listen]``: Twisted endpoint descriptions, any number each, an empty list for none."""

    c2s: tuple[str, ...] = ("tcp:5222:backlog=1024",)
    direct_tls: tuple[str, ...] = ("tcp:5223:backlog=1024",)
    http: tuple[str, ...] = ("tcp:5280:backlog=1024",)
    https: tuple[str, ...] = ()
    components: tuple[str, ...] = ("tcp:5347:interface=127.0.0.1",)
    operations: tuple[str, ...] = ("tcp:5281:interface=127.0.0.1",)


class TlsOptions(Section):
    """``[tls]``: PEM files; while both are empty a self-signed certificate is made in the state folder."""

    certificate: str = ""
    key: str = ""


class ModulesOptions(Section):
    """``[modules]``: which of the installed modules are off, and which of those that are off by default are on."""

    disabled: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()


class ComponentsOptions(Section):
    """
    ``[components]``: which handlers run in this process, and who may connect from another.

    ``secret_files`` maps the domain of an external component to the file with its secret: who knows that secret may
    serve that domain, by several connections, and no other.
    """

    local: tuple[str, ...] = ("accounts", "topics", "invitations", "reporter")
    secret_files: dict[str, str] = {}


SECTIONS: dict[str, type[Section]] = {
    "server": ServerOptions,
    "listen": ListenOptions,
    "tls": TlsOptions,
    "modules": ModulesOptions,
    "components": ComponentsOptions,
    "wire": WireOptions,
    "session": SessionOptions,
    "visitors": VisitorOptions,
    "shaping": ShapingOptions,
    "sasl": SaslOptions,
    "guests": GuestOptions,
    "bosh": BoshOptions,
    "websocket": WebSocketOptions,
    "http": HttpOptions,
    "component_listener": ComponentListenerOptions,
    "component_queue": ComponentQueueOptions,
    "federation": FederationOptions,
    "store": StoreOptions,
    "state": StateOptions,
    "muc": MucOptions,
    "outbox": OutboxOptions,
    "mail": MailOptions,
    "web": WebOptions,
}
PLUGINS: dict[str, InterfaceClass] = {
    "modules": IModule,
    "components": IComponentHandler,
    "publish": IPublisher,
    "summarizers": ISummarizer,
}
_KINDS = {"modules": "module", "components": "component", "publish": "publisher", "summarizers": "summariser"}
#: Modules that are installed but off unless ``modules.enabled`` names them.
OFF_BY_DEFAULT = frozenset({"register"})


class Settings:
    """
    A configuration, typed and checked.

    :raises ConfigError: for an unknown section or key, a wrong value, or a plug-in that is not installed.
    :ivar shapes: the struct of each section, by its dotted name.
    :ivar hosts: the settings of each virtual host, whole, by its domain.
    """

    def __init__(self, config: Config) -> None:
        config, further = virtual_hosts.apart(config)
        self.source = config.source
        self.plugins = plugins()
        self.shapes = shapes = {**SECTIONS, **self._plugin_sections()}
        self._check_installed(config)
        config.check_sections((*shapes, *PLUGINS, *_tables(shapes)))
        self._sections = {name: config.section(name, shape) for name, shape in shapes.items()}
        for name, row in (
            ("modules.disabled", "modules"),
            ("modules.enabled", "modules"),
            ("components.local", "components"),
        ):
            section, _, key = name.partition(".")
            for wanted in getattr(self[section], key):
                if wanted not in self.plugins[row]:
                    raise ConfigError(
                        f"{self.source}: {name}: {wanted} is not installed{nearest(wanted, self.plugins[row])} "
                        "Take it out, or install what brings it."
                    )
        self.hosts = {name: Settings(each) for name, each in further.items()}

    @contextmanager
    def named(self) -> Iterator[None]:
        """Whatever is wrong with a configuration in here says which one that is."""
        try:
            yield
        except ConfigError as error:
            if str(error).startswith(self.source):
                raise
            raise ConfigError(f"{self.source}: {error}") from error

    def __getitem__(self, name: str) -> Any:
        """The section of that dotted name; ``None`` for a plug-in without options."""
        return self._sections.get(name)

    def modules(self) -> list[Any]:
        """The modules that are on, in the order of their names."""
        options: ModulesOptions = self["modules"]
        off = (OFF_BY_DEFAULT - set(options.enabled)) | set(options.disabled)
        return [module for name, module in sorted(self.plugins["modules"].items()) if name not in off]

    def _check_installed(self, config: Config) -> None:
        """:raises ConfigError: for the options of a plug-in that is not installed, or has none."""
        for row, found in self.plugins.items():
            table = config.values.get(row)
            for name, value in table.items() if isinstance(table, dict) else ():
                if not isinstance(value, dict) or f"{row}.{name}" in self.shapes or f"{row}.{name}" in _fields(row):
                    continue
                close = get_close_matches(name, found, n=1, cutoff=0.7)
                meant = f" If you mean {row}.{close[0]}, write that." if close else ""
                what = _KINDS[row]
                if name in found:
                    raise ConfigError(f"{self.source}: [{row}.{name}]: that {what} has no options. Remove the section.")
                raise ConfigError(
                    f"{self.source}: [{row}.{name}]: no {what} {name} is installed. "
                    f"Remove the section, or install what brings it.{meant}"
                )

    def _plugin_sections(self) -> dict[str, type[Section]]:
        return {
            f"{row}.{name}": plugin.options
            for row, found in self.plugins.items()
            for name, plugin in found.items()
            if plugin.options is not None
        }


def _fields(row: str) -> set[str]:
    """The options of the section of that name itself, if there is one."""
    shape = SECTIONS.get(row)
    return {f"{row}.{field.encode_name}" for field in msgspec.structs.fields(shape)} if shape is not None else set()


def _tables(shapes: Mapping[str, type[Section]]) -> Iterable[str]:
    """The keys whose values are tables: what stands below them is no section."""
    for name, shape in shapes.items():
        for field in msgspec.structs.fields(shape):
            if field.default_factory is dict:
                yield f"{name}.{field.encode_name}"


def plugins() -> dict[str, dict[str, Any]]:
    """
    Every installed plug-in, by row and name.

    :raises ConfigError: for a plug-in file that cannot be imported, or two plug-ins of one name.
    """
    for module in iter_modules(twisted.plugins.__path__):
        try:
            import_module(f"twisted.plugins.{module.name}")
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise ConfigError(
                f"The plug-in file twisted/plugins/{module.name}.py cannot be imported: {why}. Repair or remove it."
            ) from error
    found: dict[str, dict[str, Any]] = {row: {} for row in PLUGINS}
    installed: Iterable[Any] = getPlugins(IPlugin)
    for plugin in installed:
        for row in [row for row, interface in PLUGINS.items() if interface.providedBy(plugin)]:
            if found[row].setdefault(plugin.name, plugin) is not plugin:
                raise ConfigError(f"Two plug-ins are named {row}.{plugin.name}. Remove one of them.")
    return found
