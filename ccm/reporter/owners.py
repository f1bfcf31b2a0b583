"""
Several owners of one action: "Tom Baker and Kim to test", "pia, omar: test", "test it (pia and omar)", "@pia test it".

Leaves out the forms in which one person is named (:mod:`ccm.reporter.outcomes`), and whom an unmarked action falls to
(:mod:`ccm.reporter.roles_of_actions`).
"""

import re

_NAME = r"@?[^\W\d_][\w.|'-]{0,30}(?: [A-Z][\w'-]+){0,2}"
_LIST = rf"{_NAME}(?:(?:,? and|,| &| ?/| \+) ?{_NAME}){{0,5}}"
_DEED = r"(?:to|will|should|shall|must|(?:needs?|have|has|are|is|agreed|volunteers?|volunteered) to|takes?|can)"
_TO_DO = re.compile(rf"^(?P<who>{_LIST})(?: \((?P<more>[^()]{{1,60}})\))? {_DEED}\s+(?P<what>\S.*)", re.DOTALL)
_COLON = re.compile(rf"^(?P<who>{_LIST})\s*:\s+(?P<what>\S.*)", re.DOTALL)
_BRACKET = re.compile(
    rf"^(?P<what>.*\S)\s*[(\[]\s*(?:owners?:?\s*|assigned to:?\s*|->\s*)?(?P<who>{_LIST})\s*[)\]]\W*$", re.DOTALL
)
_AT = re.compile(r"^(?P<who>@[\w.|-]{1,30}(?:(?:,? and|,| &)? ?@[\w.|-]{1,30}){0,5})[:,]?\s+(?P<what>\S.*)", re.DOTALL)
_NEXT = re.compile(rf"(?:,|;| and)\s+(?P<who>{_NAME}) (?:to|will) [a-z]")
_HEAD = re.compile(r"^(?P<who>[A-Z][a-zéèöüäßçñ]{1,14})\s*:\s+(?P<what>\S.*)", re.DOTALL)
_PARTS = re.compile(r",? and |, ?| ?& ?| ?/ ?| \+ ?| (?=@)")
_ME = frozenset(("i", "me", "myself"))
#: Words that people put before a colon and that are nobody's name.
_HEAD_WORDS = (
    "action agenda answer api app article backend background blog board book bug bugs budget build check chore ci "
    "cleanup code context correction data database date deadline decision demo deploy design details dev doc docs "
    "documentation done due email error event example faq feature feedback final finally finance fix follow followup "
    "food frontend fyi goal goals help hint home house idea important info infra issue item kitchen later launch "
    "legal licence license link links list logo mail maintenance maybe meeting minutes money music name newsletter "
    "next note notes office open optional owner page party people phone plan please point portal press pr printing "
    "priority privacy problem process product project proposal publicity question reason release reminder report "
    "request research result review room schedule security server site social soon status story strategy subject "
    "summary support task tasks team tech test testing tests text then ticket time title todo tool tools topic "
    "training translation travel treasurer update urgent urgently user users venue version video warning web website "
    "weekly why wiki wip word workshop monday tuesday wednesday thursday friday saturday sunday today tomorrow"
)
_HEADS = frozenset(_HEAD_WORDS.split())


def listed(text: str, by: str, names: frozenset[str], roles: frozenset[str]) -> tuple[str, str]:
    """
    Several owners whom an action names, or one with ``@``, and the rest of its text; ``("", text)`` if it does not.

    :param names: of those present, lower case.
    """
    known = names | roles | {name.split(" ")[0] for name in names}
    at = _AT.match(text)
    if at is not None:
        return _joined(at["who"], by), at["what"]
    for pattern in (_TO_DO, _COLON, _BRACKET):
        found = pattern.match(text)
        more = found.groupdict().get("more") if found else None
        if found is None or not _are_people(found["who"], known, any_known=pattern is not _TO_DO or bool(more)):
            continue
        if more:
            return _joined(found["who"], by), f"{found['what']} ({more})"
        if len(_people(found["who"])) > 1:
            return _joined(found["who"], by), found["what"]
        others = [o["who"] for o in _NEXT.finditer(found["what"]) if o["who"].lstrip("@").lower() in known]
        if pattern is _TO_DO and others and found["who"].lstrip("@").lower() in known:
            return " and ".join((found["who"].lstrip("@"), *others)), text
    return "", text


def headed(text: str) -> tuple[str, str]:
    """The owner in *Lou: call Bo*, where nobody of that name is known yet."""
    found = _HEAD.match(text)
    return (found["who"], found["what"]) if found and found["who"].lower() not in _HEADS else ("", text)


def _people(who: str) -> list[str]:
    return [name.strip().lstrip("@") for name in _PARTS.split(who) if name.strip("@ ")]


def _are_people(who: str, known: frozenset[str], *, any_known: bool) -> bool:
    """Whether each of these may be a person: known, marked with ``@``, or written with a capital."""
    people = _people(who)
    surely = [name.lower() in known or name.split(" ")[0].lower() in known or f"@{name}" in who for name in people]
    maybe = [(name[0].isupper() and name.lower() not in _HEADS) or name.lower() in _ME for name in people]
    return all(one or other for one, other in zip(surely, maybe, strict=True)) and (any(surely) or not any_known)


def _joined(who: str, by: str) -> str:
    """As it was written, without ``@``; *I* is who says it."""
    people = [by if name.lower() in _ME else name for name in _people(who)]
    if len(people) == 2 and "," not in who:
        return " and ".join(people)
    return ", ".join(people)
