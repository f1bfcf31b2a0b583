"""
"From nothing to a wheel" in docs/extending.md, followed to the letter in an empty folder.

Every file and every command of that part comes from the page. Only what a registry would bring is there already (CCM
from this tree, its dependencies from this environment), and the servers listen on free ports.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
PART = PAGE.partition("## From nothing to a wheel")[2].partition("\n## ")[0]
BLOCKS = dict(re.findall(r"```\w+ title=([^\n]+)\n(.*?)```", PART, re.DOTALL))
FILES = {title: text for title, text in BLOCKS.items() if "/" in title}
STEPS = [title for title in BLOCKS if title not in FILES]
SCRIPTS = ("ccm", "twistd")
READY_SECONDS = 60

pytestmark = pytest.mark.real


class Desk:
    """Where somebody works through the page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.c2s, self.http, self.components = _free_ports(3)
        self.bin = folder / ".venv" / "bin"

    def prepare(self) -> None:
        """What the commands of "prepare" do, without a registry."""
        lines = BLOCKS["prepare"].splitlines()
        venv.create(self.folder / ".venv", with_pip=False, symlinks=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(self.folder / ".venv")}))
        # The .pth files of a folder that is named in one are not read: nothing comes from this tree but CCM.
        (packages / "installed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
        for name in SCRIPTS:
            source = Path(sys.executable).with_name(name).read_text().splitlines(keepends=True)
            (self.bin / name).write_text(f"#!{self.bin / 'python'}\n" + "".join(source[1:]))
            (self.bin / name).chmod(0o755)
        assert lines[:2] == ["python3 -m venv .venv", ". .venv/bin/activate"]
        assert lines[2].startswith("python -m pip install ./ccm-*.whl ")
        self.shell("\n".join(lines[3:]))
        for title, text in FILES.items():
            (self.folder / title).write_text(text, encoding="utf-8")  # into folders that the page makes

    def shell(self, commands: str) -> str:
        """Run lines of the page. :returns: what they print."""
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", commands],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def use(self) -> str:
        """The step "use". :returns: what it prints."""
        return self.shell(f"{BLOCKS['use'].strip()} {self.c2s}")

    @contextmanager
    def running(self, step: str, ready: str) -> Iterator[None]:
        """The command that a step starts, until the block ends."""
        more = []
        if step != "component":
            listen = {
                "c2s": [f"tcp:{self.c2s}:interface=127.0.0.1"],
                "direct_tls": [],
                "http": [f"tcp:{self.http}:interface=127.0.0.1"],
                "components": [f"tcp:{self.components}:interface=127.0.0.1"],
                "operations": [],
            }
            for key, value in listen.items():
                more += ["--set", f"listen.{key}={str(value).replace(chr(39), chr(34))}"]
        else:
            more = ["--connect", f"tcp:127.0.0.1:{self.components}"]
        *before, last = BLOCKS[step].strip().splitlines()
        command = "\n".join([*before, f"exec {last} {shlex.join(more)}"])
        log = self.folder / f"{step}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-e", "-c", command],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while ready not in log.read_text():
                assert process.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() < deadline, log.read_text()[-3000:]
                time.sleep(0.05)
            yield
            process.terminate()
            process.wait(20)
            assert "Traceback" not in log.read_text(), log.read_text()[-3000:]
        finally:
            process.kill()
            process.wait()

    def _environment(self) -> dict[str, str]:
        # pip takes setuptools from where it is, since there is no registry.
        alone = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        return {**kept, **alone, "HOME": str(self.folder), "PATH": f"{self.bin}:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("walkthrough"))
    made.prepare()
    return made


def test_the_page_says_every_step_in_this_order() -> None:
    expected = ["prepare", "test and build", "accounts", "inside", "use", "what it prints", "secret", "server"]
    assert [*expected, "component"] == STEPS


def test_from_nothing_to_a_wheel_inside_and_outside(desk: Desk) -> None:
    printed = desk.shell(BLOCKS["test and build"])
    assert re.search(r"\b5 passed\b", printed), printed
    assert list((desk.folder / "ccm-glossary" / "dist").glob("*.whl"))
    shutil.rmtree(desk.folder / "ccm-glossary")  # what runs from here on is the wheel
    desk.shell(BLOCKS["accounts"])
    with desk.running("inside", "CCM is ready"):
        assert desk.use() == BLOCKS["what it prints"]
    assert "BOSH" in (desk.folder / "run" / "glossary.json").read_text()
    (desk.folder / "run" / "glossary.json").unlink()
    desk.shell(BLOCKS["secret"])
    with desk.running("server", "CCM is ready"), desk.running("component", "is connected"):
        assert desk.use() == BLOCKS["what it prints"]
    assert "BOSH" in (desk.folder / "run" / "glossary.json").read_text()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
