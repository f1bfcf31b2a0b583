"""
Publishing to WordPress by its REST API (``wp/v2``), with an application password.

The API's root is found by the ``Link`` header of the site (with plain permalinks it is under ``?rest_route=``). A
document is the post of the slug ``ccm-<topic id>``: it is looked up first, then updated or made, so that publishing
twice leaves one post; the key of the revision stands in it as a comment. Leaves out media, and deleting a post.
"""

import base64
import html
import json
import re
from typing import Any, Literal
from urllib.parse import urlencode, urljoin, urlsplit

from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.bounds import Amount
from ccm.config import Section
from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.interfaces import IPublisher
from ccm.publish import sanitised
from ccm.publish.egress import Answer, Egress, Refusal
from ccm.publish.secret import read_secret
from ccm.publish.target import TargetServices
from ccm.records import Receipt
from ccm.reporter.document import Document

_API = re.compile(r'<([^>]+)>;\s*rel="https://api\.w\.org/"')


class WordPressOptions(Section):
    """
    ``[publish.wordpress]``: off while ``url`` is empty.

    ``url`` is the site's address, ``user`` and ``password`` (or ``password_file``) an application password of somebody
    who may publish posts; ``status`` is that of the post, ``tags`` are put on each; ``private``: the host may be this
    machine or on a private network.
    """

    url: str = ""
    user: str = ""
    password: str = ""
    password_file: str = ""
    status: Literal["publish", "draft", "pending", "private"] = "publish"
    tags: tuple[str, ...] = ()
    private: bool = False
    timeout_seconds: Amount = 5.0


@implementer(IPlugin, IPublisher)
class WordPress:
    """See the module; made ready by :meth:`configure`."""

    name = "wordpress"
    options = WordPressOptions

    def __init__(self, egress: Egress | None = None, options: WordPressOptions | None = None, login: str = "") -> None:
        self._egress = egress
        self._options = options or WordPressOptions()
        self._headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        self._root = ""

    def configure(self, options: WordPressOptions, services: TargetServices) -> "WordPress":
        """:raises ConfigError: naming the key that is missing or wrong."""
        if not options.url.startswith(("https://", "http://")):
            raise ConfigError("publish.wordpress.url must begin with https:// (or http:// on a trusted network).")
        if not options.user:
            raise ConfigError("publish.wordpress.user is missing: name the WordPress user of the application password.")
        password = read_secret("publish.wordpress", options.password, options.password_file)
        egress = services.egress("publish.wordpress", options.url, options.timeout_seconds, options.private)
        return WordPress(egress, options, f"{options.user}:{password}")

    async def publish(self, document: Document, key: str) -> Receipt:
        """See :class:`~ccm.interfaces.IPublisher`; a post that has *key* already is left alone."""
        slug = f"ccm-{document.topic or document.id}".lower()
        mark = _mark(key)
        post = self._post(document, slug, key)
        if self._options.tags:
            post["tags"] = [await self._tag(name) for name in self._options.tags]
        found = await self._call("GET", "wp/v2/posts", {"slug": slug, "status": "any", "context": "edit"})
        if not isinstance(found, list):
            raise Unavailable("WordPress answered the look-up of a post with something that is no list.")
        if found and mark in found[0].get("content", {}).get("raw", ""):
            return Receipt(str(found[0]["link"]), str(found[0]["id"]), str(document.version))
        path = f"wp/v2/posts/{int(found[0]['id'])}" if found else "wp/v2/posts"
        done = await self._call("POST", path, json=post)
        if not isinstance(done, dict) or "id" not in done or not done.get("link"):
            raise Unavailable("WordPress took the post but did not say where it is.", ambiguous=True)
        if not found and done.get("slug") not in (None, "", slug):
            # A former try of ours, whose answer was lost, was still at work: WordPress then names the second post anew.
            await self._call("DELETE", f"wp/v2/posts/{int(done['id'])}", {"force": "true"})
            raise Unavailable(f"WordPress has made the post {slug} at the same time.", ambiguous=True)
        return Receipt(str(done["link"]), str(done["id"]), str(document.version))

    def _post(self, document: Document, slug: str, key: str) -> dict[str, Any]:
        return {
            "slug": slug,
            "status": self._options.status,
            "title": html.escape(document.title),  # both are HTML to WordPress
            "excerpt": html.escape(document.headline),
            "content": f"{sanitised.fragment(document)}\n{_mark(key)}",
        }

    async def _tag(self, name: str) -> int:
        try:
            made = await self._call("POST", "wp/v2/tags", json={"name": name})
            return int(made["id"])
        except Refusal as error:
            known = _known_term(error.answer)
            if known is None:
                raise
            return known

    async def _call(self, method: str, path: str, query: dict[str, str] | None = None, **arguments: Any) -> Any:
        if not self._root:
            self._root = await self._discover()
        url = self._root + path
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        assert self._egress is not None, "configure() first"
        try:
            answer = await self._egress.request(method, url, headers=self._headers, **arguments)
        except Refusal as error:
            if _unknown_to_it(error.answer):
                hint = "Check the application password, and that the web server passes the Authorization header on."
                raise Rejected(f"{error} {hint}") from error
            raise
        return answer.json()

    async def _discover(self) -> str:
        assert self._egress is not None, "configure() first"
        answer = await self._egress.request("GET", self._options.url)
        match = _API.search(answer.headers.get("link", ""))
        if match is None:
            raise Rejected(f"{self._options.url} names no WordPress API in its Link header. Is it a WordPress site?")
        root: str = urljoin(self._options.url, match.group(1))
        if urlsplit(root)[:2] != urlsplit(self._options.url)[:2]:
            raise Rejected(f"The site says that its API is at {root}: set publish.wordpress.url to that host.")
        return root


def _mark(key: str) -> str:
    return f"<!-- ccm:{re.sub('[^A-Za-z0-9]+', '-', key)} -->"


def _unknown_to_it(answer: Answer) -> bool:
    """Whether WordPress did not know who asked: reading, it then says that one may not ask for every ``status``."""
    return answer.status == 401 or (answer.status == 400 and b'"status"' in answer.body.partition(b'"params"')[2])


def _known_term(answer: Answer) -> int | None:
    """The id of the tag that exists already, if that is what WordPress says."""
    try:
        said = json.loads(answer.body)
        return int(said["data"]["term_id"]) if said["code"] == "term_exists" else None
    except (ValueError, KeyError, TypeError):
        return None


plugin = WordPress()
