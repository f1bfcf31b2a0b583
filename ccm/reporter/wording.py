"""
The sentences around what people said, the same in every form of a document: counts, standing, how something came about.

Leaves out markup and people's own words.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from ccm.reporter import dates as days
from ccm.reporter.document_shape import Document, FollowUp, Item, Topic, superseded
from ccm.reporter.rendering import by_owner, capital, clock, long_day, moment, short_day

FOUND = (
    "Nobody announced these topics. The words of the conversation show where they begin; their titles are made of them."
)
POSSIBLE = "Found in the talk by the reporter. Nobody confirmed them, and nobody was sent them."
COUNTED = {
    "actions": "No actions were recorded.",
    "decisions": "No decisions were recorded.",
    "questions": "No open questions were recorded.",
}
CORRECT = "Something wrong? Owner or chair can mend it in its room and publish anew, or take a message out for good."
KEPT = "Kept until the operator of this archive removes it."
NOBODY = "Nobody yet"
_DUE = r",?\s*\(?\b(?:(?:due|by|until|till|before|on|for)\s+)*{}\)?(?=\W|$)"
_HANGING = re.compile(r"(?:^| )(?:to|the|an?|of|from|and|or|than|with|at|zum?|auf|den|der|vom)$", re.IGNORECASE)
_UNTIL = ("by ", "until ", "till ", "due ", "bis ")
_STOP = re.compile(r"(?<!\betc)(?<!\.)\.\s*$")  # what follows a task in its line goes on
_KINDS = {"consensus": "By consensus", "vote": "By vote", "ruling": "Ruled by the chair"}
_WHY = {"unanswered": "Nobody else spoke after it.", "unsettled": "No answer was noted."}


def lead(document: Document) -> str:
    """``What came of it: 2 actions (the first due Fri 27 Nov 2026), 1 decision.``, or ``""`` where nothing did."""
    days_due = sorted(item.due for item in document.actions if item.due and item.status in ("open", "carried"))
    first = "the first " if len(document.actions) > 1 else ""
    until = f" ({first}due {short_day(days_due[0])})" if days_due else ""
    possible = (
        (len(document.possible_actions), "possible action"),
        (len(document.possible_decisions), "possible decision"),
    )
    told = [(number, noun, until if noun == "action" else "") for number, noun in (*_outcome(document), *possible)]
    came = ", ".join(f"{counted(number, noun)}{when}" for number, noun, when in told if number)
    return f"What came of it: {came}." if came else ""


def counts(document: Document) -> str:
    """``2 actions, 1 decision, no open questions, 42 messages``."""
    return ", ".join(counted(number, noun) for number, noun in (*_outcome(document), (len(document.log), "message")))


def _outcome(document: Document) -> tuple[tuple[int, str], ...]:
    open_ones = sum(item.status == "open" for item in document.questions)
    standing_ones = len(document.decisions) - len(superseded(document.decisions))
    return (len(document.actions), "action"), (standing_ones, "decision"), (open_ones, "open question")


def counted(number: int, noun: str) -> str:
    """``no actions``, ``1 action``, ``2 actions``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def standing(document: Document) -> str:
    """``Approved by Ann, Mon 23 Nov 2026, 14:05 CET, version 2, amended``."""
    at = moment(document.approved_at or document.published, document.zone)
    day = f", {short_day(at.date().isoformat())}, {at:%H:%M} {at:%Z}" if at else ""
    words = {
        "approved": f"Approved by {document.approved_by}{day}",
        "unopposed": f"Published unopposed{day}",
        "draft": "Draft",
    }
    amended = ", amended" if document.version > 1 else ""
    return f"{words.get(document.status, document.status)}, version {document.version}{amended}"


def standing_shortly(document: Document) -> str:
    """``Approved by Ann, version 2``; when stands at the end of a document."""
    words = {"approved": f"Approved by {document.approved_by}", "unopposed": "Published unopposed", "draft": "Draft"}
    version = f", version {document.version}" if document.version > 1 else ""
    return f"{words.get(document.status, document.status)}{version}"


def scheduled(document: Document) -> str:
    """``Planned for Monday 23 November 2026, 14:00 CET``, or ``""``."""
    at = moment(document.scheduled, document.zone)
    return f"Planned for {long_day(at.date())}, {at:%H:%M} {at:%Z}" if at else ""


def task(item: Item) -> str:
    """What is to be done: from the verb on where the owner stands beside it, without the day (:func:`due` tells it)."""
    text = item.task if item.task and item.owner else item.text
    if item.due:
        named = days.due(text, datetime.fromisoformat(item.at) if item.at else None, "UTC")
        if named.phrase and named.phrase.lower() != item.phrase.lower() and named.iso != item.due:
            text = re.sub(_DUE.format(re.escape(named.phrase)), "", text, flags=re.IGNORECASE).strip() or text
        elif named.phrase:
            text = _without_day(text, named.phrase)
    return capital(_STOP.sub("", text))


