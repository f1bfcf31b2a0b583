"""
XEP-0050 Ad-Hoc Commands 1.3.0 of the host: those that modules offer, listed to whoever may use them (XEP-0030).

They are at the host and, for its owner, at an account's own address: some clients look for them there. What cannot be
done is told by a note (§3.6), save what XEP-0133 §5 wants as an error. Leaves out commands of several stages, and
announcing them (§2.3).
"""

from secrets import token_urlsafe
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError, StoreUnavailable
from ccm.interfaces import IHostDisco
from ccm.router.commands import Done, HostCommand
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import commands, forms
from ccm.wire.stanza import Stanza, attribute

log = Logger()

_WHERE = (Target.NONE, Target.HOST, Target.ACCOUNT)
#: A refusal is logged once in so many seconds for each person and command, the last so many of them.
_REFUSAL_SECONDS = 60.0
_REFUSALS = 1000
_NAMED = 500  # as many as one command may concern
#: Told as stanza errors; everything else that goes wrong is a note.
_ERRORS = frozenset({"conflict", "feature-not-implemented", "forbidden", "not-allowed", "resource-constraint"})


@implementer(IHostDisco)
class Commands:
    """Serves ``router.commands``."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._now = services.now
        self._refused: dict[tuple[str, str], float] = {}  # when that was last logged
        router.add_host_disco(self)

    @on.iq("set", *commands.COMMAND, to=_WHERE)
    async def asked(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0050 §2.4. :raises StanzaError: ``item-not-found``, ``forbidden``, ``bad-request``."""
        asker = stanza.from_ or ""
        bare = address.bare(asker)
        if stanza.to is not None and "@" in stanza.to and stanza.to != bare:
            raise StanzaError("service-unavailable")
        if address.domain(bare) in self._router.hosts and not self._router.is_client(origin):
            raise StanzaError("forbidden", "Commands are for who has signed in.")
        element = next(stanza.element.elements(*commands.COMMAND))
        node = element.getAttribute("node", "")
        command = self._router.commands.get(node)
        if command is None:
            raise StanzaError("item-not-found", "There is no such command here.")
        if not command.may(bare):
            self._note_refusal(bare, node)
            raise StanzaError("forbidden", command.remedy)
        stage = commands.stage(element, fields=bool(command.parameters))
        session = element.getAttribute("sessionid") or token_urlsafe(12)
        if stage is commands.Stage.CANCEL:
            inner = commands.answer(node, session, "canceled")
        elif stage is commands.Stage.FORM:
            inner = commands.answer(node, session, "executing", commands.to_fill_in(await _form(command)))
        else:
            form = forms.find(element)
            values = forms.read(form, command.form_type) if form is not None else {}
            inner = commands.answer(node, session, "completed", await _outcome(command, asker, values))
        return stanza.result(inner, (commands.COMMAND,))

    def _note_refusal(self, bare: str, node: str) -> None:
        """Log who tried what they may not: again only after a while, so that nobody fills the log."""
        now = self._now()
        last = self._refused.pop((bare, node), None)
        if last is not None and now - last < _REFUSAL_SECONDS:
            self._refused[bare, node] = last
            return
        self._refused[bare, node] = now
        if len(self._refused) > _REFUSALS:
            del self._refused[next(iter(self._refused))]
        log.warn("{jid} may not run the command {node}, and was refused.", jid=bare, node=node)

    # ---- service discovery

    def items(self, asker: str, at: str, node: str) -> bytes | None:
        """The list (XEP-0050 §2.2): what the asker may use; ``None`` for another node."""
        if node != ns.COMMANDS:
            return None
        return b"".join(
            f"<item jid='{attribute(at)}' node='{attribute(each.node)}' name='{attribute(each.title)}'/>".encode()
            for each in self._router.commands.values()
            if each.may(asker)
        )

    def info(self, asker: str, node: str) -> bytes | None:
        """What the list, or one command, is; ``None`` for another node. :raises StanzaError: ``forbidden`` (§2.2)."""
        if node == ns.COMMANDS:
            return _info("command-list", "Commands", ns.COMMANDS)
        command = self._router.commands.get(node)
        if command is None:
            return None
        if not command.may(asker):
            raise StanzaError("forbidden", command.remedy)
        return _info("command-node", command.title, ns.COMMANDS, ns.DATA_FORMS)


def _info(type_: str, name: str, *features: str) -> bytes:
    lines = "".join(f"<feature var='{feature}'/>" for feature in features)
    return f"<identity category='automation' type='{type_}' name='{attribute(name)}'/>{lines}".encode()


async def _form(command: HostCommand) -> bytes:
    try:
        present = await command.present()
    except StoreUnavailable as error:
        raise StanzaError("resource-constraint", "Nothing can be read at the moment. Try again later.") from error
    fields = [
        forms.field(each.name, present.get(each.name, ()), each.kind, each.label, each.options, required=each.required)
        for each in command.parameters
    ]
    return forms.form("form", command.form_type, fields, command.title, command.instructions)


async def _outcome(command: HostCommand, asker: str, values: forms.Values) -> bytes:
    """Run it; the content of the answer. The log says who did what to whom."""
    entry = {"jid": asker, "node": command.node, "on": _whom(command, values)}
    try:
        for each in command.parameters:
            if each.required and not any(value.strip() for value in values.get(each.name, ())):
                raise commands.lacking(each.label)
        done = await command.run(asker, values)
    except StoreUnavailable as error:
        raise StanzaError("resource-constraint", "Nothing can be saved at the moment. Try again later.") from error
    except StanzaError as error:
        log.info("{jid} was refused the command {node}{on}: {why}", why=error.text, **entry)
        if error.condition in _ERRORS:
            raise
        return commands.note(error.text, "error")
    log.info("{jid} ran the command {node}{on}.", **entry)
    return _told(command, done)


def _whom(command: HostCommand, values: forms.Values) -> str:
    """The addresses that a form names, for the log."""
    fields = (each.name for each in command.parameters if each.kind in ("jid-single", "jid-multi"))
    jids = [jid for name in fields for value in values.get(name, ()) for jid in value.split()]
    return f" on {', '.join(jids[:_NAMED])}" + (" …" if len(jids) > _NAMED else "") if jids else ""


def _told(command: HostCommand, done: Done) -> bytes:
    inner = commands.note(done.note) if done.note else b""
    inner += commands.note(done.warning, "warn") if done.warning else b""
    return inner + (forms.form("result", command.form_type, done.fields, command.title) if done.fields else b"")


plugin = Module("commands", "XEP-0050 1.3.0", Commands, (ns.COMMANDS,))
