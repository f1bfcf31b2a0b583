"""
Searching as an operation of the reporter (``docs/protocol.md``, Search): documents first, then what was said.

Pages follow XEP-0059 1.0; a result's place in the set is its id there, since results are ranked anew each time. Leaves
out who may read what, and what is indexed: that is the store's (:class:`ccm.interfaces.ISearch`).
"""

from collections.abc import Sequence

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.operations import Answer, Field, Operation, Request
from ccm.components.room_requests import stamp
from ccm.errors import StanzaError
from ccm.records import Found, Hit
from ccm.wire import rsm

PAGE, MOST_PAGE = 20, 50
DEEPEST = 1000
KINDS = ("", "documents", "messages")
COLUMNS = (("at", "When"), ("name", "Topic"), ("by", "Who"), ("text", "What"), ("where", "Where"))


class SearchDesk:
    """:ivar operation: to serve."""

    def __init__(self, context: Context) -> None:
        self._context = context
        fields = (
            Field("words", "Words", required=True),
            Field("topic", "Only in this topic"),
            Field("kind", "Only “documents” or “messages”"),
            Field("after", "After the result number"),
        )
        self.operation = Operation("search", "get", "Search talks and documents", self._search, fields)

    async def _search(self, request: Request) -> Answer:
        search, words = self._context.search, request.need("words")
        if search is None:
            raise StanzaError("feature-not-implemented", "There is no search here.")
        kind, topic = request.values.get("kind", ""), request.values.get("topic", "")
        if kind not in KINDS:
            raise StanzaError("bad-request", "Search “documents” or “messages”, or leave the kind out.")
        offset, limit = _page(request)
        documents = said = Found((), 0)
        if kind != "messages":
            documents = await search.documents(request.user, words, topic=topic, offset=offset, limit=limit)
        if kind != "documents":
            said = await search.said(
                request.user,
                words,
                topic=topic,
                offset=max(0, offset - documents.total),
                limit=max(0, limit - len(documents.hits)),
            )
        hits, total = (*documents.hits, *said.hits), documents.total + said.total
        element = Element((ns.REPORTER, "search"))
        element["words"] = words
        if said.behind:
            element["behind"] = "true"
        for hit in hits:
            element.addChild(self._hit(hit))
        element.addChild(_set(offset, hits, total))
        rows = tuple(self._row(hit) for hit in hits)
        return Answer(element, COLUMNS, rows, table=True, note=_note(offset, len(hits), total))

    def _hit(self, hit: Hit) -> Element:
        element = Element((ns.REPORTER, "hit"))
        for name, value in (
            ("kind", hit.kind),
            ("topic", hit.topic),
            ("name", hit.name),
            ("id", hit.id if hit.kind == "message" else ""),
            ("url", self._url(hit)),
            ("by", hit.by),
            ("at", stamp(hit.at)),
        ):
            if value:
                element[name] = value
        for text, found in hit.parts:
            if found:
                element.addElement("mark", content=text)
            else:
                element.addContent(text)
        return element

    def _url(self, hit: Hit) -> str:
        return f"{self._context.web_url}archive/{hit.id}" if hit.kind == "document" and hit.id else ""

    def _row(self, hit: Hit) -> dict[str, str]:
        where = self._url(hit) or f"{self._context.web_url}#/t/{hit.topic}"
        if hit.kind == "message":
            where += f"/m/{hit.id}"
        text = "".join(part for part, _ in hit.parts)
        return {"at": stamp(hit.at), "name": hit.name, "by": hit.by, "text": text, "where": where}


def _page(request: Request) -> tuple[int, int]:
    """How many results to leave out, and how many are wanted."""
    after, limit = request.values.get("after", ""), PAGE
    if request.payload is not None:
        asked = rsm.read(request.payload)
        if asked is not None:
            after = asked.after or after
            limit = PAGE if asked.most is None else min(asked.most, MOST_PAGE)
    if not after:
        return 0, limit
    try:
        place = int(after)
    except ValueError:
        raise StanzaError("item-not-found", "Results are numbered. Ask for those after such a number.") from None
    if not 0 <= place < DEEPEST:
        raise StanzaError("item-not-found", f"Only the first {DEEPEST} results are shown. Search for more words.")
    return place + 1, limit


def _set(offset: int, hits: Sequence[Hit], total: int) -> Element:
    element = Element((ns.RSM, "set"))
    if hits:
        element.addElement("first", content=str(offset))["index"] = str(offset)
        element.addElement("last", content=str(offset + len(hits) - 1))
    element.addElement("count", content=str(total))
    return element


def _note(offset: int, shown: int, total: int) -> str:
    if not total:
        return "Nothing was found."
    return f"These are {shown} of {total}, the best first." if offset or shown < total else ""
