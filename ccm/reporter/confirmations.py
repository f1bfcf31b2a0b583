"""
What the room confirms: "detection proposes, the room confirms".

At topic changes and at the end the talk is looked through for what nobody marked. What is found stands in the record as
*detected*, and the likeliest three are put to their owner or the chair, in one line each. ``#ok A4``, ``#no A4`` or a
plain yes or no of theirs settles it. Leaves out the finding (:mod:`ccm.reporter.finding`).
"""

import re
from collections.abc import Sequence

from ccm.reporter import proposals, record
from ccm.reporter.context import Context, Outcome, Step
from ccm.reporter.cues import Remark
from ccm.reporter.edits import changed, dropped, entry_of, ids, numbers_in
from ccm.reporter.effects import Ack, Effect, Look, Publish, Say
from ccm.reporter.finds import found_entry
from ccm.reporter.followup import spell_day
from ccm.reporter.marks import mark_of
from ccm.reporter.orders import addressed
from ccm.reporter.outcomes import MAX_ENTRIES, minuted, new_id
from ccm.reporter.proposals import ALIKE, alike
from ccm.reporter.remarks import flat
from ccm.reporter.silence import on_record
from ccm.reporter.state import Entry, State, Wanted
from ccm.reporter.transcript import Message, fold_corrections

MOST_LINES = 3  # put to the room at once
MAX_LOOKED = 5000  # messages looked through, the newest
MAX_INQUIRED = 500
YES = re.compile(
    r"^\W*(?:(?:yes|yep|yup|yeah|sure|ok|okay|correct|right|exactly|indeed|true|will do|of course|confirmed?|i will|"
    r"i do|that'?s (?:right|correct|it)|please|thanks?|both|all(?: of them)?|(?:yes )?to (?:both|all))\b\W*)+$"
)
NO = re.compile(
    r"^\W*(?:no|nope|nah|not (?:me|really|that|at all|yet|true|right)|wrong|incorrect|never|"
    r"(?:that'?s|it'?s) (?:wrong|not (?:right|true|mine|me))|drop (?:it|that)|thanks?|(?:no )?to (?:both|all))\b\W*"
    r"(?:thanks?|thank you)?\W*$"
)
_ALL = re.compile(r"\b(?:all|both|them)\b")


def confirm(state: State, text: str, message: Message, context: Context, *, yes: bool) -> Outcome:
    """
    ``#ok A4 A5``, ``#no P1``, ``#ok all``; without a number it is the one that was asked about.

    Of a reaction only what is open still counts, and nobody needs to be told of the rest.
    """
    if message.below is not None:
        open_ = [e for e in state.entries if e.id in numbers_in(text) and _is_open(e)]
        return _settled(state, open_, message, context, yes) if open_ else Outcome(state, ())
    verb = "ok" if yes else "no"
    wanted = [w.id for w in state.wanted if any(e.id == w.id for e in state.entries)]
    numbers = numbers_in(text) or (tuple(wanted) if _ALL.search(text.lower()) or len(wanted) == 1 else ())
    targets = [entry_of(state, number) for number in numbers]
    if not targets or None in targets:
        return Outcome(state, (Say(f"#{verb} needs one of my ids, as in: #{verb} A1. I have: {ids(state)}."),))
    return _settled(state, [target for target in targets if target is not None], message, context, yes)


def _is_open(target: Entry) -> bool:
    """Whether a yes or no changes anything about it."""
    return target.provenance == "detected" or (target.kind == "idea" and target.status == "proposed")


def _settled(state: State, targets: Sequence[Entry], message: Message, context: Context, yes: bool) -> Outcome:
    said: list[str] = []
    for target in targets:
        state, words = _settle(state, target, message, context, yes)
        said += [words] if words else []
    return Outcome(state, (Say(" ".join(said)),) if said else (Ack(message.id),))


