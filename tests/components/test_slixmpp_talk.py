"""A whole talk by two people whose client knows ad-hoc commands and rooms, and no namespace of ours."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from twisted.internet.threads import deferToThread

SCRIPT = Path(__file__).with_name("slixmpp_talk.py")
PASSWORD = "a long password"

pytestmark = pytest.mark.real


def test_the_script_names_nothing_of_ours() -> None:
    assert not re.search(r"urn:|ccm", SCRIPT.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[2])


@pytest_twisted.ensureDeferred
async def test_from_the_creation_of_a_topic_to_its_document(server_processes: Callable[..., ServerProcess]) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann", "kim")
    await deferToThread(server.start)
    seen = await deferToThread(talk, server)
    assert seen["create"]["name"] == "Licences" and seen["create"]["start"]
    [topic] = seen["list"]["rows"]
    assert (topic["id"], topic["name"]) == (seen["create"]["id"], "Licences")
    assert seen["get"]["room"] == topic["room"]
    assert seen["rename"]["name"] == "Licence audit"
    assert seen["reschedule"]["start"] > seen["get"]["start"]
    assert any("10:00 CET" in note for note in seen["reschedule"]["notes"])  # the topic's zone, said once
    assert (seen["invite"]["address"], seen["invite"]["state"]) == ("kim@example.org", "offered")
    assert seen["called"] == topic["room"]
    assert seen["after rsvp"] == {"Kim": "accepted"}
    assert seen["resend"]["address"] == "jo@example.net" and seen["resend"]["notes"]
    assert seen["after revoke"] in ({"Kim": "accepted"}, {"Kim": "accepted", "Jo Doe": "revoked"})
    assert seen["after undo"] == {"Kim": "accepted", "Jo Doe": "offered"}
    assert seen["outcome"]["mode"] == "published"
    [said] = seen["said"]
    assert said == f"Published: {seen['outcome']['document']}"
    page = await deferToThread(fetched, seen["outcome"]["document"])
    assert "It gets you to big data sooner and for less." in page
    assert seen["reading"]["url"].startswith(seen["outcome"]["document"])
    assert seen["versions"] == ["1"] and seen["changes"]["notes"] == ["Both versions say the same."]
    assert seen["redact"]["notes"][0].startswith("Its words are gone from the published version.")
    assert "Mondrian" not in page
    assert seen["end"]["state"] in ("ended", "published")
    assert set(seen["before deletion"]) == {"Licence audit", "Lunch"}
    assert seen["after deletion"] == ["Licence audit"]
    assert "Traceback" not in server.log.read_text()


def talk(server: ServerProcess) -> Any:
    certificate = server.state / "self-signed.crt"
    command = [sys.executable, str(SCRIPT), str(server.c2s), PASSWORD, str(certificate)]
    ran = subprocess.run(command, capture_output=True, timeout=120, text=True, check=False)
    seen = json.loads(ran.stdout or '{"error": "it printed nothing"}')
    assert "error" not in seen, f"{seen['error']}\n{seen}\n{ran.stderr[-2000:]}"
    return seen


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())
