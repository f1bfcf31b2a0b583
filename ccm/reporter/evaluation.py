"""
A whole log in, its outcomes out: what measures the reporter calls.

Plain values on both sides, nothing of rooms, states or times. Leaves out the document (:mod:`ccm.reporter.document`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ccm.reporter.finding import Remark, found
from ccm.reporter.outcomes import links_of, mark_of
from ccm.reporter.segments import Line, segments


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
    lines = [Remark(str(message["nick"]), str(message["text"])) for message in messages]
    talk = [Line(line.text, line.nick, _seconds(m.get("time"))) for line, m in zip(lines, messages, strict=True)]
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
        "topics": _topics(talk, known),
        "links": list(dict.fromkeys(url for line in lines for url in links_of(line.text))),
        "summary": "",
    }


def _topics(talk: Sequence[Line], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the talk was about, from where: the titles of the agenda if there is one, else words of the talk."""
    parts = segments(talk, agenda=tuple(map(str, known.get("agenda") or ())), chair=str(known.get("chair") or ""))
    if not parts:
        return [{"title": "", "start_index": 0}]
    return [{"title": part.title, "start_index": part.start} for part in parts]


def _seconds(time: object) -> int | None:
    """``14:05`` or ``14:05:30`` as seconds of the day."""
    parts = str(time or "").split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        return None
    return sum(int(part) * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
