"""
What lets wokkel 18.0.0 be imported on today's Twisted: import this module before any module of wokkel.

Wokkel imports two names that Twisted has removed: ``twisted.python.compat._PY3`` and the module
``twisted.python.constants``, which lives on as the package ``constantly``. Both are put back. Leaves wokkel itself
as it is.

COMPAT: wokkel 18.0.0; may go with the first wokkel that imports on Twisted 26 by itself.
"""

import sys
import warnings

import constantly  # type: ignore[import-untyped]
from twisted.python import compat


def restore() -> None:
    """Put back both names, unless Twisted has them; calling it again changes nothing."""
    if not hasattr(compat, "_PY3"):
        setattr(compat, "_PY3", True)  # noqa: B010 - the type checker knows no such attribute
    sys.modules.setdefault("twisted.python.constants", constantly)


restore()
# What wokkel still uses of Twisted's compatibility names is no news to whoever runs CCM.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"wokkel\.")
