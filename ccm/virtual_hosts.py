"""
Virtual hosts: further domains in the same process, each with its own options.

``[hosts."example.net"]`` makes one; the tables below it, such as ``[hosts."example.net".muc]``, are the sections of the
same names and hold for that domain alone. What they do not say is as for the server's own domain, but for what belongs
to that one by its nature. Leaves out what a domain is made of (:mod:`ccm.house`).
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ccm import address
from ccm.config import Config, nearest
from ccm.errors import ConfigError

SECTION = "hosts"
#: What a domain may have otherwise than the server's own.
SECTIONS = ("modules", "muc", "sasl", "session", "tls")
#: Of the server's own domain alone: other domains begin without them.
_OWN = (
    ("sasl", "anonymous_hosts"),
    ("modules.upload", "domain"),
    ("modules.pubsub", "domain"),
    ("modules.pubsub", "creators"),
    ("modules.admin", "admins"),
    ("muc", "admins"),
)
#: Of the process: they hold before anybody knows for whom a connection is, or concern what all domains share.
_SHARED = (
    ("sasl", "client_ca"),
    ("sasl", "iterations"),
    ("session", "first_byte_seconds"),
    ("session", "bytes_per_second"),
    ("session", "burst_bytes"),
    ("session", "bytes_per_second_before_login"),
    ("session", "burst_bytes_before_login"),
    ("session", "outgoing_bytes"),
    ("session", "resume_waiting"),
    ("modules.upload", "folder"),
)


def apart(config: Config) -> tuple[Config, dict[str, Config]]:
    """
    The configuration of the server's own domain, and whole ones of the others by their names.

    :raises ConfigError: for a name that is no domain, or a section that is the same for all domains.
    """
    tables = config.values.get(SECTION, {})
    own = Config(config.source, {name: value for name, value in config.values.items() if name != SECTION})
    if not isinstance(tables, dict):
        raise ConfigError(f'{config.source}: [hosts] holds a table for each domain: write [hosts."example.net"].')
    server = own.values.get("server", {}).get("host", "localhost")
    return own, {name: _of(own, name, table, server) for name, table in tables.items()}


def _of(own: Config, name: str, table: Any, server: str) -> Config:
    source = f'{own.source}: [hosts."{name}"]'
    if not isinstance(table, dict) or not address.is_domain(name):
        raise ConfigError(f"{source}: {name!r} is no domain; write it in small letters, in quotes if it has dots.")
    if name == server:
        raise ConfigError(f"{source}: that is server.host already: take it out of one of them.")
    for key, value in table.items():
        if "." not in name and isinstance(value, dict) and key not in SECTIONS:
            whole = f"{name}.{key}"
            raise ConfigError(f'{source}: {key} is no section; if the domain is {whole}, quote it: [hosts."{whole}"].')
        if key not in SECTIONS or not isinstance(value, dict):
            raise ConfigError(
                f"{source}: {key} is no section that a domain may have of its own{nearest(key, SECTIONS)}"
            )
    for section, key in _SHARED:
        if key in _table(table, section):
            raise ConfigError(f"{source}: {section}.{key} is the same for all domains: give it in [{section}].")
    values = deepcopy(own.values)
    for section, key in _OWN:
        _table(values, section).pop(key, None)
    values["server"] = {**values.get("server", {}), "host": name}
    for key in SECTIONS:
        values[key] = _laid_over(values.get(key, {}), table.get(key, {}))
    return Config(source, values)


def _table(values: dict[str, Any], section: str) -> dict[str, Any]:
    for part in section.split("."):
        values = values.get(part, {}) if isinstance(values, dict) else {}
    return values if isinstance(values, dict) else {}


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The one with what the other says otherwise, table by table."""
    laid = dict(below)
    for key, value in above.items():
        under = laid.get(key)
        laid[key] = _laid_over(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
    return laid
