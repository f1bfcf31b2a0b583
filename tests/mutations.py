"""
Thirty rules broken one at a time: does the suite notice?

    .venv/bin/python tests/mutations.py [--only WORD] [--list]

Each mutation is one text of one file, put into a temporary copy of the tree; then the part of the suite runs that is
about it, which must pass without any. The last line says how many were caught; the exit code is 0 if at least
:data:`ENOUGH` were. A mutation whose text is not there any more counts as missed, and is named.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENOUGH = 28
SECONDS = 240
_LEFT_OUT = (".git", ".venv", "artefacts", "node_modules", "var", ".mypy_cache", ".ruff_cache", ".pytest_cache")
ROUTER = ("tests/scripts/test_scripts.py", "-k", "at_the_router")
MUC = ("tests/muc",)
BOSH = ("tests/session/test_bosh.py", "tests/session/test_bosh_window.py")


@dataclass(frozen=True, slots=True)
class Mutation:
    """
    :ivar rule: that is broken. :ivar file: under ``ccm/``. :ivar was: stands there once. :ivar now: takes its place.
    :ivar runs: pytest's arguments, one tuple a run.
    """

    rule: str
    file: str
    was: str
    now: str
    runs: tuple[tuple[str, ...], ...]


MUTATIONS = (
    Mutation(
        "history comes before the subject (XEP-0045 §7.1)",
        "muc/joining.py",
        "    for line in room.history.select(wished, room.config.max_history):\n"
        "        sink.deliver_raw(line.replay(room.jid))\n    sink.deliver_raw(subject.template(room))\n",
        "    sink.deliver_raw(subject.template(room))\n"
        "    for line in room.history.select(wished, room.config.max_history):\n"
        "        sink.deliver_raw(line.replay(room.jid))\n",
        (ROUTER,),
    ),
    Mutation(
        "a locked room lets nobody in (§10.1)",
        "muc/joining.py",
        'if room.locked and standing.affiliation != "owner":',
        'if room.locked and standing.affiliation == "outcast":',
        (ROUTER,),
    ),
    Mutation(
        "the banned stay out (§7.2.7)",
        "muc/joining.py",
        'if standing.affiliation == "outcast":',
        'if standing.affiliation == "outlaw":',
        (ROUTER,),
    ),
    Mutation(
        "a wrong password is refused (§7.2.5)",
        "muc/joining.py",
        "if password != room.config.password:",
        "if password is None:",
        (ROUTER, MUC),
    ),
    Mutation(
        "admins enter a full room (§7.2.9)",
        "muc/joining.py",
        'if RANK[standing.affiliation] >= RANK["admin"]:\n        return  # §7.2.9',
        'if RANK[standing.affiliation] > RANK["owner"]:\n        return  # §7.2.9',
        (ROUTER,),
    ),
    Mutation(
        "110 in every presence of one's own (§7.2.2)",
        "muc/presence.py",
        "own = make(True, (*codes, SELF), None)",
        "own = make(True, codes, None)",
        (ROUTER,),
    ),
    Mutation(
        "only moderators see addresses (§7.2.4)",
        "muc/presence.py",
        'return room.config.whois == "anyone" or watcher.role == "moderator"',
        'return room.config.whois == "anyone" or watcher.role != "visitor"',
        (ROUTER,),
    ),
    Mutation(
        "a shared nick leaves with its last client (§7.2.8)",
        "muc/leaving.py",
        "    if len(occupant.seats) == 1:\n",
        "    if occupant.seats:\n",
        (ROUTER,),
    ),
    Mutation(
        "no ghost is put out for feature-not-implemented (§18)",
        "muc/leaving.py",
        '        "gone",\n',
        '        "gone",\n        "feature-not-implemented",\n',
        (ROUTER,),
    ),
    Mutation(
        "hibernating sessions are no ghosts (XEP-0198 §5)",
        "muc/ghosts.py",
        "if session is None or not session.hibernating:",
        "if session is None or session.jid:",
        (MUC,),
    ),
    Mutation(
        "a list changes whole or not at all (§9.5)",
        "muc/admin.py",
        "    changes = [_read(room, jid, actor, item) for item in items]\n    check_owners(room, changes)\n",
        "    changes = []\n    for item in items:\n        changes.append(_read(room, jid, actor, item))\n"
        '        apply(room, changes[-1:], actor.nick if actor else "")\n    check_owners(room, changes)\n',
        (ROUTER, MUC),
    ),
    Mutation(
        "the last owner stays (§10.4)",
        "muc/admin.py",
        '    if not owners:\n        raise StanzaError("conflict", "A room keeps',
        '    if owners is None:\n        raise StanzaError("conflict", "A room keeps',
        (ROUTER,),
    ),
    Mutation(
        "admins ban no owners (§5.2.2)",
        "muc/affiliation.py",
        'if RANK[old] >= RANK["admin"] or RANK[new] >= RANK["admin"]:',
        'if RANK[new] >= RANK["admin"]:',
        (ROUTER,),
    ),
    Mutation(
        "admins and owners keep their voice (§8.4)",
        "muc/affiliation.py",
        'if RANK[target] >= RANK["admin"] and new in ("visitor", "participant"):',
        'if RANK[target] > RANK["owner"] and new in ("visitor", "participant"):',
        (ROUTER, MUC),
    ),
    Mutation(
        "visitors have no voice (§7.4)",
        "muc/messages.py",
        '    if occupant.role == "visitor":\n        raise StanzaError("forbidden", "You have no voice',
        '    if occupant.role == "none":\n        raise StanzaError("forbidden", "You have no voice',
        (ROUTER,),
    ),
    Mutation(
        "a forged stanza-id is taken away (XEP-0359 §5)",
        "muc/strip.py",
        'return bool(child.name == "stanza-id" and child.getAttribute("by") == room)',
        "return False",
        (ROUTER,),
    ),
    Mutation(
        "nobody puts on hats (XEP-0317)",
        "muc/strip.py",
        "ns.MUC_USER, ns.MUC, ns.HATS)",
        "ns.MUC_USER, ns.MUC)",
        (ROUTER,),
    ),
    Mutation(
        "maxchars counts (§7.2.13)",
        "muc/history.py",
        "                if room < 0:\n",
        "                if room < -(10**9):\n",
        (ROUTER,),
    ),
    Mutation(
        "what is said is on disk before anybody sees it",
        "muc/messages.py",
        "        room.flights.after(context.archive.append(row), template, landed, lost, id_)",
        "        context.archive.append(row)\n        landed()\n        room.flights.now(template)",
        (MUC,),
    ),
    Mutation(
        "a reserved nick is its owner's (§7.2.8)",
        "muc/joining.py",
        "if holder is not None and holder != bare and not room.context.is_admin(bare):",
        "if holder is not None and holder == bare and not room.context.is_admin(bare):",
        (ROUTER,),
    ),
    Mutation(
        "what is beyond the rid window is refused (XEP-0124 §14.2)",
        "session/bosh_window.py",
        "ahead = rid > self.last + self.size and",
        "ahead = rid > self.last + self.size + 1 and",
        (BOSH,),
    ),
    Mutation(
        "an early request waits for its turn (XEP-0124 §14.2)",
        "session/bosh_window.py",
        "waiting = self.parked.pop(self.last + 1, None)",
        "waiting = self.parked.pop(min(self.parked, default=0), None)",
        (BOSH,),
    ),
    Mutation(
        "the same rid gets the same answer (XEP-0124 §14.3)",
        "session/bosh_window.py",
        "        self.replies[slot.rid] = body\n        while len(self.replies) > self.size:",
        "        self.replies[slot.rid] = body\n        while len(self.replies) > 1:",
        (BOSH,),
    ),
    Mutation(
        "the nonce is that of this exchange (RFC 5802 §5.1)",
        "session/scram.py",
        "if not hmac.compare_digest(fields[1][2:].encode(), self._nonce.encode()):",
        "if not self._nonce.encode():",
        (("tests/session/test_scram.py", "tests/session/test_negotiation.py"),),
    ),
    Mutation(
        "acknowledgements go round 2^32 (XEP-0198 §4)",
        "session/resume.py",
        "self.outbound = (self.outbound + 1) % MODULUS",
        "self.outbound = self.outbound + 1",
        (("tests/session", "-k", "not bosh"),),
    ),
    Mutation(
        "nothing goes to negative priorities (RFC 6121 §8.5.2.1)",
        "modules/messages.py",
        "if session.priority is not None and session.priority >= 0:",
        "if session.priority is not None:",
        (ROUTER,),
    ),
    Mutation(
        "a request that waits is in no roster (RFC 6121 §3.1.3)",
        "modules/subscription_states.py",
        "return Outcome(replace(now, pending_in=True), changed=True, passed=True)",
        "return Outcome(replace(now, pending_in=True, hidden=False), changed=True, passed=True)",
        (ROUTER, ("tests/modules/test_subscription_states.py",)),
    ),
    Mutation(
        "pre-approval is not told (RFC 6121 §3.4.2)",
        "modules/subscription_states.py",
        "return Outcome(replace(now, approved=True, hidden=False), changed=True, push=True)",
        "return Outcome(replace(now, approved=True, hidden=False), changed=True, push=True, passed=True)",
        (ROUTER, ("tests/modules/test_subscription_states.py",)),
    ),
    Mutation(
        "a priority is between -128 and 127 (RFC 6121 §4.7.2.3)",
        "modules/presence.py",
        "if not -128 <= priority <= 127:",
        "if not -128 <= priority <= 128:",
        (ROUTER,),
    ),
    Mutation(
        "nobody defines entities (RFC 6120 §11.1)",
        "wire/tags.py",
        'return StreamError("restricted-xml", "Only the five predefined entities may be used.")',
        'return StreamError("not-well-formed", "Only the five predefined entities may be used.")',
        (("tests/wire",),),
    ),
)


def main() -> int:
    """:returns: 0 if enough were caught."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--only", default="", help="mutations whose rule or file holds this")
    parser.add_argument("--list", action="store_true", help="tell the rules and run nothing")
    arguments = parser.parse_args()
    chosen = [each for each in MUTATIONS if arguments.only in each.rule or arguments.only in each.file]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="ccm-mutations-") as folder:
        tree = Path(folder) / "tree"
        if not arguments.list:
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
            for run in dict.fromkeys(run for each in chosen for run in each.runs):
                if suite(tree, run):
                    sys.exit(f"Without any mutation, pytest {' '.join(run)} fails: nothing can be said.")
        for each in chosen:
            start = time.monotonic()
            verdict = "" if arguments.list else judged(tree, each)
            caught += verdict.startswith("caught")
            print(f"{verdict:10} {time.monotonic() - start:5.0f} s  ccm/{each.file}: {each.rule}", flush=True)
    print(f"{caught} of {len(chosen)} caught")
    return 0 if caught >= min(ENOUGH, len(chosen)) or arguments.list else 1


def judged(tree: Path, mutation: Mutation) -> str:
    """Whether the suite notices."""
    path = tree / "ccm" / mutation.file
    source = path.read_text(encoding="utf-8")
    if source.count(mutation.was) != 1:
        return "not there"
    times = path.stat()
    try:
        path.write_text(source.replace(mutation.was, mutation.now), encoding="utf-8")
        for run in mutation.runs:
            code = suite(tree, run)
            if code == 1:
                return "caught"
            if code != 0:
                return f"broken ({code})"
        return "MISSED"
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def suite(tree: Path, run: tuple[str, ...]) -> int:
    """pytest's exit code: 0 if all passed, 1 if something failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *run]
    # Compiled files of the mutated source would outlive it.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1  # it no longer ends
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
