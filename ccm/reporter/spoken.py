"""
Plain words to the reporter: "what do we have so far?", "make Kim the chair", "start a vote on …", "the goal is …".

Each order is a pattern and what it asks for; most come to the same as a command (:mod:`ccm.reporter.commands`). Works
on lower-case text and hands on the people's own letters. Leaves out orders about items
(:mod:`ccm.reporter.spoken_items`) and requests to publish (:mod:`ccm.reporter.orders`).
"""

import re

from ccm.reporter import commands, edits, followup, record, telling, votes
from ccm.reporter.attributes import read
from ccm.reporter.context import Context, Outcome, Then
from ccm.reporter.effects import Ack, Say
from ccm.reporter.marks import Mark
from ccm.reporter.record import Source
from ccm.reporter.remarks import flat, is_question
from ccm.reporter.silence import goes_off, silences
from ccm.reporter.spoken_items import KINDS, ORDERS, POLITE, WORDED, Do, Order, key_of, order, written
from ccm.reporter.state import State
from ccm.reporter.templates import LEAD, Template
from ccm.reporter.transcript import Message

LONGEST = 600  # characters of an order
_THEN: tuple[tuple[re.Pattern[str], Then], ...] = (
    (
        re.compile(
            r"^(?:please )?(?:hold(?: it| on| that)?|wait with|don't publish|do not publish|"
            r"(?:stop|cancel) (?:the )?publi(?:shing|cation))\b"
        ),
        "hold",
    ),
    (re.compile(r"^(?:please )?(?:skip|pass)\b|^(?:please )?next(?: question| one)?\W*$"), "skip"),
    (
        re.compile(
            r"^(?:please )?(?:enough\b|(?:stop|cancel)(?: (?:asking|it|this|that|please|now|the interview))?\W*$)"
        ),
        "stop",
    ),
    (
        re.compile(
            r"^(?:please )?(?:(?:what(?:'s| is) |(?:show|give|tell) (?:me |us )?)?(?:the |our )?status(?: please)?\W*$|"
            r"(?:where are we|how do (?:we|things) stand)\b)"
        ),
        "status",
    ),
    (
        re.compile(
            r"^(?:please )?(?:(?:can|could) (?:we|i|you) )?(?:(?:show|see|give|have|let)\b.{0,20} )?(?:the |a )?"
            r"(?:draft|preview)(?: please| so far| first)?\W*$|^(?:what|how) would (?:you publish|it look)\b"
        ),
        "draft",
    ),
)
_SO_FAR = re.compile(
    r"\b(?:what (?:do|have) (?:we|you) (?:have|got|noted|written|collected)|so far|summar(?:y|ise|ize)|"
    r"what's missing|what is missing|read (?:it )?back|show (?:me|us)(?: (?:everything|all|what you have))?\W*$|"
    r"what did you (?:note|get|write))\b"
)


def spoken(state: State, said: str, message: Message, context: Context) -> Outcome | None:
    """Do what plain words to the reporter ask for; ``None`` if they are a remark like any other."""
    if len(said) > LONGEST:
        return None
    simple = _simple(state, said, message)
    if simple is not None:
        return simple
    for pattern, do in (*ORDERS, *_ORDERS):
        found = pattern.match(said)
        if found is None or (state.mode == "interviewing" and not _is_sure(found)):
            continue
        done = do(state, found, message, context)
        if done is not None:
            return done
    if _SO_FAR.search(said) and len(said) < 60:
        return Outcome(state, (), "summary")
    return _attribute(state, said, message, context)


def worded(state: State, said: str, message: Message, context: Context) -> Outcome | None:
    """Orders that name an attribute, or an item by its number, and may hold any words, *publish* among them."""
    changed = _rewritten(state, said, message, context)
    if changed is not None or len(said) > LONGEST or not re.search(rf"\b{edits.ID}\b", said):
        return changed
    for pattern, do in WORDED:
        found = pattern.match(said)
        if found and found["id"]:
            return do(state, found, message, context)
    return None


def _is_sure(found: re.Match[str]) -> bool:
    """Whether an order can be no answer to a question of the interview: it names an item, or drops something."""
    groups = found.groupdict()
    return bool(groups.get("id") or groups.get("nth") or groups.get("verb"))


def _simple(state: State, said: str, message: Message) -> Outcome | None:
    for pattern, then in _THEN:
        if pattern.match(said):
            return Outcome(state, (), then)
    if said in ("help", "help us", "help me", "what can you do", "how do you work", "commands"):
        return Outcome(state, (Say(telling.HELP),))
    if silences(said):
        return commands.off(state, message, False, True)
    if goes_off(said):
        return commands.off(state, message, False, False)
    return None


# ---- what is not understood

