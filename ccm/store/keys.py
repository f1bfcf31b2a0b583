"""
The server's own secrets: one master key in the state folder, one derived key for each purpose (HKDF, RFC 5869).

The file is made at first start, readable by its owner alone; losing it ends open forms and links, nothing else.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ccm.errors import ConfigError

_BYTES = 32


class Keys:
    """
    :param folder: the state folder.
    :raises ConfigError: if the key's file is unreadable, too short, or open to others.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "secret.key"
        try:
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(secrets.token_bytes(_BYTES))
            self._master = path.read_bytes()
            mode = path.stat().st_mode
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}. The state folder must be writable.") from error
        if len(self._master) < _BYTES:
            raise ConfigError(f"{path} is too short. Remove it to have a new one made.")
        if mode & 0o077:
            raise ConfigError(f"{path} can be read by others: chmod 600 {path}")

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, always the same."""
        return HKDF(SHA256(), _BYTES, None, purpose.encode()).derive(self._master)
