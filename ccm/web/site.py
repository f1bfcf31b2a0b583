"""
The web part's resource tree: which page answers where. What no page claims is the dashboard's.
"""

from collections.abc import Mapping
from typing import Any, cast

from klein import Klein
from twisted.web.http import Request
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request as SiteRequest
from twisted.web.util import Redirect

from ccm.web.pages import Pages, answering

#: Pages behind links that are somebody's own; the archive is for everybody.
ROBOTS = "User-agent: *\n" + "".join(
    f"Disallow: /{name}/\n" for name in ("i", "rsvp", "unsubscribe", "validate", "reset", "address", "outcome")
)


class Style:
    """``/style/<name>``, ``/favicon.ico`` and ``/robots.txt``."""

    app = answering(Klein(), lambda style: style._pages)

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    @app.route("/favicon.ico", methods=["GET"])
    def icon(self, request: Request) -> bytes:
        """The icon."""
        return self._pages.icon(request)

    @app.route("/robots.txt", methods=["GET"])
    def robots(self, request: Request) -> bytes:
        """What search engines need not look for (RFC 9309)."""
        return self._pages.plain(request, ROBOTS)

    @app.route("/style/<name>", methods=["GET"])
    def style(self, request: Request, name: str) -> bytes:
        """The pages' style sheet."""
        return self._pages.style(request, name)


class Root(Resource):
    """
    :param pages: to answer what cannot be an address.
    :param below: first path segment -> Klein page, mounted below it.
    :param whole: first path segment -> Klein page that routes whole paths itself.
    :param dashboard: everything else, ``/`` among it.
    """

    def __init__(self, pages: Pages, below: Mapping[str, Any], whole: Mapping[str, Any], dashboard: IResource) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._missing = _Missing(pages)
        self._dashboard = dashboard
        self._below: dict[bytes, IResource] = {name.encode(): page.app.resource() for name, page in below.items()}
        self._whole: dict[bytes, IResource] = {name.encode(): page.app.resource() for name, page in whole.items()}

    def getChild(self, path: bytes, request: SiteRequest) -> IResource:
        """A page that routes whole paths gets its segment back; all else goes to the dashboard."""
        if not _readable(path, *(request.postpath or ())):
            return self._missing
        below = self._below.get(path)
        if below is not None:
            return below if request.postpath else cast(IResource, Redirect(b"/%b/" % path))
        whole = self._whole.get(path)
        if whole is None:
            return cast(IResource, self._dashboard.getChildWithDefault(path, request))
        request.postpath.insert(0, request.prepath.pop())  # type: ignore[union-attr]
        return whole


class _Missing(Resource):
    """The answer to an address that is no text."""

    isLeaf = True

    def __init__(self, pages: Pages) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pages = pages

    def render(self, request: Request) -> bytes:
        return self._pages.missing(request)


def _readable(*segments: bytes) -> bool:
    """Whether a path is UTF-8 without control characters."""
    try:
        return b"\0" not in b"".join(segments) and b"/".join(segments).decode() is not None
    except UnicodeDecodeError:
        return False
