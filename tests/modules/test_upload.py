"""Places for files: who gets one, how it is bounded, and what is told of the service."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from twisted.logger import capturedLogs

from ccm import namespaces as ns
from ccm.errors import ConfigError, StoreClosed
from ccm.interfaces import IUploads
from ccm.modules import disco
from ccm.modules.guests import plugin as visits
from ccm.modules.upload import UploadOptions, plugin
from ccm.session.guests import MARK, Scope
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza, attribute

SERVICE = "upload.localhost"


class Place:
    def __init__(self, **options: object) -> None:
        self.hands = Hands()
        made = make_services(hands=self.hands, guest_host="guests.localhost")
        self.services = made
        self.uploads: IUploads = made.uploads
        self.router = make_router(made)
        self.router.add_host("guests.localhost")
        for jid in ("ann@localhost", "gus@guests.localhost"):
            result_of(made.accounts.create(jid, jid.partition("@")[0], None, ()))
        disco.plugin.install(self.router, made)
        plugin.install(self.router, made, UploadOptions(**options))
        self.ann = self.signed_in("ann@localhost/a")

    def signed_in(self, jid: str) -> RecordingSession:
        session = RecordingSession(jid)
        self.router.bind(session)
        return session

    def iq(self, inner: str, payload: tuple[str, str], session: RecordingSession | None = None) -> Stanza:
        session = session or self.ann
        attrs = {"type": "get", "id": "1", "from": session.jid, "to": SERVICE}
        self.router.route(Stanza("iq", attrs, inner.encode(), (payload,)), session)
        return session.received.pop()

    def ask(
        self, name: str | None = "cat.png", size: str = "10", inner: str = "", session: RecordingSession | None = None,
        **more: str,
    ) -> Stanza:  # fmt: skip
        given = {"filename": name, "size": size, **{key.replace("_", "-"): value for key, value in more.items()}}
        said = "".join(f" {key}='{attribute(value)}'" for key, value in given.items() if value is not None)
        return self.iq(f"<request xmlns='{ns.UPLOAD}'{said}>{inner}</request>", (ns.UPLOAD, "request"), session)

    def kept(self, answer: Stanza, owner: str = "ann@localhost") -> None:
        """Put the file of that place."""
        upload = result_of(self.uploads.place(url(answer).split("/")[4]))
        file = result_of(self.uploads.open(upload))
        result_of(file.keep())


def url(answer: Stanza) -> str:
    assert answer.type == "result", answer.inner
    slot = next(answer.element.elements())
    found = {child.name: child["url"] for child in slot.elements()}
    assert set(found) == {"put", "get"} and found["put"] == found["get"]
    return str(found["get"])


def refused(answer: Stanza) -> str:
    assert answer.type == "error"
    error = next(answer.element.elements(ns.CLIENT, "error"))
    return next(str(child.name) for child in error.elements(ns.STANZA_ERRORS))


def test_a_place_has_an_address_that_nobody_guesses_and_the_name_of_the_file() -> None:
    place = Place()
    first, second = url(place.ask("très cool.jpg")), url(place.ask("très cool.jpg"))
    found = re.fullmatch(r"http://localhost/upload/([A-Za-z0-9_-]{32})/tr%C3%A8s%20cool\.jpg", first)
    assert found and first != second
    upload = result_of(place.uploads.place(found[1]))
    assert (upload.owner, upload.name, upload.size, upload.media_type) == ("ann@localhost", "très cool.jpg", 10, "")
    assert (upload.until - upload.created).total_seconds() == 300
    assert (upload.expires - upload.created).days == 30


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\u202egnp.exe", "'><x/>", "%2e%2e%2f", "a?b#c", "nul", "..", "é/ü"]
)
def test_hostile_names_become_harmless_ones(name: str) -> None:
    tail = url(Place().ask(name)).split("/")[5:]
    assert len(tail) == 1 and re.fullmatch(r"[A-Za-z0-9_.~%-]+", tail[0])
    assert not set(unquote(tail[0])) & set("/\\<>?*\u202e") and unquote(tail[0]) not in ("", ".", "..")


@pytest.mark.parametrize("size", ["", "0", "-1", "1.5", "1e3", " 1", "1" * 16, "abc", "\u0663"])
def test_a_size_is_a_number_of_bytes(size: str) -> None:
    assert refused(Place().ask(size=size)) == "bad-request"


@pytest.mark.parametrize("name", [None, "", "x" * 1001])
def test_a_file_has_a_name_of_bounded_length(name: str | None) -> None:
    assert refused(Place().ask(name)) == "bad-request"


def test_a_file_that_is_too_large_is_refused_with_the_limit() -> None:
    place = Place(max_file_bytes=1000, bytes_per_account=500)
    answer = place.ask(size="501")
    assert refused(answer) == "not-acceptable"
    told = f"<file-too-large xmlns='{ns.UPLOAD}'><max-file-size>500</max-file-size></file-too-large>"
    assert told.encode() in answer.inner and b"type='modify'" in answer.inner
    assert url(place.ask(size="500"))
    assert b"<value>500</value>" in place.iq(f"<query xmlns='{ns.DISCO_INFO}'/>", (ns.DISCO_INFO, "query")).inner


def test_beyond_a_quota_it_is_told_when_to_try_again() -> None:
    place = Place(files_per_account_per_day=1)
    place.kept(place.ask())
    answer = place.ask()
    assert refused(answer) == "resource-constraint" and b"type='wait'" in answer.inner
    assert f"<retry xmlns='{ns.UPLOAD}' stamp='2026-01-02T00:00:00Z'/>".encode() in answer.inner
    place.hands.advance(86_401)
    assert url(place.ask())


def test_where_nobody_can_tell_when_there_is_none_is_told() -> None:
    place = Place(bytes_per_account=15, expire_days=0)
    place.kept(place.ask())
    answer = place.ask()
    assert refused(answer) == "resource-constraint" and b"<retry" not in answer.inner


@pytest.mark.parametrize(
    ("name", "given", "condition"),
    [
        ("cat.png", "image/png", None),
        ("cat.png", "IMAGE/PNG; q=1", None),
        ("cat.png", "", None),
        ("cat.png", "text/html", "not-acceptable"),
        ("cat.html", "", "not-acceptable"),
        ("cat", "", "not-acceptable"),
        ("cat.png", "image", "bad-request"),
        ("cat.png", "image/png\nX: y", "bad-request"),
        ("cat.png", "image/\u00e9", "bad-request"),
    ],
)
def test_only_types_that_are_allowed_may_come(name: str, given: str, condition: str | None) -> None:
    answer = Place(types=("image/*", "audio/ogg")).ask(name, content_type=given)
    assert refused(answer) == condition if condition else url(answer)


def test_a_pattern_of_types_must_be_one() -> None:
    with pytest.raises(ConfigError, match=r"image/\*"):
        UploadOptions(types=("image",)).check()


def test_something_ephemeral_goes_when_its_owner_says() -> None:
    place = Place()

    def asked(before: str) -> Stanza:
        return place.ask(inner=f"<ephemeral xmlns='{ns.UPLOAD_PURPOSE}' expire-before='{before}'/>")

    answer = asked("2026-01-02T01:00:00+01:00")
    place.kept(answer)
    id_ = url(answer).split("/")[4]
    place.hands.advance(86_399)
    assert result_of(place.uploads.find(id_)) is not None
    place.hands.advance(2)
    assert result_of(place.uploads.find(id_)) is None
    assert refused(asked("2026-01-01T00:00:00Z")) == "not-acceptable"
    for wrong in ("", "tomorrow", "2026-13-01T00:00:00Z", "2026-01-03T00:00:00", "9999-12-31T23:59:59-14:00"):
        assert refused(asked(wrong)) == "bad-request", wrong


def test_a_message_is_the_ordinary_purpose_and_others_are_not_there() -> None:
    place = Place()
    assert url(place.ask(inner=f"<message xmlns='{ns.UPLOAD_PURPOSE}'/>"))
    assert refused(place.ask(inner=f"<permanent xmlns='{ns.UPLOAD_PURPOSE}'/>")) == "feature-not-implemented"
    assert url(place.ask(inner="<else xmlns='urn:x'/>"))


def test_a_guest_of_one_topic_gets_a_place_and_may_do_nothing_else_there() -> None:
    place = Place()
    visits.install(place.router, place.services)
    session = RecordingSession("gus@guests.localhost/g")
    until = datetime.fromtimestamp(place.services.now(), UTC) + timedelta(hours=1)
    session.state[MARK] = Scope("t1@conference.localhost", "t1", until).text()
    place.router.bind(session)
    place.router.fire("session-bound", session)
    assert url(place.ask(session=session))
    attrs = {"id": "1", "from": session.jid, "to": SERVICE}
    place.router.route(Stanza("iq", attrs | {"type": "set"}, b"<q xmlns='x'/>", (("x", "q"),)), session)
    assert refused(session.received.pop()) == "forbidden"
    place.router.route(Stanza("message", attrs, b"<body>hi</body>", ((ns.CLIENT, "body"),)), session)
    assert refused(session.received.pop()) == "forbidden"


def test_guests_may_unless_they_may_not_and_strangers_never() -> None:
    for guests in (True, False):
        place = Place(guests=guests)
        answer = place.ask(session=place.signed_in("gus@guests.localhost/g"))
        assert url(answer) if guests else refused(answer) == "forbidden"
        assert refused(place.ask(session=place.signed_in("nobody@localhost/x"))) == "forbidden"
        elsewhere = RecordingSession("elsewhere.org")
        place.router.add_domain("elsewhere.org", elsewhere)
        elsewhere.jid = "ann@localhost/a"  # from another server, whoever it says it is
        assert refused_elsewhere(place, elsewhere) == "forbidden"


def refused_elsewhere(place: Place, sink: RecordingSession) -> str:
    attrs = {"type": "get", "id": "1", "from": "eve@elsewhere.org/x", "to": SERVICE}
    inner = f"<request xmlns='{ns.UPLOAD}' filename='a' size='1'/>".encode()
    place.router.route(Stanza("iq", attrs, inner, ((ns.UPLOAD, "request"),)), sink)
    return refused(sink.received.pop())


def test_the_service_is_found_among_the_hosts_items_and_says_what_it_is() -> None:
    place = Place()
    attrs = {"type": "get", "id": "1", "from": place.ann.jid, "to": "localhost"}
    query = f"<query xmlns='{ns.DISCO_ITEMS}'/>".encode()
    place.router.route(Stanza("iq", attrs, query, ((ns.DISCO_ITEMS, "query"),)), place.ann)
    assert b"<item jid='upload.localhost'/>" in place.ann.received.pop().inner
    told = place.iq(f"<query xmlns='{ns.DISCO_INFO}'/>", (ns.DISCO_INFO, "query")).inner.decode()
    assert "<identity category='store' type='file'" in told and f"<feature var='{ns.UPLOAD}'/>" in told
    assert "<field var='max-file-size'><value>104857600</value>" in told
    assert refused(place.iq(f"<query xmlns='{ns.DISCO_INFO}' node='x'/>", (ns.DISCO_INFO, "query"))) == "item-not-found"


def test_anything_else_is_refused_and_answers_are_not_answered() -> None:
    place = Place()
    assert refused(place.iq("<query xmlns='jabber:iq:version'/>", (ns.VERSION, "query"))) == "service-unavailable"
    assert place.iq(f"<ping xmlns='{ns.PING}'/>", (ns.PING, "ping")).type == "result"
    for kind, type_ in (("message", "error"), ("presence", None), ("iq", "result"), ("iq", "error")):
        attrs = {"id": "1", "from": place.ann.jid, "to": SERVICE} | ({"type": type_} if type_ else {})
        place.router.route(Stanza(kind, attrs), place.ann)
    assert place.ann.received == []
    place.router.route(Stanza("message", {"from": place.ann.jid, "to": SERVICE}, b"<body>a</body>"), place.ann)
    assert refused(place.ann.received.pop()) == "service-unavailable"


def test_files_that_have_ended_are_swept_now_and_then() -> None:
    place = Place(expire_days=0.01)
    place.kept(place.ask())
    place.hands.advance(3600)
    assert result_of(place.uploads.sweep()) == 0  # done already


def test_a_server_that_ends_at_once_says_nothing_of_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed() -> int:
        raise StoreClosed("The store is closed.")

    place = Place()
    monkeypatch.setattr(place.uploads, "sweep", closed)
    with capturedLogs() as logs:
        place.hands.advance(3600)
    assert logs == []