def _settle(state: State, target: Entry, message: Message, context: Context, yes: bool) -> tuple[State, str]:
    """The state after a yes or no to one item, and what to say about it."""
    if target.kind == "idea" and target.status == "proposed":
        return proposals.judged(state, target, message, context, yes)
    if target.provenance != "detected":
        return (
            state,
            f"{target.id} is on record already." if yes else f"To take {target.id} off the record: #drop {target.id}.",
        )
    state = record.replace(state, wanted=tuple(w for w in state.wanted if w.id != target.id))
    if not yes:
        return dropped(state, message, target), ""
    return changed(state, message, target, record.replace(target, sure=True, provenance="confirmed")), ""


def answered(state: State, low: str, message: Message, context: Context) -> Outcome | None:
    """A plain yes or no of somebody who was asked; ``None`` for anything else, and then nobody waits for it longer."""
    mine = [w for w in state.wanted if w.nick == message.nick]
    if not mine:
        return None
    yes, no = bool(YES.match(low)), bool(NO.match(low))
    if yes == no:
        return None
    if len(mine) > 1 and not _ALL.search(low):
        words = " or ".join(f"#{'ok' if yes else 'no'} {w.id}" for w in mine)
        return Outcome(state, (Say(f"Which one? {words}, or #{'ok' if yes else 'no'} all."),))
    return confirm(state, " ".join(w.id for w in mine), message, context, yes=yes)


def no_longer_asked(state: State, nick: str) -> State:
    """Somebody said something else: a later yes of theirs answers something else."""
    if not any(w.nick == nick for w in state.wanted):
        return state
    return record.replace(state, wanted=tuple(w for w in state.wanted if w.nick != nick))


def without_find(state: State, made: Entry) -> State:
    """The state without the find that somebody has just marked."""
    if made.kind not in ("action", "decision", "question"):
        return state
    same = {
        e.id for e in state.entries
        if e.provenance == "detected" and e.kind == made.kind
        and (e.source == made.source or alike(e.text, made.text) >= ALIKE)
    }  # fmt: skip
    return record.replace(state, entries=tuple(e for e in state.entries if e.id not in same)) if same else state


# ---- what nobody marked


def settled(turn: Step, messages: Sequence[Message], context: Context) -> Step:
    """
    Carry out the :class:`Look` among the effects of a step, so that what is found takes part in what follows.

    :param messages: everything up to the message that the step folded in.
    """
    state, effects = turn
    if not any(isinstance(effect, Look) for effect in effects):
        return turn
    last = any(isinstance(effect, Publish) for effect in effects)
    done: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Look):
            state, said = looked(state, messages, context, last=last)
            done += said
        else:
            done.append(effect)
    return state, tuple(done)


def looked(state: State, messages: Sequence[Message], context: Context, *, last: bool = False) -> Step:
    """Look through the talk; what is new stands in the record as detected, and people are asked about the likeliest."""
    if context.find is None:
        return state, ()
    said = fold_corrections(on_record(messages, context.names))[-MAX_LOOKED:]
    lines = [Remark(m.nick, m.text) for m in said]
    marked = minuted(state.entries)
    skip = frozenset(place for place, m in enumerate(said) if is_no_talk(m, context))
    found = context.find(lines, state.people, chair=state.chair, marked=marked, skip=skip)
    entries = [
        found_entry(each, said[each.place], [said[place].id for place in each.sources], context.zone)
        for each in found
        if each.place not in skip
    ]
    state = _merged(state, entries, said)
    return _asked(state, last)


def is_no_talk(message: Message, context: Context) -> bool:
    """Whether a message is no part of the talk: a command, a marked line, words of the reporter's or to it."""
    if message.from_reporter or not message.text or mark_of(message.text) is not None:
        return True
    return bool(addressed(flat(message.text[:400]), context.names)[0])


