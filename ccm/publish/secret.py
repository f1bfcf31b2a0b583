"""Secrets named in the configuration: given in place, or better in a file of their own."""

from pathlib import Path

from ccm.errors import ConfigError


def read_secret(section: str, value: str, file: str) -> str:
    """
    The secret of a section with the keys ``password``/``secret`` and ``…_file``.

    :raises ConfigError: if neither or both are given, or the file cannot be read or is empty.
    """
    if bool(value) == bool(file):
        raise ConfigError(f"[{section}]: give the secret either in place or by its _file key, and only one of them.")
    if value:
        return value
    try:
        secret = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"[{section}]: {file} cannot be read: {error.strerror}.") from error
    if not secret:
        raise ConfigError(f"[{section}]: {file} is empty.")
    return secret
