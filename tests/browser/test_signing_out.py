"""Who signs out leaves no token behind; who is removed while signed in is signed out."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from browser.server import ROOT, Server
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PASSWORD = "a meadow in November"


def user(server: Server, *arguments: str) -> None:
    config = server.folder / "ccm.toml"
    text = (ROOT / "etc/dev.toml").read_text().replace('state = "var"', f'state = "{server.folder / "var"}"')
    config.write_text(text)
    ccm = str(Path(sys.executable).with_name("ccm"))
    command = [ccm, "--config", str(config), "user", *arguments]
    subprocess.run(command, input=PASSWORD, text=True, check=True, cwd=ROOT, capture_output=True)


def signed_in(browser: Browser, server: Server) -> Page:
    page = browser.new_context().new_page()
    page.goto(server.url)
    page.get_by_label("E-mail or chat address").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("connection")).to_have_text("Connected", timeout=15_000)
    return page


def tokens(server: Server) -> int:
    with closing(sqlite3.connect(server.folder / "var" / "ccm.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM tokens WHERE purpose = 'session'").fetchone()[0])


def test_signing_out_revokes_the_token(browser: Browser, server: Server) -> None:
    user(server, "add", "ann")
    page = signed_in(browser, server)
    assert tokens(server) == 1
    page.get_by_test_id("sign-out").evaluate("button => button.click()")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    deadline = time.monotonic() + 5
    while tokens(server) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert tokens(server) == 0


def test_a_removed_account_is_signed_out_and_stays_out(browser: Browser, server: Server) -> None:
    user(server, "add", "ann")
    page = signed_in(browser, server)
    user(server, "delete", "ann@localhost")
    expect(page.get_by_test_id("connection")).not_to_have_text("Connected", timeout=20_000)
    page.wait_for_timeout(3_000)
    expect(page.get_by_test_id("connection")).not_to_have_text("Connected")
