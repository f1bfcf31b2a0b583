"""
Train ``ccm/reporter/turns.json``: how likely each remark begins a topic.

    pip install scikit-learn && OMP_NUM_THREADS=1 python training/topics.py FOLDER [--judge]

FOLDER holds recorded meetings, ``*.jsonl.gz``, one JSON object a line: ``id``, ``source``, ``chair``, ``messages``
(each with ``nick``, ``text`` and, if known, ``time``) and ``gold``, whose ``topics`` have a ``start_index``. Of them
only those are taken whose ``md5(id) % 5`` is 2 or more; the others are for judging. ``--judge`` trains on two thirds of
them and judges on the last, in turn, by Pk (D. Beeferman and others, 1999), and writes nothing.
"""

import argparse
import gzip
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from ccm.reporter.boundaries import begins
from ccm.reporter.turns import NEVER, WORD_TABLES, Line, Turns, looks, pairs, parts, read

TARGET = Path(__file__).resolve().parent.parent / "ccm" / "reporter" / "turns.json"
STRENGTH = 0.03  # less is more cautious
LEAST_MEETINGS = 10  # in which a feature must be seen
LEAST_WEIGHT = 4  # hundredths; a word of less is dropped
LEAN, HEAT = 40, 100  # hundredths added to each score, and what each is multiplied by, before it is a probability
FLOOR = 0.02  # a probability of less is none
PARTS = 3
STEP = 10


@dataclass
class Talk:
    """A meeting: the features of each remark, and where topics begin."""

    id: str
    source: str
    lines: list[Line]
    chair: str
    topics: int
    starts: set[int]
    features: list[list[str]]


def talks(folder: Path) -> Iterator[Talk]:
    """The meetings to learn from, in order."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                topics, messages = row["gold"]["topics"], row["messages"]
                if topics and messages and int(hashlib.md5(row["id"].encode()).hexdigest(), 16) % 5 >= 2:
                    lines = [Line(m["text"], m["nick"], seconds(m.get("time"))) for m in messages]
                    starts = {t["start_index"] for t in topics if 0 < t["start_index"] < len(lines)}
                    chair = row.get("chair") or ""
                    yield Talk(row["id"], row["source"], lines, chair, len(topics), starts, features(lines, chair))


def seconds(time: str | None) -> int | None:
    """``14:05`` or ``14:05:30`` as seconds of the day."""
    parts_ = (time or "").split(":")
    if len(parts_) < 2 or not all(part.isdigit() for part in parts_):
        return None
    return sum(int(part) * unit for part, unit in zip(parts_, (3600, 60, 1), strict=False))


def features(lines: Sequence[Line], chair: str) -> list[list[str]]:
    """What the model sees of each remark, as names of features."""
    said = read(lines)
    found = [[f"look {n} {value}" for n, value in enumerate(look)] for look in looks(lines, said, chair)]
    for place, words in enumerate(said.words):
        own, for_next, for_last = parts(words)
        found[place] += [f"word {word}" for word in set(own)]
        found[place] += [f"pair {one} {other}" for one, other in pairs(words)]
        if place + 1 < len(lines):
            found[place + 1] += [f"before {word}" for word in for_next]
        if place:
            found[place - 1] += [f"after {word}" for word in for_last]
    return found


def train(those: Sequence[Talk]) -> dict[str, Any]:
    """The model for these meetings."""
    meetings: defaultdict[str, int] = defaultdict(int)
    for talk in those:
        for feature in {feature for seen in talk.features for feature in seen}:
            meetings[feature] += 1
    kept = sorted(feature for feature, times in meetings.items() if times >= LEAST_MEETINGS)
    number = {feature: n for n, feature in enumerate(kept)}
    edges, columns, truth, weight = [0], list[int](), list[bool](), list[float]()
    for talk in those:
        for place in range(1, len(talk.lines)):
            columns += [number[feature] for feature in talk.features[place] if feature in number]
            edges.append(len(columns))
            truth.append(place in talk.starts)
            weight.append(len(talk.lines) ** -0.5)
    ones = np.ones(len(columns), dtype=np.float32)
    matrix = csr_matrix((ones, columns, edges), shape=(len(truth), len(kept)))
    matrix.sum_duplicates()
    learned = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=1)
    learned.fit(matrix, truth, sample_weight=np.array(weight) / np.mean(weight))
    weights = {feature: round(100 * value) for feature, value in zip(kept, learned.coef_[0], strict=True)}
    return model(round(100 * learned.intercept_[0]), weights)


def model(base: int, weights: dict[str, int]) -> dict[str, Any]:
    """The file's content."""
    tables: dict[str, dict[str, int]] = {table: {} for table in (*WORD_TABLES, "pair")}
    seen: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for feature, weight in weights.items():
        table, _, key = feature.partition(" ")
        if table == "look":
            place, _, value = key.partition(" ")
            seen[int(place)][int(value)] = weight
        elif abs(weight) >= LEAST_WEIGHT:
            tables[table][key] = weight
    chances = [chance(score) for score in range(NEVER, -NEVER + 1, STEP)]
    return {
        "base": base,
        "pairs": tables.pop("pair"),
        "words": tables,
        "looks": [[seen[n].get(value, 0) for value in range(64)] for n in range(max(seen) + 1)],
        "stays": [round(-1000 * math.log(1 - one)) if one >= FLOOR else 0 for one in chances],
        "gone": [round(1000 * math.exp(-step / 1000)) for step in range(0, 8000, STEP)],
    }


def chance(score: int) -> float:
    """The probability that a score stands for."""
    return 1 / (1 + math.exp(-(HEAT * score / 100 + LEAN) / 100))


def pk(truth: Iterable[int], found: Iterable[int], count: int) -> float | None:
    """How often the two ends of a window are wrongly told to be of one topic, or of two."""
    right, mine = set(truth), set(found)
    width = max(2, round(count / (len(right) + 1) / 2))
    if count <= width:
        return None
    wrong = 0
    for place in range(count - width):
        window = range(place + 1, place + width + 1)
        wrong += right.isdisjoint(window) != mine.isdisjoint(window)
    return wrong / (count - width)


def judge(those: Sequence[Talk]) -> None:
    """Train on two thirds, judge on the last, in turn; print Pk by source."""
    errors: defaultdict[str, list[float]] = defaultdict(list)
    parts_: defaultdict[str, list[float]] = defaultdict(list)
    turn = [int(hashlib.md5(f"part {talk.id}".encode()).hexdigest(), 16) % PARTS for talk in those]
    for part in range(PARTS):
        turns = Turns(**train([talk for talk, its in zip(those, turn, strict=True) if its != part]))
        for talk, its in zip(those, turn, strict=True):
            if its != part or talk.topics < 2:
                continue
            found = begins(turns, turns.scores(talk.lines, read(talk.lines), talk.chair))
            error = pk(talk.starts, found, len(talk.lines))
            if error is not None:
                errors[talk.source].append(error)
                parts_[talk.source].append((len(found) + 1) / (len(talk.starts) + 1))
    for source, values in errors.items():
        print(f"{source:16} Pk {np.mean(values):.3f}, {np.mean(parts_[source]):.2f} parts for each, {len(values)}")
    print(f"all              Pk {np.mean([value for values in errors.values() for value in values]):.4f}")


def main() -> None:
    """Do what the command line says."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--judge", action="store_true")
    options = arguments.parse_args()
    those = list(talks(options.folder))
    print(f"{len(those)} meetings, {sum(len(talk.lines) for talk in those)} remarks")
    if options.judge:
        judge(those)
        return
    made = train(those)
    TARGET.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    print(f"{TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
