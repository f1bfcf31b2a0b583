"""Forms with parts (``multipart/form-data``, RFC 7578): the same bytes for the same parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """
    One field.

    :ivar filename: of a file that is sent along; ``""`` for a plain value.
    :ivar content_type: ``""`` leaves it out.
    """

    name: str
    content: bytes
    filename: str = ""
    content_type: str = ""


def encoded(parts: Sequence[Part]) -> tuple[str, bytes]:
    """:returns: the ``Content-Type`` and the body. :raises ValueError: if a name has quotes or line ends in it."""
    for part in parts:
        if any(char in text for text in (part.name, part.filename, part.content_type) for char in '"\r\n'):
            raise ValueError(f"{part.name!r} cannot be the name of a form's field.")
    digest = hashlib.sha256(b"\0".join(part.content for part in parts)).hexdigest()[:40]
    boundary = f"ccm-{digest}"
    lines = []
    for part in parts:
        file = f'; filename="{part.filename}"' if part.filename else ""
        kind = f"Content-Type: {part.content_type}\r\n" if part.content_type else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part.name}"{file}\r\n{kind}\r\n'
        lines += [head.encode(), part.content, b"\r\n"]
    return f"multipart/form-data; boundary={boundary}", b"".join(lines) + f"--{boundary}--\r\n".encode()
