"""
The versions of a document, and what changed between two, as operations of the reporter (``docs/protocol.md``).

Whoever takes part sees them all, whatever the visibility each was published with. An answer is bounded in rows and in
bytes, since streams bound what one stanza may have. Leaves out the pages of the archive that show the same to everybody
else.
"""

from collections.abc import Sequence

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.operations import Answer, Field, Operation, Request
from ccm.components.room_requests import stamp
from ccm.errors import StanzaError
from ccm.records import DocumentRecord
from ccm.reporter import render_json
from ccm.reporter.differences import Group, Part, differences
from ccm.wire.stanza import text

MOST_VERSIONS = 100
MOST_ROWS = 400
MOST_BYTES = 100_000  # of the rows of one answer, as elements or as a form
LONGEST_ROW = 5_000  # characters of one
_ROW_BYTES, _PART_BYTES = 100, 15  # what stands around words
NO_SUCH = "There are no two such versions. Ask for the list of versions."
_SIGNS = {"same": "", "ins": "+", "del": "-"}


class VersionsDesk:
    """
    :param which: the parameter that names a topic.
    :ivar operations: to serve.
    """

    def __init__(self, context: Context, which: Field) -> None:
        self._context = context
        old, new = Field("from", "From version"), Field("to", "To version")
        self.operations = (
            Operation("versions", "get", "List the versions of the document", self._versions, (which,)),
            Operation("changes", "get", "Show what changed between two versions", self._changes, (which, old, new)),
        )

    async def _records(self, request: Request) -> tuple[str, Sequence[DocumentRecord]]:
        """The topic, and its versions, the oldest first."""
        topic = await self._context.topics.get(request.need("topic"))
        if topic is None or request.user not in topic.members:
            raise StanzaError("item-not-found", "There is no such topic among yours. It may have been deleted.")
        records = await self._context.documents.revisions(topic.id)
        if not records:
            raise StanzaError("item-not-found", "Nothing is published yet. Ask for that first.")
        return topic.id, sorted(records, key=lambda record: record.revision)

    async def _versions(self, request: Request) -> Answer:
        topic, records = await self._records(request)
        shown = records[: -MOST_VERSIONS - 1 : -1]
        element = Element((ns.REPORTER, "versions"))
        element["topic"], element["title"] = topic, records[-1].title
        rows = await self._context.apart(_rows, shown)
        for row in rows:
            version = element.addElement("version")
            for name, value in row.items():
                version[name] = value
        columns = (("number", "Version"), ("at", "Published"), ("by", "Approved by"), ("headline", "Headline"))
        return Answer(element, columns, rows, table=True)

    async def _changes(self, request: Request) -> Answer:
        topic, records = await self._records(request)
        by_number = {record.revision: record for record in records}
        new = by_number.get(_number(request, "to", records[-1].revision))
        before = max((number for number in by_number if new is not None and number < new.revision), default=0)
        old = by_number.get(_number(request, "from", before))
        if new is None or old is None:
            raise StanzaError("item-not-found", NO_SUCH)
        groups, more = await self._context.apart(_compared, old.body, new.body)
        element = Element((ns.REPORTER, "changes"))
        element["topic"], element["from"], element["to"] = topic, str(old.revision), str(new.revision)
        _add(element, groups)
        if more:
            element["more"] = "true"
        rows = tuple({"under": group.title, "words": _told(row)} for group in groups for row in group.rows)
        columns = (("under", "Under"), ("words", "What changed"))
        note = "There is more than is shown." if more else "" if rows else "Both versions say the same."
        return Answer(element, columns, rows, table=True, note=note)


def _rows(records: Sequence[DocumentRecord]) -> tuple[dict[str, str], ...]:
    return tuple(_row(record) for record in records)


def _compared(old: str, new: str) -> tuple[list[Group], bool]:
    return _within(differences(render_json.loads(old), render_json.loads(new)))


def _within(groups: Sequence[Group]) -> tuple[list[Group], bool]:
    """The groups within the limits, and whether that leaves anything out."""
    kept: list[Group] = []
    rows, room, cut = MOST_ROWS, MOST_BYTES, False
    for group in groups:
        fitting: list[tuple[Part, ...]] = []
        for row in group.rows:
            short = _short(row)
            room -= _ROW_BYTES + len(text(group.title)) + sum(_PART_BYTES + len(text(part.text)) for part in short)
            if not rows or room < 0:
                return ([*kept, Group(group.title, tuple(fitting))] if fitting else kept), True
            rows -= 1
            cut = cut or short != row
            fitting.append(short)
        kept.append(Group(group.title, tuple(fitting)))
    return kept, cut


def _short(row: tuple[Part, ...]) -> tuple[Part, ...]:
    """A row as far as it is shown: the words of both versions get half of it, if both have too many."""
    left = LONGEST_ROW
    if sum(len(part.text) for part in row) <= left:
        return row
    made = []
    for place, part in enumerate(row):
        most = left // 2 if place + 1 < len(row) else left
        made.append(part if len(part.text) <= most else Part(part.kind, f"{part.text[:most]}…"))
        left -= min(len(part.text), most)
        if left <= 0:
            break
    return tuple(made)


def _row(record: DocumentRecord) -> dict[str, str]:
    approved = render_json.loads(record.body).approved_by
    return {
        "number": str(record.revision), "at": stamp(record.published), "by": approved, "headline": record.headline,
    }  # fmt: skip


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.values.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise StanzaError("bad-request", "Versions are numbered: 1, 2, 3.")
    return int(text)


def _add(element: Element, groups: Sequence[Group]) -> None:
    """The groups as children."""
    for group in groups:
        under = element.addElement("group")
        under["title"] = group.title
        for row in group.rows:
            words = under.addElement("row")
            for part in row:
                words.addElement(part.kind, content=part.text)


def _told(row: Sequence[Part]) -> str:
    """A row in one line of text, for forms: ``[-Friday] [+Monday]``."""
    return "".join(part.text if part.kind == "same" else f"[{_SIGNS[part.kind]}{part.text}]" for part in row)
