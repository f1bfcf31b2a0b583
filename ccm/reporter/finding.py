"""
Actions, decisions and open questions that people did not mark, found in free talk.

A filter that lets through whatever could be one (:mod:`ccm.reporter.cues`), then a linear model on what it lets through
and on the lines around it, then one outcome from all the lines that speak of it: what, who, until when, and who agreed
(M. Purver et al., 2007). The weights are a flat file of whole numbers, trained by ``training/outcomes.py``, so every
Python finds the same. Leaves out what people mark (:mod:`ccm.reporter.outcomes`), dates (:mod:`ccm.reporter.dates`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ccm.reporter.cues import Remark

Found_kind = Literal["action", "decision", "question"]


@dataclass(frozen=True, slots=True)
class Found:
    """
    An outcome that nobody marked.

    :ivar place: of the line that says it, in the lines given.
    :ivar text: worded for the record: of an action, verb first.
    :ivar by: nick of whoever said it.
    :ivar owner: of an action: a participant's nick, a role, a name as it was said, or ``""`` for nobody.
    :ivar phrase: the words that say until when, or ``""``.
    :ivar confidence: in thousandths.
    :ivar sure: stands under its heading; otherwise it is only possible, and nobody is sent it as a task.
    :ivar status: ``open``, ``done``, or ``carried``: an old action that was read out.
    :ivar sources: places of further lines that it rests on: who proposed, who agreed.
    :ivar how: of a decision: ``consensus``, ``vote``, ``ruling`` or ``""``.
    """

    kind: Found_kind
    place: int
    text: str
    by: str
    owner: str = ""
    phrase: str = ""
    confidence: int = 500
    sure: bool = False
    status: Literal["open", "done", "carried"] = "open"
    sources: tuple[int, ...] = ()
    how: Literal["", "consensus", "vote", "ruling"] = ""


def found(
    lines: Sequence[Remark],
    people: Iterable[str] = (),
    *,
    chair: str = "",
    marked: Collection[str] = (),
    skip: Collection[int] = (),
) -> tuple[Found, ...]:
    """
    The outcomes of a talk that nobody marked, in its order.

    :param people: names of participants beside the nicks that speak.
    :param chair: nick of the chair where it is known.
    :param marked: kinds (``action``, ``decision``, ``question``) of which somebody marked one: people who mark say what
        counts, so finds of that kind are only possible, never sure.
    :param skip: places of lines that are marked, commands or the reporter's own: context, but no outcome.
    """
    return ()
