"""A client that knows pubsub and no namespace of ours shows the document writing itself."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from twisted.internet.threads import deferToThread

SCRIPT = Path(__file__).with_name("slixmpp_live.py")
PASSWORD = "a long password"

pytestmark = pytest.mark.real


def test_the_watching_script_names_nothing_of_ours() -> None:
    assert not re.search(r"urn:|ccm", SCRIPT.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[2])


@pytest_twisted.ensureDeferred
async def test_the_document_writes_itself_before_two_clients(server_processes: Callable[..., ServerProcess]) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann", "kim")
    await deferToThread(server.start)
    seen = await deferToThread(watched, server)
    assert seen["late"] == ["A1", "D1", "T1"]
    assert seen["whole"] == seen["ann"] == seen["kim"]
    assert seen["whole"]["A1"] == "Kim to check all mirrors"
    ours = seen["ann's history"]
    written = ["+T1 Mirrors", "+A1 Kim to check the mirrors", "+D1 We use one licence."]
    assert [each for each in ours if each in written] == written
    assert ours.index("+A1 Kim to check all mirrors") > ours.index("+A1 Kim to check the mirrors")
    assert "-D1" in ours and "-D1" in seen["kim's history"]
    assert "Traceback" not in server.log.read_text()


def watched(server: ServerProcess) -> Any:
    certificate = server.state / "self-signed.crt"
    command = [sys.executable, str(SCRIPT), str(server.c2s), PASSWORD, str(certificate)]
    ran = subprocess.run(command, capture_output=True, timeout=120, text=True, check=False)
    seen = json.loads(ran.stdout or '{"error": "it printed nothing"}')
    assert "error" not in seen, f"{seen['error']}\n{seen}\n{ran.stderr[-2000:]}"
    return seen
