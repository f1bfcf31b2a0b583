"""
Which words were said in which room: an index beside the archives, filled after the fact and up to date when asked.

Appending to an archive knows nothing of it. A *watermark* says how far the archives were read: by a timer while there
is little to do, and by whoever searches. A retraction takes its message out in the same transaction; a correction
takes the place of what it corrects; what a reply quotes is not said by it (XEP-0428). Never found: what was said off
the record, by whatever words or button the room or its author went off it (:mod:`ccm.reporter.silence`; archives have a
little of that, from before the room heard of it), lines that begin with ``[off]``, corrections of any of these, the
words of components, talks between two. SQLite's FTS5 or PostgreSQL's ``tsvector``; searching is :mod:`ccm.store.found`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from ccm import address
from ccm import namespaces as ns
from ccm.interfaces import IDatabase
from ccm.reporter.asides import is_aside
from ccm.reporter.silence import turn
from ccm.reporter.transcript import Message
from ccm.store import room_filing
from ccm.store.found_words import flat
from ccm.store.schema import archive, marks, message_index, off_record, rooms
from ccm.store.times import to_micros
from ccm.store.upsert import upsert
from ccm.wire.fallback import own_words
from ccm.wire.stanza import parse_element

CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE message_words USING fts5(room_key, words, content = 'message_index',"
        " content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2')",
    ),
    "postgresql": (
        "CREATE TABLE message_words (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX message_words_words ON message_words USING gin (words)",
        "CREATE INDEX message_words_archive ON archive USING brin (id)",
    ),
}
MARK, UNTIL = "messages indexed", "messages indexed until"
MOST_CHARACTERS = 8000
#: On PostgreSQL a message may be committed so long after its id was made.
LATE_SECONDS = 30

_FTS_IN = text("INSERT INTO message_words(rowid, room_key, words) VALUES (:seq, :room_key, :words)")
# FTS5 keeps no words beside its index, so it must be told what they were.
_FTS_OUT = text(
    "INSERT INTO message_words(message_words, rowid, room_key, words) VALUES ('delete', :seq, :room_key, :words)"
)
_VECTOR_IN = text("INSERT INTO message_words(rowid, words) VALUES (:seq, to_tsvector('simple', :flat))")
_VECTOR_OUT = text("DELETE FROM message_words WHERE rowid = :seq")
_ROW_OUT = text("DELETE FROM message_index WHERE seq = :seq")


@dataclass(frozen=True, slots=True)
class Said:
    """
    One row of an archive as far as the index wants it.

    :ivar words: ``""`` for what is not to be found.
    :ivar replaces: the author's own id of the message that it corrects, or ``""``.
    :ivar turn: ``off`` takes the room off the record, ``off me`` its sender, ``on`` is the way back; else ``""``.
    """

    room: str
    id: str
    sender: str
    nick: str
    at: int
    words: str = ""
    replaces: str = ""
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    What follows the watermark.

    :ivar first: the watermark: the place of the last row that was read; on PostgreSQL a time. :ivar last: after this.
    :ivar after: where in SQLite that row is now.
    :ivar until: time of the row at that place, by which it is known again.
    :ivar more: there is more to read at once. :ivar reached: id of the last row.
    """

    first: int
    after: int
    last: int
    until: int
    said: tuple[Said, ...]
    more: bool
    reached: str


