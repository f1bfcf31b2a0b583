"""
What lets wokkel 18.0.0 be imported on today's Twisted: import this module before any module of wokkel.

Wokkel imports two names that Twisted has removed: ``twisted.python.compat._PY3`` and the module
``twisted.python.constants``, which lives on as the package ``constantly``. Both are put back. Leaves wokkel itself
as it is. Twisted remembers every JID that wokkel ever saw; here it forgets the oldest.

COMPAT: wokkel 18.0.0; may go with the first wokkel that imports on Twisted 26 by itself.
"""

import sys
import warnings
from typing import Any

import constantly  # type: ignore[import-untyped]
from twisted.python import compat
from twisted.words.protocols.jabber import jid

MOST_JIDS = 20_000


class Bounded(dict[str, Any]):
    """A dictionary that drops its oldest entry beyond :data:`MOST_JIDS`."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        if len(self) > MOST_JIDS:
            del self[next(iter(self))]


def restore() -> None:
    """Put back both names, unless Twisted has them, and bound the JIDs; calling it again changes nothing."""
    if not hasattr(compat, "_PY3"):
        setattr(compat, "_PY3", True)  # noqa: B010 - the type checker knows no such attribute
    sys.modules.setdefault("twisted.python.constants", constantly)
    if not isinstance(getattr(jid, "__internJIDs"), Bounded):
        setattr(jid, "__internJIDs", Bounded())


restore()
# What wokkel still uses of Twisted's compatibility names is no news to whoever runs CCM.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"wokkel\.")
