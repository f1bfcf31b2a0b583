"""What ``twistd`` finds: the ``ccm`` server and ``ccm-component``, one component handler in a process of its own."""

from collections.abc import Callable

from twisted.application.service import IService, IServiceMaker
from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.twistd import ComponentOptions, ServerOptions, make_component, make_server


@implementer(IPlugin, IServiceMaker)
class Maker:
    """One command of ``twistd``."""

    def __init__(self, tapname: str, description: str, options: type, make: Callable[..., IService]) -> None:
        self.tapname = tapname
        self.description = description
        self.options = options
        self._make = make

    def makeService(self, options: object) -> IService:
        """The service that the options describe."""
        return self._make(options)


server = Maker("ccm", "Conversational Content Management: XMPP server, rooms, reporter.", ServerOptions, make_server)
component = Maker("ccm-component", "One CCM component in a process of its own.", ComponentOptions, make_component)
