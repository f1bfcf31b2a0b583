"""
Reactions that answer (XEP-0444 0.2): a thumb below a line of the reporter's is what one could have typed.

``A4? Kim: call the printer. #ok A4 / #no A4`` with 👍 is ``#ok A4``, with 👎 ``#no A4``; below a line that asks of
several it answers all of them. Other reactions, both at once, and the same one again say nothing. Leaves out who may
answer (:mod:`ccm.reporter.confirmations`).
"""

import re
from dataclasses import replace

from ccm.components.room_archive import Remark

_YES, _NO = frozenset("👍✅✔"), frozenset("👎❌")
_TONES = dict.fromkeys((*range(0x1F3FB, 0x1F400), 0xFE0F))  # skin tones, and the wish for a picture
_ASKED = re.compile(r"#ok ([A-Z]\d{1,4})\b")


class Reactions:
    """What the reporter asked, and what was answered by reactions."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, ...]] = {}
        self._answers: dict[tuple[str, str], str] = {}

    def note(self, remark: Remark) -> None:
        """Remember what a message of the reporter asks."""
        asked = tuple(dict.fromkeys(_ASKED.findall(remark.text)))
        if asked:
            self._asked[remark.id] = asked

    def typed(self, remark: Remark) -> Remark:
        """The remark with the words that its reactions stand for, if they do."""
        asked = self._asked.get(remark.reacts_to or "")
        if asked is None or remark.text:
            return remark
        verb, who = answer(remark.reactions), (remark.jid or remark.nick, remark.reacts_to or "")
        if self._answers.get(who, "") == verb:
            return remark
        self._answers[who] = verb
        return replace(remark, text=f"#{verb} {' '.join(asked)}") if verb else remark


def answer(reactions: tuple[str, ...]) -> str:
    """``ok``, ``no``, or ``""`` for neither."""
    plain = {each.translate(_TONES) for each in reactions}
    yes, no = not plain.isdisjoint(_YES), not plain.isdisjoint(_NO)
    return "" if yes == no else "ok" if yes else "no"
