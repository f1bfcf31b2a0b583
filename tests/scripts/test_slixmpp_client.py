"""A client library that knows nothing of CCM, over TLS."""

import os
import sys
from pathlib import Path

import pytest_twisted
from twisted.internet.utils import getProcessOutputAndValue

from ccm.testing.net_stage import PASSWORD, ScriptServer

VISIT = Path(__file__).with_name("slixmpp_visit.py")


@pytest_twisted.ensureDeferred
async def test_slixmpp_pings_subscribes_talks_and_reads_the_archive(script_server: ScriptServer) -> None:
    stage = script_server.stage("tcp")
    names = [stage.local("Ann"), stage.local("Bob")]
    await stage.prepare(names, [])
    users = [f"{name}@{stage.host}" for name in names]
    arguments = [str(VISIT), str(script_server.ports["tcp"]), PASSWORD, *users, stage.garden]
    out, err, code = await getProcessOutputAndValue(sys.executable, ["-W", "ignore", *arguments], os.environ)
    assert code == 0, err.decode()[-2000:]
    assert out.decode().splitlines() == [
        "ping",
        "version CCM",
        f"items {stage.muc} pubsub.{stage.host} push.{stage.host} upload.{stage.host}",
        "message hello",
        "roster both",
        "groupchat everybody",
        "archive 1",
    ]
