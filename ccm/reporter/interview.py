"""
From a request for publication to the document: what is missing is asked for, one question at a time.

States: listening -> interviewing -> published, with grace before published when neither owner nor chair asked. *skip*
passes a question, *stop* ends them all without publishing; anybody may answer. Leaves out the building of the document.
"""

import re
from datetime import datetime

from ccm.reporter import amendments, answers, commands, followup, meetings, record, telling
from ccm.reporter.attributes import Finding, Reading, answer, read
from ccm.reporter.candidates import MORE, guessed
from ccm.reporter.confirmations import NO, YES
from ccm.reporter.context import Context, Step, statements
from ccm.reporter.effects import Grace, Hold, Publish, Record, Say
from ccm.reporter.likeness import of_talk
from ccm.reporter.listening import converted, corrected_while_asked
from ccm.reporter.orders import addressed
from ccm.reporter.outcomes import links_of, stamp
from ccm.reporter.record import Source, changed
from ccm.reporter.remarks import after_fillers, chit_chat, is_phatic, is_question
from ccm.reporter.shapes import shape_of
from ccm.reporter.state import State
from ccm.reporter.templates import CUE, LABEL, LEAD, Attribute, Template
from ccm.reporter.transcript import Message


def request_publish(
    state: State,
    by: str,
    jid: str | None,
    message_id: str,
    time: datetime | None,
    context: Context,
    *,
    at_once: bool = False,
) -> Step:
    """
    Somebody asks for publication: ask for what is missing, then publish or wait out the grace period.

    :param message_id: id of the message or request; the same one again changes nothing.
    """
    if state.mode == "grace" and context.may_approve(by, jid, state):
        return _approved(changed(state, requested_by=by), by, stamp(time), context)
    if message_id and message_id == state.request:
        return state, ()
    state, effects = _recognised(record.replace(state, request=message_id), context)
    if context.may_approve(by, jid, state):
        approver, at = by, stamp(time)
    else:
        approver, at = "", ""
    state = changed(state, requested_by=by, requested_jid=jid or "", approved_by=approver, approved_at=at, asked=None)
    if at_once:
        state = record.replace(state, skipped=(*state.skipped, *(a.key for a in _open(state, context))))
    after, more = _next_question(state, context)
    look = () if after.mode == "published" else context.looking
    return after, (*look, *effects, *more)


def _recognised(state: State, context: Context) -> Step:
    """A type nobody stated plainly: the one that the content is most like, if somebody said its word at all."""
    if state.settled or state.type == "meeting":
        return state, ()
    state, effects = meetings.if_like_one(state, context)
    if effects:
        return state, effects
    lows = record.pending_texts(state)
    content = of_talk(*lows)
    named = statements(context.templates).named(" ".join(lows))
    likely = {key: score - content.get(state.type, 0) for key, score in content.items() if key in context.templates}
    best = max(likely, key=lambda key: (likely[key], key), default=state.type)
    if best not in (state.type, meetings.MEETING):
        said = _strength(state, best, context) - _strength(state, state.type, context)
        if (
            likely[best] > UNSAID
            or (likely[best] > LIKELY and best in named)
            or (likely[best] > 0 and said >= MORE_SAID)
        ):
            return converted(state, best, context)
    return record.replace(state, settled=True, pending=()), ()


# Hundredths of log-odds by which a talk must be more like a type than like an incident: where somebody said its word,
# where nobody did; where it is only a little more like it, how many more attributes it must have filled.
LIKELY, UNSAID, MORE_SAID = 50, 400, 4
SOME = 150  # the least score of what counts as said


def _strength(state: State, key: str, context: Context) -> int:
    """How much people said of a discussion of that type: two for each sure attribute, one for each likely one."""
    surest: dict[str, int] = {}
    for candidate in record.heard_as(state.pending, context.templates.signs(key)):
        surest[candidate.key] = max(candidate.score, surest.get(candidate.key, 0))
    return sum(2 if score >= MORE else score >= SOME for score in surest.values())


def _missing(state: State, context: Context) -> list[Attribute]:
    template = context.templates.get(state.type)
    if not template.interview:
        return []
    return [a for a in template.attribute if not state.attributes.get(a.key) and a.key not in state.skipped]


