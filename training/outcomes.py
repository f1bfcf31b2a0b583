"""
Train ``ccm/reporter/finding.json``: which lines of a talk are actions and decisions that nobody marked.

    pip install scikit-learn && python training/outcomes.py CORPORA [--judge]

Reads ``CORPORA/*.jsonl.gz``: a meeting a line, ``{"id", "source", "chair", "messages": [{"nick", "text"}], "gold":
{"actions": [{"text", "index", "assignee"}], "decisions": […]}}``, their markers taken off. Of each it takes two views:
one with the lines that were marked, one without them, where what led to them is learnt. Meetings of which the MD5 of
the id, modulo 5, is 0 or 1 are left for testing. ``--judge`` trains on all but a fifth and judges on that, in turn,
then on all sources but one, and writes nothing.
"""

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ccm.reporter import promises
from ccm.reporter.cues import Remark, Talk, could_be_action, could_be_decision, listed
from ccm.reporter.finding import Weights, outcomes, second
from ccm.reporter.roles_of_actions import roles_of
from ccm.reporter.second_look import LEAST, Scores, SecondLook
from ccm.reporter.traits import Traits
from ccm.reporter.trees import Tree, grown

TARGET = Path(__file__).resolve().parent.parent / "ccm" / "reporter" / "finding.json"
TABLES = ("stated", "decided")
SCALE = 100
STRENGTH = {"stated": 0.3, "decided": 0.3}
LEAST_OFTEN = {"stated": 3, "decided": 3}
BUILT = 2.0  # how much more the traits count that tell how a line is built and what stands around it
LEAST_WEIGHT = 4  # a trait whose weight is nearer to 0 is dropped
GROWTH = {
    "stated": {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.1, "min_samples_leaf": 6, "subsample": 0.7},
    "spoken": {"n_estimators": 40, "max_depth": 2, "learning_rate": 0.1, "min_samples_leaf": 15, "subsample": 0.7},
    "decided": {"n_estimators": 200, "max_depth": 3, "learning_rate": 0.06, "min_samples_leaf": 8, "subsample": 0.7},
}
UNMARKED = 0.4  # how much a line counts in a meeting that nobody kept minutes of
UNREAD = 1.6  # how much a decision counts in a view without the lines that state what was decided
PARTS = 4  # in which the first look is learnt for the second
LIMITS = {
    "stated": -90,
    "spoken": 100,
    "beside": 400,
    "possible": -320,
    "decided": 60,
    "unread": 20,
}  # scores from which on a line counts
BACK, ON = 15, 3  # lines around the place of a marked line in which what led to it is looked for
_STOP = listed(
    "a an the to of and or in on for is are be been was were will would should can could i we you he she it they this "
    "that with as at by from not do does have has had if so but our your my me us them its also just about into than "
    "then there here what which who how when"
)


def words(text: str) -> frozenset[str]:
    """The words of a text by which two are compared."""
    found = re.findall(r"[a-z0-9#][\w'\-./]*", text.lower())
    return frozenset(word.rstrip(".,")[:7] for word in found if word not in _STOP and len(word) > 1)


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


@dataclass
class Gold:
    """What was marked: *at* is its place in the view, *line* whether the line itself is in it."""

    text: str
    at: int
    line: bool
    owner: str
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.words = words(self.text)

    def hit(self, place: int, said: frozenset[str]) -> float:
        """How well a line, or what was made of it, is this; 0 if it is not."""
        same = alike(said, self.words)
        if self.line:
            if place == self.at:
                return 1 + same
            return same if same >= 0.6 or (abs(place - self.at) <= 3 and same >= 0.4) else 0.0
        both = len(said & self.words)
        if self.at - BACK <= place <= self.at + ON and (
            both >= 2 or (both and both / max(1, min(len(said), len(self.words))) >= 0.34)
        ):
            return 0.3 + same
        return same if same >= 0.5 else 0.0


