"""Values of options that cannot be: each is refused in a sentence that names it and says what may be written."""

from typing import Any

import msgspec
import pytest
from msgspec import inspect

from ccm.bounds import Amount, Count, Port
from ccm.config import Config, Section
from ccm.errors import ConfigError
from ccm.settings import SECTIONS, Settings

WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"modules": {"mam": {"keep_days": -1}}},
        "modules.mam.keep_days = -1: write a whole number, 0 or more. The default is 730.",
    ),
    (
        {"modules": {"mam": {"archive": "sometimes"}}},
        'modules.mam.archive = "sometimes": write "always", "never" or "roster". The default is "always".',
    ),
    ({"muc": {"create": "nobody"}}, 'muc.create = "nobody": write "admins", "everybody" or "local".'),
    ({"mail": {"tls": "ssl"}}, 'mail.tls = "ssl": write "direct", "off" or "starttls".'),
    ({"mail": {"smtp_port": 70000}}, "mail.smtp_port = 70000: write a whole number from 1 to 65535."),
    ({"mail": {"timeout_seconds": 0}}, "mail.timeout_seconds = 0: write a number above 0."),
    ({"mail": {"sender": "noreply"}}, "mail.sender: 'noreply' is no mail address"),
    ({"wire": {"max_depth": 0}}, "wire.max_depth = 0: write a whole number, 1 or more."),
    ({"server": {"host": 5}}, "server.host = 5: write a text in quotes"),
    ({"server": {"host": "Example.org"}}, "server.host: 'Example.org' is no domain. Write it in small letters"),
    ({"server": {"zone": "Berlin"}}, "server.zone: 'Berlin' is no time zone. Write it like Europe/Berlin."),
    ({"server": {"language": "d"}}, "server.language: 'd' is no language"),
    ({"web": {"secure": "yes"}}, 'web.secure = "yes": write true or false. The default is false.'),
    ({"web": {"url": "example.org"}}, "web.url: 'example.org' is no web address. Write it as https://example.org/."),
    ({"shaping": {"memory_mib": [1, 2]}}, "shaping.memory_mib = [1, 2]: write a list in [ ] of 3"),
    ({"shaping": {"memory_mib": [1, 3, 2]}}, "shaping.memory_mib = [1, 3, 2]: write each number larger than"),
    ({"sasl": {"mechanisms": ["SCRAM"]}}, 'each of it "OAUTHBEARER", "PLAIN", "SCRAM-SHA-1" or "SCRAM-SHA-256".'),
    ({"sasl": {"mechanisms": []}}, "sasl.mechanisms is empty: nobody could sign in"),
    ({"sasl": {"anonymous_hosts": ["a b"]}}, "sasl.anonymous_hosts: 'a b' is no domain"),
    ({"guests": {"host": "a@b"}}, "guests.host: 'a@b' is no domain"),
    ({"muc": {"admins": ["ann@example.org/home"]}}, "muc.admins: 'ann@example.org/home' is no address"),
    ({"http": {"bosh_path": "http-bind"}}, "http.bosh_path: 'http-bind' is no path"),
    ({"store": {"url": "mysql://here"}}, "store.url: mysql is not supported"),
    ({"state": {"url": "redis://elsewhere/0"}}, "state.url: elsewhere is another machine"),
    ({"federation": {"require_tls": False}}, "federation.require_certificates needs federation.require_tls"),
    ({"federation": {"require_certificates": False, "dialback": False}}, "nobody could prove who it is"),
    ({"federation": {"deny": ["*"]}}, "federation.deny: '*' is no domain"),
    ({"modules": {"upload": {"types": ["png"]}}}, "modules.upload.types: 'png': write it like image/png"),
    (
        {"hosts": {"example": {"net": {"muc": {}}}}},
        'if the domain is example.net, quote it: [hosts."example.net"]',
    ),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_value_that_cannot_be_is_refused_with_what_may_be_written(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings(Config("ccm.toml", options))
    assert str(caught.value).startswith("ccm.toml: ")
    assert words in str(caught.value)


def test_a_section_of_a_domain_is_judged_likewise() -> None:
    tables = {"example.net": {"muc": {"occupants": -1}}}
    with pytest.raises(ConfigError, match=r'^ccm.toml: \[hosts."example.net"\]: muc.occupants = -1: write a whole'):
        Settings(Config("ccm.toml", {"hosts": tables}))


def numbers(type_: Any, name: str) -> list[str]:
    """The numbers without bounds in a type."""
    if isinstance(type_, inspect.Metadata):
        return numbers(type_.type, name)
    if isinstance(type_, inspect.IntType | inspect.FloatType):
        return [name] if type_.ge is None and type_.gt is None else []
    if isinstance(type_, inspect.StructType):
        return [each for field in type_.fields for each in numbers(field.type, f"{name}.{field.name}")]
    inner = getattr(type_, "item_types", None) or [getattr(type_, "item_type", None)]
    return [each for one in inner if one is not None for each in numbers(one, name)]


def test_every_number_among_the_options_has_bounds() -> None:
    shapes = Settings(Config("defaults", {})).shapes
    assert len(shapes) > len(SECTIONS)
    found = [each for name, shape in shapes.items() for each in numbers(inspect.type_info(shape), name)]
    assert found == []


def test_a_number_without_bounds_would_be_noticed() -> None:
    class Bare(Section):
        some: int = 1
        pairs: tuple[float, Count] = (1.0, 1)
        good: tuple[Count, ...] = ()
        also: Amount = 1.0
        port: Port = 1

    assert numbers(inspect.type_info(Bare), "bare") == ["bare.some", "bare.pairs"]


def test_every_default_is_a_value_that_may_be_written() -> None:
    for name, shape in Settings(Config("defaults", {})).shapes.items():
        written = msgspec.to_builtins(shape())
        assert Config("ccm.toml", _nested(name, written)).section(name, shape) == shape()


def _nested(name: str, value: Any) -> dict[str, Any]:
    for part in reversed(name.split(".")):
        value = {part: value}
    return dict(value)
