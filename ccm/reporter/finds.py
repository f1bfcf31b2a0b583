"""
A find in free talk as an item of the record: who, what, and until when, which is no longer part of the text.

Leaves out the finding (:mod:`ccm.reporter.finding`, :mod:`ccm.reporter.glimpses`) and whether it is news.
"""

import re
from collections.abc import Sequence

from ccm.reporter.edits import day_named
from ccm.reporter.finding import Found
from ccm.reporter.outcomes import stamp
from ccm.reporter.state import Entry
from ccm.reporter.transcript import Message

_LEAD = re.compile(
    r"[\s,;–-]*(?:\b(?:by|before|until|till?|bis|due|on|am|no later than)\s+)*(?:the\s+)?(?:noon\s+)?$", re.IGNORECASE
)
_REST = re.compile(
    r"\s*(?:morning|afternoon|evening|night|noon|at noon|früh|vormittag|nachmittag|abend|at the latest|spätestens|"
    r"maybe)?\b",
    re.IGNORECASE,
)
_WORDS = 2  # of what is left without the time, at least


def found_entry(each: Found, message: Message, sources: Sequence[str], zone: str) -> Entry:
    """
    The item, without a number.

    :param message: the line that says it. :param sources: ids of further messages that it rests on.
    """
    text, phrase = each.text, each.phrase
    when = day_named(text if phrase else "", message, zone)
    if phrase and not when.iso:
        when = day_named(f"by {phrase}", message, zone)
    said = when.phrase if when.iso and when.phrase.lower() in text.lower() else phrase
    if each.kind == "action" and said and not said.lower().startswith("for "):
        text = without_time(text, said)
    return Entry(
        each.kind,
        "",
        text,
        message.nick,
        message.id,
        stamp(message.time),
        each.owner,
        when.iso,
        said,
        each.status,
        provenance="detected",
        confidence=each.confidence,
        sources=tuple(dict.fromkeys(id_ for id_ in sources if id_ != message.id)),
        how=each.how,
        sure=each.sure,
        assumed=when.assumed,
    )


def without_time(text: str, phrase: str) -> str:
    """A text without the words that say until when, if enough is left of it."""
    start = text.lower().rfind(phrase.lower())
    if start < 0 or not phrase:
        return text
    lead = _LEAD.search(text[:start])
    rest = _REST.match(text, start + len(phrase))
    before = text[: lead.start() if lead else start].rstrip(" ,;")
    after = text[rest.end() if rest else start + len(phrase) :].lstrip(" ,;" if not before else ";")
    left = f"{before}{'' if not after or not before or after[:1] in ' ,.)' else ' '}{after}".strip(" ,;–-")
    if len(left.split()) < _WORDS:
        return text
    return left[:1].upper() + left[1:] if text[:1].isupper() else left