NOT_UNDERSTOOD = "I did not understand that. #help tells what I can do, #help items how an item is changed."
_IMPERATIVE = re.compile(
    POLITE + r"(?:(?:drop|remove|delete|strike|scrap|scratch|restore|bring|put|undo|revert|change|"
    r"edit|reword|rename|correct|fix|set|"
    r"update|replace|swap|merge|split|combine|join|move|postpone|assign|unassign|reassign|hand|give|add|insert|append|create|record|"
    r"mark|unmark|tick|close|reopen|cancel|count|recount|schedule|remind|invite|kick|mail|send|export|translate|tell|show|"
    r"list|link|attach|tag|sort|reorder|renumber|approve|confirm|reject|accept|assume|extend|shorten|clear|reset|start|stop|"
    r"open|end|turn|switch|save|include|exclude) (?!sense\b|up\b)\S|scratch that\b)"
)
_OF_AN_ITEM = re.compile(
    rf"{POLITE}(?:(?:the )?[a-z]+ (?:of|for|to) )?(?:the )?{edits.ID}(?:'s [a-z]+)? "
    r"(?:is|are|was|has|needs|should|must|isn't)\b"
)


def is_puzzling(said: str, low: str, names: tuple[str, ...]) -> bool:
    """Whether words were for the reporter by name, and an order or a statement about an item."""
    name = "|".join(map(re.escape, names))
    called = re.search(rf"(?:^\W*|[.!?]\s)(?:\w+,? )?@?(?:{name})\s*[,:]|,\s*@?(?:{name})\W*$", low)
    if not called or len(said) > LONGEST or low.rstrip().endswith("?"):
        return False
    return bool(_IMPERATIVE.match(said) or _OF_AN_ITEM.match(said))


# ---- lines of the record


