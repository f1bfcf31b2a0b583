"""The examples of docs/extending.md are found as plug-ins, take their options, and do what the text says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.task import Clock

from ccm import namespaces as ns
from ccm.components.host import LocalComponent
from ccm.errors import ConfigError
from ccm.modules import commands
from ccm.publish.target import TargetServices
from ccm.testing.contracts_publish import document
from ccm.testing.fakes import RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python title=([^\s/]+)\n(.*?)```", TEXT, re.DOTALL))
OPTIONS = "\n".join(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))


def example(name: str) -> ModuleType:
    made = ModuleType(name.removesuffix(".py"))
    exec(compile(FILES[name], name, "exec"), made.__dict__)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the text asks for, with every example."""
    folder = tmp_path_factory.mktemp("extending")
    plugins = folder / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    for name, source in FILES.items():
        (plugins / f"example_{name}").write_text(source, encoding="utf-8")
    (folder / "notes").mkdir()
    (folder / "ccm.toml").write_text(OPTIONS.replace("/srv/notes", str(folder / "notes")), encoding="utf-8")
    return folder


def check(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ccm.cli.main", "--config", "ccm.toml", "check-config"]
    sets = [word for override in overrides for word in ("--set", override)]
    path = os.pathsep.join((str(folder), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, *sets], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_examples_are_found_with_their_options(folder: Path) -> None:
    done = check(folder)
    assert done.returncode == 0, done.stderr
    assert "motd" in done.stdout


def test_a_plugin_that_refuses_its_options_is_heard(folder: Path) -> None:
    done = check(folder, 'publish.folder.folder="/nowhere"')
    assert (done.returncode, done.stderr) == (1, "ccm: ccm.toml: publish.folder.folder must be an existing folder.\n")


def test_an_unknown_key_of_a_plugin_stops_the_start(folder: Path) -> None:
    done = check(folder, 'modules.motd.txt="x"')
    assert done.returncode == 1
    assert done.stderr == "ccm: ccm.toml: unknown key modules.motd.txt; did you mean text?\n"


def test_options_of_what_is_not_installed_are_to_be_removed(folder: Path) -> None:
    for row, kind in (("modules", "module"), ("publish", "publisher")):
        done = check(folder, f'{row}.weather.text="x"')
        assert (done.returncode, done.stderr) == (
            1,
            f"ccm: ccm.toml: [{row}.weather]: no {kind} weather is installed. "
            "Remove the section, or install what brings it.\n",
        )
    assert "If you mean modules.motd, write that." in check(folder, 'modules.motdd.text="x"').stderr


def test_a_plugin_that_cannot_be_imported_is_named_in_one_line(folder: Path) -> None:
    broken = folder / "twisted" / "plugins" / "example_broken.py"
    broken.write_text("import surely_not_installed\n")
    try:
        done = check(folder)
    finally:
        broken.unlink()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "example_broken.py" in done.stderr and "surely_not_installed" in done.stderr


def test_the_module_answers() -> None:
    motd = example("motd.py")
    services = make_services()
    router = make_router(services)
    motd.motd.install(router, services, motd.MotdOptions(text="Tea & cake"))
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)
    child = (("urn:example:motd", "motd"),)
    router.route(
        Stanza("iq", {"type": "get", "id": "1", "from": ann.jid}, b"<motd xmlns='urn:example:motd'/>", child), ann
    )
    [answer] = ann.received
    assert (answer.type, str(answer.element.motd)) == ("result", "Tea & cake")


def test_the_command_is_listed_filled_in_and_run() -> None:
    services = make_services()
    router = make_router(services)
    for module in (example("dice.py").dice, commands.plugin):
        module.install(router, services)
    result_of(services.accounts.create("ann@localhost", "Ann", None, ()))
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)

    def run(form: bytes) -> bytes:
        inner = f"<command xmlns='{ns.COMMANDS}' node='urn:example:dice#throw'>".encode() + form + b"</command>"
        attributes = {"type": "set", "id": "1", "from": ann.jid, "to": "localhost"}
        router.route(Stanza("iq", attributes, inner, ((ns.COMMANDS, "command"),)), ann)
        return ann.received.pop().inner

    filled = b"<x xmlns='jabber:x:data' type='submit'><field var='sides'><value>%b</value></field></x>"
    assert b"var='sides' type='text-single' label='How many sides'><required/>" in run(b"")
    assert b"<field var='fell'>" in run(filled % b"6")
    assert b"<note type='error'>A die has two sides or more.</note>" in run(filled % b"1")
    assert b"<note type='error'>sides must be a whole number.</note>" in run(filled % b"many")


def test_the_component_sends_messages_back() -> None:
    services = make_services()
    router = make_router(services)
    component = LocalComponent(router, "echo.localhost", example("echo.py").echo.handlers(None, None), Clock())
    component.start()
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)
    child = (("jabber:client", "body"),)
    attributes = {"type": "chat", "from": ann.jid, "to": "echo.localhost"}
    router.route(Stanza("message", attributes, b"<body>Hello</body>", child), ann)
    component.stop()
    bodies = [(stanza["from"], str(stanza.body)) for stanza in elements(ann) if stanza.name == "message"]
    assert bodies == [("echo.localhost", "Hello")]


def elements(session: RecordingSession) -> list[Any]:
    return [stanza.element for stanza in session.received]


@pytest_twisted.ensureDeferred
async def test_the_publisher_writes_the_document(tmp_path: Path) -> None:
    folder = example("folder.py")
    services = TargetServices(None, "http://localhost/")
    with pytest.raises(ConfigError):
        folder.folder.configure(folder.FolderOptions(url="https://x.example/", folder=""), services)
    ready = folder.folder.configure(folder.FolderOptions(url="https://x.example/", folder=str(tmp_path)), services)
    receipt = await ready.publish(document("t1"), "key")
    assert receipt.url == f"https://x.example/{receipt.remote_id}"
    assert "# " in (tmp_path / receipt.remote_id).read_text()