def _merged(state: State, found: Sequence[Entry], said: Sequence[Message]) -> State:
    """The record with these finds: known ones keep their numbers; what is not found again goes, unless people were
    asked."""
    before = {(e.kind, e.source): e for e in state.entries if e.provenance == "detected"}
    others = tuple(e for e in state.entries if e.provenance != "detected")
    fresh: list[Entry] = []
    counters = state.counters
    topics = _topics_of(state, said)
    for each in found:
        known = before.pop((each.kind, each.source), None)
        if known is not None:
            fresh.append(record.replace(each, id=known.id, topic=known.topic))
            continue
        if f"{each.kind} {each.source}" in state.refused or len(others) + len(fresh) >= MAX_ENTRIES:
            continue
        if any(is_same(each, e) for e in (*others, *fresh)):
            continue
        id_, counters = new_id(each.kind, counters)
        fresh.append(record.replace(each, id=id_, topic=topics.get(each.source, "")))
    fresh += [e for e in before.values() if e.id in state.inquired]
    entries = (*others, *sorted(fresh, key=lambda e: (e.kind, int(e.id[1:]))))
    if entries == state.entries:
        return state
    jids = {m.id: m.jid for m in said if m.jid}
    authors = {**state.authors, **{e.source: jids[e.source] for e in fresh if e.source in jids}}
    return record.changed(state, entries=entries, counters=counters, authors=authors)


def is_same(find: Entry, known: Entry) -> bool:
    """Whether a find is an item that stands already, or what a marked one rests on."""
    if find.kind != known.kind:
        return False
    rests_on = (known.source, *known.sources) if known.provenance != "detected" else (known.source,)
    return find.source in rests_on or alike(find.text, known.text) >= ALIKE


def _topics_of(state: State, said: Sequence[Message]) -> dict[str, str]:
    """Under which topic each message was said."""
    begins = {e.source: e.id for e in state.entries if e.kind == "topic" and e.status != "planned"}
    topics: dict[str, str] = {}
    current = ""
    for message in said:
        current = begins.get(message.id, current)
        topics[message.id] = current
    return topics


def _asked(state: State, last: bool) -> Step:
    """Put the likeliest finds that nobody was asked about to their owner or the chair."""
    new = [e for e in state.entries if e.provenance == "detected" and e.id not in state.inquired and e.status == "open"]
    new = [e for e in new if e.kind in ("action", "decision")]
    chosen = sorted(new, key=lambda e: (not e.sure, -e.confidence, e.kind, int(e.id[1:])))[:MOST_LINES]
    if not chosen:
        return state, ()
    chosen.sort(key=lambda e: (e.kind, int(e.id[1:])))
    lines: list[str] = []
    wanted: list[Wanted] = []
    for each in chosen:
        whom = _nick_of(state, each.owner) or state.chair
        wanted += [Wanted(each.id, whom)] if whom else []
        lines.append(_line(each, "" if whom == _nick_of(state, each.owner) else whom))
    inquired = (*state.inquired, *(e.id for e in chosen))[-MAX_INQUIRED:]
    state = record.replace(state, wanted=tuple(wanted), inquired=inquired)
    head = "Did I get this right? “Publish again, reporter” takes your answers along.\n" if last else ""
    return state, (Say(head + "\n".join(lines)),)


def _nick_of(state: State, owner: str) -> str:
    """The nick of an owner who is here, or ``""``."""
    low = owner.lower()
    exact = next((nick for nick in state.people if nick.lower() == low), "")
    if exact or not low:
        return exact
    near = [nick for nick in state.people if nick.lower().split()[:1] == low.split()[:1]]
    return near[0] if len(near) == 1 else ""


def _line(each: Entry, whom: str) -> str:
    owner = f"{each.owner or 'UNASSIGNED'}: " if each.kind == "action" else ""
    due = f", due {spell_day(each.due)}" if each.due else ""
    text = " ".join(each.text.split()).rstrip(" .")
    if each.due and each.phrase and text.lower().endswith(each.phrase.lower()):
        text = text[: -len(each.phrase)].rstrip(" ,;:.-–")
    text = text[:160] + ("…" if len(text) > 160 else "")
    address = f"{whom}, " if whom else ""
    return f"{address}{each.id}? {owner}{text}{due}. #ok {each.id} / #no {each.id}"
