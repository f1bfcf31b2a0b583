"""
Serves a table of operations as ad-hoc commands (XEP-0050 1.3.0) with data forms (XEP-0004 2.13.1).

Every command has one stage: a form if there is something to fill in, else the result at once. Nothing is kept between
the two, so a component may be restarted while somebody fills in a form. Fields that can be guessed are not required.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from twisted.words.protocols.jabber.xmlstream import toResponse
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.client_zone import ClientZone
from ccm.components.context import Context
from ccm.components.once import Once, key_of
from ccm.components.operations import Answer, Field, Gate, Operation, Request, execute, refusal
from ccm.components.requests import language_of
from ccm.errors import StanzaError
from ccm.wire import commands
from wokkel import data_form
from wokkel.disco import DiscoFeature, DiscoIdentity, DiscoItem
from wokkel.iwokkel import IDisco
from wokkel.subprotocols import XMPPHandler

#: Label of the choice that leaves an optional list empty.
NOTHING = "–"


@implementer(IDisco)
class Commands(XMPPHandler):  # type: ignore[misc]
    """
    :param namespace: prefix of the nodes: ``<namespace>#<operation>``; also the forms' FORM_TYPE.
    :param operations: the table; those inner or without a title are left out.
    """

    def __init__(self, namespace: str, operations: Sequence[Operation], context: Context, gate: Gate) -> None:
        super().__init__()
        self._namespace = namespace
        self._operations = {f"{namespace}#{each.name}": each for each in operations if each.title and not each.inner}
        self._context = context
        self._gate = gate
        self._once = Once(context)
        self._zones = ClientZone(lambda request: self.request(request), context)

    def connectionInitialized(self) -> None:
        self.xmlstream.addObserver(f"/iq[@type='set']/command[@xmlns='{ns.COMMANDS}']", self._asked)

    def _asked(self, iq: Any) -> None:
        if not iq.handled:
            iq.handled = True
            self._context.spawn(self._serve(iq))

    async def _serve(self, iq: Element) -> None:
        command = next(iq.elements(ns.COMMANDS, "command"))
        key = key_of(iq, self._context.domain)
        try:
            answer = await self._once.do(key, lambda: self._stage(iq, command, key))
        except StanzaError as error:
            self.send(refusal(iq, error))
            return
        assert answer is not None
        answer["node"] = command.getAttribute("node", "")
        answer["sessionid"] = command.getAttribute("sessionid") or self._context.token()
        result = toResponse(iq, "result")
        result.addChild(answer)
        self.send(result)

    async def _stage(self, iq: Element, command: Element, key: str) -> Element:
        operation = self._operations.get(command.getAttribute("node", ""))
        if operation is None:
            raise StanzaError("item-not-found", "There is no such command here.")
        match commands.stage(command, fields=bool(operation.fields)):
            case commands.Stage.CANCEL:
                return _command("canceled")
            case commands.Stage.FORM:
                return await _form(operation, self._namespace, address.bare(iq.getAttribute("from") or ""))
        values = _submitted(command, operation)
        for each in operation.fields:
            if each.required and not values.get(each.name):
                raise commands.lacking(each.label)
        sender = iq.getAttribute("from") or ""
        asks_for_zone = "tz" not in values and any(each.name == "tz" for each in operation.fields)
        if asks_for_zone and (zone := await self._zones.of(sender)):
            values["tz"] = zone
        request = Request(sender, values, language_of(command) or language_of(iq), None, key)
        return _result(await execute(operation, request, self._gate), operation, self._namespace)

    # ---- IDisco

    def getDiscoInfo(self, _requestor: object, _target: object, nodeIdentifier: str = "") -> list[object]:
        if not nodeIdentifier:
            return [DiscoFeature(ns.COMMANDS), DiscoFeature(ns.DATA_FORMS)]
        if nodeIdentifier == ns.COMMANDS:
            return [DiscoIdentity("automation", "command-list", "Commands"), DiscoFeature(ns.COMMANDS)]
        operation = self._operations.get(nodeIdentifier)
        if operation is None:
            return []
        identity = DiscoIdentity("automation", "command-node", operation.title)
        return [identity, DiscoFeature(ns.COMMANDS), DiscoFeature(ns.DATA_FORMS)]

    def getDiscoItems(self, _requestor: object, target: object, nodeIdentifier: str = "") -> list[object]:
        if nodeIdentifier != ns.COMMANDS:
            return []
        return [DiscoItem(target, node, operation.title) for node, operation in self._operations.items()]


def _command(status: str) -> Element:
    element = Element((ns.COMMANDS, "command"))
    element["status"] = status
    return element


def _submitted(command: Element, operation: Operation) -> dict[str, str]:
    """Values of the form that came along, if one did."""
    element = next(command.elements(ns.DATA_FORMS, "x"), None)
    if element is None:
        return {}
    try:
        form = data_form.Form.fromElement(element)
    except data_form.Error as error:
        raise StanzaError("bad-request", f"The form cannot be read: {error}.") from error
    if form.formType != "submit":
        raise StanzaError("bad-request", "Send the form with type “submit”.")
    values = {}
    for each in operation.fields:
        answered = form.fields.get(each.name)
        text = "\n".join(str(value) for value in answered.values).strip() if answered else ""
        if text:
            values[each.name] = text
    return values


async def _form(operation: Operation, namespace: str, user: str) -> Element:
    element = _command("executing")
    actions = element.addElement("actions")
    actions["execute"] = "complete"
    actions.addElement("complete")
    form = data_form.Form("form", operation.title, formNamespace=namespace)
    for each in operation.fields:
        begun = replace(each, value=await each.present(user)) if each.present else each
        form.addField(_field(begun, await each.options(user) if each.options else ()))
    element.addChild(form.toElement())
    return element


def _field(each: Field, choices: Sequence[tuple[str, str]]) -> data_form.Field:
    value: object = each.value or None
    if each.kind == "boolean":
        value = each.value == "true"
    if each.kind == "list-multi":
        offered = [data_form.Option(value, label) for value, label in choices]
        return data_form.Field(each.kind, each.name, values=each.value.split(), options=offered, label=each.label)
    if choices:
        none = () if each.required or each.value else (("", NOTHING),)  # else some clients send the first one
        options = [data_form.Option(value, label) for value, label in (*none, *choices)]
        first = choices[0][0] if each.required else ""
        return data_form.Field(
            "list-single", each.name, value=value or first, options=options, label=each.label, required=each.required
        )
    return data_form.Field(each.kind, each.name, value=value, label=each.label, required=each.required)


def _result(answer: Answer, operation: Operation, namespace: str) -> Element:
    element = _command("completed")
    texts = [correction.text for correction in answer.corrections] + ([answer.note] if answer.note else [])
    if texts:  # in one note: some clients show the first alone
        element.addElement("note", content="\n".join(texts))["type"] = "info"
    if answer.columns:
        element.addChild(_table(answer, operation, namespace))
    return element


def _table(answer: Answer, operation: Operation, namespace: str) -> Element:
    form = data_form.Form("result", operation.title, formNamespace=namespace)
    if not answer.table:
        for name, label in answer.columns:
            for row in answer.rows[:1]:
                form.addField(data_form.Field("text-single", name, value=row.get(name, ""), label=label))
        element: Element = form.toElement()
        _label(element, dict(answer.columns))
        return element
    element = form.toElement()
    reported = element.addElement("reported")
    for name, label in answer.columns:
        column = reported.addElement("field")
        column["var"], column["label"], column["type"] = name, label, "text-single"
    for row in answer.rows:
        _row(element.addElement("item"), row, answer.columns)
    return element


def _row(item: Element, row: Mapping[str, str], columns: tuple[tuple[str, str], ...]) -> None:
    for name, _ in columns:
        cell = item.addElement("field")
        cell["var"] = name
        cell.addElement("value", content=row.get(name, ""))


def _label(form: Element, labels: Mapping[str, str]) -> None:
    """Wokkel labels fields only in forms to fill in; a client that knows no namespace of ours shows them here too."""
    for each in form.elements(ns.DATA_FORMS, "field"):
        if each.getAttribute("var") in labels:
            each["label"] = labels[each["var"]]
