"""
Data forms, written and read (XEP-0004 2.13, XEP-0068 1.3).

Leaves out reported/item tables and media elements.
"""

from collections.abc import Iterable
from typing import Literal

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire.stanza import attribute, text

Values = dict[str, list[str]]
_MOST_FIELDS = 200


def tag(name: str, value: str) -> bytes:
    """An element with only text."""
    return b"<%b>%b</%b>" % (name.encode(), text(value), name.encode())


def field(
    var: str,
    values: Iterable[str] = (),
    kind: str | None = None,
    label: str = "",
    options: Iterable[tuple[str, str]] = (),
    *,
    required: bool = False,
) -> bytes:
    """One ``<field/>``; *options* are ``(value, label)``."""
    out = f"<field var='{attribute(var)}'".encode()
    if kind:
        out += f" type='{kind}'".encode()
    if label:
        out += f" label='{attribute(label)}'".encode()
    inner = b"<required/>" if required else b""
    inner += b"".join(tag("value", value) for value in values)
    for value, option in options:
        inner += f"<option label='{attribute(option)}'>".encode() + tag("value", value) + b"</option>"
    return out + b">" + inner + b"</field>" if inner else out + b"/>"


def form(
    kind: Literal["form", "result", "submit"],
    form_type: str,
    fields: Iterable[bytes],
    title: str = "",
    instructions: str = "",
) -> bytes:
    """A whole ``<x/>``."""
    out = f"<x xmlns='{ns.DATA_FORMS}' type='{kind}'>".encode()
    if title:
        out += tag("title", title)
    if instructions:
        out += tag("instructions", instructions)
    return out + field("FORM_TYPE", [form_type], "hidden") + b"".join(fields) + b"</x>"


def find(parent: domish.Element) -> domish.Element | None:
    """The first data form among an element's children."""
    found: domish.Element | None = next(iter(parent.elements(ns.DATA_FORMS, "x")), None)
    return found


def kind_of(element: domish.Element) -> str:
    """A form's FORM_TYPE, or ``""``."""
    for child in element.elements(ns.DATA_FORMS, "field"):
        if child.getAttribute("var") == "FORM_TYPE":
            return next((str(value) for value in child.elements(ns.DATA_FORMS, "value")), "")
    return ""


def read(element: domish.Element, form_type: str) -> Values:
    """
    The fields of a submitted form.

    :raises StanzaError: ``bad-request`` if it has too many fields, one without a name, or another FORM_TYPE.
    """
    values: Values = {}
    for child in element.elements(ns.DATA_FORMS, "field"):
        var = child.getAttribute("var")
        if var is None:
            if child.getAttribute("type") == "fixed":
                continue
            raise StanzaError("bad-request", "A field of the form has no 'var'.")
        values[var] = [str(value) for value in child.elements(ns.DATA_FORMS, "value")]
        if len(values) > _MOST_FIELDS:
            raise StanzaError("bad-request", f"A form may have {_MOST_FIELDS} fields.")
    given = values.pop("FORM_TYPE", [form_type])
    if given != [form_type]:
        raise StanzaError("bad-request", f"The form's FORM_TYPE must be {form_type}.")
    return values


def boolean(var: str, values: list[str]) -> bool:
    """:raises StanzaError: ``bad-request`` naming the field, unless it is one of ``0 1 false true``."""
    if len(values) == 1 and values[0] in ("1", "true"):
        return True
    if len(values) == 1 and values[0] in ("0", "false"):
        return False
    raise StanzaError("bad-request", f"{var} must be 0 or 1.")


def number(var: str, values: list[str], most: int) -> int:
    """A whole number from 0 on; empty and ``none`` mean 0. :raises StanzaError: ``bad-request`` naming the field."""
    if not values or values[0] in ("", "none"):
        return 0
    if len(values) == 1 and values[0].isascii() and values[0].isdigit() and len(values[0]) < 10:
        return min(int(values[0]), most)
    raise StanzaError("bad-request", f"{var} must be a whole number.")


def line(var: str, values: list[str], most: int) -> str:
    """Text. :raises StanzaError: ``bad-request`` naming the field if it is longer than *most* characters."""
    value = "\n".join(values)
    if len(value) > most:
        raise StanzaError("bad-request", f"{var} may have {most} characters.")
    return value


def choice(var: str, values: list[str], allowed: Iterable[str]) -> str:
    """One of a few words. :raises StanzaError: ``bad-request`` naming the field."""
    if len(values) == 1 and values[0] in allowed:
        return values[0]
    raise StanzaError("bad-request", f"{var} must be one of: {', '.join(allowed)}.")


def choices(var: str, values: list[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Any of a few words, in their order. :raises StanzaError: ``bad-request`` naming the field."""
    known = tuple(allowed)
    for value in values:
        if value not in known and value != "none":
            raise StanzaError("bad-request", f"{var} may hold: {', '.join(known)}.")
    return tuple(value for value in known if value in values)
