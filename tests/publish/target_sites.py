"""Targets of publications on loopback ports: a strict WordPress API, a receiver of the webhook, one that misbehaves."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

#: An answer that does not come.
NEVER: tuple[int, dict[str, str], bytes] = (0, {}, b"")


class Listening:
    """A site on a free port. *answer(request) -> (status, headers, body)* says what it does."""

    def __init__(self) -> None:
        root = Resource()
        root.getChild = lambda path, request: _Answering(self.answer)  # type: ignore[method-assign]
        self._port = reactor.listenTCP(0, Site(root), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._port.getHost().port}/"
        self.requests: list[str] = []
        #: Answers to give before the real ones.
        self.instead: list[tuple[int, dict[str, str], bytes]] = []

    def answer(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        self.requests.append(f"{request.method.decode()} {request.uri.decode()}")
        return self.instead.pop(0) if self.instead else self.serve(request)

    def serve(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b""

    async def close(self) -> None:
        await maybeDeferred(self._port.stopListening)


class _Answering(Resource):
    isLeaf = True

    def __init__(self, answer: Callable[[Any], tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__()
        self._answer = answer

    def render(self, request: Any) -> bytes | int:
        answer = self._answer(request)
        if answer is NEVER:
            return NOT_DONE_YET
        status, headers, body = answer
        request.setResponseCode(status)
        for name, value in headers.items():
            request.setHeader(name, value)
        return body


class Receiver(Listening):
    """Takes the webhook: checks the signature, keeps one document a topic, does nothing twice for one key."""

    secret = b"shared secret"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, bytes] = {}

    def serve(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        body = request.content.read()
        expected = f"sha256={hmac.new(self.secret, body, hashlib.sha256).hexdigest()}"
        if request.getHeader("X-CCM-Signature") != expected or request.getHeader("Content-Type") != "application/json":
            return 403, {}, b"not signed"
        key = request.getHeader("Idempotency-Key")
        if key not in self.keys:
            document = json.loads(body)
            self.kept[document["topic"]] = document
            said = {"url": f"{self.url}{document['topic']}", "id": document["topic"], "version": document["version"]}
            self.keys[key] = json.dumps(said).encode()
        return 200, {"Content-Type": "application/json"}, self.keys[key]

    async def titles(self) -> list[str]:
        return [document["title"] for document in self.kept.values()]

    async def text(self, url: str) -> str:
        return json.dumps(self.kept[url.rpartition("/")[2]])


class StrictWordPress(Listening):
    """
    As much of ``wp/v2`` as is used, strict about it: plain permalinks, so the root is only in the ``Link`` header, and
    a POST elsewhere answers 200 with nothing in it, as WordPress does.
    """

    login = "editor:abcd efgh ijkl mnop"
    known = ("slug", "status", "title", "excerpt", "content", "tags")

    def __init__(self) -> None:
        super().__init__()
        self.posts: dict[int, dict[str, Any]] = {}
        self.tags: dict[str, int] = {"minutes": 7}
        self.link = True

    def serve(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        route = request.args.get(b"rest_route", [b""])[0].decode()
        method = request.method.decode()
        if not route:
            link = {"Link": f'<{self.url}index.php?rest_route=/>; rel="https://api.w.org/"'} if self.link else {}
            return 200, {"Content-Type": "text/html", **link}, b"<html>" if method == "GET" else b""
        expected = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        if request.getHeader("Authorization") != expected:
            if method == "GET":  # as WordPress answers who is not signed in
                data = {"status": 400, "params": {"status": "Status is forbidden."}}
                text = "Invalid parameter(s): status"
                return _said(400, {"code": "rest_invalid_param", "message": text, "data": data})
            return _said(401, {"code": "rest_cannot_create", "message": "Sorry, you are not allowed."})
        if route == "/wp/v2/posts" and method == "GET":
            return self._found(request)
        if route.startswith("/wp/v2/posts") and method == "POST":
            return self._put(route, json.loads(request.content.read()))
        if route.startswith("/wp/v2/posts/") and method == "DELETE":
            assert request.args[b"force"] == [b"true"]
            return _said(200, {"deleted": True, "previous": self.posts.pop(int(route.rpartition("/")[2]))})
        if route == "/wp/v2/tags" and method == "POST":
            return self._tag(json.loads(request.content.read())["name"])
        return _said(404, {"code": "rest_no_route", "message": "No route was found."})

    def _found(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        assert (request.args[b"status"], request.args[b"context"]) == ([b"any"], [b"edit"])
        slug = request.args[b"slug"][0].decode()
        return _said(200, [self._shown(id_) for id_, post in self.posts.items() if post["slug"] == slug])

    def _put(self, route: str, post: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if set(post) - set(self.known) or any(not isinstance(tag, int) for tag in post.get("tags", ())):
            return _said(400, {"code": "rest_invalid_param", "message": "Invalid parameter."})
        number = route.removeprefix("/wp/v2/posts").strip("/")
        if number and int(number) not in self.posts:
            return _said(404, {"code": "rest_post_invalid_id", "message": "Invalid post ID."})
        id_ = int(number) if number else len(self.posts) + 1
        if any(post.get("slug") == other["slug"] for number, other in self.posts.items() if number != id_):
            post["slug"] += "-2"
        self.posts[id_] = {**self.posts.get(id_, {}), **post}
        return _said(200 if number else 201, self._shown(id_))

    def _tag(self, name: str) -> tuple[int, dict[str, str], bytes]:
        if name in self.tags:
            data = {"status": 400, "term_id": self.tags[name]}
            return _said(400, {"code": "term_exists", "message": "A term with the name exists.", "data": data})
        self.tags[name] = 100 + len(self.tags)
        return _said(201, {"id": self.tags[name], "name": name})

    def _shown(self, id_: int) -> dict[str, Any]:
        post = self.posts[id_]
        content = {"raw": post["content"], "rendered": post["content"]}
        return {"id": id_, "slug": post["slug"], "link": f"{self.url}?p={id_}", "content": content}

    async def titles(self) -> list[str]:
        return [post["title"] for post in self.posts.values()]

    async def text(self, url: str) -> str:
        return str(self.posts[int(url.rpartition("=")[2])]["content"])


def _said(status: int, value: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(value).encode()
