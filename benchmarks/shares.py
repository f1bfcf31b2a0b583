"""
Where the time went, from a recording of py-spy (``-f raw``): shares by line, by function with all it calls, by thread.

    python benchmarks/shares.py FILE [LINES]
"""

import sys
from collections import Counter
from pathlib import Path

_THREADS = (("mainLoop", "reactor"), ("Writer._run", "store writer"), ("Thread.run", "other threads"))


def shares(recording: str) -> tuple[int, Counter[str], Counter[str], Counter[str]]:
    """:returns: samples in all; by line; by function, whatever it was doing; by thread."""
    lines: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    threads: Counter[str] = Counter()
    for record in recording.splitlines():
        stack, _, count = record.rpartition(" ")
        frames = stack.split(";")
        lines[frames[-1]] += int(count)
        threads[next((name for mark, name in _THREADS if mark in stack), "start")] += int(count)
        for function in {frame.rpartition(":")[0] for frame in frames}:
            functions[function] += int(count)
    return lines.total(), lines, functions, threads


def main() -> None:
    """Print the greatest shares."""
    if len(sys.argv) < 2:
        sys.exit(str(__doc__).strip())
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    samples, *tables = shares(Path(sys.argv[1]).read_text())
    print(f"{samples} samples")
    for title, table in zip(("line itself", "function and what it calls", "thread"), tables, strict=True):
        print(f"\n{title}")
        for name, count in table.most_common(most):
            print(f"{100 * count / samples:6.1f} %  {name}")


if __name__ == "__main__":
    main()
