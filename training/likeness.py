"""
Train ``ccm/reporter/likeness.json``: which attribute a remark fills.

    pip install scikit-learn && python training/likeness.py [--judge] [--background LOG …]

Reads ``training/talks/*.txt``: discussions written for this, a header ``# type``, then ``nick: text | labels``.
``--judge`` trains on all writers but one and judges on that one, in turn, and writes nothing. A *background* is a
recorded log (as for ``ccm replay``) in which nobody says what kind of discussion it is.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from ccm.reporter.attributes import read
from ccm.reporter.likeness import KIND, SCALE, STATED, Likeness, features, statement_features
from ccm.reporter.remarks import flat, is_question, sentences
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import read_log

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "ccm" / "reporter" / "likeness.json"
STRENGTH = 1.0
LEAST = 5  # weights nearer to 0 than this are dropped


@dataclass
class Example:
    """One remark with its labels."""

    writer: str
    type: str
    text: str
    seen: set[str]
    labels: set[str]


def examples(path: Path, templates: Templates) -> Iterator[Example]:
    """The remarks of a file."""
    type_, asked = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            type_, asked = line[2:].strip().lower(), ""
            continue
        if "|" not in line or ":" not in line:
            continue
        said, _, labelled = line.rpartition("|")
        text = said.partition(":")[2].strip()
        labels = {label.strip() for label in labelled.split(",")} - {"-", "", "type", "publish"}
        if labelled.strip() == "publish":
            continue
        signs = templates.signs(type_)
        reading = read(text, signs, asked=asked, judged=False)
        found = tuple(sorted({(f.key, f.weight) for f in reading.findings}))
        low = flat(text)
        yield Example(path.stem, type_, text, features(low, asked, found), labels)
        asked = reading.asks if is_question(low) else ""


def statements(path: Path, templates: Templates) -> Iterator[Example]:
    """Every word for a kind of discussion: does its sentence say that this discussion is of that kind?"""
    type_ = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            type_ = line[2:].strip().lower()
            continue
        said, _, labelled = line.rpartition("|")
        text = said.partition(":")[2].strip()
        stated = "type" in {label.strip() for label in labelled.split(",")}
        for part in sentences(flat(text), text):
            for key, seen in statement_features(part.low, templates):
                labels = {STATED} if stated and key == type_ else set()
                yield Example(path.stem, KIND, part.low, seen, labels)


def background(path: str, templates: Templates) -> Iterator[Example]:
    """Words for kinds in talk that states none."""
    for meeting in read_log(path):
        for message in meeting.messages:
            for part in sentences(flat(message.text), message.text):
                for _, seen in statement_features(part.low, templates):
                    yield Example(f"background {meeting.id}", KIND, part.low, seen, set())


def train(data: list[Example]) -> dict[str, dict[str, dict[str, int]]]:
    """Weights by type, attribute, feature; ``""`` is the bias."""
    weights: dict[str, dict[str, dict[str, int]]] = {}
    for type_ in sorted({example.type for example in data}):
        mine = [example for example in data if example.type == type_]
        vectorizer = DictVectorizer()
        matrix = vectorizer.fit_transform([dict.fromkeys(sorted(example.seen), 1) for example in mine])
        matrix.indices, matrix.indptr = matrix.indices.astype("int32"), matrix.indptr.astype("int32")
        names = vectorizer.get_feature_names_out()
        weights[type_] = {}
        for key in sorted({label for example in mine for label in example.labels}):
            wanted = [key in example.labels for example in mine]
            model: Any = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced", random_state=1)
            model.fit(matrix, wanted)
            table = {"": round(float(model.intercept_[0]) * SCALE)}
            for name, value in zip(names, model.coef_[0], strict=True):
                if abs(weight := round(float(value) * SCALE)) >= LEAST:
                    table[str(name)] = weight
            weights[type_][key] = table
    return weights


def judge(data: list[Example]) -> None:
    """Precision and recall of each writer's remarks under a model of the others'."""
    for writer in sorted({example.writer for example in data}):
        model = Likeness(train([example for example in data if example.writer != writer]))
        hit = wrong = missed = noise = by_rules = 0
        for example in (example for example in data if example.writer == writer):
            scores = model.scores(example.type, example.seen)
            chosen = {key for key, score in scores.items() if score > 0}
            hit += len(chosen & example.labels)
            wrong += len(chosen - example.labels)
            missed += len(example.labels - chosen)
            noise += bool(chosen) and not example.labels
            by_rules += sum(f"r {key}" in example.seen for key in example.labels)
        print(
            f"{writer}: precision {hit / max(1, hit + wrong):.2f} recall {hit / max(1, hit + missed):.2f} "
            f"remarks of nothing that fill {noise}; rules alone recall {by_rules / max(1, hit + missed):.2f}"
        )


def main() -> None:
    """Train, or judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--background", nargs="*", default=[], metavar="LOG")
    arguments = parser.parse_args()
    templates = Templates.load()
    paths = sorted((HERE / "talks").glob("*.txt"))
    data = [example for path in paths for read_one in (examples, statements) for example in read_one(path, templates)]
    if arguments.judge:
        judge(data)
        return
    data += [example for log in arguments.background for example in background(log, templates)]
    weights = train(data)
    TARGET.write_text(json.dumps(weights, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(data)} remarks; {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
