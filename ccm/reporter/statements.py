"""
How people write actions down: "Kim to check", "Chairs to write", "eP: add it", "Book the hall, Kim.".

Leaves out what people say of themselves ("I'll check", :mod:`ccm.reporter.promises`).
"""

import re
from collections.abc import Sequence

from ccm.reporter.cues import EDGE, NOT_NAMES, ROLES, VERBS, Talk, is_verb, listed

TAKES_NOTES = 3  # lines that begin with another's name, from which on somebody writes down what others say


def shape_of(talk: Talk, place: int) -> str:
    """How a statement is built: who is named, by what word it goes on, what kind of verb follows."""
    words, text = talk.words[place], talk.lines[place].text
    first = words[0].strip(EDGE)
    if first in VERBS and not (len(words) > 1 and words[0][-1] == ":"):
        last = " named" if len(words) > 2 and words[-2][-1] == "," and talk.calls(words[-1]) else ""
        return f"{kind_of_verb(first)}{' up' if text[:1].isupper() else ''}{last}"
    typed = text.split(None, 8)
    who = _who(talk, words[0], typed[0])
    for number, word in enumerate(words[1:7], 1):
        following = words[number + 1].strip(EDGE) if number + 1 < len(words) else ""
        if word in _LINKS and (following in VERBS or word in ("to", "please")):
            if words[number - 1][-1] in ",:" and word == "to":
                return f"{who} {words[number - 1][-1]} to"  # "kim, to be clear" speaks to Kim
            before = words[number - 1].strip(EDGE)
            if before in _MOODS or before.endswith(_POSSESSIVE) or (before in NOT_NAMES and before not in ROLES):
                break
            link = "to" if word == "to" else "will" if word != "please" else word
            kind = kind_of_verb(following)
            if kind == "else" and link == "to" and who in _SURE and typed[number + 1].islower() and is_verb(following):
                kind = "verb"
            if following in _THINKS:
                kind = "else"
            return f"{who} {link} {kind}"
        before, name = words[number - 1], _is_name(talk, words[number], typed[number])
        if before[-1] == ":" and word not in VERBS and not name:
            break  # "kim: just to say": what she said, no order
        if word in VERBS and (before[-1] in ":," or _is_name(talk, before, typed[number - 1]) or before in ROLES):
            link = before[-1] if before[-1] in ":," else "bare"
            plain = link == "bare" and (
                word in _NOUNS
                or number + 1 == len(words)
                or words[number + 1] in _BE
                or (before, word) == ("staff", "contact")
            )
            return f"{who} {link} {'noun' if plain else kind_of_verb(word)}"
        if not (name or word in _JOINS or typed[number][:1].isupper() or typed[number][0] == "("):
            break
    if len(words) > 2 and words[-2][-1] == "," and talk.calls(words[-1]):
        return "else named"
    return "else"


def may_state(talk: Talk, place: int) -> bool:
    """Whether the first word alone leaves it open that a line is a statement of some kind: a verb, or like a name."""
    word, text = talk.words[place][0], talk.lines[place].text.lstrip()
    name = word.strip(EDGE)
    if name in VERBS or text[:1].isupper():
        return True
    if ":" in name or word[0] == "<":
        return False
    return (
        talk.calls(word)
        or name in ROLES
        or (name not in NOT_NAMES and _NICK.search(text.split(None, 1)[0]) is not None)
    )


def _is_name(talk: Talk, word: str, typed: str) -> bool:
    return talk.calls(word) or _NICK.search(typed) is not None


def _who(talk: Talk, word: str, text: str) -> str:
    """What the word that begins a statement is: N a participant, R a role, C like a nick, X with a capital, x."""
    name = word.strip(EDGE)
    if ":" in name or word[0] == "<":
        return "not"  # an address, "kim:want to", or "<kim> to be fair"
    if talk.calls(word):
        return "N"
    if name in ROLES:
        return "R"
    if name in NOT_NAMES:
        return "not"
    if _NICK.search(text):
        return "C"
    if name.endswith(_NO_NAME_ENDS) or talk.has_typed(name):
        return "thing"
    return "X" if text[:1].isupper() else "x"


def kind_of(talk: Talk, place: int, shape: str) -> str:
    """What kind of statement a line is: "Kim to check", another with a name, an order to nobody, or none of these."""
    if shape.startswith(_CLEAR) and not shape.endswith(("else", "noun")):
        if shape.endswith(" to"):
            return "named"
        if shape[1:4] == " : " and talk.quotes_by(talk.lines[place].nick) >= TAKES_NOTES:
            return "other"  # "kim: close the issue" is what Kim said
        if shape in ("N bare deed", "R bare deed", "C : deed"):
            return "clear" if talk.lows[place][-1:] != "?" else "named"
        return (
            "clear"
            if shape[2:5] == "to " and shape[:6] != "X to w" and talk.lows[place][-1:] != "?"
            else "named"
            if shape.endswith("deed")
            else "other"
        )
    if shape in ("deed named", "deed up named") and talk.lows[place][-1:] != "?":
        return "clear"
    return "order" if shape.startswith(("deed", "weak")) else "other"


def begins_with_thing(words: Sequence[str]) -> bool:
    """Whether a line that begins like an order names a thing: "issue #12", "change is needed"."""
    if words[0].strip(EDGE) not in _NOUNS:
        return False
    return len(words) < 2 or words[1][0] in "#-:" or words[1][0].isdigit() or words[1] in _AFTER_THINGS


def kind_of_verb(verb: str) -> str:
    """Whether a verb is a deed that can be seen to be done, a weak one, or none that is known."""
    return "weak" if verb in _WEAK or verb == "be" else "deed" if verb in VERBS else "else"


_WEAK = listed(
    "think see say like agree go do be have know understand want need use talk work get make take come stand "
    "support let "
    "speak wait start read put try keep look help give tell turn call meet join move explain consider vote"
)
_CLEAR = ("N ", "R ", "C ", "X ")
_NO_NAME_ENDS = ("ing", "ed", "ion", "ity", "ment", "ness", "able", "ant", "ous", "some", "sal", "ful")
_SURE = frozenset("NRC")
_NOUNS = listed(
    "issue note link comment report list plan test draft review copy label mark name open change process record act pr "
    "mail email post file text call book block build check cut design document edit fill fix flag form group "
    "guide host "
    "land launch lead look measure message mention move nudge offer order outline own package process product push "
    "question raise request release research result roll scan set share sort split stand start survey switch tag talk "
    "track trim turn update use visit vote wait walk work wrap approve agree think see read put let keep get ask poll"
)
_AFTER_THINGS = listed("is was has of to would will and for on or")
_MOODS = listed(
    "glad sorry prefer hard harder hardest easy easier intend want need hoping hope trying useful better best enough "
    "likely unlikely free welcome difficult important possible impossible simple good great nice fine ok"
)
_THINKS = listed("say think know understand agree mean")
_POSSESSIVE = ("'s", "’s")
_BE = listed("is was are were has had will would can could did does do been to's")
CALLED = frozenset("NRCX")
_JOINS = frozenset(("and", "&", "or", "+", "/", "then"))
_LINKS = frozenset(("to", "will", "should", "shall", "must", "please"))
_NICK = re.compile(r"^@|^[A-Za-z]*[a-z][A-Z]|^[A-Z]{2,4}\W*$|[a-z]\d|_|\|")
