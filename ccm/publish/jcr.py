"""
Publishing to a JCR repository (Apache Jackrabbit 2) by its remoting over HTTP: JSON reads and ``:diff`` writes.

A document is the node ``<path>/<name of its topic>`` of type ``nt:file``: its folder allows no second one of that name,
and what shows files over WebDAV shows it as a page. ``jcr:content`` holds the properties ``title``, ``headline``,
``html``, ``markdown``, ``json``, ``revision`` and ``key``; each write is one transaction of the repository. The key is
read before anything is written, so that a write whose answer was lost is found and not done again. Leaves out JCR's
versions (``mix:versionable``): they would keep what a redaction takes out; CCM's own archive has every revision.
"""

import base64
import json
import re
from typing import Any
from urllib.parse import quote, urlsplit

from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.bounds import Amount
from ccm.config import Section
from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.interfaces import IPublisher
from ccm.publish import sanitised
from ccm.publish.egress import Answer, Egress, Refusal
from ccm.publish.multipart import Part, encoded
from ccm.publish.naming import name_of, with_name
from ccm.publish.secret import read_secret
from ccm.publish.target import TargetServices
from ccm.records import Receipt
from ccm.reporter import render_json, render_markdown
from ccm.reporter.document import Document

_SAID = re.compile(rb"<dcr:class>([^<]*)</dcr:class>(?:<dcr:message>([^<]*)</dcr:message>)?")
_FOLDER = {"jcr:primaryType": "nt:folder"}
_MISSING = "PathNotFoundException"
#: Somebody else changed the same place at the same time, perhaps our own request whose answer was lost.
_MEANWHILE = ("ItemExistsException", "InvalidItemStateException", "StaleItemStateException")


class JcrOptions(Section):
    """
    ``[publish.jcr]``: off while ``url`` is empty.

    ``url`` is the remoting servlet's, usually ending with ``/server``; ``workspace`` and ``path`` say where documents
    go, and missing folders are made; ``user`` and ``password`` (or ``password_file``) may write there. ``page_url`` is
    where readers find a document, ``{name}`` its node; while it is empty that is Jackrabbit's own ``/repository``.
    ``private``: the host may be this machine or on a private network.
    """

    url: str = ""
    workspace: str = "default"
    path: str = "/ccm"
    user: str = ""
    password: str = ""
    password_file: str = ""
    page_url: str = ""
    private: bool = False
    timeout_seconds: Amount = 5.0


