"""
What goes with an account in the transaction that removes it, and what stays until others were told.

That somebody is gone is on disk until rooms, nodes, contacts and administrators' lists have heard of it: a crash, or a
removal while the server is down, leaves nothing to whoever has the name next. Until then the roster is put aside, by
which contacts are told. Leaves out archives of messages, which go afterwards (:mod:`ccm.store.filing`).
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select, update

from ccm.store.schema import (
    account_xml,
    marks,
    offline,
    pubsub_items,
    pubsub_nodes,
    push_targets,
    rosters,
    tokens,
    topic_members,
    uploads,
)
from ccm.store.upsert import upsert

_UNTOLD = "gone:"  # and a bare JID; no bare JID begins so


def aside(jid: str) -> str:
    """Under which name the roster of an account that is gone lies until its contacts were told."""
    return _UNTOLD + jid


def remove(connection: Connection, jid: str) -> None:
    """Take away what hangs on an account, and note that nobody was told of it yet."""
    connection.execute(delete(account_xml).where(account_xml.c.owner == jid))
    connection.execute(delete(rosters).where(rosters.c.jid == aside(jid)))
    connection.execute(update(rosters).where(rosters.c.jid == jid).values(jid=aside(jid)))
    connection.execute(delete(offline).where(offline.c.owner == jid))
    connection.execute(delete(tokens).where(tokens.c.subject == jid))
    connection.execute(delete(push_targets).where(push_targets.c.owner == jid))
    for table in (pubsub_nodes, pubsub_items):
        connection.execute(delete(table).where(table.c.service == jid))
    # the next sweep takes the files away; one that is coming now is not kept
    connection.execute(update(uploads).where(uploads.c.owner == jid).values(expires=0, until=0))
    connection.execute(delete(topic_members).where(topic_members.c.jid == jid))
    upsert(connection, marks, {"name": _UNTOLD + jid, "value": 0})


def untold(connection: Connection) -> set[str]:
    """Who is gone, and nobody was told."""
    names = select(marks.c.name).where(marks.c.name.startswith(_UNTOLD, autoescape=True))
    return {name.removeprefix(_UNTOLD) for name in connection.execute(names).scalars()}


def told(connection: Connection, jids: Collection[str]) -> None:
    """Everybody knows of these."""
    names = [_UNTOLD + jid for jid in jids]
    connection.execute(delete(marks).where(marks.c.name.in_(names)))
    connection.execute(delete(rosters).where(rosters.c.jid.in_(names)))
