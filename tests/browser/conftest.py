"""Fixtures for tests in a real Chromium: the browser, a server of our own, and a folder for what is worth keeping."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.server import ROOT, Server
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The same, in which nothing of another test goes on."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server with an empty state."""
    if not (ROOT / "static/dist/index.html").exists():
        pytest.skip("the dashboard is not built: make dashboard")
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def artefacts(request: pytest.FixtureRequest) -> Path:
    """A folder of this test's own for screenshots and recordings, kept after the run."""
    folder = ROOT / "artefacts" / str(request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