class MessageIndex:
    """The index of a database; any number of processes may have it."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database
        self._reached = ""

    async def advance(self, most: int) -> bool:
        """
        Read *most* further rows of the archives.

        :returns: whether there is more.
        """
        stretch = await self._database.read(lambda connection: read(connection, most, self._reached))
        self._reached = stretch.reached if stretch.more else ""
        if stretch.last == stretch.first and not stretch.said:
            return stretch.more
        await self._database.write(lambda connection: put(connection, stretch))
        return stretch.more


def read(connection: Connection, most: int, reached: str = "") -> Stretch:
    """
    The next rows after the watermark; parsed here, in a reader's thread.

    :param reached: PostgreSQL's watermark stays behind, since late commits may come before it: begin here instead.
    """
    known = select(rooms.c.jid).where(rooms.c.jid == archive.c.owner).exists().label("known")
    first, until = _watermark(connection)
    if connection.dialect.name == "sqlite":
        statement = select(text("archive.rowid AS place"), known, archive).where(text("archive.rowid > :after"))
        after = _place(connection, first, until)
        rows = connection.execute(statement.order_by(text("archive.rowid")).limit(most), {"after": after}).all()
        last, until = (rows[-1].place, _micros(rows[-1].id)) if rows else (after, until)
    else:
        after = first
        statement = select(known, archive).where(archive.c.id > max(_after(first), reached))
        rows = connection.execute(statement.order_by(archive.c.id).limit(most)).all()
        late = to_micros(datetime.now(UTC)) - LATE_SECONDS * 1_000_000
        last = max(first, min(_micros(rows[-1].id), late)) if rows else first
    said = tuple(each for each in map(_said, rows) if each.words or each.replaces or each.turn)
    return Stretch(first, after, last, until, said, len(rows) == most, rows[-1].id if rows else "")


def _watermark(connection: Connection) -> tuple[int, int]:
    found = {row.name: row.value for row in connection.execute(select(marks).where(marks.c.name.in_((MARK, UNTIL))))}
    return found.get(MARK, 0), found.get(UNTIL, 0)


def until(connection: Connection) -> int:
    """SQLite: the time of the last row that was read, in µs since the epoch."""
    return _watermark(connection)[1]


def _place(connection: Connection, first: int, until: int) -> int:
    """The watermark in SQLite, whose VACUUM numbers rows anew and whose last places are given again once deleted."""
    id_ = connection.execute(text("SELECT id FROM archive WHERE rowid = :first"), {"first": first}).scalar()
    if first == 0 or (id_ is not None and _micros(id_) == until):
        return first
    statement = text("SELECT COALESCE(MAX(rowid), 0) FROM archive WHERE id < :until")
    return int(connection.execute(statement, {"until": _after(until)}).scalar_one())


def put(connection: Connection, stretch: Stretch) -> None:
    """Make a stretch found, unless another process has done so."""
    current = select(marks.c.value).where(marks.c.name == MARK).with_for_update()
    if (connection.execute(current).scalar() or 0) != stretch.first:
        return
    room_filing.file(connection, stretch.after, stretch.last)
    off = {(row.room, row.sender) for row in connection.execute(select(off_record))}
    again = connection.dialect.name != "sqlite"  # the last ones are read again: then it is no longer as it was
    known = _known(connection, stretch.said) if again else frozenset()
    new: dict[str, Said] = {}
    for each in stretch.said:
        if each.id in known:
            continue
        if _is_off(connection, each, off) or not (each.words or each.replaces):
            if again:
                new[each.id] = replace(each, words="")
        elif each.replaces:
            _correct(connection, each, new)
        else:
            new[each.id] = each
    _insert(connection, new)
    for name, value in ((MARK, stretch.last), (UNTIL, stretch.until)):
        upsert(connection, marks, {"name": name, "value": value})


def _known(connection: Connection, said: Sequence[Said]) -> frozenset[str]:
    """Those that were decided upon, shown or not."""
    ids = [each.id for each in said]
    rows = connection.execute(
        select(message_index.c.id, message_index.c.version).where(
            message_index.c.id.in_(ids) | message_index.c.version.in_(ids)
        )
    )
    return frozenset(id_ for row in rows for id_ in row)


def forget(connection: Connection, room: str, ids: Iterable[str]) -> None:
    """Messages of a room are found no more, named by their stanza-ids or their corrections'; unknown ones are fine."""
    ids = tuple(ids)
    mine = message_index.c.room == room, (message_index.c.id.in_(ids) | message_index.c.version.in_(ids))
    _take_out(connection, connection.execute(select(message_index).where(*mine)).all())


def forget_room(connection: Connection, room: str) -> None:
    """Nothing of a room is found any more; call when its archive has been deleted."""
    _take_out(connection, connection.execute(select(message_index).where(message_index.c.room == room)).all())
    connection.execute(delete(off_record).where(off_record.c.room == room))


def bequeath(connection: Connection, room: str, old: str, new: str) -> None:
    """What one bare JID said in a room is another's."""
    for table in (message_index, off_record):
        connection.execute(update(table).where(table.c.room == room, table.c.sender == old).values(sender=new))


def room_key(room: str) -> str:
    """A room as one word."""
    return f"r{blake2b(room.encode(), digest_size=8).hexdigest()}"


# ---- reading


def _said(row: Any) -> Said:
    nick = address.resource(row.with_jid) or ""
    stanza, plain = bytes(row.stanza), Said(row.owner, row.id, row.sender, nick, row.stamp)
    if not row.known or b"<body" not in stanza:
        return plain
    if "@" not in row.sender:
        return _pressed(plain, stanza) if ns.REPORTER.encode() in stanza else plain
    words, replaces = _words(stanza)
    turned = _turn(words)
    return replace(plain, words="" if is_aside(words) else words[:MOST_CHARACTERS], replaces=replaces, turn=turned)


