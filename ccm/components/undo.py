"""
Taking back what a component guessed, and choosing one of its alternatives instead (``docs/protocol.md``, Corrections).

A request that was corrected leaves one step in the store; all its corrections carry the step's identifier. A step is
taken back once, within its time; choosing leaves it as it is. What taking back means is the component's own; it leaves
what is as it was already, since a process that dies in the midst is followed by another that does it again. Whoever
knows none of this namespace answers the form in the message (XEP-0004), runs the commands, or writes *undo*.
"""

import json
from base64 import b32encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.correspondence import CHOICE, KEEP, UNDO, Correspondence
from ccm.components.operations import (
    Alternative,
    Answer,
    Correction,
    Field,
    Gate,
    Operation,
    Request,
    done,
    execute,
)
from ccm.components.requests import language_of
from ccm.components.room_requests import Sibling
from ccm.errors import StanzaError
from ccm.records import UndoStep
from wokkel import data_form
from wokkel.subprotocols import XMPPHandler

GONE = "That can no longer be undone: it was undone before, or too long ago."
UNDO_WORDS = frozenset(("undo", "rückgängig", "zurücknehmen", "annuler", "ongedaan maken"))
NAMESPACES = {"topics": ns.TOPICS, "invitations": ns.INVITATIONS}

Work = Mapping[str, Any]
Revert = Callable[[Request, Work], Awaitable[Answer]]
Choose = Callable[[Request, Work, Mapping[str, str]], Awaitable[Answer]]


