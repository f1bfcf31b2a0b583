"""The tables of further domains: what they say, what they inherit, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor

from ccm.config import Config
from ccm.errors import ConfigError
from ccm.service import Server
from ccm.settings import Settings


def settings(text: dict[str, Any]) -> Settings:
    return Settings(Config("ccm.toml", text))


BASE: dict[str, Any] = {
    "server": {"host": "example.org", "language": "de"},
    "muc": {"history_messages": 7, "admins": ["ann@example.org"]},
    "sasl": {"anonymous_hosts": ["anon.example.org"], "iterations": 5000},
    "modules": {
        "enabled": ["register"],
        "disabled": ["version"],
        "admin": {"admins": ["ann@example.org"]},
        "pubsub": {"domain": "nodes.example.org", "creators": ["ann@example.org"]},
    },
}


def test_a_domain_has_what_the_server_has_and_what_it_says_itself() -> None:
    tables = {"muc": {"history_bytes": 5}, "modules": {"disabled": [], "presence": {}}}
    both = settings({**BASE, "hosts": {"example.net": tables}})
    own = both.hosts["example.net"]
    assert (own["server"].host, own["server"].language) == ("example.net", "de")
    assert (own["muc"].history_messages, own["muc"].history_bytes) == (7, 5)
    assert both["muc"].history_bytes != 5
    assert own["sasl"].iterations == 5000
    on = {module.name for module in own.modules()}
    assert {"register", "version"} <= on
    assert "version" not in {module.name for module in both.modules()}


def test_what_is_the_servers_by_its_nature_is_not_inherited() -> None:
    own = settings({**BASE, "hosts": {"example.net": {}}}).hosts["example.net"]
    assert own["sasl"].anonymous_hosts == ()
    assert not own["muc"].admins
    assert not own["modules.admin"].admins
    assert not own["modules.pubsub"].domain
    assert not own["modules.pubsub"].creators
    other = {"sasl": {"anonymous_hosts": ["anon.example.net"]}}
    own = settings({**BASE, "hosts": {"example.net": other}}).hosts["example.net"]
    assert own["sasl"].anonymous_hosts == ("anon.example.net",)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"example.org": {}}, "that is server.host already"),
        ({"Example.net": {}}, "is no domain; write it in small letters"),
        ({"ann@example.net": {}}, "is no domain"),
        ({"example.net": {"listen": {}}}, "listen is no section that a domain may have of its own"),
        ({"example.net": {"language": "de"}}, "language is no section"),
        ({"example.net": {"muc": {"histori": 1}}}, r"unknown key muc.histori; did you mean history"),
        ({"example.net": {"sasl": {"client_ca": "/x"}}}, "client_ca is the same for all domains"),
        ({"example.net": {"sasl": {"iterations": 5}}}, "sasl.iterations is the same for all domains"),
        ({"example.net": {"session": {"outgoing_bytes": 5}}}, r"outgoing_bytes is the same .* give it in \[session\]"),
        ({"example.net": {"session": {"bytes_per_second": 5}}}, "bytes_per_second is the same for all domains"),
        ({"example.net": {"modules": {"upload": {"folder": "/x"}}}}, r"give it in \[modules.upload\]"),
        ({"example.net": 3}, "is no domain"),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings({**BASE, "hosts": tables})


def test_hosts_must_be_tables() -> None:
    with pytest.raises(ConfigError, match="holds a table for each domain"):
        settings({**BASE, "hosts": ["example.net"]})


@pytest_twisted.ensureDeferred
async def test_records_of_sessions_last_as_long_as_any_domain_says(tmp_path: Path) -> None:
    hosts = {"example.net": {"session": {"resume_seconds": 3_600}}}
    server = Server(reactor, Config("ccm.toml", {"server": {"state": str(tmp_path)}, "hosts": hosts}))
    await server.assemble()
    try:
        assert server._ground.records._seconds == 3_600
    finally:
        await server.stop()
