"""Each ad-hoc command run by slixmpp against a server of its own process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMANDS = {
    *("topics", "topic", "create", "rename", "reschedule", "visibility", "targets", "end", "delete", "undo", "choose"),
    *("invite", "invitations", "revoke", "resend", "rsvp"),
    *("outcome", "draft", "publish", "hold", "record", "settle", "command", "search", "redact", "reading"),
    *("versions", "changes"),
}
#: For who is invited, and for what is published: see test_slixmpp_talk.
FOR_OTHERS = {"rsvp", "redact", "reading", "versions", "changes"}


@pytest.mark.real
def test_a_client_that_knows_none_of_our_namespaces_runs_every_command(killable: Any) -> None:
    script = Path(__file__).with_name("slixmpp_commands.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(killable.port), "ann@localhost", "a long password"],
        capture_output=True,
        timeout=90,
        text=True,
    )
    results = json.loads(ran.stdout or '{"error": "no answer"}')
    assert "error" not in results, (results["error"], results, ran.stderr[-2000:])
    assert set(results["found"]) == COMMANDS
    for name in COMMANDS - FOR_OTHERS:
        assert results[name]["status"] == "completed", name
    assert results["create"]["fields"]["name"] == "Licences"
    assert results["reschedule"]["fields"]["start"] == ""
    assert results["choose"]["fields"]["start"]
    assert results["undo"]["fields"]["start"] == ""
    assert results["invite"]["fields"]["address"] == "kim@example.org"
    assert results["outcome"]["fields"]["mode"] == "listening"
    assert results["end"]["fields"]["state"] in ("ended", "published")
