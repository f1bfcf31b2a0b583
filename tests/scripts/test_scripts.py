"""Every conversation script, at the bare router and over each transport that it is for."""

import re
from pathlib import Path
from random import Random

import pytest
import pytest_twisted
from conftest import ADMIN, MODULES

from ccm.testing.link_websocket import WebSocketLink
from ccm.testing.net_stage import ScriptServer
from ccm.testing.pure_stage import PureStage
from ccm.testing.scripts import Script, ScriptFailed, parse, play

TRANSPORTS = ("tcp", "bosh", "websocket", "resource")
SCRIPTS = [Script.load(path) for path in sorted(Path(__file__).parent.glob("*.script"))]
OVER_STREAMS = [
    (script, name)
    for script in SCRIPTS
    for name in TRANSPORTS
    if not script.only or ("bosh" if name == "resource" else name) in script.only
]
IN_PIECES = [(script, name) for script, name in OVER_STREAMS if name in ("tcp", "websocket")]


@pytest.mark.parametrize("script", [s for s in SCRIPTS if not s.only], ids=lambda script: script.source)
@pytest_twisted.ensureDeferred
async def test_the_conversation_goes_as_written_at_the_router(script: Script) -> None:
    await play(script, PureStage(MODULES, options=ADMIN))


@pytest.mark.parametrize(("script", "transport"), OVER_STREAMS, ids=lambda v: getattr(v, "source", v))
@pytest_twisted.ensureDeferred
async def test_the_conversation_goes_as_written_over(
    script: Script, transport: str, script_server: ScriptServer
) -> None:
    stage = script_server.stage(transport)
    try:
        await play(script, stage)
    finally:
        await stage.close()


@pytest.mark.machine
@pytest.mark.parametrize(("script", "transport"), IN_PIECES, ids=lambda v: getattr(v, "source", v))
@pytest_twisted.ensureDeferred
async def test_the_conversation_goes_the_same_in_random_pieces_over(
    script: Script, transport: str, server_of_pieces: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebSocketLink, "pieces", Random(script.source))
    stage = server_of_pieces.stage(transport)
    try:
        await play(script, stage)
    finally:
        await stage.close()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("receives <iq type='error' id='p1'/>", "expected 'error'"),
        ("receives <message/>", "is not <message"),
        ("receives <iq id='p1'><body/></iq>", "lacks <body"),
        ("receives <iq id='p1'/>\nRomeo receives <iq/>", "nothing came"),
        ("receives exactly <iq id='p1'/>", "unexpected attributes"),
        ("receives nothing", "something came"),
        ("sends <message to='{nobody}'/>", "{nobody} has no value yet"),
        ("receives in any order <message/>", "unexpected"),
        ("eventually receives <message/>", "did not come"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_conversation_that_goes_otherwise_fails_with_its_line(said: str, why: str) -> None:
    text = f"Romeo signs in\nRomeo sends <iq type='get' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>\nRomeo {said}"
    with pytest.raises(ScriptFailed, match=r"script:[34] ") as failed:
        await play(parse(text), PureStage(MODULES))
    assert why in str(failed.value)


@pytest.mark.parametrize("line", ["Romeo sings", "romeo signs in", "Romeo sends nothing"])
def test_a_statement_that_nobody_knows_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="script:1"):
        parse(line)


def test_there_are_many_scripts_and_each_has_a_title() -> None:
    assert len(SCRIPTS) >= 150
    assert sum(script.source.startswith("muc_") for script in SCRIPTS) >= 80
    assert all(script.title for script in SCRIPTS)


def test_every_rule_of_the_table_is_held_by_something_that_is_there() -> None:
    folder = Path(__file__).parent
    rows = [line for line in (folder / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = {row: re.findall(r"`([\w/.]+)`", row.rpartition(" | ")[2]) for row in rows}
    assert [row for row, names in named.items() if not names] == ["| Rules | Held by |", "| Complaint | Held by |"]
    files = {name if "/" in name else f"scripts/{name}.script" for names in named.values() for name in names}
    assert sorted(name for name in files if not (folder.parent / name).is_file()) == []
    untold = {script.source for script in SCRIPTS} - {name.removeprefix("scripts/") for name in files}
    assert [name for name in untold if name.startswith(("muc_", "stream_", "roster_"))] == []
