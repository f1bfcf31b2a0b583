"""Each ad-hoc command run by slixmpp against a server of its own process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = {
    *("topics", "topic", "create", "rename", "reschedule", "visibility", "end", "delete"),
    *("invite", "invitations", "revoke"),
    *("outcome", "publish", "hold", "record"),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """A server with the account ann; answers its client port."""
    port, http = free_port(), free_port()
    config = tmp_path / "ccm.toml"
    config.write_text(
        f"""
[server]
host = "localhost"
state = "{tmp_path / "var"}"
[listen]
c2s = ["tcp:{port}:interface=127.0.0.1"]
direct_tls = []
http = ["tcp:{http}:interface=127.0.0.1"]
components = []
operations = []
[web]
url = "http://localhost:{http}/"
"""
    )
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    folder = Path(sys.executable).parent
    subprocess.run(
        [str(folder / "ccm"), "--config", str(config), "user", "add", "ann@localhost", "--password", "a long password"],
        check=True,
        env=here,
        cwd=tmp_path,
    )
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [str(folder / "twistd"), "--pidfile=", "-n", "ccm", "--config", str(config)],
        env=here,
        cwd=tmp_path,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _await_port(port, process, tmp_path / "log")
        yield port
    finally:
        process.terminate()
        process.wait(15)
        log.close()


def _await_port(port: int, process: Any, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not start")


@pytest.mark.real
def test_a_client_that_knows_none_of_our_namespaces_runs_every_command(server: int) -> None:
    script = Path(__file__).with_name("slixmpp_commands.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(server), "ann@localhost", "a long password"],
        capture_output=True,
        timeout=90,
        text=True,
    )
    results = json.loads(ran.stdout or '{"error": "no answer"}')
    assert "error" not in results, (results, ran.stderr[-2000:])
    assert set(results["found"]) == COMMANDS
    for name in COMMANDS:
        assert results[name]["status"] == "completed", name
    assert results["create"]["fields"]["name"] == "Licences"
    assert results["invite"]["fields"]["address"] == "kim@example.org"
    assert results["outcome"]["fields"]["mode"] == "listening"
    assert results["end"]["fields"]["state"] in ("ended", "published")
