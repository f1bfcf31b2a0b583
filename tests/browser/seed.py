"""Puts a published document and an invitation into a server's store: ``python seed.py STATE_FOLDER``."""

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from ccm import records as r
from ccm.reporter import render_json
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.contracts_publish import NASTY, document

TALK = (
    "DECISION: One licence for every data set, whatever was agreed with the partners before this winter",
    NASTY,
    "ACTION: ann to publish the text by Friday",
    "ACTION: Book a load test",
    "QUESTION: Who signs off the mirrors that partners run?",
    "See https://example.org/licences for the text",
)


async def seed(reactor: Any, folder: Path) -> None:
    """Everything below the token ``token``, a used link below ``used``, and the slug ``portal``."""
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), folder, host="localhost")
    now = datetime.now(UTC)
    made = document("portal", talk=TALK)
    body = render_json.dumps(made)
    record = r.DocumentRecord("portal", 1, "portal", made.title, made.headline, body, "portal:1", "public", now)
    await stores.documents.publish(record, ())
    await stores.accounts.create("ann@localhost", "Ann Visser", "ann@example.org", ())
    room, start, members = "t1@conference.localhost", now + timedelta(days=2), ("ann@localhost",)
    await stores.topics.save(
        r.Topic("t1", "Licence audit", room, "ann@localhost", "planned", start, 60, "UTC", "en", now, members)
    )
    hash_, until = hashlib.sha256(b"token").digest(), now + timedelta(days=7)
    invitee = r.Invitee(
        "i1", "t1", "kim@example.org", "Kim", "ann@localhost", "offered", None, "", hash_, until, "answer"
    )
    await stores.topics.save_invitee(invitee)
    used = r.Invitee("i2", "t1", "tom@example.org", "Tom", "ann@localhost", "offered", None, "", _hash("used"), until)
    await stores.topics.save_invitee(used)
    await stores.topics.redeem_link(_hash("used"), "i2@guests.localhost")
    for purpose, scope in (("reset", ""), ("address", "ann@new.example")):
        await stores.tokens.issue(r.Token(_hash("token"), purpose, "ann@localhost", scope, until))
    await stores.close()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(seed(reactor, Path(sys.argv[1]))))
