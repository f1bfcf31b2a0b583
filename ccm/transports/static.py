"""
The built dashboard over HTTP (RFC 9110): variants compressed beforehand, hashed names cached for good, strict headers.

Folders of the operator's own may be beside it (``web.folders``). All is read once, at start, and answered from memory;
a path is looked up, never turned into a file name. Leaves out ranges and directory listings.
"""

import gzip
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.web.http import CACHED
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.util import Redirect

from ccm.errors import ConfigError
from ccm.transports.http_head import tokens
from ccm.transports.http_headers import set_security_headers

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
#: What a folder beside the dashboard may hold, since all of it is in memory.
MOST_BYTES = 67_108_864
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_HASHED = re.compile(r"[.-][0-9A-Za-z_]{8,64}\.\w+\Z")
_FOR_GOOD = b"public, max-age=31536000, immutable"
_MISSING = b"<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>%b</title><h1>%b</h1><p>%b</p></html>\n"
_UNBUILT = _MISSING % (
    b"Dashboard not built",
    b"The dashboard is not built",
    b"Run <code>make static</code> and start the server again.",
)
_ABSENT = _MISSING % (b"Not found", b"There is nothing here", b"Begin at <a href='/'>the front page</a>.")


@dataclass(frozen=True, slots=True)
class File:
    """
    One file in all the forms it is sent in.

    :ivar forms: bytes by content coding; ``""`` is the plain form.
    """

    type: bytes
    etag: str
    cache: bytes
    forms: dict[str, bytes] = field(default_factory=dict)

    def best(self, accepted: bytes) -> tuple[str, bytes]:
        """The smallest form that the client takes."""
        codings = {
            token.partition(b";")[0].strip() for token in tokens(accepted) if b"q=0" not in token.split(b";")[1:]
        }
        for coding in ("br", "gzip"):
            if coding in self.forms and coding.encode() in codings:
                return coding, self.forms[coding]
        return "", self.forms[""]


def read_folder(folder: Path, substitute: Mapping[str, str], *, hashed: bool = True) -> dict[str, File]:
    """
    Every file of a folder by its path below it, with ``.br`` and ``.gz`` variants; HTML gets *substitute*.

    :param hashed: names may hold a hash of their content; such files are cached for good.
    """
    files: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".br", ".gz") or path.name.startswith("."):
            continue
        content = path.read_bytes()
        forms = {"": content}
        if path.suffix == ".html":
            for placeholder, value in substitute.items():
                content = content.replace(placeholder.encode(), html.escape(value).encode())
            forms = {"": content, "gzip": gzip.compress(content, 9, mtime=0)}
        else:
            for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
                variant = path.with_name(path.name + suffix)
                if variant.is_file():
                    forms[coding] = variant.read_bytes()
        files[path.relative_to(folder).as_posix()] = File(
            TYPES.get(path.suffix, "application/octet-stream").encode(),
            hashlib.sha256(content).hexdigest()[:24],
            _FOR_GOOD if hashed and _HASHED.search(path.name) else b"no-cache",
            forms,
        )
    return files


def read_beside(folders: Mapping[str, str], substitute: Mapping[str, str]) -> dict[str, File]:
    """
    What the operator shows beside the dashboard. :param folders: first segment of the address -> folder.

    :raises ConfigError: if one cannot be shown.
    """
    files: dict[str, File] = {}
    for name, given in folders.items():
        folder = Path(given)
        if not _NAME.fullmatch(name):
            raise ConfigError(f"web.folders: {name!r}: write it with a-z, 0-9, - and _, like converse.")
        if not folder.is_absolute() or not folder.is_dir():
            raise ConfigError(f"web.folders: {name}: {given!r} is no folder. Give its whole path, from / on.")
        try:
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            if size > MOST_BYTES:
                raise ConfigError(
                    f"web.folders: {name}: {given!r} holds {size} bytes, more than {MOST_BYTES}. "
                    "Take out what is not needed, such as *.map, or have a web server in front show it."
                )
            read = read_folder(folder, substitute, hashed=False)
        except OSError as error:
            raise ConfigError(f"web.folders: {name}: {error.filename} cannot be read: {error.strerror}.") from error
        files |= {f"{name}/{path}": file for path, file in read.items()}
    return files


class StaticFiles(Resource):
    """
    The root of the site: ``/`` is ``index.html``; mount other resources below it with ``putChild``.

    :param folder: the built dashboard; if it is missing, a page says how to build it.
    :param substitute: text that takes the place of others in HTML files, e.g. ``{"{{domain}}": "example.org"}``.
    :param beside: first segment of the address -> another folder. :raises ConfigError: if one cannot be shown.
    """

    def __init__(
        self, folder: Path, substitute: Mapping[str, str] | None = None, beside: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        beside, substitute = beside or {}, substitute or {}
        self._files = read_folder(folder, substitute) if folder.is_dir() else {}
        for name in sorted({path.partition("/")[0] for path in self._files} & beside.keys()):
            raise ConfigError(f"web.folders: {name} is the dashboard's own. Choose another name.")
        self._files |= read_beside(beside, substitute)
        self._beside = frozenset(beside)

    def getChild(self, path: bytes, request: Request) -> Resource:  # noqa: ARG002
        """The file of the whole path, or a page that says that there is none."""
        segments = list(request.prepath or ()) + list(request.postpath or ())
        try:
            name = b"/".join(segments).decode()
        except UnicodeDecodeError:
            name = "\0"
        request.postpath = []
        if name == "":
            name = "index.html"
            if name not in self._files:
                return _Page(503, _UNBUILT)
        elif name in self._beside:
            return Redirect(f"/{name}/".encode())
        elif name.removesuffix("/") in self._beside:
            name += "index.html"
        file = self._files.get(name)
        return _Page(404, _ABSENT) if file is None else _Answer(file)

    def render(self, request: Request) -> Any:
        """The site asked for no path at all."""
        return self.getChild(b"", request).render(request)


class _Answer(Resource):
    """Sends one file."""

    isLeaf = True

    def __init__(self, file: File) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._file = file

    def render_GET(self, request: Request) -> bytes:
        file = self._file
        set_security_headers(request)
        coding, content = file.best(request.getHeader(b"accept-encoding") or b"")
        request.setHeader(b"Content-Type", file.type)
        request.setHeader(b"Cache-Control", file.cache)
        request.setHeader(b"Vary", b"Accept-Encoding")
        if coding:
            request.setHeader(b"Content-Encoding", coding.encode())
        etag = f'"{file.etag}{"-" + coding if coding else ""}"'.encode()
        if request.setETag(etag) is CACHED:
            return b""
        request.setHeader(b"Content-Length", b"%d" % len(content))
        return content

    render_HEAD = render_GET


class _Page(Resource):
    """A page that stands in for a file."""

    isLeaf = True

    def __init__(self, status: int, page: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._status, self._page = status, page

    def render(self, request: Request) -> bytes:
        set_security_headers(request)
        request.setResponseCode(self._status)
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-store")
        return self._page
