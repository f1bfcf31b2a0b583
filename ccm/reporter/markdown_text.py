"""
People's words in Markdown (CommonMark 0.31): escaped, in one line, with links where they are safe.

Leaves out the document around them.
"""

import re

from ccm.reporter.rendering import is_safe, linked

_SPECIAL = re.compile(r"([\\\\`*_{}\[\]<>|#~&])|^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)
_CONTROLS = dict.fromkeys([*(c for c in range(32) if c not in (9, 10, 13)), 127])


def plain(said: str) -> str:
    """Words that show as they were typed, in one line."""
    return _inline(" ".join(said.translate(_CONTROLS).split()))


def rich(said: str) -> str:
    """The same with addresses of the web, mail and chat as links."""
    one_line = " ".join(said.translate(_CONTROLS).split())
    return "".join(address(part) if link else _inline(part) for part, link in linked(one_line))


def address(url: str) -> str:
    """An address as a link, if it may be one."""
    return f"<{url}>" if is_safe(url) and not re.search(r"[<>\s]", url) else plain(url)


def _inline(part: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", part)