def _doubted(state: State, context: Context) -> list[Attribute]:
    """What only a guess fills, the boldest first: asked for after what is missing, it stays if nobody knows better."""
    template = context.templates.get(state.type)
    if not template.interview:
        return []
    guesses = guessed(state.heard, record.singles_of(template))
    wanted = [a for a in template.attribute if a.key in guesses and a.key not in state.skipped]
    return sorted(wanted, key=lambda a: guesses[a.key])


def _open(state: State, context: Context) -> list[Attribute]:
    return [*_missing(state, context), *_doubted(state, context)]


def _next_question(state: State, context: Context) -> Step:
    wanted = _open(state, context)
    if wanted:
        asked = wanted[0]
        state = changed(state, mode="interviewing", asking=asked.key)
        guess = telling.quoted(state.attributes.get(asked.key, ()))
        words = f"For {asked.label} I have {guess}: “ok” keeps it. {asked.question}" if guess else asked.question
        return state, (Say(words),)
    state = changed(state, asking="")
    if state.approved_by or context.may_approve(state.requested_by, state.requested_jid or None, state):
        return _approved(state, state.approved_by or state.requested_by, state.approved_at, context)
    minutes = max(1, round(context.grace_seconds / 60))
    words = f"I publish this in {minutes} min. Owner or chair may say “hold, reporter” until then."
    draft = Say(telling.draft(state, context, whole=False))
    return changed(state, mode="grace"), (draft, Say(words), Grace(context.grace_seconds))


def _approved(state: State, by: str, at: str, context: Context) -> Step:
    state = changed(
        state,
        mode="published",
        asking="",
        version=state.version + 1,
        approved_by=by,
        approved_at=at,
        requested_by="",
        requested_jid="",
    )
    state, next_one = followup.made(state)
    return state, (*context.looking, Publish(state.version), *next_one)


def grace_over(state: State, context: Context) -> Step:
    """The grace period passed without a word of owner or chair."""
    if state.mode != "grace":
        return state, ()
    return _approved(state, "", "", context)


def hold(state: State, by: str, context: Context, jid: str | None = None) -> Step:
    """Stop a publication before it is out."""
    if state.mode not in ("grace", "interviewing"):
        return state, (Say("There is nothing to hold: no publication is under way."),)
    if not context.may_approve(by, jid, state) and not _requested(state, by, jid):
        return state, (Say("Only owner or chair may hold a publication."),)
    was_grace = state.mode == "grace"
    state = changed(
        state, mode="listening", asking="", requested_by="", requested_jid="", approved_by="", approved_at=""
    )
    return state, ((Hold(),) if was_grace else ()) + (Say("Held. Nothing is published until somebody asks again."),)


def _requested(state: State, by: str, jid: str | None) -> bool:
    """Whether it was that person who asked for the publication under way."""
    if jid is not None and state.requested_jid:
        return jid == state.requested_jid
    return by == state.requested_by


def published(state: State, url: str, context: Context) -> Step:
    """The document is at that address now; of a later version people hear what changed."""
    what = amendments.news(state, context)
    state = amendments.kept(changed(state, document=url))
    words = "Published" if state.version < 2 else f"Published as version {state.version}"
    words = f"{words}: {url}" if url else f"{words}."
    return state, (Say(f"{words}\nSince version {state.version - 1}: {what}." if what else words),)


def record_on(state: State, on: bool) -> Step:
    """Go on or off the record, as somebody asked: what says that they did says that it is so."""
    return (state, ()) if state.recording == on else (changed(state, recording=on), (Record(on),))


def end(state: State, context: Context, time: datetime | None = None) -> Step:
    """The discussion is over and nobody asked: publish what there is, as if the chair had asked without an
    interview."""
    state, effects = _recognised(state, context)
    after, more = _approved(changed(state, ended=True), state.chair, stamp(time), context)
    return after, (*effects, *more)


# ---- interview

_SKIP = re.compile(
    r"^\W*(?:skip(?: (?:it|this|that|this one|that one|this question|that question))?|pass|next(?: "
    r"(?:one|question))?|"
                   r"(?:let's )?(?:leave|skip) (?:it|that|this)(?: out| open)?|not applicable|n/a|no "
                   r"comment)\W*$")  # fmt: skip
