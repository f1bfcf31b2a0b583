"""
Smack's own integration tests against CCM: fetched from Maven Central, run against a server of their own.

    .venv/bin/python tests/interop/smack.py [--only TEST,…] [--keep FOLDER]

Smack cannot be told a port, so that the server listens on the default ports of a loopback address of its own. An
administrator (XEP-0133), who registers in-band (XEP-0077), makes the accounts. With ``--tls`` everybody registers
in-band, over TLS with the certificate that the server has made for itself, and Smack's modular connections stay away:
their TLS does not always get to its end when the machine is busy. The last line is the score; the exit code is 0 if
nothing failed and nothing was left out but :data:`EXCLUDED` and :data:`IMPOSSIBLE`. Needs ``java`` (11 or newer) and
``mvn``.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POM = Path(__file__).with_name("pom.xml")
#: Tests that are not run, and why; docs/interop.md repeats it.
EXCLUDED = {
    "FileTransferIntegrationTest.fileTransferTest": (
        "Between two clients: Smack offers no loopback address to the other one for SOCKS5 (XEP-0065) and gives up."
    ),
}
#: How often what failed is run again. A modular connection of Smack's now and then connects and sends nothing, as a
#: recording of the network shows, so that the server ends it; some of its tests take a listener away too early.
AGAIN = 3
#: Tests that Smack itself leaves out, and why it does so here.
IMPOSSIBLE = {
    "smackx.omemo": "Smack's tests come without an implementation of OMEMO, which is a package of its own.",
    "IoTDiscoveryIntegrationTest": "There is no registry of things (XEP-0347).",
}
WEBSOCKET = "modular-websocket-okhttp,modular-websocket-java11"
MODULAR = "modular,modular-nocompress"
MODULAR_ALONE = "ModularXmppClientToServerConnectionLowLevelIntegrationTest"
ADMIN = ("admin", "of-a-suite")
SECONDS = 1200.0
REPLY_MILLISECONDS = 20_000
START_SECONDS = 60.0
STORE_PASSWORD = "trusted"
_SCORE = re.compile(r"finished: (\d+)/(\d+) \[(\d+) failed\]")
_FAILED = re.compile(r"^SEVERE: (\w+\.\w+) \(.*\) Failed$", re.MULTILINE)
_LEFT_OUT = re.compile(r"Could not run (\S+).* because: (.*)")


def main() -> int:
    """:returns: 0 if all that can run has passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--tls", action="store_true", help="over TLS; see above")
    parser.add_argument("--only", default="", help="tests to run, e.g. MultiUserChatIntegrationTest.mucTest")
    parser.add_argument("--keep", type=Path, help="a folder for the server's state and log, which is kept")
    parser.add_argument(
        "--also", default="", help="jars or folders with more tests, such as those of XMPP Interop Testing"
    )
    parser.add_argument("--option", action="append", default=[], help="one of Smack's own, as NAME=VALUE")
    parser.add_argument("--verbose", action="store_true", help="show all that Smack says, with the stanzas")
    arguments = parser.parse_args()
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install a JDK (11 or newer) and Maven.")
    jars = os.pathsep.join(filter(None, (arguments.also, classpath())))
    with tempfile.TemporaryDirectory(prefix="ccm-smack-") as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        address = free_address()
        with server(address, folder):
            options = {"enabledTests": arguments.only} if arguments.only else {}
            options |= {"debugger": "console"} if arguments.verbose else {}
            options |= dict(each.split("=", 1) for each in arguments.option)
            if arguments.tls:
                options |= {"securityMode": "required", "disabledConnections": f"{WEBSOCKET},{MODULAR}"}
                options["disabledTests"] = ",".join((*EXCLUDED, MODULAR_ALONE))
                store = trusted(folder / "state" / "self-signed.crt")
            else:
                register(address, *ADMIN)
                options |= {"adminAccountUsername": ADMIN[0], "adminAccountPassword": ADMIN[1]}
                store = None
            said = suite(jars, address, store, options)
            again: list[str] = []
            while len(again) < AGAIN and (failed := failures(([said, *again])[-1])):
                again.append(suite(jars, address, store, options | {"enabledTests": ",".join(failed)}))
    return judge(said, again, bool(arguments.only or arguments.option))


def failures(said: str) -> list[str]:
    """The names of those that failed in a run."""
    return sorted(set(_FAILED.findall(said)))


