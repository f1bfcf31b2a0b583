"""A stand-in for an OpenAI-compatible endpoint on a free loopback port, which misbehaves as a test says."""

import json
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site


class ModelSite(Resource):
    """
    :ivar content: what the model says. :ivar raw: the whole body instead of that. :ivar silent: it never answers.
    :ivar asked: the requests, as (path, authorization, JSON).
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.content: str = json.dumps({"sentences": []})
        self.raw: bytes | None = None
        self.silent = False
        self.asked: list[tuple[str, str, Any]] = []
        self._port = reactor.listenTCP(0, Site(self), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._port.getHost().port}/v1"

    def says(self, *sentences: tuple[str, list[Any]]) -> None:
        told = [{"text": text, "messages": numbers} for text, numbers in sentences]
        self.content = json.dumps({"sentences": told})

    def render_POST(self, request: Any) -> bytes | int:
        asked = json.loads(request.content.read())
        self.asked.append((request.uri.decode(), request.getHeader("authorization") or "", asked))
        request.setResponseCode(self.status)
        if self.silent:
            return NOT_DONE_YET
        if self.raw is not None:
            return self.raw
        return json.dumps({"choices": [{"message": {"role": "assistant", "content": self.content}}]}).encode()

    async def close(self) -> None:
        await maybeDeferred(self._port.stopListening)
