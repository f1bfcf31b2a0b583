"""
Publishing to Hippo CMS (Bloomreach brXM) by its content export and import add-on (``POST …/ws/exim/import``).

A document is sent as a package: a ZIP with one JSON file, which the add-on turns into the document at the path in it,
new or in place of what is there; sending it again is harmless. The answer 200 is not success: it has parts, of which
``summary`` says for each path whether it was taken. Written from the add-on's published documentation
(https://bloomreach-forge.github.io/content-export-import/, version 7.0.0) and never run against the product. Leaves out
reading back, images and assets.
"""

import base64
import io
import json
import re
import uuid
import zipfile
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Literal
from urllib.parse import urlsplit

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
from ccm.reporter.document import Document

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can hold: the same document is the same package
_TRANSLATIONS = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122's name space of URLs


class HippoOptions(Section):
    """
    ``[publish.hippo]``: off while ``url`` is empty.

    ``url`` is the CMS's, ending with ``/cms``; ``user`` and ``password`` (or ``password_file``) of somebody with the
    permission ``hippo:rest``. Documents go below ``folder``, with the type ``document_type`` and in the language
    ``locale``; its fields ``title_field``, ``summary_field`` (``""`` if it has none) and ``html_field`` are in the name
    space of the type. ``publish`` is ``all``, or ``none`` to leave them for an editor. ``page_url`` is where readers
    find a document, ``{name}`` its name. ``private``: the host may be this machine or on a private network.
    """

    url: str = ""
    user: str = ""
    password: str = ""
    password_file: str = ""
    folder: str = "/content/documents/site/minutes"
    document_type: str = "site:contentdocument"
    title_field: str = "title"
    summary_field: str = "introduction"
    html_field: str = "content"
    locale: str = "en"
    publish: Literal["all", "none"] = "all"
    page_url: str = ""
    private: bool = False
    timeout_seconds: Amount = 30.0


@implementer(IPlugin, IPublisher)
class Hippo:
    """See the module; made ready by :meth:`configure`."""

    name = "hippo"
    options = HippoOptions

    def __init__(self, egress: Egress | None = None, options: HippoOptions | None = None, password: str = "") -> None:
        self._egress = egress
        self._options = options or HippoOptions()
        login = base64.b64encode(f"{self._options.user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Accept": "multipart/mixed"}
        self._url = f"{self._options.url.rstrip('/')}/ws/exim/import"

    def configure(self, options: HippoOptions, services: TargetServices) -> "Hippo":
        """:raises ConfigError: naming the key that is missing or wrong."""
        _check(options)
        password = read_secret("publish.hippo", options.password, options.password_file)
        egress = services.egress("publish.hippo", options.url, options.timeout_seconds, options.private)
        return Hippo(egress, options, password)

    async def publish(self, document: Document, key: str) -> Receipt:  # noqa: ARG002 - its path is its key
        """See :class:`~ccm.interfaces.IPublisher`; the same path is written again, whatever came of a former try."""
        assert self._egress is not None, "configure() first"
        name = name_of(document)
        path = f"{self._options.folder.rstrip('/')}/{name}"
        content_type, body = encoded(
            [
                Part("publishOnImport", self._options.publish.encode()),
                Part(
                    "package", _package(path, name, self._content(document, path, name)), "ccm.zip", "application/zip"
                ),
            ]
        )
        try:
            answer = await self._egress.request(
                "POST", self._url, data=body, headers={**self._headers, "Content-Type": content_type}
            )
        except Refusal as error:
            raise self._explained(error) from error
        _taken(_summary(answer), path)
        return Receipt(self._page(name), path, str(document.version))

    def _content(self, document: Document, path: str, name: str) -> dict[str, Any]:
        options = self._options
        space = options.document_type.partition(":")[0]
        properties = [_property(f"{space}:{options.title_field}", document.title)]
        if options.summary_field:
            properties.append(_property(f"{space}:{options.summary_field}", document.headline))
        properties += [
            _property("hippotranslation:locale", options.locale),
            _property("hippotranslation:id", str(uuid.uuid5(_TRANSLATIONS, f"urn:ccm:topic:{name}"))),
            _property("jcr:path", path),
            _property("jcr:localizedName", document.title),
        ]
        html = _property("hippostd:content", f"<html><body>{sanitised.fragment(document)}</body></html>")
        return {
            "name": name,
            "primaryType": options.document_type,
            "mixinTypes": ["mix:referenceable"],
            "properties": properties,
            "nodes": [
                {
                    "name": f"{space}:{options.html_field}",
                    "primaryType": "hippostd:html",
                    "mixinTypes": [],
                    "properties": [html],
                    "nodes": [],
                }
            ],
        }

    def _explained(self, error: Refusal) -> Exception:
        host, status = urlsplit(self._url).netloc, error.answer.status
        if status in (401, 403):
            text = f"Hippo: {host} does not let {self._options.user} import"
            return Rejected(f"{text}. Check publish.hippo.user and password, and that the user has hippo:rest.")
        if status == 404:
            return Rejected(
                f"Hippo: {host} has no content import at {self._url}. Install the add-on, or check the url."
            )
        return error

    def _page(self, name: str) -> str:
        return with_name("publish.hippo.page_url", self._options.page_url, name) or self._options.url


