"""
What was meant to be said, what the server took upon itself, what came back, what is archived: and whether it fits.

Every entry is a JSON line, written before the next step is done. Reading the file tells why a run failed.
"""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any


class Ledger:
    """:param file: a new file."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")
        self.intents: dict[str, str] = {}
        self.acked: dict[str, str] = {}
        self.seen: dict[str, list[str]] = {}
        self.whispers: dict[str, str] = {}
        self.heard: dict[str, set[str]] = {}
        self._taken: set[str] = set()

    def intent(self, who: str, id_: str, text: str) -> None:
        """Somebody is about to send this for the first time."""
        self.intents[id_] = text
        self._write("intent", who=who, id=id_, text=text)

    def sent(self, who: str, id_: str) -> None:
        """It is written to a connection, perhaps again."""
        self._write("sent", who=who, id=id_)

    def ack(self, who: str, id_: str, how: str) -> None:
        """The server has taken it: by its reflection (``room``), an ``<a/>`` (``sm``) or a BOSH answer (``bosh``)."""
        self.acked.setdefault(id_, how)
        self._write("acked", who=who, id=id_, how=how)

    def refused(self, who: str, id_: str, why: str) -> None:
        """An error came for it, so that nothing is promised any more."""
        self.acked.pop(id_, None)
        self._write("refused", who=who, id=id_, why=why)

    def see(self, who: str, stanza_id: str, how: str) -> None:
        """Somebody received an archived message: ``live``, or read from the archive (``mam``)."""
        self.seen.setdefault(who, []).append(stanza_id)
        self._write("seen", who=who, id=stanza_id, how=how)

    def whisper(self, who: str, id_: str, to: str) -> None:
        """Somebody is about to send this to somebody alone."""
        self.whispers[id_] = to
        self._write("whisper", who=who, id=id_, to=to)

    def whispered(self, who: str, id_: str, how: str) -> None:
        """The server has taken it."""
        self._taken.add(id_)
        self._write("whispered", who=who, id=id_, how=how)

    def not_whispered(self, who: str, id_: str, why: str) -> None:
        """An error came for it."""
        self._taken.discard(id_)
        self._write("not whispered", who=who, id=id_, why=why)

    def hear(self, who: str, id_: str) -> None:
        """It has arrived."""
        self.heard.setdefault(who, set()).add(id_)
        self._write("heard", who=who, id=id_)

    def unheard(self, who: str) -> list[str]:
        """What was said to somebody alone, acknowledged, and has not arrived."""
        mine = [id_ for id_ in self._taken if self.whispers[id_] == who]
        return [id_ for id_ in mine if id_ not in self.heard.get(who, ())]

    def note(self, what: str, **facts: Any) -> None:
        """Anything else that explains a run: kills, connections."""
        self._write(what, **facts)

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()

    def differences(self, archived: list[tuple[str, str, str]]) -> list[str]:
        """
        What contradicts the promises; an empty list is what a test wants.

        :param archived: (stanza-id, client id, text) in the order of the archive, of everything people said.
        """
        found: list[str] = []
        ids = [client_id for _, client_id, _ in archived]
        found += [f"acknowledged by {how}, and lost: {id_}" for id_, how in self.acked.items() if id_ not in ids]
        found += [f"archived {count} times: {id_}" for id_, count in Counter(ids).items() if count > 1]
        found += [f"never said: {id_}" for id_ in ids if id_ not in self.intents]
        found += [f"said and neither taken nor refused: {id_}" for id_ in self.intents if id_ not in self.acked]
        found += [f"not what was said: {id_}" for _, id_, text in archived if self.intents.get(id_, text) != text]
        order = [stanza_id for stanza_id, _, _ in archived]
        found += [] if order == sorted(order) else ["the archive's order is not that of its ids"]
        return found

    def doubles(self, who: str) -> list[str]:
        """What somebody received more than once."""
        return [id_ for id_, count in Counter(self.seen.get(who, ())).items() if count > 1]

    def disorder(self, who: str) -> list[str]:
        """What somebody received after something that the archive holds behind it."""
        seen = self.seen.get(who, [])
        return [later for earlier, later in pairwise(seen) if later < earlier]

    def _write(self, kind: str, **facts: Any) -> None:
        self._file.write(json.dumps({"kind": kind, **facts}, ensure_ascii=False) + "\n")
        self._file.flush()
