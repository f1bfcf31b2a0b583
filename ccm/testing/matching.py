"""
Expected XML as a pattern: what conversation scripts compare with.

A pattern names what must be there; more attributes and children may be. In attribute values and texts ``{name}`` takes
the value of that variable, or captures one the first time; ``{any}`` matches anything and keeps nothing; an attribute
``'{none}'`` must be absent; so must a child whose name begins with ``no.``. Siblings may come in any order.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, MutableMapping

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.wire.stanza import attribute, parse_element

_VARIABLE = re.compile(r"\{([^{}<>]+)\}")
_ROOT = f"<all xmlns='{ns.CLIENT}' xmlns:stream='{ns.STREAMS}'>%s</all>"


def elements_of(xml: str) -> list[Element]:
    """The top-level elements of a fragment in ``jabber:client``. :raises ValueError: if it is not well-formed."""
    return list(parse_element((_ROOT % xml).encode()).elements())


def filled(xml: str, variables: Mapping[str, str]) -> str:
    """
    The text with its variables put in, escaped; ``{bearer name}`` is what OAUTHBEARER says of a token (RFC 7628 §3.1).

    :raises KeyError: for one that has no value yet.
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.startswith("bearer "):
            token = variables[name.removeprefix("bearer ")]
            return b64encode(f"n,,\x01auth=Bearer {token}\x01\x01".encode()).decode()
        return attribute(variables[name])

    return _VARIABLE.sub(value, xml)


def mismatch(pattern: Element, actual: Element, variables: MutableMapping[str, str], *, exact: bool = False) -> str:
    """
    Why *actual* is not what *pattern* asks for; ``""`` if it is.

    :param variables: known values; what the pattern captures is put in when all of it matches.
    :param exact: nothing may be there that the pattern does not name.
    """
    bound = dict(variables)
    why = _compare(pattern, actual, bound, exact)
    if not why:
        variables.update(bound)
    return why


def _compare(pattern: Element, actual: Element, bound: dict[str, str], exact: bool) -> str:
    if (pattern.uri, pattern.name) != (actual.uri, actual.name):
        return f"<{actual.name} xmlns='{actual.uri}'> is not <{pattern.name} xmlns='{pattern.uri}'>"
    for name, expected in pattern.attributes.items():
        value = actual.attributes.get(name)
        if expected == "{none}":
            if value is not None:
                return f"<{actual.name}> has {name}='{value}'"
        elif value is None or not _same(expected, value, bound):
            return f"<{actual.name}> has {name}={value!r}, expected '{expected}'"
    if exact and (extra := set(actual.attributes) - set(pattern.attributes)):
        return f"<{actual.name}> has unexpected attributes {sorted(map(str, extra))}"
    expected_text = _text(pattern)
    if expected_text and not _same(expected_text, _text(actual), bound):
        return f"<{actual.name}> says “{_text(actual)}”, expected “{expected_text}”"
    return _compare_children(pattern, actual, bound, exact)


def _compare_children(pattern: Element, actual: Element, bound: dict[str, str], exact: bool) -> str:
    left = list(actual.elements())
    for child in pattern.elements():
        if child.name.startswith("no."):
            name = child.name.removeprefix("no.")
            if any((c.uri, c.name) == (child.uri, name) for c in actual.elements()):
                return f"<{actual.name}> contains <{name}>"
            continue
        reasons = []
        for candidate in left:
            trial = dict(bound)
            why = _compare(child, candidate, trial, exact)
            if not why:
                bound.update(trial)
                left.remove(candidate)
                break
            reasons.append(why)
        else:
            closest = next((why for why in reasons if " is not <" not in why), "")
            return f"<{actual.name}> lacks <{child.name} xmlns='{child.uri}'>" + (f" ({closest})" if closest else "")
    if exact and left:
        return f"<{actual.name}> contains unexpected {[child.name for child in left]}"
    return ""


def _same(expected: str, value: str, bound: dict[str, str]) -> bool:
    captured: list[str] = []
    found = re.fullmatch("".join(_regex(expected, bound, captured)), value, re.DOTALL)
    if found is None:
        return False
    bound.update(zip(captured, found.groups(), strict=True))
    return True


def _regex(expected: str, bound: Mapping[str, str], captured: list[str]) -> Iterator[str]:
    end = 0
    for variable in _VARIABLE.finditer(expected):
        yield re.escape(expected[end : variable.start()])
        name = variable.group(1)
        if name == "any":
            yield ".*"
        elif name in bound:
            yield re.escape(bound[name])
        elif name in captured:
            yield rf"\{captured.index(name) + 1}"
        else:
            captured.append(name)
            yield "(.+)"
        end = variable.end()
    yield re.escape(expected[end:])


def _text(element: Element) -> str:
    return "".join(child for child in element.children if isinstance(child, str)).strip()
