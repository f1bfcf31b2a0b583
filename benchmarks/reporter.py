"""
What the reporter costs: CPU for each message of recorded meetings, folded as in a room, and for their topics and words.

    python benchmarks/reporter.py LOG [LOG …]

LOG is what ``ccm replay`` takes. The first round is left out: in it patterns are compiled and weights are loaded.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ccm.reporter.discussion import Context, new_state, step
from ccm.reporter.narrative import Part, Spoken, summary
from ccm.reporter.segments import segments
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message, read_log
from ccm.reporter.turns import Line, read

ROUNDS = 3


def fold(messages: Sequence[Message], context: Context) -> None:
    """Give the reporter one message after another."""
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)


def tell(messages: Sequence[Message]) -> None:
    """Find the topics and word the summary."""
    lines = [Line(m.text, m.nick, int(m.time.timestamp()) if m.time else None) for m in messages]
    words = read(lines)
    parts = [Part("", one.title, one.start, one.end) for one in segments(lines, words=words)]
    summary([Spoken(m.id, m.nick, m.text) for m in messages], parts, words)


def best(run: Callable[[], None], count: int) -> float:
    """Microseconds of CPU a message in the best of some rounds after the first."""
    run()
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        spent.append(time.process_time() - begun)
    return 1e6 * min(spent) / max(1, count)


def main() -> None:
    """Read the logs, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", type=Path, nargs="+")
    logs = [meeting.messages for path in arguments.parse_args().log for meeting in read_log(path)]
    context = Context(Templates.load())
    count = sum(map(len, logs))
    folded = best(lambda: [fold(messages, context) for messages in logs] and None, count)
    told = best(lambda: [tell(messages) for messages in logs] and None, count)
    print(f"{len(logs)} talks, {count} messages: folding {folded:.0f} µs a message, topics and summary {told:.0f} µs")


if __name__ == "__main__":
    main()