def due(item: Item) -> str:
    """``due Wed 25 Nov 2026``, ``due Mon 7 Dec 2026 (assumed from “in a fortnight”)``, ``due “soon”``, or ``""``."""
    if not item.due:
        return f"due “{item.phrase}”" if item.phrase and item.phrase.lower() not in task(item).lower() else ""
    told = item.phrase and item.phrase.lower() not in task(item).lower()
    assumed = f" (assumed{f' from “{item.phrase}”' if told else ''})" if item.assumed else ""
    return f"due {short_day(item.due)}{assumed}"


def _without_day(text: str, phrase: str) -> str:
    """A text without the words that say until when, if a whole sentence is left; "move it to Friday" stays."""
    found = re.search(rf"{re.escape(phrase)}(?!\w)(?: at the latest| spätestens)?", text, re.IGNORECASE)
    if found is None or phrase.lower().startswith(("for ", "für ")):
        return text
    before, after = text[: found.start()].rstrip(" ,;:–-"), text[found.end() :]
    if before.endswith("(") and after.startswith(")"):
        before, after = before[:-1].rstrip(), after[1:]
    ends, until = not after.strip(" .!,;"), phrase.lower().startswith(_UNTIL) and after[:1] in (" ", ",")
    if not (ends or until) or _HANGING.search(before):
        return text
    left = before if ends else f"{before}{after}".strip(" ,;:")
    return left if len(left.split()) > 1 else text


def provenance(item: Item) -> str:
    """How an item came to stand there, where nobody marked it."""
    if item.provenance == "marked":
        return ""
    sure = f"{(item.confidence + 5) // 10} % sure"
    return f"found in the talk ({sure}), " + ("confirmed" if item.provenance == "confirmed" else "not confirmed")


def unconfirmed(item: Item) -> str:
    """That nobody confirmed what was found; how sure the finder is stands in JSON and Markdown."""
    return "found in the talk, not confirmed" if item.provenance == "detected" else ""


def decided(item: Item, document: Document | None = None) -> str:
    """``By vote: yes 3, no 1; proposed by Ann; takes the place of D1; superseded by D7``, or ``""``."""
    votes = ", ".join(f"{option} {len(names)}" for option, names in item.votes.items())
    kind = _KINDS.get(item.how, "Voices" if votes else "")
    words = [f"{kind}: {votes}" if votes else kind, f"proposed by {item.owner}" if item.owner else ""]
    words += [f"takes the place of {item.supersedes}" if item.supersedes else ""]
    later = superseded(document.decisions).get(item.number) if document is not None else None
    words += [f"edited by {item.edited}" if item.edited else "", f"superseded by {later}" if later else ""]
    return "; ".join(word for word in words if word)


def voters(item: Item) -> str:
    """``yes: Ann, Ben; no: Kim``, or ``""``."""
    return "; ".join(f"{option}: {', '.join(who)}" for option, who in item.votes.items() if who)


def why_open(item: Item) -> str:
    """Why a question is open, or that it is not."""
    return _WHY.get(item.why, "") if item.status == "open" else f"{item.status.capitalize()}."


def topic_facts(topic: Topic, some_planned: bool) -> tuple[str, ...]:
    """``12 min``, ``not reached``, ``not on the agenda``."""
    facts = [f"{topic.minutes} min"] if topic.minutes is not None and topic.status != "planned" else []
    facts += ["not reached"] if topic.status == "planned" else []
    facts += ["not on the agenda"] if some_planned and not topic.planned and topic.status == "reached" else []
    return tuple(facts)


def next_time(follow_up: FollowUp) -> str:
    """``Tue 1 Dec 2026, 10:00``."""
    at = datetime.fromisoformat(follow_up.start)
    day = short_day(at.date().isoformat())
    return f"{day}, {at:%H:%M}" if len(follow_up.start) > 10 else day


def produced(document: Document) -> str:
    """By what, and whether a language model had a part in it."""
    if document.summarizer:
        how = f"sentences in it were worded by the language model {document.summarizer}"
    else:
        how = "no language model was used"
    return f"Written by the {document.producer} from what was said; {how}."


def tasks_by_owner(document: Document) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """``(owner or "Nobody yet", actions)``, those without an owner first."""
    return tuple((owner or NOBODY, items) for owner, items in by_owner(document))


def source(by: str, at: str, zone: str) -> str:
    """``Ann, 14:05``."""
    return ", ".join(part for part in (by, clock(at, zone)) if part)


def cited(document: Document, sources: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """``(id, "Ann, 14:05")`` of each message that is in the log, once."""
    lines = {line.id: line for line in document.log}
    there = [lines[id_] for id_ in dict.fromkeys(sources) if id_ in lines]
    return tuple((line.id, source(line.nick, line.at, document.zone)) for line in there)
