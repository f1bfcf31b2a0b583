"""A talk in a room of a server that runs, published to two targets of which neither takes the document at first."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from publish.hippo_site import Hippo
from publish.target_sites import Receiver
from real.ledger import Ledger
from real.people import PASSWORD, Person
from real.test_kill import _meet, _publish
from real.test_publish_kill import at_stand_ins
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

pytestmark = pytest.mark.real


@pytest.mark.timeout(120)
@pytest_twisted.ensureDeferred
async def test_the_room_hears_of_each_target_that_waits_and_that_has_it_after_all(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    hippo, receiver = Hippo(), Receiver()
    server = server_processes(at_stand_ins(hippo, receiver))
    ledger = Ledger(tmp_path / "ledger.jsonl")
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(server.start)
    ann = Person(reactor, server, ledger, "ann", "tcp", Random(7))
    try:
        hippo.instead = [(401, {}, b"")]
        receiver.instead = [(429, {"Retry-After": "7"}, b"Slow down.")]
        ann.arrive()
        await ann.until(lambda: ann.there)
        await _meet({"ann": ann})
        ann.say("line", "#agreed We take the second of the three offers.")
        await ann.until(lambda: not ann.untaken)
        url = await _publish(ann)

        def heard(start: str) -> str:
            said = [text for nick, text in ann.log.values() if nick == "Reporter" and text.startswith(start)]
            assert len(said) < 2
            return said[0] if said else ""

        host = receiver.url.split("/")[2]
        late = await ann.until(lambda: heard("The webhook does not take it yet"))
        assert late.startswith(
            f"The webhook does not take it yet: {host} answered 429: Slow down; I keep trying, next in "
        )
        failed = await ann.until(lambda: heard("Hippo: "))
        assert failed.endswith(f"and that the user has hippo:rest. The archive has it: {url}")
        assert (await ann.until(lambda: heard("The webhook has"))).startswith(
            f"The webhook has the document now: {receiver.url}"
        )
        ccm = [str(Path(sys.executable).with_name("ccm")), "--config", str(server.config), "outbox", "retry", "--all"]
        done = await deferToThread(subprocess.run, ccm, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == "1 started anew.\n"
        assert (await ann.until(lambda: heard("Hippo has"))).startswith("Hippo has the document now: ")
        assert [len(hippo.kept), len(receiver.kept)] == [1, 1]
    finally:
        await ann.leave()
        await hippo.close()
        await receiver.close()
        ledger.close()
