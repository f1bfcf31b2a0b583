"""What is built from this tree works where the tree is not: the source archive, the wheel, the server, the commands."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".*", "node_modules", "var", "artefacts", "build", "*.egg-info", "__pycache__", "benchmarks"
)
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
#: No Node, npm or anything else that a build might reach for.
BARE = {"PATH": "/nonexistent", "HOME": "/nonexistent", "LANG": "C.UTF-8"}

pytestmark = pytest.mark.real


def build(kind: str, source: Path, out: Path) -> Path:
    command = [sys.executable, "-c", BUILD, kind, str(out)]
    done = subprocess.run(command, cwd=source, env=BARE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the unpacked source archive, without Node: the archive holds the dashboard ready made."""
    if not (ROOT / "static" / "dist" / "index.html").exists():
        pytest.skip("the dashboard has not been built: make dashboard")
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", ignore=LEFT_OUT)
    archive = build("build_sdist", folder / "tree", folder)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    for name in ("etc/ccm.toml", "docs/operations.md", "LICENSE", "static/src", "requirements/run.txt"):
        assert (source / name).exists(), f"the source archive lacks {name}"
    return build("build_wheel", source, folder)


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and what it depends on; nothing of this tree."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    # A folder named in a .pth file is searched, but its own .pth files, this tree's among them, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--prefix", str(folder / "venv"), "--ignore-installed", str(wheel)], check=True)
    return folder


def run(elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    empty = elsewhere / "empty"
    empty.mkdir(exist_ok=True)
    python = str(elsewhere / "venv" / "bin" / "python")
    environment = {**BARE, "TMPDIR": str(elsewhere)}
    return subprocess.run(
        [python, *arguments], cwd=empty, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def server(elsewhere: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``twistd -n ccm`` in an empty folder. :returns: the process, and its address once it is ready."""
    empty = elsewhere / "server"
    empty.mkdir()
    port = free_port()
    (empty / "ccm.toml").write_text(
        f'[listen]\nc2s = []\ndirect_tls = []\noperations = []\nhttp = ["tcp:{port}:interface=127.0.0.1"]\n'
    )
    twistd = "from twisted.scripts.twistd import run; run()"
    command = [str(elsewhere / "venv/bin/python"), "-c", twistd, "--pidfile=", "-n", "ccm", "--config", "ccm.toml"]
    with (
        (empty / "log").open("w+") as output,
        subprocess.Popen(command, cwd=empty, env=BARE, stdout=output, stderr=output, text=True) as process,
    ):
        deadline = time.monotonic() + 60
        while f"\nCCM is ready: http://localhost:{port}/\n" not in (empty / "log").read_text():
            assert process.poll() is None, (empty / "log").read_text()
            assert time.monotonic() < deadline, (empty / "log").read_text()
            time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}/"
        process.kill()


def test_the_wheel_holds_dashboard_plugins_migrations_and_licences(elsewhere: Path) -> None:
    packages = next((elsewhere / "venv" / "lib").glob("python3*/site-packages"))
    for name in (
        "ccm/static/index.html",
        "ccm/static/THIRD-PARTY-LICENSES.txt",
        "ccm/store/migrations/env.py",
        "ccm/store/migrations/versions/0001_first.py",
        "ccm/reporter/templates/project.toml",
        "ccm/web/assets/pages.css",
        "ccm/py.typed",
        "twisted/plugins/ccm_plugin.py",
        "twisted/plugins/ccm_builtin.py",
    ):
        assert (packages / name).exists(), f"the wheel lacks {name}"
    assert list(packages.glob("ccm-*.dist-info/licenses/LICENSE"))
    assert not list(packages.glob("twisted/__init__.py")), "the wheel must not bring a twisted of its own"
    assert (elsewhere / "venv" / "share" / "ccm" / "ccm.toml").exists()


def test_the_server_of_the_wheel_serves_the_dashboard(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    with urllib.request.urlopen(address, timeout=10) as answer:
        page = answer.read().decode()
    assert '<meta name="ccm-domain" content="localhost"' in page
    with urllib.request.urlopen(address + "archive/", timeout=10) as answer:
        assert answer.status == 200
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) in (0, -signal.SIGTERM)
    assert time.monotonic() - start < 10


def test_the_command_of_the_wheel_helps(elsewhere: Path) -> None:
    script = elsewhere / "venv" / "bin" / "ccm"
    assert script.exists()
    done = run(elsewhere, str(script), "--help")
    assert done.returncode == 0, done.stderr
    assert "check-config" in done.stdout


def test_the_demo_of_the_wheel_publishes(elsewhere: Path) -> None:
    done = run(elsewhere, "-m", "ccm.cli.main", "demo", "--once")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Published: http://localhost:" in done.stdout


def test_nothing_is_written_beside_the_state(elsewhere: Path) -> None:
    empty = elsewhere / "empty"
    assert not empty.exists() or os.listdir(empty) == []