@dataclass
class View:
    """A meeting as the reporter would read it: with the marked lines (``strip``) or without (``drop``)."""

    id: str
    source: str
    mode: str
    traits: Traits
    gold: dict[str, list[Gold] | None]
    seen: dict[str, dict[int, list[str]]]
    spoken: dict[int, list[int]]


@dataclass
class Example:
    """One candidate: its traits, whether it is one, how much it counts."""

    seen: list[str]
    wanted: bool
    weight: float


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Every meeting of the training half."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                meeting = json.loads(line)
                if int(hashlib.md5(meeting["id"].encode()).hexdigest(), 16) % 5 >= 2:
                    yield meeting


def views(meeting: Mapping[str, Any]) -> Iterator[View]:
    """A meeting with its marked lines, and without them if it has any."""
    gold = {kind: meeting["gold"].get(kind) for kind in ("actions", "decisions")}
    marked = {one["index"] for found in gold.values() for one in found or () if one["index"] is not None}
    for mode in ("strip", "drop") if any(gold.values()) else ("strip",):
        gone = marked if mode == "drop" else set()
        places, lines = [], []
        for place, message in enumerate(meeting["messages"]):
            places.append(len(lines))
            if place not in gone:
                lines.append(Remark(message["nick"], message["text"]))
        places.append(len(lines))
        golds: dict[str, list[Gold] | None] = {}
        for kind, found in gold.items():
            golds[kind] = found and [
                Gold(
                    one["text"],
                    places[min(one["index"] if one["index"] is not None else one.get("pos", 0), len(places) - 1)],
                    one["index"] is not None and mode == "strip",
                    one.get("assignee") or "",
                )
                for one in found
            ]
        talk = Talk(lines, (), meeting.get("chair") or "")
        traits = Traits(talk)
        seen: dict[str, dict[int, list[str]]] = {table: {} for table in TABLES}
        spoken: dict[int, list[int]] = {}
        for place in range(len(lines)):
            kind_of = could_be_action(talk, place)
            if kind_of & 1:
                seen["stated"][place] = traits.stated(place)
            if kind_of & 2 and (values := promises.spoken(talk, place)) is not None:
                spoken[place] = values
            if could_be_decision(talk, place):
                seen["decided"][place] = traits.decided(place)
        yield View(meeting["id"], meeting["source"], mode, traits, golds, seen, spoken)


def said(view: View, table: str, place: int) -> frozenset[str]:
    """The words of what would be made of a line."""
    line = view.traits.talk.lines[place].text
    if table != "spoken":
        return words(line)
    roles = roles_of(view.traits.talk, place, stated=False)
    return words(f"{roles.owner} to {roles.text}")


def labels(view: View, table: str) -> dict[int, tuple[bool, float]]:
    """The candidates of a view: whether each is one, and how much that counts; the doubtful are left out."""
    kind = "decisions" if table == "decided" else "actions"
    if table == "spoken" and view.mode == "strip" and view.gold[kind]:
        return {}
    seen: Iterable[int] = view.spoken if table == "spoken" else view.seen[table]
    golds = view.gold[kind]
    level = UNMARKED if golds is None or (table == "spoken" and not golds) else 1.0
    best: dict[int, float] = {}
    hits: set[int] = set()
    strong: set[int] = set()
    if golds:
        told = {place: said(view, table, place) for place in seen}
        for gold in golds:
            found = sorted(((hit, place) for place in seen if (hit := gold.hit(place, told[place])) > 0), reverse=True)
            hits.update(place for _, place in found)
            if gold.line and found and found[0][1] == gold.at:
                strong.add(gold.at)
            if table == "decided":
                strong.update(place for hit, place in found if hit >= (0.6 if gold.line else 0.9))
            if table != "stated" and found and not any(place in strong for _, place in found):
                best |= {place: 1.0 for _, place in (found if table == "spoken" else found[:1])}
    wanted = dict.fromkeys(strong, 1.0) | best
    return {
        place: (place in wanted, wanted.get(place, level)) for place in seen if place in wanted or place not in hits
    }


