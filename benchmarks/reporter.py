"""
What the reporter costs: CPU for each message as it is folded in a room, for a whole report, at import; memory.

    python benchmarks/reporter.py LOG [LOG …]

LOG is what ``ccm replay`` takes. The first round is left out: in it patterns are compiled and weights are loaded. Of
the others the best counts, of each log by itself, so that other work on the machine shows less.
"""

import argparse
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from ccm.reporter.discussion import Context, State, new_state, step
from ccm.reporter.evaluation import report
from ccm.reporter.narrative import Part, Spoken, summary
from ccm.reporter.segments import segments
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message, read_log
from ccm.reporter.turns import Line, read

ROUNDS = 5
UNKNOWN = 40  # remarks for which the type of a talk is mostly not known
MARKED = Message("marked", "chair", "#startmeeting")  # from here on it is known
_IMPORT = "import time; t = time.process_time(); import ccm.reporter.discussion; print(time.process_time() - t)"


def fold(messages: Sequence[Message], context: Context) -> State:
    """Give the reporter one message after another."""
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)
    return state


def tell(messages: Sequence[Message]) -> None:
    """Find the topics and word the summary."""
    lines = [Line(m.text, m.nick, int(m.time.timestamp()) if m.time else None) for m in messages]
    words = read(lines)
    parts = [Part("", one.title, one.start, one.end) for one in segments(lines, words=words)]
    summary([Spoken(m.id, m.nick, m.text) for m in messages], parts, words)


def best(run: Callable[[Sequence[Message]], object], logs: Sequence[Sequence[Message]]) -> float:
    """Microseconds of CPU a message, each log in the best of some rounds after the first."""
    for messages in logs:
        run(messages)
    least = [float("inf")] * len(logs)
    for _ in range(ROUNDS):
        for number, messages in enumerate(logs):
            begun = time.process_time()
            run(messages)
            least[number] = min(least[number], time.process_time() - begun)
    return 1e6 * sum(least) / max(1, sum(map(len, logs)))


def kept(messages: Sequence[Message], context: Context) -> int:
    """Bytes that the state of one discussion holds in the end, beside the messages."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    state = fold(messages, context)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before if state.last else 0


def imported() -> float:
    """Seconds of CPU until the reporter is there, in the best of some new processes."""
    run = [sys.executable, "-c", _IMPORT]
    return min(float(subprocess.run(run, capture_output=True, check=True, text=True).stdout) for _ in range(ROUNDS))


def main() -> None:
    """Read the logs, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", type=Path, nargs="+")
    logs = [meeting.messages for path in arguments.parse_args().log for meeting in read_log(path) if meeting.messages]
    context = Context(Templates.load())
    plain = {id(one): [{"nick": m.nick, "text": m.text} for m in one] for one in logs}
    print(f"{len(logs)} talks, {sum(map(len, logs))} messages, {sum(len(m.text) for one in logs for m in one)} letters")
    print(f"a whole report: {best(lambda one: report(plain[id(one)]), logs):.0f} ms for 1,000 messages")
    print(f"topics and summary: {best(tell, logs):.0f} ms of these")
    print(
        f"folding, type unknown: {best(lambda one: fold(one, context), [m[:UNKNOWN] for m in logs]):.0f} µs a message"
    )
    print(f"folding, a meeting: {best(lambda one: fold(one, context), [(MARKED, *m) for m in logs]):.0f} µs a message")
    print(f"folding, as it comes: {best(lambda one: fold(one, context), logs):.0f} µs a message")
    longest = max(logs, key=len)
    print(f"state after {len(longest)} messages: {kept(longest, context) / 1024:.0f} KiB")
    print(f"import: {imported():.2f} s of CPU")


if __name__ == "__main__":
    main()