_STOP = re.compile(
    r"^\W*(?:stop(?: (?:it|asking|the interview|this))?|cancel|enough|abort|quit|never mind|no more questions)\W*$"
)
_UNSURE = re.compile(
    r"^\W*(?:(?:well|hm+|oh|sorry|i think)\W+)*(?:i )?(?:don't|do not|dunno|no idea|not sure|i'm not sure|no "
    r"clue|who knows|good question|"
    r"can (?:somebody|someone|anybody|anyone|you)|what do you mean|let me|wait|hang on|hold on|one (?:moment|"
    r"sec))\b(?!.*\bbut\b)"
)


def interviewed(state: State, message: Message, low: str, context: Context) -> Step:
    bare = addressed(low, context.names)[0] or low
    for word, pattern in (("skip", _SKIP), ("stop", _STOP)):
        if pattern.match(bare):
            return skipped(state, word, context)
    guess = state.attributes.get(state.asking)
    if guess and YES.match(bare):
        return skipped(state, "skip", context)
    if guess and NO.match(bare):
        return _next_question(record.drop_value(state, state.asking, context.templates.get(state.type)), context)
    put_right = corrected_while_asked(state, message, context)
    if put_right is not None:
        return put_right
    template = context.templates.get(state.type)
    signs = context.templates.signs(state.type)
    reading = read(message.text, signs)
    stated = [f for f in reading.findings if f.weight >= LEAD]
    missing = {a.key for a in _missing(state, context)}
    strong = [f for f in stated if f.key != state.asking and (f.weight == LABEL or f.key in missing)]
    mine = [f for f in stated if f.key == state.asking]
    if strong and not mine:
        return _told_instead(state, strong, message, template), ()
    if (is_question(low) and reading.statement is None) or _UNSURE.match(low):
        return state, ()
    if (is_phatic(low) and len(low) < 60 and not mine) or (chit_chat(low) > 1 and not mine):
        return state, ()
    shape = signs.shapes[state.asking]
    told = addressed(low, context.names)[0]
    place = answers.placed(message.text, state, signs)
    plain = mine or told or shape_of(low[after_fillers(low) :]) == shape != ""
    if mine or told:
        place = answers.Place(state.asking, place.like)
    elif not plain and place.like < (BESIDE_GUESS if state.attributes.get(place.key) else BESIDE):
        return state, ()
    key = place.key if mine or place.key != state.asking else _better_key(state, low, shape, reading, context)
    if mine and (shape == "name" or mine[0].weight == LABEL):
        start, stop = mine[0].start, mine[-1].end if shape != "name" else mine[0].end
    else:
        start, stop = answer(message.text, signs.shapes[key])
        start = max(start, low.find(told))
    if place.moved:
        state = record.moved(state, *place.moved, template)
    movable = "" if mine or told else state.asking
    state = record.answered(state, key, message.text[start:stop], Source.of(message), template, movable)
    for url in links_of(message.text):
        state = commands.note_link(state, url, message)
    return _next_question(state, context)


# Hundredths of log-odds: below, a remark is talk beside the question that was asked; beside one that has a guess.
BESIDE, BESIDE_GUESS = -100, 100


def _told_instead(state: State, findings: list[Finding], message: Message, template: Template) -> State:
    """An answer that names another attribute goes there; the question stands."""
    for finding in findings:
        words = message.text[finding.start : finding.end]
        state = record.answered(state, finding.key, words, Source.of(message), template)
    return state


def _better_key(state: State, low: str, shape: str, reading: Reading, context: Context) -> str:
    """The attribute asked for, unless the answer plainly looks like that of another one that is open."""
    others = [a for a in _open(state, context) if a.key != state.asking]
    look = shape_of(low[after_fillers(low) :])
    if look and look != shape:
        for other in others:
            if other.shape == look:
                return other.key
    cued = {f.key for f in reading.findings if f.weight >= CUE}
    if cued and state.asking not in cued and shape and look != shape:
        for other in others:
            if other.key in cued:
                return other.key
    return state.asking


def skipped(state: State, word: str, context: Context) -> Step:
    if state.mode != "interviewing":
        return state, ()
    if word == "stop":
        state = changed(
            state, mode="listening", asking="", requested_by="", requested_jid="", approved_by="", approved_at=""
        )
        return state, (Say("I stopped asking. Say “publish now, reporter” to publish it as it is."),)
    return _next_question(record.replace(state, skipped=(*state.skipped, state.asking)), context)
