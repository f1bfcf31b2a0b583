"""``ccm status``: ask a running server how it is, over its operations listener."""

import argparse
import re
import urllib.error
import urllib.request

from ccm.config import Config
from ccm.errors import CCMError
from ccm.settings import Settings

_SECONDS = 5.0


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--url", default="", help="the operations listener; by default that of the configuration")


def run(arguments: argparse.Namespace) -> int:
    """
    Print health and figures.

    :returns: 0 if the server is healthy, 1 if it says that it is not.
    :raises CCMError: if it does not answer.
    """
    url = arguments.url or _listener(Settings(Config.load(arguments.config)))
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=_SECONDS) as answer:
            health, code = answer.read().decode().strip(), 0
    except urllib.error.HTTPError as error:
        health, code = error.read().decode().strip(), 1
    except OSError as error:
        raise CCMError(f"{url} does not answer: {error}. Is the server running?") from error
    print(f"health: {health}")
    with urllib.request.urlopen(f"{url}/metrics", timeout=_SECONDS) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("ccm_"):
                name, _, value = line.rpartition(" ")
                print(f"{name.removeprefix('ccm_')}: {float(value):g}")
    return code


def _listener(settings: Settings) -> str:
    for endpoint in settings["listen"].operations:
        found = re.match(r"tcp:(?:port=)?(\d+)", endpoint)
        if found:
            return f"http://127.0.0.1:{found.group(1)}"
    raise CCMError(f"{settings.source}: listen.operations names no TCP port. Give --url.")
