"""
Listeners: the endpoint descriptions of the options as Twisted's endpoints, each mistake told with its option.

Leaves out whether a port is free: only listening shows that.
"""

import errno
import os
from collections.abc import Iterator
from typing import Any

from OpenSSL import SSL
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint

from ccm.errors import ConfigError
from ccm.settings import Settings

_REMEDY = 'write it like "tcp:5222" or "tcp:5222:interface=127.0.0.1"'


async def listen(reactor: Any, option: str, description: str, factory: Any) -> IListeningPort:
    """*async* Listen there. :raises ConfigError: if that is no endpoint, or is taken, or may not be used."""
    try:
        port: IListeningPort = await endpoint(reactor, option, description).listen(factory)
    except CannotListenError as error:
        number = getattr(error.socketError, "errno", None)
        if number == errno.EADDRINUSE:
            why = f"is taken by another program. End that one, or give {option} another port"
        elif number == errno.EACCES:
            why = f"is not for this user to listen on. Give {option} a port above 1023, or a socket of systemd"
        else:
            why = f"cannot be listened on: {error.socketError}. Give {option} another one"
        raise ConfigError(f"{option}: {description!r} {why}.") from error
    return port


def endpoint(reactor: Any, option: str, description: str) -> IStreamServerEndpoint:
    """:param option: where it stands, such as ``listen.c2s``. :raises ConfigError: if that is no endpoint."""
    try:
        found: IStreamServerEndpoint = serverFromString(reactor, description)
    except (ValueError, TypeError, LookupError, OSError, SSL.Error) as error:
        raise ConfigError(f"{option}: {description!r} is no endpoint ({error}): {_REMEDY}.") from error
    port = _tcp_port(description)
    if port is not None and not 0 <= port < 65536:
        raise ConfigError(f"{option}: {description!r}: ports are from 1 to 65535.")
    return found


def check(reactor: Any, settings: Settings) -> None:
    """
    Make every endpoint of the configuration, and listen at none.

    :raises ConfigError: for one that cannot be made, or two that are the same place.
    """
    taken: dict[str, str] = {}
    for option, description in _described(settings):
        if description.startswith("systemd:") and "LISTEN_FDS" not in os.environ:
            continue  # sockets are handed to the service alone
        endpoint(reactor, option, description)
        if _tcp_port(description) == 0:
            continue
        other = taken.setdefault(description, option)
        if other != option:
            raise ConfigError(f"{option}: {description!r} is that of {other}, too: give one of them another port.")


def _described(settings: Settings) -> Iterator[tuple[str, str]]:
    for section, keys in (
        ("listen", ("c2s", "direct_tls", "http", "https", "components", "operations")),
        ("federation", ("listen", "direct_tls")),
        ("mail", ("intake",)),
    ):
        for key in keys:
            for description in getattr(settings[section], key):
                yield f"{section}.{key}", description


def _tcp_port(description: str) -> int | None:
    kind, _, rest = description.partition(":")
    written = rest.partition(":")[0].removeprefix("port=")
    return int(written) if kind in ("tcp", "ssl") and written.isdecimal() else None