def _mark(verb: str, word: str = "") -> Do:
    """An order that puts a line on record, as a marked line does."""

    def do(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
        return commands.marked(state, message, Mark(verb, written(found, "rest", message), True, word or verb), context)

    return do


def _added(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    what = found["what"]
    verb = "proposal" if what == "proposal" else KINDS.get(what, "info")
    text = written(found, "rest", message)
    if verb == "action" and found["who"]:
        text = f"{edits.named(state, written(found, 'who', message))} to {text}" if text else ""
    return commands.marked(state, message, Mark(verb, text, True, what), context)


# ---- the meeting


def _chair(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    group = next(name for name in ("one", "two", "three") if found[name])
    names = "me" if found[group] in ("i", "me", "i'm") else written(found, group, message)
    known = {person.lower() for person in state.people}
    wanted = {names.lower(), *(name.lower() for name in commands.names_in(names))}
    if group != "one" and names != "me" and not wanted <= known | {names.lower()} - {"we"}:
        return None
    if group != "one" and names != "me" and not wanted & known:
        return None
    if not context.may_approve(message.nick, message.jid, state):
        return Outcome(state, (Say(commands.ONLY_THE_CHAIR),))
    return commands.chaired(state, names, message)


def _next(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    rest = written(found, "rest", message)
    is_order = bool(found.groupdict().get("set"))
    if not is_order and rest.lower() not in ("none", "cancelled") and followup.when(rest, message, context) is None:
        return None
    return followup.asked(state, rest, message, context)


def _present(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    names = written(found, "rest", message)
    if not all(name[:1].isupper() or name[:1] == "@" for name in commands.names_in(names)):
        return None
    return commands.marked(state, message, Mark("present", names, True, "present"), context)


def _vote(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:
    if found["end"]:
        return votes.end(state, message, context)
    if found["option"]:
        return votes.cast(state, written(found, "option", message), message) if state.vote else None
    question = written(found, "question", message)
    asks = message.text.rstrip().endswith("?") and "?" not in question
    return votes.start(state, f"{question}?" if asks else question, message)


def _looked(state: State, found: re.Match[str], message: Message, context: Context) -> Outcome | None:  # noqa: ARG001
    return Outcome(state, (*context.looking, Ack(message.id)))


_ORDERS: tuple[Order, ...] = (
    order(
        r"(?:note|add|record|new|log|put down|write down|make)(?: (?:a|an|the|another|new|this)){0,2} "
        r"(?P<what>action|task|todo|decision|resolution|question|idea|proposal|note)(?: item)?"
        r"(?: for (?P<who>[\w.|-]{1,30}))?(?: that|:|,| to) ?(?P<rest>\S.*?)",
        _added,
    ),
    order(
        r"(?:note|write down|minute|record) (?:that |down )?:? ?(?P<rest>(?!me\b|that\b|this\b)\S.{3,}?)",
        _mark("info", "info"),
    ),
    order(
        r"we (?:have )?(?:just )?(?:agreed|decided|resolved)(?: that| on|:| to) (?P<rest>\S.*?)",
        _mark("decision", "agreed"),
    ),
    order(r"(?:the )?(?:next|new) topic(?: is|:)? (?P<rest>\S.*?)", _mark("topic", "topic")),
    order(
        r"(?:make (?P<one>\S.{0,59}?) (?:the |a |our )?(?:co-?)?chairs?|"
        r"(?P<two>\S.{0,59}?) (?:is|are|am|will be) (?:the |in the |our |a )?(?:co-?)?chairs?(?: (?:today|now))?|"
        r"(?P<three>@?[\w.|-]{1,30}) chairs?(?: (?:today|this|now|the meeting|this meeting))?)",
        _chair,
    ),
    order(
        r"(?P<set>(?:schedule|plan|set(?: up)?|put|announce) )?(?:the |our |a )?(?:next|follow-?up) "
        r"(?:meeting|talk|call)"
        r"(?: is| will be|:| on| for| at)* (?P<rest>\S.{1,80}?)",
        _next,
    ),
    order(r"we(?:'ll)? (?:will )?(?:meet|talk|see each other) (?:again|next)(?: on| at)? (?P<rest>\S.{1,80}?)", _next),
    order(
        r"(?:(?:start|open|call|hold|let's have) (?:a |the )?vote(?: on|:|,)? (?P<question>\S.*?)|"
        r"(?P<end>(?:end|close|stop|count|finish) (?:the )?(?:vote|votes|voting))|"
        r"(?:i vote|my vote is|put me down for|count me as)(?: for)? (?P<option>\S.{0,59}?))",
        _vote,
    ),
    order(
        r"(?:find|look for|list|did you (?:find|see|notice|hear)|do you see|what are|are there)"
        r"(?: any| the| all| our| me| open){0,3} (?:actions?(?: items?)?|decisions?|tasks?|questions?)(?: .{0,40})?",
        _looked,
    ),
    order(r"(?P<rest>[\w .,&|@-]{1,120}?) (?:is|are) (?:also )?(?:present|here(?: too| as well)?)", _present),
)


# ---- attributes

_CHANGE_KEY = re.compile(
    rf"{POLITE}(?:change|set|make|update|correct|edit) (?:the |our )?(?P<key>[^\W_][\w' -]{{1,40}}?)"
    r"(?:(?P<exactly> to:)| to|:| is| should be) (?P<rest>\S.*)$",
    re.DOTALL,
)
TOLD = 120  # characters of a value that are said back


def _rewritten(state: State, said: str, message: Message, context: Context) -> Outcome | None:
    """*Change the goal to …*: what stood there goes, and that is told; after *to:* every letter stands as written."""
    found = _CHANGE_KEY.match(said)
    if found is None:
        return None
    key = key_of(state, found["key"].strip(), context)
    if key not in context.templates.signs(state.type).shapes:
        return None
    if state.mode == "interviewing" and (key == state.asking or not state.attributes.get(key)):
        return None  # an answer
    words = _exactly(found["rest"], message) if found["exactly"] else written(found, "rest", message)
    label = context.templates.get(state.type).get(key).label
    told = words if len(words) <= TOLD else f"{words[: TOLD - 1].rstrip()}…"
    stop = "" if told[-1] in ".!?…" else "."
    return Outcome(_put(state, key, words, message, context), (Say(f"{label} is now “{told}”{stop}"),))


def _exactly(rest: str, message: Message) -> str:
    """The words of an order as they were written, with the marks at their end."""
    place = flat(message.text).rfind(rest)
    after = message.text[place + len(rest) :]
    return message.text[place : place + len(rest) + len(after) - len(after.lstrip(".!?"))]


def _attribute(state: State, said: str, message: Message, context: Context) -> Outcome | None:
    """*The goal is …*, said to the reporter, takes the place of what stood there."""
    if state.mode == "interviewing" or is_question(said):
        return None
    signs = context.templates.signs(state.type)
    place = flat(message.text).find(said)
    if place < 0:
        return None
    words = message.text[place : place + len(said)]
    stated = [f for f in read(words, signs).findings if f.weight >= LEAD and state.attributes.get(f.key)]
    if not stated or not _names(said, stated[0].key, signs.template):
        return None
    words = words[stated[0].start : stated[0].end]
    return Outcome(_put(state, stated[0].key, words, message, context), (Ack(message.id),))


def _names(said: str, key: str, template: Template) -> bool:
    """Whether words begin with the attribute's own name: *no, the goal is …*."""
    attribute = template.get(key)
    names = "|".join(re.escape(name) for name in (attribute.label.lower(), *attribute.labels))
    return bool(re.match(rf"{POLITE}(?:no,? |actually,? |sorry,? )*(?:the |our )?(?:{names})s?\b", said))


def _put(state: State, key: str, words: str, message: Message, context: Context) -> State:
    template = context.templates.get(state.type)
    return record.answered(record.drop_value(state, key, template), key, words, Source.of(message), template)
