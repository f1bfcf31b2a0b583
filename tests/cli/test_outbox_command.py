"""``ccm outbox``: what was given up is shown with its reason, and started anew."""

import subprocess
import sys
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores


@pytest.fixture
def ccm(tmp_path):
    config = tmp_path / "ccm.toml"
    config.write_text(f'[server]\nhost = "localhost"\nstate = "{tmp_path / "var"}"\n')
    command = [str(Path(sys.executable).with_name("ccm")), "--config", str(config), "outbox"]

    def run(*arguments):
        return subprocess.run([*command, *arguments], text=True, capture_output=True, timeout=120)

    return run


@pytest_twisted.ensureDeferred
async def test_jobs_that_were_given_up_are_listed_and_started_anew_by_key(ccm, tmp_path):
    state = tmp_path / "var"
    state.mkdir()
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), state, host="localhost")
    try:
        await stores.outbox.add([("publish", "jcr:t1:1", "{}"), ("publish", "git:t1:1", "{}"), ("mail", "m1", "{}")])
        for job in await stores.outbox.claim("publish", 2, 60):
            await stores.outbox.park(job.id, f"{job.key} said\nno")
        listed = (await deferToThread(ccm, "list")).stdout
        assert listed.splitlines()[:2] == ["mail\twaiting\t1", "publish\tparked\t2"]
        assert [line.split("\t")[0::2] for line in listed.splitlines()[2:]] == [
            ["jcr:t1:1", "jcr:t1:1 said no"],
            ["git:t1:1", "git:t1:1 said no"],
        ]
        again = await deferToThread(ccm, "retry", "jcr:t1:1", "blog:t1:1")
        assert (again.returncode, again.stdout) == (1, "1 started anew.\n")
        assert "Not given up: blog:t1:1." in again.stderr
        assert [job.key for job in await stores.outbox.claim("publish", 5, 60)] == ["jcr:t1:1"]
        assert (await deferToThread(ccm, "retry", "--all")).stdout == "1 started anew.\n"
        assert [job.key for job in await stores.outbox.claim("publish", 5, 60)] == ["git:t1:1"]
    finally:
        await stores.close()


def test_a_retry_of_nothing_says_what_to_name(ccm):
    refused = ccm("retry")
    assert refused.returncode == 1
    assert "give --all" in refused.stderr