class Undo(XMPPHandler):  # type: ignore[misc]
    """
    The steps of one component: a handler beside its others, and two operations for its table.

    :param name: the component's name, e.g. ``"topics"``.
    :param revert: ``(request, work)`` takes back what *work* describes.
    :param choose: ``(request, work, values)`` does the alternative that has these values.
    :param hours: how long a step can be taken back.
    :ivar operations: ``undo`` and ``choose``.
    """

    def __init__(
        self, context: Context, name: str, revert: Revert, choose: Choose, letters: Correspondence, hours: int
    ) -> None:
        super().__init__()
        self._context = context
        self._name = name
        self._revert = revert
        self._choose = choose
        self._letters = letters
        self._lasts = timedelta(hours=hours)
        self._running: set[str] = set()
        which = Field("id", "Correction (identifier); empty means the last one")
        other = Field("alternative", "Alternative", required=True, options=self._offered)
        self.operations = (
            Operation("undo", "set", "Take back what was guessed", self._undone, (which,)),
            Operation("choose", "set", "Choose an alternative", self._chosen, (which, other)),
        )

    def new_id(self) -> str:
        """An identifier for a step that another component must know before it is kept."""
        return b32encode(sha256(self._context.token().encode()).digest()).decode().lower()[:12]

    async def offer(
        self, user: str, work: Work, corrections: Sequence[Correction], id_: str = ""
    ) -> tuple[Correction, ...]:
        """
        Keep how to take a request back; answers its corrections with what can be done about them.

        :param id_: of :meth:`new_id`; with it the step is kept also if there is nothing to correct.
        """
        steps = self._context.undo_steps
        if steps is None or not (corrections or id_):
            return tuple(corrections)
        id_ = id_ or self.new_id()
        choices: dict[str, dict[str, Any]] = {}
        offered = []
        for correction in corrections:
            named: list[Alternative] = []
            for alternative in correction.alternatives:
                named.append(replace(alternative, id=f"a{len(choices) + 1}"))
                choices[named[-1].id] = {"label": alternative.label, "values": dict(alternative.values)}
            offered.append(replace(correction, undo=id_, alternatives=tuple(named)))
        now = self._context.now()
        step = UndoStep(id_, user, self._name, now, now + self._lasts, _json(work), _json(choices))
        await steps.keep(step)
        return tuple(offered)

    async def _offered(self, user: str) -> tuple[tuple[str, str], ...]:
        """The alternatives of the last step."""
        steps = self._context.undo_steps
        step = await steps.latest(user, self._name) if steps is not None else None
        choices = json.loads(step.choices) if step is not None else {}
        return tuple((id_, choice["label"]) for id_, choice in choices.items())

    # ---- operations

    async def _undone(self, request: Request) -> Answer:
        step = await self._step(request)
        if step.component != self._name:
            return await self._forwarded(step, request, "undo", id=step.id)
        steps = self._context.undo_steps
        assert steps is not None
        if step.id in self._running:  # asked twice, or by the sibling's step that belongs to this one
            raise StanzaError("item-not-found", GONE)
        self._running.add(step.id)
        try:
            answer = await self._revert(request, json.loads(step.work))
            await steps.take(step.id)  # not before: whoever dies at the work, or fails, has not used it up
        finally:
            self._running.discard(step.id)
        return answer

    async def _chosen(self, request: Request) -> Answer:
        step, chosen = await self._step(request), request.need("alternative")
        if step.component != self._name:
            return await self._forwarded(step, request, "choose", id=step.id, alternative=chosen)
        choice = json.loads(step.choices).get(chosen)
        if choice is None:
            raise StanzaError("item-not-found", "That was not among the alternatives. Choose one that was offered.")
        return await self._choose(request, json.loads(step.work), choice["values"])

    async def _step(self, request: Request) -> UndoStep:
        """One of the user's own; nobody learns whether others have one."""
        steps, id_ = self._context.undo_steps, request.values.get("id")
        step = None
        if steps is not None:
            step = await (steps.get(id_) if id_ else steps.latest(request.user, self._name))
        if step is None or step.user != request.user:
            raise StanzaError("item-not-found", GONE)
        return step

    async def _forwarded(self, step: UndoStep, request: Request, name: str, **values: str) -> Answer:
        """The component that made it does it; its answer comes back in our namespace."""
        domain = self._context.siblings.get(step.component)
        if domain is None:
            raise StanzaError("item-not-found", GONE)
        sibling = Sibling(self.request, self._context.domain, domain, NAMESPACES[step.component])
        answer = await sibling.set(name, for_=request.user, language=request.language, **values)
        payload = done(NAMESPACES[self._name], *answer.elements())
        corrections = tuple(map(Correction.parse, answer.elements(ns.TOPICS, "correction")))
        return Answer(payload, corrections=corrections)

    # ---- in words and forms

    def connectionInitialized(self) -> None:
        self.xmlstream.addObserver("/message", self._heard)

    def _heard(self, message: Any) -> None:
        if message.getAttribute("type") in ("error", "groupchat", "headline") or message.handled:
            return
        sender = message.getAttribute("from") or ""
        if address.domain(sender) != self._context.host:
            return
        values = _answered(message)
        if values is not None:
            message.handled = True
            self._context.spawn(self._answer(sender, language_of(message), values))

    async def _answer(self, sender: str, language: str, values: dict[str, str]) -> None:
        choice = values.pop("choice", KEEP)
        if choice == KEEP:
            return
        operation = self.operations[0 if choice == UNDO else 1]
        if choice != UNDO:
            values["alternative"] = choice
        try:
            await execute(operation, Request(sender, values, language), Gate())
        except StanzaError as refused:
            self._letters.say(address.bare(sender), refused.text)


def _answered(message: Element) -> dict[str, str] | None:
    """What a submitted form or a word says; ``None`` if the message is about something else."""
    for x in message.elements(ns.DATA_FORMS, "x"):
        if x.getAttribute("type") == "submit":
            try:
                form = data_form.Form.fromElement(x)
            except data_form.Error:
                continue
            if CHOICE in (form.formNamespace, form.get("FORM_TYPE")):  # its type may be left out (XEP-0068 §3.1)
                return {name: str(form.get(name) or "") for name in ("id", "choice")}
    word = " ".join("".join(map(str, body.children)) for body in message.elements() if body.name == "body")
    word = word.strip().strip(".!").lower()
    if word in UNDO_WORDS:
        return {"choice": UNDO}
    if word.isascii() and word.isdigit() and len(word) < 3:
        return {"choice": f"a{word}"}
    return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
