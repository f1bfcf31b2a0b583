"""
What keeps CCM from using some parts of Twisted Words and wokkel as they are (``docs/twisted.md``).

A test here that begins to fail says that the part was mended: use it then, and take CCM's own away.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.python import log
from twisted.words.protocols.jabber import xmlstream
from twisted.words.protocols.jabber.component import ConnectComponentAuthenticator
from twisted.words.xish import domish, xpath

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from wokkel import component, muc

ROOT = Path(__file__).parents[2]


def run(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_wokkel_does_not_import_by_itself() -> None:
    assert "constants" in run("import wokkel.muc").stderr
    assert "_PY3" in run("import wokkel.data_form").stderr


def test_all_of_wokkel_imports_behind_our_module() -> None:
    names = "client component data_form delay disco formats generic muc ping pubsub server shim subprotocols xmppim"
    done = run(f"import ccm.wokkel_imports\nfor name in '{names}'.split(): __import__('wokkel.' + name)")
    assert done.returncode == 0, done.stderr


def test_an_internal_component_tracks_no_requests() -> None:
    assert not hasattr(component.InternalComponent, "request")


def test_wokkels_component_gives_up_at_the_first_refused_handshake() -> None:
    assert "stopService" in component.Component.initializationFailed.__code__.co_names
    assert component.Component.__init__.__code__.co_varnames[1:3] == ("host", "port")


def test_wokkels_router_serialises_each_stanza_to_log_it() -> None:
    heard: list[Any] = []
    log.addObserver(heard.append)
    try:
        router = component.Router()
        sink = xmlstream.XmlStream(ConnectComponentAuthenticator("x.localhost", "secret"))
        sink.send = lambda obj: None
        router.addRoute("x.localhost", sink)
        element = domish.Element((None, "message"))
        element["to"] = "x.localhost"
        element.addElement("body", content="private words")
        router.route(element)
    finally:
        log.removeObserver(heard.append)
    assert any("private words" in str(event) for event in heard)


def test_a_join_by_wokkel_leaves_a_compiled_query_behind_for_good() -> None:
    from twisted.internet.task import Clock
    from twisted.words.protocols.jabber.jid import JID

    client = muc.MUCClientProtocol(Clock())
    stream = xmlstream.XmlStream(ConnectComponentAuthenticator("x.localhost", "secret"))
    stream.send = lambda obj: None
    client.xmlstream = stream
    client.join(JID("a-room-of-its-own@conference.localhost"), "Reporter").addErrback(lambda _: None)
    assert any("a-room-of-its-own" in str(query) for query in xpath.__internedQueries)


def test_wokkels_servers_never_begin_tls_and_queue_without_bound() -> None:
    code = "import ccm.wokkel_imports, wokkel.server, inspect; print(inspect.getsource(wokkel.server))"
    source = run(code).stdout
    assert "XMPPServerListenAuthenticator" in source
    assert "startTLS" not in source
    assert "TLSInitiatingInitializer" not in source
    assert "be emptied at some point" in source


def test_wokkels_dialback_keys_are_of_ascii_domains_only() -> None:
    code = "from wokkel.server import generateKey; generateKey('s', 'b\u00fccher.example', 'one.example', '1')"
    assert "UnicodeEncodeError" in run(f"import ccm.wokkel_imports; {code}").stderr


def test_twisteds_stream_parser_takes_what_xmpp_forbids() -> None:
    elements: list[Any] = []
    parser = domish.elementStream()
    parser.DocumentStartEvent = lambda root: None
    parser.ElementEvent = elements.append
    parser.DocumentEndEvent = lambda: None
    parser.parse(b"<!DOCTYPE x [<!ENTITY e 'expanded'>]><stream><!-- a comment --><?pi?><message/>")
    assert [element.name for element in elements] == ["message"]
