"""
A start that lets nothing in or out: what ``ccm check-config`` does.

The server is assembled as at its start, by the same code, in an empty folder of its own with stores of its own: what a
running server keeps is neither read nor touched. So what it cannot find is what is not in the configuration: ports that
are taken, databases and other servers that do not answer, and the state folder itself.
"""

import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from ccm.config import Config
from ccm.service import Server
from ccm.settings import Settings

#: Where a server keeps what must last, or be shared; empty means in the state folder, or in the process.
_PLACES = (("store", "url"), ("state", "url"), ("modules.upload", "folder"))


async def rehearse(reactor: Any, config: Config, warn: Callable[[str], None] = lambda _: None) -> Settings:
    """
    *async* Assemble a server and take it down again.

    :param warn: gets what would not stop a start, and still be wrong.
    :returns: its settings, as they are in the configuration.
    :raises ConfigError: for the first thing that would stop a start.
    """
    settings = Settings(config)
    with tempfile.TemporaryDirectory(prefix="ccm-check-") as folder:
        server = Server(reactor, _elsewhere(config, folder))
        try:
            await server.assemble()
            for doubt in server.doubts():
                warn(doubt)
        finally:
            await server.stop()
    return settings


def _elsewhere(config: Config, folder: str) -> Config:
    """The same configuration of a server that keeps everything in that folder."""
    values = deepcopy(config.values)
    values.setdefault("server", {})["state"] = str(Path(folder) / "state")
    for section, key in _PLACES:
        table = values
        for part in section.split("."):
            table = table.setdefault(part, {})
        table[key] = ""
    return Config(config.source, values)
