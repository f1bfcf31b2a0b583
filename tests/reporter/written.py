"""Discussions written for the tests: ``nick: text => attributes that the remark fills``."""

from dataclasses import dataclass
from pathlib import Path

from ccm.reporter.discussion import Context, end, new_state, step
from ccm.reporter.state import State
from ccm.reporter.transcript import Message

FOLDER = Path(__file__).parent / "corpus" / "discussions"


@dataclass(frozen=True)
class Written:
    """A discussion with what is right: its type, and the ids of the messages that fill each attribute."""

    name: str
    type: str
    messages: tuple[Message, ...]
    expected: dict[str, tuple[str, ...]]


def load(path: Path) -> Written:
    """Read one file."""
    type_, messages, expected = "", [], {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# type:"):
            type_ = line.removeprefix("# type:").strip()
        elif line.strip():
            said, _, keys = line.partition("=>")
            nick, _, text = said.partition(":")
            id_ = f"m{len(messages) + 1}"
            messages.append(Message(id_, nick.strip(), text.strip()))
            for key in filter(None, (key.strip() for key in keys.split(","))):
                expected[key] = (*expected.get(key, ()), id_)
    return Written(path.stem, type_, tuple(messages), expected)


def load_all() -> tuple[Written, ...]:
    """All of them, by name."""
    return tuple(load(path) for path in sorted(FOLDER.glob("*.txt")))


def folded(written: Written, context: Context) -> State:
    """The state after its last message."""
    state = new_state()
    for message in written.messages:
        state, _ = step(state, message, context)
    return state if state.version else end(state, context)[0]


def score(written: Written, state: State) -> tuple[int, int, int]:
    """Attributes right, attributes in all, remarks that filled something and should not."""
    right = 0
    for key, ids in written.expected.items():
        values = state.attributes.get(key, ()) if state.type == written.type else ()
        sources = {value.source for value in values}
        right += bool(sources & set(ids)) and sources <= set(ids)
    meant = {id_ for ids in written.expected.values() for id_ in ids}
    noise = sum(value.source not in meant for values in state.attributes.values() for value in values)
    return right, len(written.expected), noise
