"""
Queries of archives and their answers (XEP-0313 1.1.3, XEP-0059 1.0), the same for rooms and accounts.

Leaves out who may ask, and where messages are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.records import Archived, Page
from ccm.wire import forms, rsm
from ccm.wire.stamps import moment, stamp
from ccm.wire.stanza import attribute

EXTENDED = f"{ns.MAM}#extended"
GROUPCHAT_FIELD = "include-groupchat"
QUERY = (ns.MAM, "query")
RESULT = (ns.MAM, "result")
MOST_IDS = 100
_USUAL = 50
_FIELDS = {"with": "jid-single"} | dict.fromkeys(("start", "end", "before-id", "after-id"), "text-single")
_IDS = (
    b"<field var='ids' type='list-multi'><validate xmlns='http://jabber.org/protocol/xdata-validate' "
    b"datatype='xs:string'><open/></validate></field>"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a query asks for.

    :ivar after: of RSM, as is *before*; ``before=""`` asks for the last page.
    :ivar between: ``after-id`` and ``before-id``: these bound the set, and do not turn the pages' direction (§9).
    :ivar most: messages wanted at once; 0 asks for their number alone.
    :ivar flipped: the page is sent the newest first (§4.3.4).
    """

    with_: str | None
    start: datetime | None
    end: datetime | None
    after: str | None
    before: str | None
    between: tuple[str | None, str | None]
    ids: tuple[str, ...]
    most: int
    flipped: bool
    queryid: str | None


def form(*, groupchat: bool = False) -> bytes:
    """
    The fields by which an archive may be searched (§4.1.5).

    :param groupchat: ``include-groupchat`` is among them.
    """
    fields = [*(forms.field(var, kind=kind) for var, kind in _FIELDS.items()), _IDS]
    if groupchat:
        fields.append(forms.field(GROUPCHAT_FIELD, kind="boolean"))
    return b"<query xmlns='%b'>%b</query>" % (ns.MAM.encode(), forms.form("form", ns.MAM, fields))


def read(element: domish.Element, limit: int, *, groupchat: bool = False) -> Asked:
    """
    What the ``<query/>`` asks for.

    :param limit: messages of a page at most; 0 is no limit.
    :raises StanzaError: ``bad-request`` naming the field, ``feature-not-implemented`` for one that nobody knows,
        ``item-not-found`` for a node, ``policy-violation`` for too many ids.
    """
    if element.hasAttribute("node"):
        raise StanzaError("item-not-found", "There are no archives of nodes here.")
    submitted = forms.find(element)
    values = forms.read(submitted, ns.MAM) if submitted is not None else {}
    if groupchat and GROUPCHAT_FIELD in values:
        forms.boolean(GROUPCHAT_FIELD, values.pop(GROUPCHAT_FIELD))
    ids = tuple(values.pop("ids", ()))
    for var in values:
        if var not in _FIELDS:
            raise StanzaError("feature-not-implemented", f"Nothing is searched by {var[:60]} here.")
    if len(ids) > MOST_IDS:
        raise StanzaError("policy-violation", f"Ask for {MOST_IDS} messages at a time.")
    one = {name: listed[0] for name, listed in values.items() if listed and listed[0]}
    page = rsm.read(element) or rsm.Asked()
    if page.index is not None:
        raise StanzaError("feature-not-implemented", "Pages are found by ids, not by numbers.")
    wanted = page.most if page.most is not None else _USUAL
    return Asked(
        with_=address.prepare(one["with"]) if "with" in one else None,
        start=moment(one["start"]) if "start" in one else None,
        end=moment(one["end"]) if "end" in one else None,
        after=page.after,
        before=page.before,
        between=(one.get("after-id"), one.get("before-id")),
        ids=ids,
        most=max(min(wanted, limit) if limit else wanted, MOST_IDS if ids else 0),
        flipped=any(element.elements(ns.MAM, "flip-page")),
        queryid=element.getAttribute("queryid"),
    )


def in_order(page: Page, asked: Asked) -> Iterable[Archived]:
    """A page's messages in the order in which they are sent."""
    return reversed(page.items) if asked.flipped else page.items


def result(row: Archived, asked: Asked, stanza: bytes) -> bytes:
    """The content of the message that brings one archived message (§4.2)."""
    queryid = f" queryid='{attribute(asked.queryid)}'" if asked.queryid is not None else ""
    head = (
        f"<result xmlns='{ns.MAM}'{queryid} id='{attribute(row.id)}'><forwarded xmlns='{ns.FORWARD}'>"
        f"<delay xmlns='{ns.DELAY}' stamp='{stamp(row.stamp)}'/>"
    )
    return head.encode() + stanza + b"</forwarded></result>"


def fin(page: Page) -> bytes:
    """The end of a page."""
    complete = " complete='true'" if page.complete else ""
    first, last = (page.items[0].id, page.items[-1].id) if page.items else (None, None)
    return f"<fin xmlns='{ns.MAM}'{complete}>".encode() + rsm.describe(first, last, page.index, page.total) + b"</fin>"


def metadata(first: Page, last: Page) -> bytes:
    """First and last message of an archive (§5), by a page of one from either end."""
    inner = b""
    if first.items and last.items:
        for name, row in (("start", first.items[0]), ("end", last.items[-1])):
            inner += f"<{name} id='{attribute(row.id)}' timestamp='{stamp(row.stamp)}'/>".encode()
    return b"<metadata xmlns='%b'>%b</metadata>" % (ns.MAM.encode(), inner)
