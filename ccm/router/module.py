"""
The plain way to be an :class:`~ccm.interfaces.IModule`: a description, and what builds the object with the hooks.

One instance of it serves any number of servers in a process, since what has state is made by *build* for each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.interfaces import IModule
from ccm.router.router import Router
from ccm.router.services import Services


@implementer(IPlugin, IModule)
@dataclass(frozen=True, slots=True)
class Module:
    """
    A plug-in for the router.

    :ivar name: how the configuration names it.
    :ivar xep: the specification with its version.
    :ivar build: ``build(router, services, options)`` answers the object whose marked methods are attached.
    :ivar features: what service discovery says of the host.
    :ivar options: the ``Section`` of its configuration; ``None`` if there is nothing to choose.
    """

    name: str
    xep: str
    build: Callable[[Router, Services, Any], object]
    features: tuple[str, ...] = ()
    options: type | None = None

    def install(self, router: Any, services: Any, options: Any = None) -> None:
        """Hook its handlers into the router; without *options* the section's defaults hold."""
        if options is None and self.options is not None:
            options = self.options()
        router.attach(self.build(router, services, options), self.features)