def examples(view: View, table: str) -> list[Example]:
    """The candidates of a view as the first look sees them."""
    return [Example(view.seen[table][place], *label) for place, label in labels(view, table).items()]


def again(view: View, table: str, first: Scores) -> list[tuple[list[int], bool, float]]:
    """The candidates of a view as the second look sees them."""
    scores: Mapping[int, int] = getattr(first, table)
    look = getattr(SecondLook(view.traits, first), table)
    low = LEAST["order"] if table == "stated" else LEAST[table]
    more = UNREAD if table == "decided" and view.mode == "drop" else 1.0
    return [
        (look(p), wanted, weight * more if wanted else weight)
        for p, (wanted, weight) in labels(view, table).items()
        if scores[p] >= low
    ]


def talked(view: View) -> list[tuple[list[int], bool, float]]:
    """The lines of a view in which somebody takes something on."""
    return [(view.spoken[place], *label) for place, label in labels(view, "spoken").items()]


def boosted(data: Sequence[tuple[list[int], bool, float]], table: str) -> list[Tree]:
    """The trees of the second look; the first is the bias."""
    model: Any = GradientBoostingClassifier(**GROWTH[table], random_state=1)
    model.fit([one[0] for one in data], [one[1] for one in data], [one[2] for one in data])
    share = sum(weight for _, wanted, weight in data if wanted) / sum(weight for *_, weight in data)
    trees = [[-1, round(SCALE * float(np.log(share / (1 - share)))), 0, 0]]
    for (one,) in model.estimators_:
        tree = one.tree_
        flat: list[int] = []
        for node in range(tree.node_count):
            if tree.children_left[node] < 0:
                worth = float(tree.value[node][0][0]) * model.learning_rate
                flat += [-1, round(worth * SCALE), 0, 0]
            else:
                flat += [
                    int(tree.feature[node]),
                    int(np.floor(tree.threshold[node])),
                    4 * int(tree.children_left[node]),
                    4 * int(tree.children_right[node]),
                ]
        trees.append(flat)
    return trees


def fitted(data: Sequence[Example], table: str) -> dict[str, int]:
    """Weights by trait; ``""`` is the bias."""
    often = Counter(trait for one in data for trait in one.seen)
    known = {
        trait: number for number, trait in enumerate(sorted(t for t, n in often.items() if n >= LEAST_OFTEN[table]))
    }
    indices, starts = [], [0]
    for one in data:
        indices += [known[trait] for trait in one.seen if trait in known]
        starts.append(len(indices))
    scale = np.array([BUILT if trait[0] == "*" else 1.0 for trait in known])
    matrix = csr_matrix(
        (scale[indices], np.array(indices, dtype="int32"), np.array(starts, dtype="int32")),
        shape=(len(data), len(known)),
    )
    model: Any = LogisticRegression(C=STRENGTH[table], solver="liblinear", random_state=1, max_iter=200)
    model.fit(matrix, [one.wanted for one in data], sample_weight=[one.weight for one in data])
    weights = {trait: round(float(model.coef_[0][number] * scale[number]) * SCALE) for trait, number in known.items()}
    kept = {trait: weight for trait, weight in weights.items() if abs(weight) >= LEAST_WEIGHT}
    return {"": round(float(model.intercept_[0]) * SCALE), **kept}


def first_look(data: Sequence[View]) -> dict[str, dict[str, int]]:
    """The tables of the first look."""
    return {table: fitted([one for view in data for one in examples(view, table)], table) for table in TABLES}


def scored(view: View, tables: Mapping[str, Mapping[str, int]]) -> Scores:
    """The first look at a view."""
    model = Weights(tables, {}, {})
    first = {table: {p: model.score(table, seen) for p, seen in view.seen[table].items()} for table in TABLES}
    return Scores(first["stated"], {}, first["decided"])


