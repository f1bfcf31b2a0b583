"""
What modules offer as ad-hoc commands of the host (XEP-0050 1.3.0): each a description and a function.

:mod:`ccm.modules.commands` serves them. Leaves out those of components, which serve their own.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ccm.wire.forms import Values


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    A field of the form.

    :ivar kind: of XEP-0004, e.g. ``jid-multi``. :ivar options: ``(value, label)`` of what there is to choose from.
    """

    name: str
    label: str
    kind: str = "text-single"
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """
    A command was carried out.

    :ivar note: what is to be said of it. :ivar warning: what is to be thought of.
    :ivar fields: of the result's form, serialised; with anything else that belongs into it at the end.
    """

    note: str = ""
    warning: str = ""
    fields: tuple[bytes, ...] = ()


async def nothing_yet() -> Mapping[str, Sequence[str]]:
    """For forms that begin empty."""
    return {}


@dataclass(frozen=True, slots=True)
class HostCommand:
    """
    One command of the host.

    :ivar form_type: FORM_TYPE of its forms.
    :ivar may: whether a bare JID may use it, and hear of it; *remedy* tells others what would help.
    :ivar run: ``run(asker, values)``, *asker* being a full JID. Raises ``StanzaError`` with a text for its reader.
    :ivar present: the values that the form begins with.
    """

    node: str
    title: str
    form_type: str
    run: Callable[[str, Values], Awaitable[Done]]
    may: Callable[[str], bool]
    remedy: str
    parameters: tuple[Parameter, ...] = ()
    instructions: str = ""
    present: Callable[[], Awaitable[Mapping[str, Sequence[str]]]] = nothing_yet
