"""
Plain words about items: "assign A3 to Kim", "drop the second action", "A2 is done", "change D1 to …".

Each order is a pattern and what it asks for. Leaves out other orders (:mod:`ccm.reporter.spoken`).
"""

import re
from collections.abc import Callable, Iterable

from ccm.reporter import commands, confirmations, edits, followup, record
from ccm.reporter.context import Context, Outcome
from ccm.reporter.effects import Ack, Say
from ccm.reporter.patterns import late
from ccm.reporter.remarks import flat
from ccm.reporter.state import Entry, Kind, State
from ccm.reporter.transcript import Message

Do = Callable[[State, "re.Match[str]", Message, Context], Outcome | None]
Order = tuple[re.Pattern[str], Do]

ORDINALS = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "eighth": 7, "ninth": 8,
    "tenth": 9, "last": -1, "latest": -1, "newest": -1, "only": 0,
}  # fmt: skip
KINDS: dict[str, Kind] = {
    "action": "action", "task": "action", "todo": "action", "decision": "decision", "resolution": "decision",
    "question": "question", "idea": "idea", "proposal": "idea", "note": "info", "link": "link", "topic": "topic",
}  # fmt: skip
_KIND = rf"(?:{'|'.join(KINDS)})(?: items?)?"
_NTH = rf"(?P<nth>{'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th))"
#: An item by number or place; in an order to do something, also *the action* and *it*, which are the newest.
NAMED = rf"(?:the )?(?:(?P<id>{edits.ID})|{_NTH} (?P<kind>{_KIND}))"
ITEM = (
    rf"(?:the )?(?:(?P<id>{edits.ID})|{_NTH} (?P<kind>{_KIND})|(?P<last>{_KIND})|"
    r"(?P<it>it|that(?: one)?))"
)
POLITE = (
    r"^(?:(?:please|could you|can you|would you|will you|and|also|now|then|ok|okay|no|yes|i'd like you to|you can),? )*"
)
END = r"(?:,? (?:please|then|thanks|thank you|instead))?\W*$"
_DAY = (
    r"(?:(?:the )?(?:end|\d)|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"to(?:day|morrow|night)|next|this|in |a |eo|q[1-4]|never)"
)


def order(pattern: str, do: Do) -> Order:
    """A pattern with what people put around it, and what it asks for."""
    return late(POLITE + pattern + END, re.DOTALL), do


def written(found: re.Match[str], group: str, message: Message) -> str:
    """A part of an order as its author wrote it, not in lower case."""
    words = found[group].strip()
    place = flat(message.text).rfind(words)
    return (message.text[place : place + len(words)] if place >= 0 else words).strip(' ,:“”"').rstrip(".!;")


def item_in(state: State, found: re.Match[str]) -> Entry | None:
    """The item that an order names: by number, by place among its kind, or the newest."""
    groups = found.groupdict()
    if groups.get("id"):
        return edits.entry_of(state, found["id"])
    stands = [e for e in state.entries if e.provenance != "detected"]
    if groups.get("it"):
        stands = [e for e in stands if e.kind not in ("link", "topic")]
        return stands[-1] if stands else None
    kind = KINDS[(groups.get("kind") or found["last"]).split()[0]]
    of_kind = [e for e in stands if e.kind == kind]
    nth = groups.get("nth") or "last"
    place = int(re.sub(r"\D", "", nth)) - 1 if nth[0].isdigit() else ORDINALS[nth]
    return of_kind[place] if -len(of_kind) <= place < len(of_kind) else None


def none(state: State) -> Outcome:
    """There is no such item."""
    return Outcome(state, (Say(f"I have no such entry. I have: {edits.ids(state)}."),))


