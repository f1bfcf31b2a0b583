"""
Amendments: what has changed since the newest published version, and that people are told so.

A change by command, correction or withdrawal after publication needs a new version, which "publish again, reporter"
makes; it is announced with what changed, in one line. Leaves out the difference between two documents, which the store
shows.
"""

from hashlib import blake2s

import msgspec

from ccm.reporter import moves, record
from ccm.reporter.context import Context, Step
from ccm.reporter.effects import Effect, Say
from ccm.reporter.state import Entry, State

MOST_NAMED = 8
_encoder = msgspec.json.Encoder(order="deterministic")
_SILENT = ("topic", "link")
ORDER = "#order"


def printed(state: State) -> dict[str, str]:
    """What stands in the record: id of an item or key of an attribute -> a short hash of what it says."""
    stands = {"": _hash(state.title), **_items(state)}
    for key, values in state.attributes.items():
        stands[key] = _hash([value.text for value in values])
    order = moves.order_of(state)
    return {**stands, ORDER: _hash(order)} if order else stands


def _items(state: State) -> dict[str, str]:
    """The same of the items alone, without what nobody confirmed."""
    return {e.id: _hash(_said_of(e)) for e in state.entries if e.kind not in _SILENT and e.provenance != "detected"}


def _said_of(entry: Entry) -> list[object]:
    return [
        entry.text,
        entry.owner,
        entry.due,
        entry.status,
        entry.provenance,
        entry.how,
        entry.votes,
        entry.supersedes,
        *((entry.edited,) if entry.edited else ()),
    ]


def _hash(content: object) -> str:
    return blake2s(_encoder.encode(content), digest_size=4).hexdigest()


def news(state: State, context: Context) -> str:
    """What changed since the newest version: ``A3 is new, D1 and Goal have changed, A2 is gone``; ``""`` if nothing."""
    if not state.printed:
        return ""
    now = printed(state)
    labels = {"": "the title", ORDER: "the order"} | {
        a.key: a.label for a in context.templates.get(state.type).attribute
    }

    def names(keys: list[str]) -> str:
        shown = [labels.get(key, key) for key in keys[:MOST_NAMED]]
        if len(keys) > MOST_NAMED:
            shown.append(f"{len(keys) - MOST_NAMED} more")
        return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

    new = [key for key in now if key not in state.printed and key != ORDER]
    other = [key for key in now if state.printed.get(key) != now[key] and key not in new]
    gone = [key for key in state.printed if key not in now]
    parts = []
    if new:
        parts.append(f"{names(new)} {'is' if len(new) == 1 else 'are'} new")
    if other:
        parts.append(f"{names(other)} {'has' if len(other) == 1 else 'have'} changed")
    if gone:
        parts.append(f"{names(gone)} {'is' if len(gone) == 1 else 'are'} gone")
    return ", ".join(parts)


def kept(state: State) -> State:
    """The state that remembers what its newest version holds."""
    return record.replace(state, printed=printed(state), amending=False)


def noticed(before: State, turn: Step, *, meant: bool = False) -> Step:
    """
    Say once that a change after publication waits for a new version: of the items, or of what an attribute holds.

    :param meant: it was a correction or a withdrawal; otherwise an attribute counts where the reporter was told to
        change it, and not where talk merely went on.
    """
    state, effects = turn
    meant = meant or bool(effects)
    same = state.entries == before.entries and (not meant or state.attributes == before.attributes)
    if same or state.amending or not state.printed or state.version != before.version:
        return turn
    if state.mode not in ("published", "listening") or before.mode != state.mode or not _differs(state):
        return turn
    words: tuple[Effect, ...] = (
        Say(f"The published version {state.version} does not have this yet. “Publish again, reporter” makes the next."),
    )
    return record.replace(state, amending=True), (*effects, *words)


def _differs(state: State) -> bool:
    return printed(state) != state.printed