def _property(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": "STRING", "multiple": False, "values": [value]}


def _package(path: str, name: str, content: dict[str, Any]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        entry = zipfile.ZipInfo(f"{path.strip('/')}/{name}.json", _LONG_AGO)
        entry.compress_type = zipfile.ZIP_DEFLATED
        package.writestr(entry, json.dumps(content, indent=2))
    return made.getvalue()


def _summary(answer: Answer) -> dict[str, Any]:
    """The part ``summary`` of the answer. :raises Unavailable: if there is none."""
    head = f"Content-Type: {answer.headers.get('content-type', '')}\r\n\r\n".encode("latin-1", "replace")
    message: Any = BytesParser(policy=HTTP).parsebytes(head + answer.body)
    for part in message.walk():
        if part.get("Content-ID", "").strip() == "<summary>":
            try:
                said = json.loads(bytes(part.get_payload(decode=True) or b""))
            except ValueError:
                break
            if isinstance(said, dict):
                return said
    raise Unavailable("Hippo: the answer does not say what became of the import.", ambiguous=True)


def _taken(summary: dict[str, Any], path: str) -> None:
    """:raises Rejected: if the summary says that the document was not imported."""
    items = summary.get("items")
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    mine = [item for item in found if item.get("path") == path]
    if mine and all(item.get("succeeded") is True for item in mine):
        return
    errors = [str(item.get("errorMessage")) for item in mine if item.get("errorMessage")]
    more = summary.get("errors")
    errors += [str(error) for error in more] if isinstance(more, list) else []
    why = errors[0][:200] if errors else "it says nothing of the document"
    raise Rejected(f"Hippo: {path} was not imported: {why}. Check publish.hippo.folder, document_type and its fields.")


def _check(options: HippoOptions) -> None:
    if not options.url.startswith(("https://", "http://")):
        raise ConfigError("publish.hippo.url must begin with https:// (or http:// on a trusted network).")
    if not options.user:
        raise ConfigError("publish.hippo.user is missing: name a user who has hippo:rest.")
    if not re.fullmatch(r"/content/documents(/[a-z0-9][a-z0-9-]*)+/?", options.folder):
        raise ConfigError(
            "publish.hippo.folder must be below /content/documents/, e.g. /content/documents/site/minutes."
        )
    if not re.fullmatch(r"[a-z][A-Za-z0-9]*:[A-Za-z][A-Za-z0-9_-]*", options.document_type):
        raise ConfigError("publish.hippo.document_type must be a type with its name space, e.g. site:contentdocument.")
    for field in ("title_field", "html_field"):
        if not getattr(options, field):
            raise ConfigError(f"publish.hippo.{field} is missing: name a field of {options.document_type}.")
    with_name("publish.hippo.page_url", options.page_url, "x")


plugin = Hippo()