def _changing(verb: str, group: str = "") -> Do:
    """An order that changes an item as the command *verb* does."""

    def do(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
        target = item_in(state, found)
        if target is None:
            return none(state)
        rest = written(found, group, message) if group else ""
        return edits.change(state, verb, target, rest, message, context)

    return do


def _due(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    """*Move A3 to Friday*; where that is no day and no number was named, it may be something else."""
    target = item_in(state, found)
    if target is None:
        return none(state)
    done = edits.change(state, "due", target, written(found, "rest", message), message, context)
    return done if done.state is not state or found["id"] else None


def _assign(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    target = item_in(state, found)
    if target is None:
        return none(state)
    return edits.change(state, "assign", target, written(found, "who", message), message, context)


def _unassign(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    target = item_in(state, found)
    return edits.change(state, "assign", target, "nobody", message, context) if target else none(state)


def _done(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    target, word = item_in(state, found), found["state"]
    if target is None:
        return none(state)
    ended = word.startswith(("cancel", "off", "void", "moot"))
    return edits.change(
        state, "cancel" if ended else "reopen" if "open" in word or word == "not done" else "done",
        target, "", message, context,
    )  # fmt: skip


def _dropped(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    words = (found["key"] or "").strip()
    if not words:
        if found["it"] and found["verb"] == "forget":
            return None  # an idiom
        target = item_in(state, found)
        if target is None:
            return none(state)
        return Outcome(edits.dropped(state, message, target), (Say(f"{target.id} is off the record."),))
    if words in ("what i said", "my words", "everything i said", "me"):
        return commands.forgotten(state, message, context)
    key = key_of(state, words, context)
    if key not in state.attributes:
        target, asks = _meant(state.entries, words, "drop")
        if target is not None:
            return Outcome(edits.dropped(state, message, target), (Say(f"{target.id} is off the record."),))
        have = ", ".join([*state.attributes, *(e.id for e in state.entries if e.kind not in ("link", "topic"))])
        return Outcome(state, (Say(asks or f"I have no {words}. I have: {have or 'nothing yet'}."),))
    template = context.templates.get(state.type)
    return Outcome(record.drop_value(state, key, template), (Say(f"{key.capitalize()} is off the record."),))


def _meant(among: Iterable[Entry], words: str, verb: str) -> tuple[Entry | None, str]:
    """The one item that words mean; where they mean several, the question which."""
    found = list({e.id: e for e in edits.by_words(among, words)}.values())
    if len(found) == 1:
        return found[0], ""
    several = ", ".join(e.id for e in found[:9])
    return None, f"That may be {several}. Say #{verb} {found[0].id}." if found else ""


def key_of(state: State, words: str, context: Context) -> str:
    """The key of the attribute that people call so, else the words themselves."""
    wanted = words.replace(" ", "_")
    template = context.templates.get(state.type)
    return next((a.key for a in template.attribute if words in (a.label.lower(), *a.labels) or a.key == wanted), wanted)


def _restored(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:  # noqa: ARG001
    if found["id"]:
        return edits.restore(state, edits.id_of(found["id"]), message)
    stand = {e.id for e in state.entries}
    gone = [c.before for c in reversed(state.changes) if c.after is None and c.before.id not in stand]
    target, asks = _meant(gone, found["key"], "restore")
    if target is not None:
        return edits.restore(state, target.id, message)
    dropped = ", ".join(dict.fromkeys(e.id for e in gone)) or "nothing"
    return Outcome(state, (Say(asks or f"I know of no dropped {found['key']}. Off the record is: {dropped}."),))


def _answered(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:  # noqa: ARG001
    """*Q1 is answered: the city pays*: the answer stands with the question."""
    target, said = item_in(state, found), written(found, "rest", message)
    if target is None or target.kind != "question":
        return none(state)
    text = f"{target.text} – {said}" if said else target.text
    after = record.replace(target, text=text, status="answered")
    return Outcome(edits.changed(state, message, target, after), (Ack(message.id),))


def _undone(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:  # noqa: ARG001
    words = {"two": "2", "three": "3", "four": "4", "five": "5"}
    number = found["count"] or ""
    return edits.undo(state, words.get(number, number), message)


def _judged(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    target = item_in(state, found)
    if target is None:
        return none(state)
    if target.provenance != "detected" and target.status != "proposed":
        return None
    yes = not found["verdict"].startswith(("wrong", "not", "rejected", "incorrect"))
    return confirmations.confirm(state, target.id, message, context, yes=yes)


def _shown(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:  # noqa: ARG001
    target = item_in(state, found)
    if target is None:
        return none(state)
    owner = f", {target.owner or 'UNASSIGNED'}" if target.kind == "action" else ""
    due = f", due {followup.spell_day(target.due)}" if target.due else ""
    return Outcome(state, (Say(f"{target.id}{owner}{due}, {target.status}: {target.text}"),))


#: These may hold any words, *publish* among them.
WORDED: tuple[Order, ...] = (
    order(
        rf"(?:change|edit|reword|correct|rename|update) {ITEM}(?: to(?: say| read)?|,|:| into| as) (?P<rest>\S.*?)",
        _changing("edit", "rest"),
    ),
    order(rf"{NAMED} (?:should|must|ought to) (?:say|read|be)[,:]? (?P<rest>\S.*?)", _changing("edit", "rest")),
)
ORDERS: tuple[Order, ...] = (
    *WORDED,
    order(rf"(?:assign|give|hand|reassign) {ITEM} (?:over )?to (?P<who>\S.{{0,59}}?)", _assign),
    order(rf"unassign {ITEM}", _unassign),
    order(rf"(?:the )?owner of {NAMED} (?:is|will be|should be|must be)(?: now)? (?P<who>\S.{{0,59}}?)", _assign),
    order(rf"{NAMED}'s owner (?:is|will be|should be)(?: now)? (?P<who>\S.{{0,59}}?)", _assign),
    order(
        rf"{NAMED} (?:is|was|has been) (?:now |already )?(?:answered|settled) ?(?:[:,–-]|by|with) ?"
        r"(?P<rest>\S.{1,300}?)",
        _answered,
    ),
    order(rf"(?:the )?answer (?:to|of) {NAMED} (?:is|was)[:,]? (?P<rest>\S.{{1,300}}?)", _answered),
    order(rf"{NAMED} (?:is (?:for|owned by|assigned to)|belongs to|goes to) (?P<who>\S.{{0,59}}?)", _assign),
    order(rf"(?P<who>i)(?:'ll| will| can|'d like to|'m going to) (?:take|do|handle) (?:care of )?{NAMED}", _assign),
    order(rf"(?P<who>@?[\w.|-]{{1,30}}) (?:takes?|does|do|will (?:take|do)|has|owns|can (?:take|do)) {NAMED}", _assign),
    order(
        rf"(?:mark|set) {ITEM} (?:as |to )?(?P<state>done|finished|completed?|closed|answered|cancell?ed|open)", _done
    ),
    order(
        rf"{NAMED} (?:is|are|was|has been) (?:now |already )?(?P<state>done|finished|completed?|closed|answered|"
        r"settled|cancell?ed|off the table|void|moot|open(?: again)?|reopened|not done)",
        _done,
    ),
    order(rf"(?P<state>close|finish|complete|tick off|cancel|reopen) {ITEM}", _done),
    order(
        rf"(?:move|postpone|push|delay|reschedule|shift|put) {ITEM} (?:back )?(?:to|until|till|by|on) "
        r"(?P<rest>\S.{0,79}?)",
        _due,
    ),
    order(rf"{NAMED} (?:is|should be|must be) due (?:on |by )?(?P<rest>\S.{{0,79}}?)", _due),
    order(rf"(?:set )?(?:the )?(?:due date|deadline) (?:of|for) {ITEM} (?:to|is) (?P<rest>\S.{{0,79}}?)", _due),
    order(rf"{NAMED} (?:by|until) (?P<rest>{_DAY}.{{0,60}}?)", _due),
    order(
        rf"(?:restore|bring back|put back|undrop) (?:the )?(?:(?P<id>{edits.ID})|(?P<key>[^\W_][\w' -]{{1,40}}?))",
        _restored,
    ),
    order(
        r"(?:undo|revert|take back)(?: (?:the )?(?:last|that|it|this))?(?: (?P<count>\d{1,2}|two|three|four|five))?"
        r"(?: (?:items?|ones?|lines?|entr(?:y|ies)|changes?))?",
        _undone,
    ),
    order(
        rf"(?P<verb>drop|remove|delete|forget|strike|scrap|take (?:out|off|back)) "
        rf"(?:{ITEM}|(?:the )?(?P<key>[^\W_][\w' -]{{1,40}}?))",
        _dropped,
    ),
    order(
        rf"{NAMED} (?:is |was )?(?P<verdict>right|correct|confirmed|ok|okay|fine|agreed|accepted|wrong|incorrect|"
        r"not right|rejected)",
        _judged,
    ),
    order(rf"(?:what (?:is|was|about)|show(?: me| us)?|read) {NAMED}", _shown),
)
