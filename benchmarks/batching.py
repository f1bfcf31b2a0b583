"""
How long requests to components take that one client sends together in one BOSH request, beside one alone.

    python benchmarks/batching.py [--rounds 40] [--requests 20] [--profile FILE]

Starts a server of its own on free ports with everything embedded, makes a topic, and asks in turn for invitees,
outcome and topic, as the dashboard does. The client is a few lines on two sockets, so that what is measured is the
server. Prints in ms, best and worst tenth and median: a round trip (a ping), one request alone, the slowest of all
together; how many answers these came in, and the server's CPU. ``--profile`` records the server meanwhile by py-spy.
"""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fixtures.server import ServerProcess  # noqa: E402
from scramp import ScramClient  # noqa: E402

PASSWORD = "a meadow in November"
PAUSE_SECONDS = 0.03
WARM_SECONDS = 8  # then the reader of dates has been loaded
_IQ = re.compile(rb"<iq\b[^>]*\sid='(q\d+)'")


class Bosh:
    """One session: a request is held on one connection while the other one sends."""

    def __init__(self, port):
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._files = [each.makefile("rb") for each in self._sockets]
        self._free = [0, 1]
        self._held = []  # connections that wait for an answer, oldest first
        self._rid = time.time_ns() // 1000
        self.sid = ""

    def send(self, inner=b"", more=""):
        """One request."""
        self._rid += 1
        sid = f" sid='{self.sid}'" if self.sid else ""
        body = f"<body xmlns='http://jabber.org/protocol/httpbind' rid='{self._rid}'{sid}{more}>".encode()
        body += inner + b"</body>"
        number = self._free.pop(0)
        head = f"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        self._sockets[number].sendall(head.encode() + body)
        self._held.append(number)

    def answer(self):
        """The body that answers the oldest request."""
        number = self._held.pop(0)
        file, length = self._files[number], 0
        while (line := file.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self._free.append(number)
        return file.read(length)

    def until(self, pattern):
        """Poll until an answer holds that; what the answers held."""
        found = b""
        while not re.search(pattern, found):
            if not self._held:
                self.send()
            found += self.answer()
        return found

    def ask(self, stanzas, count):
        """Send stanzas in one request beside a held one; seconds until all were answered, and how many answers."""
        while not self._held:
            self.send()
        time.sleep(PAUSE_SECONDS)
        start, answers, bodies = time.perf_counter(), 0, 0
        self.send(stanzas)
        while answers < count:
            found = len(_IQ.findall(self.answer()))
            answers, bodies = answers + found, bodies + (found > 0)
            if not self._held and answers < count:
                self.send()
        return time.perf_counter() - start, bodies

    def sign_in(self, name):
        """SCRAM, then a resource."""
        extra = " to='localhost' wait='60' hold='1' ver='1.11' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'"
        self.send(more=extra)
        self.sid = re.search(rb"\ssid='([^']+)'", self.answer())[1].decode()
        scram = ScramClient(["SCRAM-SHA-256"], name, PASSWORD)
        sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
        first = _base64(scram.get_client_first())
        self.send(f"<auth {sasl} mechanism='SCRAM-SHA-256'>{first}</auth>".encode())
        scram.set_server_first(_text(self.until(rb"<challenge")))
        self.send(f"<response {sasl}>{_base64(scram.get_client_final())}</response>".encode())
        scram.set_server_final(_text(self.until(rb"<success")))
        self.send(more=" to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'")
        bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
        self.until(rb"</(stream:)?features>")
        self.send(bind.encode())
        self.until(rb"</jid>")


def _base64(text):
    return b64encode(text.encode()).decode()


def _text(found):
    return b64decode(re.search(rb"<(?:challenge|success)[^>]*>([^<]*)<", found)[1]).decode()


def iq(number, to, payload, kind="get"):
    """One request as bytes."""
    return f"<iq xmlns='jabber:client' type='{kind}' to='{to}' id='q{number}'>{payload}</iq>".encode()


def asks(topic, many, first):
    """*many* requests in the dashboard's turn of three."""
    of = (
        ("invitations.localhost", f"<invitations xmlns='urn:ccm:invitations:0' topic='{topic}'/>"),
        ("reporter.localhost", f"<outcome xmlns='urn:ccm:reporter:0' topic='{topic}'/>"),
        ("topics.localhost", f"<topic xmlns='urn:ccm:topics:0' id='{topic}'/>"),
    )
    return b"".join(iq(first + index, *of[index % len(of)]) for index in range(many))


def cpu_milliseconds(server):
    """Processor time of all threads so far: what a busy machine stretches least."""
    files = Path(f"/proc/{server._process.pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e6


def measure(server, arguments):
    """Milliseconds by how many were asked together, 0 for a ping; answers for each batch; CPU for each request."""
    bosh = Bosh(server.http)
    bosh.sign_in("ann")
    create = "<create xmlns='urn:ccm:topics:0' name='Licence audit' start='tomorrow 10:00'/>"
    bosh.send(b"<presence xmlns='jabber:client'/>" + iq(1, "topics.localhost", create, "set"))
    topic = re.search(rb"<topic [^>]*?id='([^']+)'", bosh.until(rb"type='result'[^>]*>\s*<done"))[1].decode()
    time.sleep(WARM_SECONDS)
    number, found = 100, {0: [], 1: [], arguments.requests: []}
    bodies, spent = [], []
    bosh.ask(asks(topic, arguments.requests, number), arguments.requests)
    profile = None
    if arguments.profile:
        pid = str(server._process.pid)
        command = [str(Path(sys.executable).with_name("py-spy")), "record", "-r", "500", "--gil", "-f", "raw"]
        profile = subprocess.Popen([*command, "-o", arguments.profile, "-d", "600", "-p", pid], stdout=-3, stderr=-3)
        time.sleep(1.5)
    for _ in range(arguments.rounds):
        for many, times in found.items():
            number += 1000
            stanzas = asks(topic, many, number) if many else iq(number, "localhost", "<ping xmlns='urn:xmpp:ping'/>")
            before = cpu_milliseconds(server)
            took, count = bosh.ask(stanzas, max(many, 1))
            times.append(took * 1000)
            if many > 1:
                bodies.append(count)
                spent.append((cpu_milliseconds(server) - before) / many)
    if profile is not None:
        profile.send_signal(2)
        profile.wait()
    return found, bodies, spent


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--profile", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder))
        try:
            server.start()
            command = [str(Path(sys.executable).with_name("ccm")), "--config", str(server.config), "user", "add", "ann"]
            subprocess.run(command, input=PASSWORD, text=True, check=True, capture_output=True)
            found, bodies, spent = measure(server, arguments)
        finally:
            server.end()
    names = ("round trip", "one alone", f"slowest of {arguments.requests}")
    for name, times in zip(names, found.values(), strict=True):
        times.sort()
        tenth = len(times) // 10
        best, middle, worst = times[tenth], statistics.median(times), times[-tenth - 1]
        print(f"{name:14} p10 {best:6.2f}  median {middle:6.2f}  p90 {worst:6.2f} ms")
    print(f"in {statistics.median(bodies):.0f} answers; {statistics.median(spent):.2f} ms of CPU for each request")


if __name__ == "__main__":
    main()