def _turn(words: str) -> str:
    if is_aside(words):
        return ""
    verb, mine = turn(Message("", "", words))
    return f"{verb} me" if verb == "off" and mine else verb


def _pressed(said: Said, stanza: bytes) -> Said:
    """What somebody had the reporter write down by a button, as far as it turns the record."""
    try:
        request: Any = next(parse_element(stanza).elements(ns.REPORTER, "request"), None)
    except ValueError:
        return said
    name = request.getAttribute("name") if request is not None else ""
    if name in ("on", "off"):
        return replace(said, sender="", turn=name)
    if name == "say" and request.getAttribute("jid"):
        return replace(said, sender=request["jid"], turn=_turn(request.getAttribute("words", "")))
    return said


def _words(stanza: bytes) -> tuple[str, str]:
    """What a message says, and the author's id of the one that it corrects."""
    try:
        message: Any = parse_element(stanza)
    except ValueError:  # what cannot be read cannot be found
        return "", ""
    if next(message.elements(ns.RETRACT, "retract"), None) is not None:  # its body is for clients that know no better
        return "", ""
    body = next((str(each) for each in message.elements(ns.CLIENT, "body")), "")
    replace = next(message.elements(ns.CORRECT, "replace"), None)
    replaces = replace.getAttribute("id", "") if replace is not None else ""
    return own_words(message, body).strip(), replaces


def _after(micros: int) -> str:
    """Greater than every id of that moment."""
    return f"{micros:014x}g"


def _micros(id_: str) -> int:
    return int(id_[:14], 16)


# ---- writing


def _is_off(connection: Connection, said: Said, off: set[tuple[str, str]]) -> bool:
    """Whether its author or the room, which has no sender, is off the record; notes who goes off it and comes back."""
    whole, who = (said.room, ""), (said.room, said.sender)
    hidden = whole in off or who in off
    if said.turn == "on" and hidden:
        back = who if who in off else whole
        off.discard(back)
        mine = off_record.c.room == back[0], off_record.c.sender == back[1]
        connection.execute(delete(off_record).where(*mine))
    elif said.turn in ("off", "off me") and not hidden:
        gone = whole if said.turn == "off" else who
        off.add(gone)
        upsert(connection, off_record, {"room": gone[0], "sender": gone[1]})
    return whole in off or who in off


def _correct(connection: Connection, said: Said, new: dict[str, Said]) -> None:
    """Put new words in the place of a message; of one that is not found, for whatever reason, they are not either."""
    mine = (archive.c.owner == said.room, archive.c.origin_id == said.replaces, archive.c.sender == said.sender)
    first = min(connection.execute(select(archive).where(archive.c.filed, *mine)), key=attrgetter("id"), default=None)
    if first is None or b"<retracted" in bytes(first.stanza):
        return
    known = message_index.c.room == said.room, (message_index.c.id == first.id) | (message_index.c.version == first.id)
    before = connection.execute(select(message_index).where(*known)).first()
    fresh = new.get(first.id)
    if not (fresh.words if fresh is not None else before is not None and before.words):
        return
    new.pop(first.id, None)
    if before is not None:
        _take_out(connection, [before])
    if said.words:
        _insert(connection, {first.id if before is None else before.id: said})


def _insert(connection: Connection, new: dict[str, Said]) -> None:
    if not new:
        return
    seq = connection.execute(select(func.coalesce(func.max(message_index.c.seq), 0))).scalar_one()
    rows: list[dict[str, Any]] = []
    for number, (shown_as, said) in enumerate(new.items(), seq + 1):
        row = {"seq": number, "room": said.room, "room_key": room_key(said.room), "id": shown_as, "version": said.id}
        rows.append({**row, "sender": said.sender, "nick": said.nick, "at": said.at, "words": said.words})
    connection.execute(insert(message_index), rows)
    if connection.dialect.name == "sqlite":
        connection.execute(_FTS_IN, rows)
    else:
        flats = [{"seq": row["seq"], "flat": flat(row["words"], MOST_CHARACTERS)} for row in rows]
        connection.execute(_VECTOR_IN, flats)


def _take_out(connection: Connection, rows: Sequence[Any]) -> None:
    if not rows:
        return
    values = [{"seq": row.seq, "room_key": row.room_key, "words": row.words} for row in rows]
    connection.execute(_FTS_OUT if connection.dialect.name == "sqlite" else _VECTOR_OUT, values)
    connection.execute(_ROW_OUT, values)
