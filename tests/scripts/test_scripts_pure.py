"""Every conversation script that needs no stream and no room, on a router without transports."""

from pathlib import Path

import pytest
import pytest_twisted

from ccm.modules import disco, messages, online, ping, presence, roster, subscriptions, time, version
from ccm.testing.pure_stage import PureStage
from ccm.testing.scripts import Script, play

MODULES = [m.plugin for m in (ping, version, time, disco, roster, subscriptions, presence, online, messages)]
SCRIPTS = [Script.load(path) for path in sorted(Path(__file__).parent.glob("*.script"))]
PURE = [script for script in SCRIPTS if not script.only or "pure" in script.only]


@pytest.mark.parametrize("script", PURE, ids=lambda script: script.source)
@pytest_twisted.ensureDeferred
async def test_the_conversation_goes_as_written(script: Script) -> None:
    await play(script, PureStage(MODULES))
