"""
The web part's resource tree: which page answers where. What no page claims is the dashboard's.
"""

from collections.abc import Mapping
from typing import Any, cast

from klein import Klein
from twisted.web.http import Request
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request as SiteRequest

from ccm.web.pages import Pages, answering


class Style:
    """``/style/<name>`` and ``/favicon.ico``."""

    app = answering(Klein(), lambda style: style._pages)

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    @app.route("/favicon.ico", methods=["GET"])
    def icon(self, request: Request) -> bytes:
        """The icon."""
        return self._pages.icon(request)

    @app.route("/style/<name>", methods=["GET"])
    def style(self, request: Request, name: str) -> bytes:
        """The pages' style sheet."""
        return self._pages.style(request, name)


class Root(Resource):
    """
    :param pages: first path segment -> Klein page, mounted below it.
    :param whole: first path segment -> Klein page that routes whole paths itself.
    :param dashboard: everything else, ``/`` among it.
    """

    def __init__(self, pages: Mapping[str, Any], whole: Mapping[str, Any], dashboard: IResource) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._dashboard = dashboard
        self._whole: dict[bytes, IResource] = {name.encode(): page.app.resource() for name, page in whole.items()}
        for name, page in pages.items():
            self.putChild(name.encode(), page.app.resource())

    def getChild(self, path: bytes, request: SiteRequest) -> IResource:
        """A page that routes whole paths gets its segment back; all else goes to the dashboard."""
        whole = self._whole.get(path)
        if whole is None:
            return cast(IResource, self._dashboard.getChildWithDefault(path, request))
        request.postpath.insert(0, request.prepath.pop())  # type: ignore[union-attr]
        return whole
