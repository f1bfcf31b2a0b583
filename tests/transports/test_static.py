"""The dashboard's files over HTTP."""

import gzip
import re
from pathlib import Path

import pytest
from http_wires import Wire, one, request
from twisted.internet.task import Clock
from twisted.web.resource import Resource

from ccm.errors import ConfigError
from ccm.transports.http import FrontFactory
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_site import QuietSite
from ccm.transports.static import MOST_BYTES, StaticFiles

Answer = tuple[int, dict[bytes, bytes], bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<meta name='ccm-domain' content='{{domain}}'>")
    (tmp_path / "assets" / "main-ABCD1234.js").write_text("plain")
    (tmp_path / "assets" / "main-ABCD1234.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "main-ABCD1234.js.gz").write_bytes(b"zipped")
    (tmp_path / "assets" / "logo.svg").write_text("<svg/>")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


def get(root: Resource, path: bytes, *fields: bytes, method: bytes = b"GET") -> Answer:
    clock = Clock()
    wire = Wire()
    front = FrontFactory(clock, HttpOptions(), QuietSite(root, clock)).buildProtocol(None)
    front.makeConnection(wire)
    front.dataReceived(request(b"", *fields, method=method, path=path))
    clock.advance(0)
    if method == b"HEAD":
        head, _, rest = wire.value().partition(b"\r\n\r\n")
        assert rest == b""
        wire.clear()
        wire.write(
            head.replace(b"ontent-Length", b"ontent-Size").replace(b"ontent-length", b"ontent-size") + b"\r\n\r\n"
        )
    return one(wire)


def test_the_front_page_names_the_domain_and_is_never_cached(folder: Path) -> None:
    root = StaticFiles(folder, {"{{domain}}": "chat.example"})
    for path in (b"/", b"/index.html"):
        status, fields, body = get(root, path)
        assert (status, body) == (200, b"<meta name='ccm-domain' content='chat.example'>")
        assert fields[b"cache-control"] == b"no-cache"
        assert fields[b"content-type"] == b"text/html; charset=utf-8"


def test_what_takes_the_place_of_a_placeholder_is_escaped(folder: Path) -> None:
    assert b"&lt;script&gt;" in get(StaticFiles(folder, {"{{domain}}": "<script>"}), b"/")[2]


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        (b"gzip, deflate, br", b"br", b"brotli"),
        (b"gzip", b"gzip", b"zipped"),
        (b"br;q=0, gzip;q=0.5", b"gzip", b"zipped"),
        (b"identity", None, b"plain"),
    ],
)
def test_variants_are_chosen_by_what_the_client_takes(
    folder: Path, accepted: bytes, coding: bytes | None, body: bytes
) -> None:
    status, fields, got = get(StaticFiles(folder), b"/assets/main-ABCD1234.js", b"Accept-Encoding: " + accepted)
    assert (status, got, fields.get(b"content-encoding")) == (200, body, coding)
    assert fields[b"vary"] == b"Accept-Encoding"
    assert fields[b"content-type"] == b"text/javascript; charset=utf-8"


def test_hashed_names_are_cached_for_good_and_others_checked_each_time(folder: Path) -> None:
    root = StaticFiles(folder)
    assert get(root, b"/assets/main-ABCD1234.js")[1][b"cache-control"] == b"public, max-age=31536000, immutable"
    assert get(root, b"/assets/logo.svg")[1][b"cache-control"] == b"no-cache"


def test_an_unchanged_file_is_not_sent_again(folder: Path) -> None:
    root = StaticFiles(folder)
    etag = get(root, b"/")[1][b"etag"]
    status, fields, body = get(root, b"/", b"If-None-Match: " + etag)
    assert (status, body) == (304, b"")
    assert fields[b"cache-control"] == b"no-cache"
    compressed = get(root, b"/", b"Accept-Encoding: gzip")
    assert compressed[1][b"etag"] != etag
    assert b"ccm-domain" in gzip.decompress(compressed[2])


def test_head_sends_no_body(folder: Path) -> None:
    assert get(StaticFiles(folder), b"/", method=b"HEAD")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        b"/../secret.txt",
        b"/assets/../../secret.txt",
        b"/%2e%2e/secret.txt",
        b"/..%2fsecret.txt",
        b"/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        b"/%u002e%u002e/secret.txt",
        b"//secret.txt",
        b"/assets",
        b"/assets/",
        b"/assets/main-ABCD1234.js.br",
        b"/%ff",
        b"/%00",
    ],
)
def test_bosh_path_traversal_reaches_nothing_outside_the_folder(folder: Path, path: bytes) -> None:
    status, _, body = get(StaticFiles(folder), path)
    assert status == 404 and b"secret" not in body.replace(b"secret.txt", b"")


@pytest.mark.parametrize("path", [b"/", b"/assets/logo.svg", b"/nothing"])
def test_every_answer_carries_the_security_headers(folder: Path, path: bytes) -> None:
    fields = get(StaticFiles(folder), path)[1]
    policy = fields[b"content-security-policy"]
    for directive in (b"default-src 'none'", b"script-src 'self'", b"frame-ancestors 'none'", b"base-uri 'none'"):
        assert directive in policy
    assert b"unsafe" not in policy
    assert fields[b"x-content-type-options"] == b"nosniff"
    assert fields[b"referrer-policy"] == b"no-referrer"
    assert fields[b"cross-origin-opener-policy"] == b"same-origin"
    assert b"permissions-policy" in fields


def test_other_resources_can_be_mounted_below_it(folder: Path) -> None:
    class Other(Resource):
        isLeaf = True

        def render_GET(self, request: object) -> bytes:
            return b"other"

    root = StaticFiles(folder)
    root.putChild(b"register", Other())
    assert get(root, b"/register")[2] == b"other"


def test_a_folder_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    status, _, body = get(StaticFiles(tmp_path / "missing"), b"/")
    assert status == 503 and b"make" in body


def test_a_folder_of_the_operators_is_shown_beside_the_dashboard(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("client")
    (other / "dist").mkdir()
    (other / "index.html").write_text("a client for {{domain}}")
    (other / "dist" / "client-controlbox.js").write_text("script")
    root = StaticFiles(folder, {"{{domain}}": "chat.example"}, {"client": str(other)})
    assert get(root, b"/client/")[2] == b"a client for chat.example"
    status, fields, body = get(root, b"/client/dist/client-controlbox.js")
    assert (status, body, fields[b"cache-control"]) == (200, b"script", b"no-cache")
    assert b"unsafe" not in fields[b"content-security-policy"]
    status, fields, _ = get(root, b"/client")
    assert (status, fields[b"location"]) == (302, b"/client/")
    for path in (b"/client/secret.txt", b"/client/../secret.txt", b"/client//", b"/clien", b"/client/dist/"):
        assert get(root, path)[0] == 404, path
    assert b"ccm-domain" in get(root, b"/")[2]


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("a/b", "/", "'a/b': write it with a-z"),
        ("assets", "/", "assets is the dashboard's own"),
        ("client", "relative", "'relative' is no folder"),
        ("client", "/nowhere/at/all", "'/nowhere/at/all' is no folder"),
    ],
)
def test_a_folder_that_cannot_be_shown_is_told_at_the_start(folder: Path, name: str, given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        StaticFiles(folder, beside={name: given})


def test_a_folder_too_large_for_memory_is_told_at_the_start(folder: Path) -> None:
    with (folder.parent / "large").open("wb") as large:
        large.truncate(MOST_BYTES + 1)
    with pytest.raises(ConfigError, match="Take out what is not needed"):
        StaticFiles(folder, beside={"client": str(folder.parent)})
