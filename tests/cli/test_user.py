"""``ccm user``: what it refuses, in one sentence and with exit code 1."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def ccm(tmp_path):
    config = tmp_path / "ccm.toml"
    config.write_text(f'[server]\nhost = "localhost"\nstate = "{tmp_path / "var"}"\n[sasl]\niterations = 4096\n')
    command = [str(Path(sys.executable).with_name("ccm")), "--config", str(config), "user"]

    def run(*arguments, password=""):
        return subprocess.run([*command, *arguments], input=password, text=True, capture_output=True, timeout=120)

    return run


def test_an_operator_is_told_of_short_and_common_passwords_and_may_set_them(ccm):
    short = ccm("add", "ann", password="short\n")
    common = ccm("add", "kim", password="Password1234\n")
    own = ccm("add", "annabel.smith", password="annabel.smith\n")
    assert [each.returncode for each in (short, common, own)] == [0, 0, 0]
    assert "Take at least 10 characters" in short.stderr
    assert "one of the first anybody would try" in common.stderr
    assert all("It is set nevertheless." in each.stderr for each in (short, common, own))
    assert {"ann@localhost", "kim@localhost", "annabel.smith@localhost"} <= set(ccm("list").stdout.split())


def test_a_good_password_makes_an_account_without_a_word(ccm):
    assert ccm("add", "ann", password="a meadow in November\n").stderr == ""
    assert "one of the first" in ccm("passwd", "ann", password="qwertyuiop12\n").stderr
    assert ccm("passwd", "ann", password="another meadow in May\n").stderr == ""


def test_a_command_that_finds_no_database_makes_none_and_says_where_it_looked(tmp_path):
    config = tmp_path / "ccm.toml"
    config.write_text('[server]\nstate = "var"\n[hosts."two.test"]\n[sasl]\niterations = 4096\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [str(Path(sys.executable).with_name("ccm")), "--config", str(config)]

    def run(*arguments, password="", there=elsewhere):
        return subprocess.run(
            [*command, *arguments], input=password, text=True, capture_output=True, timeout=120, cwd=there
        )

    for asked in (("user", "list"), ("user", "disable", "ann"), ("outbox", "list")):
        lost = run(*asked)
        assert lost.returncode == 1 and lost.stderr.count("\n") == 1
        assert f"there is no database {elsewhere}/var/ccm.sqlite" in lost.stderr
        assert f"from the current folder, {elsewhere}. " in lost.stderr and "server.state" in lost.stderr
    assert not list(elsewhere.iterdir())
    made = run("user", "add", "ann", password="a meadow in November\n", there=tmp_path)
    assert f"The database is new: {tmp_path}/var/ccm.sqlite" in made.stdout
    assert "ann@localhost" in run("user", "list", there=tmp_path).stdout
    other = run("user", "add", "ann@three.test", password="a meadow in November\n", there=tmp_path)
    assert "write it as name@localhost or name@two.test." in other.stderr


def test_only_a_guest_who_is_there_is_deleted_and_none_is_added(ccm):
    refused = ccm("add", "kim@guests.localhost", password="a meadow in November\n")
    assert "is no account here: write it as name@localhost." in refused.stderr
    ccm("add", "ann", password="a meadow in November\n")
    gone = ccm("delete", "kim@guests.localhost")
    assert "There is no such account" in gone.stderr


def test_an_account_is_switched_off_and_on(ccm):
    ccm("add", "ann", password="a meadow in November\n")
    assert "ann@localhost is switched off." in ccm("disable", "ann").stdout
    assert "switched off" in ccm("list").stdout
    assert "ann@localhost is switched on." in ccm("enable", "ann").stdout
    assert "switched off" not in ccm("list").stdout
    assert "There is no such account" in ccm("disable", "kim").stderr