def part(view: View, salt: str, parts: int) -> int:
    """To which part of the meetings a view belongs; both views of one to the same."""
    return int(hashlib.md5((salt + view.id).encode()).hexdigest(), 16) % parts


def train(data: Sequence[View]) -> Weights:
    """
    Both looks and the limits.

    The second look learns from first scores of meetings that the first look had not seen.
    """
    first: dict[int, Scores] = {}
    for number in range(PARTS):
        tables = first_look([view for view in data if part(view, "first", PARTS) != number])
        first |= {id(view): scored(view, tables) for view in data if part(view, "first", PARTS) == number}
    trees = {
        table: boosted([one for view in data for one in again(view, table, first[id(view)])], table) for table in TABLES
    }
    trees["spoken"] = boosted([one for view in data for one in talked(view)], "spoken")
    return Weights(first_look(data), trees, LIMITS)


def judged(data: Sequence[View], model: Weights, counts: dict[tuple[str, ...], list[int]]) -> None:
    """Count what is found in views that the model has not seen: right, found, marked."""
    for view in data:
        lines = len(view.traits.talk.lines)
        first = scored(view, model.tables)._replace(
            spoken={
                place: max(grown(model.trees["spoken"], values), promises.promise(values))
                for place, values in view.spoken.items()
            }
        )
        found = outcomes(view.traits, second(view.traits, first, model), model.limits)
        for kind in ("actions", "decisions"):
            made = [one for one in found if f"{one.kind}s" == kind and one.sure]
            golds = view.gold[kind]
            if not golds:
                if view.mode == "strip":
                    for key in ((kind, "unmarked", view.source), (kind, "unmarked")):
                        counts[key] = [a + b for a, b in zip(counts[key], (0, len(made), lines), strict=True)]
                continue
            pairs = sorted(
                (
                    (gold.hit(one.place, words(f"{one.owner} to {one.text}" if one.owner else one.text)), a, b)
                    for a, one in enumerate(made)
                    for b, gold in enumerate(golds)
                ),
                reverse=True,
            )
            ours, theirs = set[int](), set[int]()
            for hit, a, b in pairs:
                if hit > 0 and a not in ours and b not in theirs:
                    ours.add(a)
                    theirs.add(b)
            for key in ((kind, view.mode, view.source), (kind, view.mode)):
                counts[key] = [a + b for a, b in zip(counts[key], (len(ours), len(made), len(golds)), strict=True)]


def judge(data: Sequence[View]) -> None:
    """By meetings, then by sources."""
    sources = sorted({view.source for view in data})
    ways = {
        "other meetings": [[view for view in data if part(view, "judge", 5) == number] for number in range(5)],
        "other sources": [[view for view in data if view.source == source] for source in sources],
    }
    for name, parts in ways.items():
        counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        for left in parts:
            out = {view.id for view in left}
            judged(left, train([view for view in data if view.id not in out]), counts)
        print(name)
        for key, (right, made, gold) in sorted(counts.items()):
            if key[1] == "unmarked":
                print(f"  {' '.join(key)}: {100 * made / max(1, gold):.3f} per 100 messages")
            else:
                precision, recall = right / max(1, made), right / max(1, gold)
                score = 2 * precision * recall / max(1e-9, precision + recall)
                print(f"  {' '.join(key)}: F1 {score:.3f} (right {right}, found {made}, marked {gold})")


def main() -> None:
    """Train, or judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path, metavar="CORPORA")
    parser.add_argument("--judge", action="store_true")
    arguments = parser.parse_args()
    data = [view for meeting in read(arguments.corpora) for view in views(meeting)]
    if arguments.judge:
        judge(data)
        return
    model = train(data)
    found = {"limits": model.limits, "tables": model.tables, "trees": model.trees}
    TARGET.write_text(json.dumps(found, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(data)} views; {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