@implementer(IPlugin, IPublisher)
class Jcr:
    """See the module; made ready by :meth:`configure`."""

    name = "jcr"
    options = JcrOptions

    def __init__(self, egress: Egress | None = None, options: JcrOptions | None = None, password: str = "") -> None:
        self._egress = egress
        self._options = options or JcrOptions()
        base = self._options.url.rstrip("/")
        login = base64.b64encode(f"{self._options.user}:{password}".encode()).decode()
        # Jackrabbit takes forms only from pages of its own host.
        self._headers = {"Authorization": f"Basic {login}", "Referer": f"{base}/"}
        self._root = f"{base}/{quote(self._options.workspace)}/jcr:root"
        self._folder = "/".join(part for part in self._options.path.split("/") if part)

    def configure(self, options: JcrOptions, services: TargetServices) -> "Jcr":
        """:raises ConfigError: naming the key that is missing or wrong."""
        if not options.url.startswith(("https://", "http://")):
            raise ConfigError("publish.jcr.url must begin with https:// (or http:// on a trusted network).")
        if not options.user:
            raise ConfigError("publish.jcr.user is missing: name a user of the repository who may write.")
        if not options.workspace or "/" in options.workspace:
            raise ConfigError("publish.jcr.workspace must be the name of a workspace, usually default.")
        if not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+/?", options.path):
            raise ConfigError("publish.jcr.path must be folders of letters, digits, -, _ and ., e.g. /content/minutes.")
        with_name("publish.jcr.page_url", options.page_url, "x")
        password = read_secret("publish.jcr", options.password, options.password_file)
        egress = services.egress("publish.jcr", options.url, options.timeout_seconds, options.private)
        return Jcr(egress, options, password)

    async def publish(self, document: Document, key: str) -> Receipt:
        """See :class:`~ccm.interfaces.IPublisher`; a node that has *key* already is left alone."""
        name = name_of(document)
        node = f"{self._folder}/{name}"
        receipt = Receipt(self._page(name), f"/{node}", str(document.version))
        there = await self._read(f"{node}/jcr:content/key")
        if there == key:
            return receipt
        wanted = _properties(document, key)
        if there is not None:
            await self._write(f"{node}/jcr:content", *(f"^{name} : {_json(value)}" for name, value in wanted.items()))
            return receipt
        content = {"jcr:primaryType": "nt:unstructured", **wanted}
        made = f"+{name} : {_json({'jcr:primaryType': 'nt:file', 'jcr:content': content})}"
        try:
            await self._write(self._folder, made)
        except Refusal as error:
            if _exception(error.answer) != _MISSING:
                raise
            await self._make_folders()
            await self._write(self._folder, made)
        return receipt

    async def _make_folders(self) -> None:
        parts = self._folder.split("/")
        for depth, part in enumerate(parts):
            if await self._read(f"{'/'.join(parts[: depth + 1])}/jcr:primaryType") is None:
                await self._write("/".join(parts[:depth]), f"+{part} : {_json(_FOLDER)}")

    async def _read(self, path: str) -> str | None:
        """A property's value; ``None`` if there is no such thing."""
        try:
            answer = await self._request("GET", path)
        except Refusal as error:
            if error.answer.status == 404:
                return None
            raise
        if not answer.headers.get("content-type", "").startswith("jcr-value/"):
            raise Unavailable(f"{answer.url} answered {answer.status} with something that is no JCR property.")
        return answer.body.decode("utf-8", "replace")

    async def _write(self, path: str, *changes: str) -> None:
        # Multipart, since servlet containers keep other forms short; the JSON is plain ASCII, whatever they assume.
        content_type, body = encoded([Part(":diff", "\r\n".join(changes).encode("ascii"))])
        await self._request("POST", path, data=body, content_type=content_type)

    async def _request(self, method: str, path: str, content_type: str = "", **arguments: Any) -> Answer:
        assert self._egress is not None, "configure() first"
        headers = {**self._headers, **({"Content-Type": content_type} if content_type else {})}
        try:
            return await self._egress.request(method, f"{self._root}/{path}", headers=headers, **arguments)
        except Refusal as error:
            raise self._explained(error) from error

    def _explained(self, error: Refusal) -> Exception:
        status, why = error.answer.status, _exception(error.answer)
        host = urlsplit(self._root).netloc
        if status == 401:
            return Rejected(
                f"JCR: {host} does not take the user name and password. Check publish.jcr.user and password."
            )
        if status == 403:
            text = f"JCR: {self._options.user} may not write to /{self._folder}"
            return Rejected(f"{text}. Grant it there, and see that no proxy takes the Referer header away.")
        if why == "NoSuchWorkspaceException":
            return Rejected(f"JCR: {host} has no workspace {self._options.workspace}. Check publish.jcr.workspace.")
        if why in _MEANWHILE:
            return Unavailable("JCR: the document was being written there at the same time.", ambiguous=True)
        said = _SAID.search(error.answer.body)
        text = f"JCR: {host} answered {status}: {said[2].decode('utf-8', 'replace')[:200]}" if said and said[2] else ""
        return Refusal(text or f"JCR: {error}", error.answer)

    def _page(self, name: str) -> str:
        if self._options.page_url:
            return with_name("publish.jcr.page_url", self._options.page_url, name)
        base = self._options.url.rstrip("/")
        if base.endswith("/server"):
            return f"{base.removesuffix('server')}repository/{quote(self._options.workspace)}/{self._folder}/{name}"
        return f"{self._root}/{self._folder}/{name}"


def _properties(document: Document, key: str) -> dict[str, Any]:
    return {
        "title": document.title,
        "headline": document.headline,
        "html": sanitised.fragment(document),
        "markdown": render_markdown.text(document),
        "json": render_json.dumps(document),
        "revision": document.version,
        "key": key,
        "jcr:mimeType": "text/html",
        "jcr:encoding": "UTF-8",
        "jcr:data": sanitised.page(document),
    }


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _exception(answer: Answer) -> str:
    """The simple name of the Java exception that an answer tells of, or ``""``."""
    said = _SAID.search(answer.body)
    return said[1].decode("ascii", "replace").rpartition(".")[2] if said else ""


plugin = Jcr()
