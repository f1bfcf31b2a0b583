"""
Discussions written by people who knew none of the reporter's rules, with what is right.

``corpus/strangers/<set>/*.log`` and its ``gold.json``: type, the words of each attribute, and the numbers of the
remarks that are small talk. What is in ``corpus/held-out`` is in no talk that the model was trained on, and no rule
was made for it: it stays so.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ccm.cli.replay import fold
from ccm.reporter.discussion import Context
from ccm.reporter.state import State
from ccm.reporter.transcript import Message, read_log

FOLDER = Path(__file__).parent / "corpus" / "strangers"
HELD_OUT = Path(__file__).parent / "corpus" / "held-out"


@dataclass(frozen=True)
class Strange:
    """A discussion, its type, the words that each attribute should hold, and its small talk."""

    name: str
    type: str
    messages: tuple[Message, ...]
    attributes: dict[str, str]
    small_talk: tuple[int, ...]


def load_all(folder: Path = FOLDER) -> tuple[Strange, ...]:
    """All of them, by set and name."""
    found = []
    for gold_file in sorted(folder.glob("*/gold.json")):
        for name, gold in json.loads(gold_file.read_text("utf-8")).items():
            (meeting,) = read_log(gold_file.parent / f"{name}.log")
            found.append(
                Strange(
                    f"{gold_file.parent.name}/{name}",
                    gold["type"],
                    tuple(meeting.messages),
                    gold["attributes"],
                    tuple(gold.get("small_talk", ())),
                )
            )
    return tuple(found)


def folded(strange: Strange, context: Context) -> State:
    """The state at its end."""
    *_, (_, state, _) = fold(strange.messages, context)
    return state


def missed(strange: Strange, state: State) -> dict[str, str]:
    """Key -> what stands there instead, of each attribute that does not hold most of the words it should."""
    wrong = {}
    for key, wanted in strange.attributes.items():
        got = " | ".join(value.text for value in state.attributes.get(key, ()))
        if state.type != strange.type or not _much_alike(wanted, got):
            wrong[key] = got
    return wrong


def small_talk_kept(strange: Strange, state: State) -> list[str]:
    """Small talk that fills an attribute."""
    sources = {strange.messages[number].id for number in strange.small_talk if number < len(strange.messages)}
    return [value.text for values in state.attributes.values() for value in values if value.source in sources]


def _much_alike(wanted: str, got: str) -> bool:
    want, have = _plain(wanted), _plain(got)
    if not have:
        return False
    return want in have or have in want or len(set(want.split()) & set(have.split())) >= 0.6 * len(set(want.split()))


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()
