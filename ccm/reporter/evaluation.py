"""
A whole log in, its outcomes out: what measures the reporter calls.

Plain values on both sides, nothing of rooms, states or times. Leaves out the document (:mod:`ccm.reporter.document`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ccm.reporter.cues import Remark
from ccm.reporter.finding import found
from ccm.reporter.narrative import Part, Spoken, summary
from ccm.reporter.outcomes import links_of, mark_of
from ccm.reporter.segments import segments
from ccm.reporter.turns import Line, Words, read


def report(messages: Sequence[Mapping[str, Any]], meeting: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    The outcomes of a log.

    :param messages: in order, each with ``nick`` and ``text``, and ``time`` (``14:05``) if it is known.
    :param meeting: what is known of it beforehand: ``title``, ``date``, ``chair``, ``agenda`` (titles in order);
        all may be missing.
    :returns: ``actions`` (``text``, ``index``, ``assignee``, ``due``), ``decisions`` (``text``, ``index``),
        ``questions``, ``topics`` (``title``, ``start_index``), ``links`` and ``summary``.
    """
    known = meeting or {}
    nicks = [str(message["nick"]) for message in messages]
    texts = [str(message["text"]) for message in messages]
    lines = list(map(Remark._make, zip(nicks, texts, strict=True)))
    times = [_seconds(time) if (time := message.get("time")) else None for message in messages]
    talk = list(map(Line._make, zip(texts, nicks, times, strict=True)))
    words = read(talk)
    parts = _parts(talk, words, known)
    marks = {place: mark for place, line in enumerate(lines) if (mark := mark_of(line.text)) is not None}
    outcomes = found(
        lines,
        chair=str(known.get("chair") or ""),
        marked={mark.verb for mark in marks.values()},
        skip=marks,
    )
    actions: list[dict[str, Any]] = [
        {"text": mark.text, "index": place} for place, mark in marks.items() if mark.verb == "action"
    ]
    decisions: list[dict[str, Any]] = [
        {"text": mark.text, "index": place} for place, mark in marks.items() if mark.verb == "decision"
    ]
    for one in outcomes:
        if one.kind == "action" and one.sure and one.status == "open":
            text = f"{one.owner} to {one.text[:1].lower()}{one.text[1:]}" if one.owner else one.text
            actions.append({"text": text, "index": one.place, "assignee": one.owner or None, "due": one.phrase or None})
        elif one.kind == "decision" and one.sure:
            decisions.append({"text": one.text, "index": one.place})
    return {
        "actions": actions,
        "decisions": decisions,
        "questions": [{"text": one.text, "index": one.place} for one in outcomes if one.kind == "question"],
        "topics": [{"title": part.title, "start_index": part.start} for part in parts],
        "links": list(dict.fromkeys(url for line in lines for url in links_of(line.text))),
        "summary": " ".join(sentence.text for sentence in summary(_spoken(talk), parts, words)),
    }


def _parts(talk: Sequence[Line], words: Words, known: Mapping[str, Any]) -> list[Part]:
    """What the talk was about, from where: the titles of the agenda if there is one, else words of the talk."""
    agenda = tuple(map(str, known.get("agenda") or ()))
    found = segments(talk, agenda=agenda, chair=str(known.get("chair") or ""), words=words)
    if not found:
        return [Part("1", "", 0, len(talk))]
    return [Part(str(number), one.title, one.start, one.end) for number, one in enumerate(found, 1)]


def _spoken(talk: Sequence[Line]) -> list[Spoken]:
    return [Spoken._make((str(place), by, text)) for place, (text, by, _) in enumerate(talk)]


def _seconds(time: object) -> int | None:
    """``14:05`` or ``14:05:30`` as seconds of the day."""
    if not time:
        return None
    parts = str(time).split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        return None
    return sum(int(part) * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
