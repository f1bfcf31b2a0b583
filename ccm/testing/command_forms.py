"""
Ad-hoc commands (XEP-0050 1.3.0) with data forms (XEP-0004 2.13.1) as a client shows them: for tests of components.

Knows forms, results as fields or as a table, and notes. Leaves out commands of several stages: CCM's have one.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.testing.component_stage import result
from ccm.wire.stanza import attribute, serialise
from wokkel import data_form

DISCO_ITEMS = "http://jabber.org/protocol/disco#items"


class Asks(Protocol):
    """Who can send an iq, such as :class:`ccm.testing.component_stage.Person`."""

    def ask(self, to: str, type_: str, payload: str) -> Any:
        """*async* The answering iq."""


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What a completed command shows.

    :ivar notes: sentences, the corrections among them.
    :ivar fields: values by name, of a result that is no table.
    :ivar rows: the same for each row of a table.
    """

    notes: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    rows: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A form to fill in.

    :ivar fields: by name, except ``FORM_TYPE``: ``fieldType``, ``label``, ``required``, ``options``, ``value``.
    """

    who: Asks
    to: str
    node: str
    session: str
    form_type: str
    fields: dict[str, data_form.Field]

    async def submit(self, **values: str) -> Shown:
        """
        Send it, with the values it came with where none is given. A name that is a word of Python takes a ``_`` at
        its end.

        :raises AssertionError: if a field is not in the form, a value not among its options, or it is refused.
        """
        return shown(result(await self.answer(**values)))

    async def answer(self, **values: str) -> Element:
        """The same, answering the iq itself: for forms that should be refused."""
        form = data_form.Form("submit", formNamespace=self.form_type)
        chosen = {name: each.value for name, each in self.fields.items() if each.value is not None}
        for name, value in ((name.rstrip("_"), value) for name, value in values.items()):
            if name not in self.fields:
                raise AssertionError(f"There is no field {name}; there are {', '.join(self.fields)}.")
            offered = [option.value for option in self.fields[name].options]
            if self.fields[name].fieldType == "list-single" and value not in offered:
                raise AssertionError(f"{name} offers {', '.join(offered)}, not {value}.")
            chosen[name] = value
        for name, value in chosen.items():
            form.addField(data_form.Field(self.fields[name].fieldType, name, value=value))
        xml = serialise(form.toElement())
        answer: Element = await _run(self.who, self.to, self.node, xml, self.session, "complete")
        return answer


async def commands(who: Asks, to: str) -> dict[str, str]:
    """Title of each command that an address offers, by its node."""
    answer = result(await who.ask(to, "get", f"<query xmlns='{DISCO_ITEMS}' node='{ns.COMMANDS}'/>"))
    return {item["node"]: item["name"] for item in answer.elements(DISCO_ITEMS, "item")}


async def begin(who: Asks, to: str, node: str) -> Filled:
    """The form of a command. :raises AssertionError: if there is none."""
    return _form(who, to, result(await _run(who, to, node)))


async def run(who: Asks, to: str, node: str, **values: str) -> Shown:
    """Run a command from its form to its result, or at once if it has no form and no *values* are given."""
    command = result(await _run(who, to, node))
    if command["status"] == "executing":
        return await _form(who, to, command).submit(**values)
    if values:
        raise AssertionError(f"{node} has no form to take {', '.join(values)}.")
    return shown(command)


def shown(command: Element) -> Shown:
    """What the element of a completed command shows. :raises AssertionError: if it is not completed."""
    if command["status"] != "completed":
        raise AssertionError(f"The command is {command['status']}, not completed: {command.toXml()}")
    notes = tuple(str(note) for note in command.elements(ns.COMMANDS, "note"))
    form = next(command.elements(ns.DATA_FORMS, "x"), None)
    if form is None:
        return Shown(notes)
    if next(form.elements(ns.DATA_FORMS, "reported"), None) is not None:
        return Shown(notes, rows=tuple(_values(item) for item in form.elements(ns.DATA_FORMS, "item")))
    return Shown(notes, _values(form))


async def _run(who: Asks, to: str, node: str, form: str = "", session: str = "", action: str = "execute") -> Any:
    more = f" sessionid='{attribute(session)}'" if session else ""
    xml = f"<command xmlns='{ns.COMMANDS}' node='{attribute(node)}' action='{action}'{more}>{form}</command>"
    return await who.ask(to, "set", xml)


def _form(who: Asks, to: str, command: Element) -> Filled:
    form = next(command.elements(ns.DATA_FORMS, "x"), None)
    if form is None:
        raise AssertionError(f"There is no form: {command.toXml()}")
    found = data_form.Form.fromElement(form)
    return Filled(who, to, command["node"], command["sessionid"], found.formNamespace or "", dict(found.fields))


def _values(element: Element) -> dict[str, str]:
    return {
        each["var"]: "\n".join(str(value) for value in each.elements(ns.DATA_FORMS, "value"))
        for each in element.elements(ns.DATA_FORMS, "field")
        if each.getAttribute("var") != "FORM_TYPE"
    }
