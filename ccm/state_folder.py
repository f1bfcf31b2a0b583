"""
The state folder belongs to one server at a time, which a lock held on a file in it says.

The lock ends with its process, however that ends. Component processes and ``ccm`` commands share the database in the
folder and take no lock: only the server keeps session state and ids of its own. Leaves out folders on file systems
that lock for one machine alone.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from ccm.errors import ConfigError

LOCK = "server.lock"


def occupy(folder: Path) -> Callable[[], None]:
    """
    Make the folder if need be, and take it.

    :returns: what gives it back.
    :raises ConfigError: if it cannot be made or written, or another server has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"server.state: {folder} cannot be made: {error.strerror}.") from error
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"server.state: {folder / LOCK}: {error.strerror}. The folder must be writable.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):
            raise ConfigError(f"server.state: {folder / LOCK} cannot be locked: {error.strerror}.") from error
        raise ConfigError(
            f"server.state: {folder} is in use by another CCM server (process {owner or 'unknown'}). "
            "Stop that one, or name another folder."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, b"%d\n" % os.getpid())
    return lambda: os.close(descriptor)