def classpath() -> str:
    """Every jar of the suite, fetched by Maven unless it is in the cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ccm-tests"
    cache.mkdir(parents=True, exist_ok=True)
    listed = cache / f"smack-{POM.stat().st_mtime_ns}.classpath"
    if not listed.is_file():
        command = ["mvn", "-q", "-B", "-f", str(POM), f"-Dmaven.repo.local={cache / 'maven'}"]
        command += ["dependency:build-classpath", f"-Dmdep.outputFile={listed}"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
    return listed.read_text(encoding="utf-8").strip()


def free_address() -> str:
    """A loopback address of which nobody uses the default port."""
    number = os.getpid()
    for last in range(2, 255):
        address = f"127.{52 + number // 65536 % 100}.{number // 256 % 256}.{last}"
        with socket.socket() as probe:
            try:
                probe.bind((address, 5222))
            except OSError:
                continue
        return address
    sys.exit("Port 5222 is taken on every loopback address that was tried.")


@contextmanager
def server(address: str, folder: Path) -> Iterator[None]:
    """CCM as ``etc/interop.toml`` says, on that address."""
    ports = {"c2s": 5222, "direct_tls": 5223, "http": 5280, "components": 5347, "operations": 5281}
    command = [str(Path(sys.executable).with_name("twistd")), "--pidfile=", "-n", "ccm"]
    command += ["--config", "etc/interop.toml", "--set", f'server.state="{folder / "state"}"']
    command += ["--set", f'web.url="http://{address}:5280/"', "--set", f'modules.admin.admins=["{ADMIN[0]}@localhost"]']
    for name, port in ports.items():
        command += ["--set", f'listen.{name}=["tcp:{port}:interface={address}"]']
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(process, address, folder / "server.log")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    told = (folder / "server.log").read_text(encoding="utf-8")
    if "Traceback" in told:
        print(told[told.index("Traceback") :][:4000])
        sys.exit("The server has failed at something; see above.")


def wait_for(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    """Until it listens."""
    last = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((address, 5222), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > last:
                sys.exit(f"The server has not come up:\n{log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.2)
        else:
            return


def trusted(certificate: Path) -> Path:
    """What makes Java trust that certificate."""
    store = certificate.with_name("trusted.p12")
    command = ["keytool", "-importcert", "-noprompt", "-alias", "ccm", "-file", str(certificate)]
    command += ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=START_SECONDS)
    return store


def register(address: str, name: str, password: str) -> None:
    """Make an account in-band."""
    header = "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    header += "xmlns:stream='http://etherx.jabber.org/streams'>"
    query = f"<username>{name}</username><password>{password}</password>"
    request = f"<iq type='set' id='r1'><query xmlns='jabber:iq:register'>{query}</query></iq>"
    with socket.create_connection((address, 5222), START_SECONDS) as stream:
        for sent, end in ((header, b"</stream:features>"), (request, b"id='r1'")):
            stream.sendall(sent.encode())
            said = b""
            while end not in said:
                more = stream.recv(65536)
                if not more:
                    sys.exit(f"The server does not let {name} register: {said.decode()}")
                said += more


def suite(jars: str, address: str, store: Path | None, more: dict[str, str]) -> str:
    """Run the tests with *more* options than the usual; answers what was said."""
    options = {
        "service": "localhost",
        "host": address,
        "securityMode": "disabled",
        "replyTimeout": str(REPLY_MILLISECONDS),
        "disabledConnections": WEBSOCKET,
        "dnsResolver": "javax",
    }
    if EXCLUDED:
        options["disabledTests"] = ",".join(sorted(EXCLUDED))
    options |= more
    command = ["java", "-Xmx512m", *(f"-Dsinttest.{name}={value}" for name, value in options.items())]
    if store is not None:
        command += [f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}"]
    command += ["-cp", jars, "org.igniterealtime.smack.inttest.SmackIntegrationTestFramework"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = []
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(int(SECONDS))
    for line in process.stdout:
        print(line, end="", flush=True)
        said.append(line)
    process.wait()
    signal.alarm(0)
    return "".join(said)


def judge(said: str, again: list[str], partly: bool) -> int:
    """
    The score, and whether it is as it should be.

    :param again: runs of what had failed in the one before.
    """
    found = _SCORE.search(said)
    if found is None or not all(map(_SCORE.search, again)):
        print(f"Smack's tests did not end within {SECONDS:.0f} s.")
        return 1
    passed, available, failed = map(int, found.groups())
    for number, run in enumerate(again, 1):
        print(f"failed in run {number}: {', '.join(failures(([said, *again])[number - 1]))}")
        left = int(_SCORE.search(run)[3])  # type: ignore[index]
        passed, failed = passed + failed - left, left
    wrong = failed
    for name, why in _LEFT_OUT.findall(said):
        short = name.removeprefix("org.jivesoftware.").removeprefix("org.igniterealtime.")
        expected = any(short.startswith(known) or known in short for known in IMPOSSIBLE)
        print(f"left out by Smack{'' if expected else ', unexpected'}: {short}: {why}")
        wrong += not (expected or partly)
    print(f"Smack: {passed} of {available} passed, {failed} failed, {len(EXCLUDED)} excluded")
    return 1 if wrong or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
