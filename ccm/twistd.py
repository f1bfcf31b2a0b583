"""The options of ``twistd ccm`` and ``twistd ccm-component``, and the services they make."""

import atexit
import os
import sys
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.python import usage

from ccm.config import Config
from ccm.errors import ConfigError


class ServerOptions(usage.Options):
    """``twistd ccm``: the server with its rooms, components and dashboard."""

    synopsis = "[--config FILE] [--set section.key=value …]"
    longdesc = (
        "Runs the CCM server. Every option stands in the configuration file, with its default and unit; "
        "etc/ccm.toml explains each one."
    )
    optParameters: tuple[tuple[str, str | None, str | None, str], ...] = (
        ("config", "c", "/etc/ccm/ccm.toml", "The TOML file to read."),
    )

    def __init__(self) -> None:
        super().__init__()
        self["set"] = []

    def opt_set(self, value: str) -> None:
        """Override one key, e.g. --set server.host=example.org; may be given several times."""
        self["set"].append(value)

    opt_s = opt_set

    def configuration(self) -> Config:
        """:raises ConfigError: as :meth:`ccm.config.Config.load`."""
        return Config.load(self["config"], self["set"])


class ComponentOptions(ServerOptions):
    """``twistd ccm-component``: one component handler in a process of its own (XEP-0114)."""

    synopsis = "--handler NAME --connect ENDPOINT --domain D --secret-file F [--config FILE]"
    longdesc = (
        "Runs a component handler (topics, invitations, reporter, or a plug-in's) in its own process. The "
        "configuration file is the server's: stores, mail and publishers are read from it."
    )
    optParameters = (
        ("handler", None, None, "The handler's name."),
        ("connect", None, "tcp:localhost:5347", "Where the server's component listener is, as a client endpoint."),
        ("domain", None, None, "The component's domain; by default <handler>.<server.host>."),
        ("secret-file", None, None, "A file with the secret that the server has for this domain."),
    )

    def postOptions(self) -> None:
        """:raises usage.UsageError: if something required is missing."""
        for name in ("handler", "secret-file"):
            if not self[name]:
                raise usage.UsageError(f"--{name} is missing.")


def make_server(options: ServerOptions) -> IService:
    """The service of ``twistd ccm``; a configuration that cannot be used ends the process with its message."""
    from ccm.service import Server

    service: IService = _make(lambda reactor: Server(reactor, options.configuration()))
    return service


def make_component(options: ComponentOptions) -> IService:
    """The service of ``twistd ccm-component``."""
    from ccm.component_service import ComponentProcess

    def build(reactor: Any) -> IService:
        path = Path(options["secret-file"])
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}. Name the secret's file.") from error
        return ComponentProcess(
            reactor, options.configuration(), options["handler"], options["connect"], options["domain"], secret
        )

    service: IService = _make(build)
    return service


def _make(build: Any) -> Any:
    from twisted.internet import reactor

    try:
        service = build(reactor)
    except ConfigError as error:
        sys.exit(f"ccm: {error}")
    service.ready.addErrback(lambda _: atexit.register(_end_badly))
    return service


def _end_badly() -> None:
    """twistd itself ends with 0 whatever happened; who started us, such as systemd, must see that the start failed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
