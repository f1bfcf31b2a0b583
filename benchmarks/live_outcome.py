"""
CPU time of the live outcome for each change: what it costs beside following the talk.

    python benchmarks/live_outcome.py [CHANGES]

For several sizes of record and numbers of participants: to look at the outcome and compare it with what was told last,
which is one share; to make the event; and to hand it to each participant's router. A push holds all changes of 250 ms,
so what it costs per message of a busy room is less.
"""

import sys
import time
from typing import Any

import msgspec

from ccm.components.outcome_elements import Outcome, changes, outcome_of
from ccm.components.outcome_push import notifications
from ccm.records import Topic
from ccm.reporter import discussion
from ccm.reporter.state import Entry, new_state
from ccm.reporter.templates import Templates
from ccm.wire.stanza import Stanza


def records(entries: int) -> Any:
    """The state before and after one more entry."""
    numbers = range(entries)
    made = tuple(Entry("action", f"A{n}", f"Kim to check mirror {n}", "Ann", f"m{n}", owner="Kim") for n in numbers)
    before = msgspec.structs.replace(new_state("meeting"), entries=made, revision=entries)
    more = Entry("decision", "D1", "We use one licence for every data set.", "Ann", "m9")
    after = msgspec.structs.replace(before, entries=(*made, more), revision=entries + 1)
    return before, after


def measured(times: int, work: Any) -> float:
    """µs of CPU for each call."""
    start = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - start) / times / 1000


def main(times: int) -> None:
    templates = Templates.load(None)
    topic: Any = Topic.__new__(Topic)
    for name, value in (("id", "k3f9x2"), ("room", "k3f9x2@conference.localhost")):
        object.__setattr__(topic, name, value)
    rules = discussion.Context(templates)
    print("entries  members  compare µs  event µs  each member µs  whole push µs")
    for entries in (10, 50, 200):
        before, after = records(entries)
        old = outcome_of(topic, before, "Meeting", discussion.questions_of(before, rules))

        def look(after: Any = after, old: Outcome = old) -> Outcome:
            new = outcome_of(topic, after, "Meeting", discussion.questions_of(after, rules))
            changes(old, new)
            return new

        new = look()
        compare = measured(times, look)
        event = measured(times, lambda old=old, new=new: notifications("k3f9x2", old, new))
        [message] = notifications("k3f9x2", old, new)
        message["from"], message["to"] = "reporter.localhost", "ann@localhost"
        each = measured(times, lambda message=message: Stanza.from_element(message))
        for members in (2, 10, 50):
            whole = compare + event + members * each
            print(f"{entries:7}  {members:7}  {compare:10.1f}  {event:8.1f}  {each:14.1f}  {whole:13.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
