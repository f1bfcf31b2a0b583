"""``ccm check-config`` finds what would stop a start, by the code of the start itself."""

from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor

from ccm.cli.main import main
from ccm.config import Config
from ccm.errors import ConfigError
from ccm.rehearsal import rehearse
from ccm.service import Server

HOST = {"server": {"host": "example.org"}}

#: Options, and what is said of them.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tls": {"certificate": "/nowhere.crt"}}, "tls.certificate and tls.key go together"),
    (
        {"hosts": {"example.net": {"tls": {"certificate": "/nowhere.crt", "key": "/nowhere.key"}}}},
        r'\[hosts."example.net"\]: The certificate /nowhere.crt with key /nowhere.key cannot be used',
    ),
    ({"sasl": {"client_ca": "/nowhere.pem"}}, "sasl.client_ca: /nowhere.pem holds no certificates"),
    ({"modules": {"admin": {"admins": ["ann"]}}}, "'ann' is no address of a person"),
    ({"modules": {"pubsub": {"domain": "conference.example.org"}}}, "Give modules.pubsub.domain another name"),
    ({"modules": {"pubsub": {"domain": "topics.example.org"}}}, "topics.example.org is that of a component"),
    ({"hosts": {"conference.example.org": {}}}, "conference.example.org is served twice"),
    ({"listen": {"c2s": ["5222"]}}, r"listen.c2s: '5222' is no endpoint .* write it like \"tcp:5222\""),
    ({"listen": {"https": ["tcp:99999"]}}, "listen.https: 'tcp:99999': ports are from 1 to 65535"),
    ({"listen": {"http": ["tcp:5222:backlog=1024"]}}, "listen.http: .* is that of listen.c2s, too"),
    ({"federation": {"listen": ["5269"]}}, "federation.listen: '5269' is no endpoint"),
    ({"mail": {"intake": ["lmtp"]}}, "mail.intake: 'lmtp' is no endpoint"),
    ({"federation": {"routes": {"peer.example": "10.0.0.2"}}}, "write host:port or tls://host:port"),
    ({"federation": {"nameservers": ["one"]}}, "federation.nameservers: 'one' is no address or address:port"),
    ({"federation": {"ca_file": "/nowhere.pem"}}, "federation.ca_file: /nowhere.pem holds no certificates"),
    ({"web": {"folders": {"converse": "/nowhere"}}}, "web.folders: converse: '/nowhere' is no folder"),
    ({"web": {"folders": {"archive": str(Path(__file__).parent)}}}, "/archive/ is a page of the server's own"),
    ({"visitors": {"exempt": ["one"]}}, "visitors.exempt: 'one' is no address"),
    ({"http": {"origins": ["chat.example.org"]}}, "http.origins: .* write it like https://chat.example.org"),
    ({"publish": {"git": {"url": "nowhere"}}}, "publish.git.url must be"),
    ({"components": {"reporter": {"templates": "/nowhere"}}}, "/nowhere: there is no such folder"),
    ({"components": {"secret_files": {"bot.example.org": "/nowhere"}}}, "/nowhere cannot be read"),
    ({"federation": {"closed": ["acounts"]}}, "federation.closed: acounts is nothing .* did you mean accounts"),
    ({"modules": {"admin": {"admins": ["ann@elsewhere.example"]}}}, "ann@elsewhere.example has no account here"),
    ({"component_queue": {"retry_sets": ["bot.example.org"]}}, "component_queue.retry_sets: .* names no external"),
    ({"mail": {"smtp_host": "mail.example.org", "user": "ccm"}}, "give the secret either in place or by its _file key"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
@pytest_twisted.ensureDeferred
async def test_what_would_stop_a_start_is_found(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=f"^ccm.toml: .*{words}"):
        await rehearse(reactor, Config("ccm.toml", {**HOST, **options}))


@pytest_twisted.ensureDeferred
async def test_a_start_stops_with_the_same_words(tmp_path: Path) -> None:
    config = Config("ccm.toml", {"server": {"state": str(tmp_path)}, "federation": {"ca_file": "/nowhere.pem"}})
    said = []
    for attempt in (rehearse(reactor, config), Server(reactor, config).start()):
        with pytest.raises(ConfigError) as caught:
            await attempt
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest_twisted.ensureDeferred
async def test_what_a_server_keeps_is_not_touched(tmp_path: Path) -> None:
    values = {
        "server": {"host": "example.org", "state": str(tmp_path / "state")},
        "store": {"url": "postgresql://nowhere.invalid/ccm"},
        "state": {"url": "redis://127.0.0.1:1/0"},
        "modules": {"upload": {"folder": str(tmp_path / "files")}},
        "hosts": {"example.net": {}},
    }
    settings = await rehearse(reactor, Config("ccm.toml", values))
    assert settings["state"].url and settings["modules.upload"].folder
    assert not list(tmp_path.iterdir())


def test_it_ends_with_one_when_something_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ccm.toml"
    file.write_text("[web]\nwrong = 1\n", encoding="utf-8")
    assert main(["--config", str(file), "check-config"]) == 1
    assert capsys.readouterr().err.startswith(f"ccm: {file}: unknown key web.wrong")
