"""
What marked lines and commands do to the record.

Leaves out changes of items by their number (:mod:`ccm.reporter.edits`), plain words (:mod:`ccm.reporter.spoken`),
publishing and the interview: an :class:`Outcome` says in ``then`` that one of them is to follow.
"""

import re

from ccm.reporter import confirmations, edits, followup, moves, proposals, record, silence, telling, votes
from ccm.reporter.commitments import in_first_person
from ccm.reporter.context import Context, Outcome
from ccm.reporter.edits import day_of
from ccm.reporter.effects import Ack, Effect, Ended, Record, Say, Silence
from ccm.reporter.finds import without_time
from ccm.reporter.marks import INSERTION, Mark, mark_of
from ccm.reporter.outcomes import entry, links_of, new_id, stamp
from ccm.reporter.standing import without_cue
from ccm.reporter.state import Entry, How, Kind, State
from ccm.reporter.transcript import Message
from ccm.reporter.withdrawal import TakenBack, put_back, without_votes

__all__ = ["Outcome", "day_of", "marked", "note_link", "noted", "off", "topic"]

NOTHING = TakenBack()
MAX_CHAIRS = 20
MAX_SILENT = 1000
ONLY_THE_CHAIR = "Only owner or chair may say who is in the chair."
ONLY_A_CHAIR = "Only owner or chair may rule. #agreed notes what all agree on."
_KINDS: tuple[Kind, ...] = ("action", "decision", "question", "info", "idea")
_AMENDING = ("undo", "edit", "drop", "restore", "assign", "due", "done", "cancel", "reopen")
_AGREED = ("agreed", "agree", "resolved", "resolution", "accepted")
_INSTEAD = re.compile(
    r"\s*[(\[]?\b(?:supersed(?:es|ing)|replac(?:es|ing)|instead of|in place of|overrides)\s+"
    r"(?:decision\s*)?#?(D-?\d{1,4})\b[)\]]?\W*$",
    re.IGNORECASE,
)


def marked(state: State, message: Message, mark: Mark, context: Context, instead: TakenBack = NOTHING) -> Outcome:
    """
    Do what a marked line says.

    :param instead: what an earlier wording of this message had brought: entries keep their ids, a vote its voices.
    """
    verb, text = mark.verb, mark.text
    if verb in _KINDS or verb in ("proposal", "ruling", "supersede"):
        return noted(state, mark, message, context, instead)
    if verb in ("help", "commands"):
        words = telling.help_about(text if verb == "help" else "")
        return Outcome(state, (Say(words),)) if words else noted(state, mark, message, context, instead)
    if verb == "topic":
        if not text:
            return Outcome(state, (Say(f"#{mark.word or verb} needs a text after it."),))
        return Outcome(topic(state, text, message), (*context.looking, Ack(message.id)))
    if verb == "link":
        return _linked(state, text, message)
    if verb in ("startmeeting", "title", "endmeeting", "chair", "unchair", "present", "agenda"):
        return _held(state, verb, text, message)
    if verb in ("publish", "hold", "skip", "stop", "status", "draft"):
        return Outcome(state, (), verb)  # type: ignore[arg-type]
    if verb in ("off", "on"):
        return off(state, message, verb == "on", text.lower().startswith("me"))
    if verb == "forget":
        return forgotten(state, message, context)
    if verb == "nextmeeting":
        return followup.asked(state, text, message, context)
    if verb == "replace":
        return edits.replaced(state, text, message)
    if verb == "insert":
        return _inserted(state, text, message, context, instead)
    if verb in ("ok", "no"):
        return confirmations.confirm(state, text, message, context, yes=verb == "ok")
    if verb == "move":
        return moves.move(state, text, message)
    if verb in _AMENDING:
        back = moves.taken_back(state, text, message) if verb == "restore" else None
        if back is not None:
            return back
        return edits.amend(state, mark, message, context)
    return _voted(state, verb, text, message, context, instead)


def _voted(state: State, verb: str, text: str, message: Message, context: Context, instead: TakenBack) -> Outcome:
    if verb == "startvote":
        return votes.start(state, text, message, instead.poll)
    if verb == "vote":
        return votes.cast(state, text, message)
    return votes.end(state, message, context) if verb == "endvote" else votes.show(state)


# ---- lines of the record


def noted(state: State, mark: Mark, message: Message, context: Context, instead: TakenBack = NOTHING) -> Outcome:
    """Put a marked line on record."""
    kind: Kind = _kind_of(mark.verb)
    text = without_cue(mark.text) if kind == "question" else mark.text
    taken = proposals.resolved(state, text) if kind == "decision" else None
    supersedes = ""
    if kind == "decision":
        text, supersedes, wrong = _instead_of(state, mark.verb, text)
        if wrong:
            return Outcome(state, (Say(wrong),))
        if taken is not None and (not text or re.match(r"P-?\d{1,4}\W*$|as |the |it |this ", text, re.IGNORECASE)):
            text = taken.text
    if not text:
        return Outcome(state, (Say(f"#{mark.word or mark.verb} needs a text after it."),))
    if mark.verb == "ruling" and not context.may_approve(message.nick, message.jid, state):
        return Outcome(state, (Say(ONLY_A_CHAIR),))
    series = "proposal" if mark.verb == "proposal" else kind
    former = next((e for e in instead.entries if e.kind == kind and (e.id[0] == "P") == (series == "proposal")), None)
    id_, counters = (former.id, state.counters) if former else new_id(series, state.counters)
    names = frozenset(name.lower() for name in state.people)
    made = entry(kind, id_, text, message.nick, message.id, message.time, state.topic, names)
    said: tuple[Effect, ...] = ()
    if kind == "action":
        when = edits.day_named(text, message, context.zone, state)
        made = record.replace(made, due=when.iso, phrase=when.phrase, assumed=when.assumed)
        if (spoken := in_first_person(text, message.nick)) is not None:
            made = record.replace(made, owner=spoken[0], text=without_time(spoken[1], when.phrase).rstrip(" ."))
        said = edits.passed(id_, when)
    if kind == "decision":
        made = record.replace(made, how=_how(mark, taken), supersedes=supersedes)
        if taken is not None:
            state, made = proposals.taken_up(state, taken, made)
    if mark.verb == "proposal":
        made = record.replace(made, status="proposed")
    state = record.add_entry(confirmations.without_find(state, made), made, counters)
    if former is not None:
        state = put_back(state, record.replace(made, topic=former.topic, at=former.at), instead.places[former.id])
    for url in links_of(text):
        state = note_link(state, url, message)
    return Outcome(state, said or (Ack(message.id),))


def _kind_of(verb: str) -> Kind:
    if verb in ("ruling", "supersede"):
        return "decision"
    return "idea" if verb == "proposal" else verb  # type: ignore[return-value]


def _how(mark: Mark, taken: Entry | None) -> How:
    """*Agreed* and *resolved* of a proposal say that all agree; the words of one alone do not say how it came about."""
    if mark.verb == "ruling":
        return "ruling"
    return "consensus" if mark.word in _AGREED and taken is not None else ""


def _instead_of(state: State, verb: str, text: str) -> tuple[str, str, str]:
    """The text of a decision, the id of the one whose place it takes, and what is wrong with that."""
    if verb == "supersede":
        found = re.match(r"(D-?\d{1,4})\b\s*(?:by|with|:|,|-)?\s*(.*)$", text, re.IGNORECASE | re.DOTALL)
        id_, rest = (edits.id_of(found[1]), found[2].strip()) if found else ("", "")
        known = any(e.id == id_ for e in state.entries)
        if not rest or not known:
            return "", "", f"#supersede needs a decision and a text: #supersede D1 text. I have: {edits.ids(state)}."
        return rest, id_, ""
    found = _INSTEAD.search(text)
    if found is None:
        return text, "", ""
    id_ = edits.id_of(found[1])
    if not any(e.id == id_ for e in state.entries):
        return text, "", ""
    return text[: found.start()].strip(), id_, ""


def topic(state: State, title: str, message: Message) -> State:
    """Begin a topic; one that was announced before is taken up again, lines of an agenda in a row are only
    announced."""
    same = next((e for e in state.entries if e.kind == "topic" and e.text.lower() == title.lower()), None)
    if same is not None:
        entries = tuple(
            record.replace(e, status="current") if e is same
            else record.replace(e, status="over") if e.kind == "topic" and e.status == "current" else e
            for e in state.entries
        )  # fmt: skip
        return record.changed(state, entries=entries, topic=same.id)
    id_, counters = new_id("topic", state.counters)
    names: frozenset[str] = frozenset()
    return record.add_entry(
        state, entry("topic", id_, title, message.nick, message.id, message.time, "", names), counters
    )


def _linked(state: State, text: str, message: Message) -> Outcome:
    urls = links_of(text)
    if not urls:
        return Outcome(state, (Say("#link needs an address: #link https://…"),))
    for url in urls:
        state = note_link(state, url, message, text)
    return Outcome(state, (Ack(message.id),))


def note_link(state: State, url: str, message: Message, title: str = "") -> State:
    """Keep an address once, where it was first said."""
    if any(e.kind == "link" and e.text == url for e in state.entries):
        return state
    id_, counters = new_id("link", state.counters)
    phrase = title.replace(url, "").strip(" -:") if title else ""
    made = Entry("link", id_, url, message.nick, message.id, stamp(message.time), phrase=phrase, topic=state.topic)
    return record.add_entry(state, made, counters)


def _inserted(state: State, text: str, message: Message, context: Context, instead: TakenBack) -> Outcome:
    """``i/words/Topic: Money/``: a marked line before the newest item that holds the words."""
    found = INSERTION.match(text)
    mark = mark_of(found["line"]) if found else None
    before = [e for e in state.entries if found and found["here"].lower() in e.text.lower()]
    if found is None or not before:
        return Outcome(state, (Say("i/words/line/ needs words of one of my items."),))
    if mark is None or (mark.verb not in _KINDS and mark.verb not in ("topic", "proposal")):
        return Outcome(
            state, (Say(f"i/{found['here']}/… needs a marked line, as in: i/{found['here']}/Topic: Money/"),)
        )
    here, known = before[-1], {e.id for e in state.entries}
    current = state.topic
    if mark.verb == "topic":
        after = topic(state, mark.text, message)
    else:
        after = noted(state, mark, message, context, instead).state
    made = next((e for e in after.entries if e.id not in known), None)
    if made is None:
        return Outcome(state)
    place = [e.id for e in after.entries].index(here.id)
    after = put_back(after, made, place)
    if mark.verb == "topic":
        after = _topic_before(after, made, current, place)
    return Outcome(after, (Ack(message.id),))


def _topic_before(state: State, made: Entry, current: str, place: int) -> State:
    """What stands after an inserted topic, under the topic that it parts, is its own."""
    part = {e.id for e in state.entries[place + 1 :] if e.topic == current and e.kind != "topic"}
    entries = tuple(record.replace(e, topic=made.id) if e.id in part else e for e in state.entries)
    return record.changed(state, entries=entries)


# ---- the meeting


def _held(state: State, verb: str, text: str, message: Message) -> Outcome:
    if verb == "agenda":
        return Outcome(state)
    if verb == "present":
        return _present(state, text, message)
    if verb == "endmeeting":
        counted = votes.ended(state, message.id)
        return Outcome(record.changed(counted.state, ended=True), (*counted.effects, Ended()), "publish")
    if verb == "chair":
        return chaired(state, text, message)
    if verb == "unchair":
        return _unchaired(state, text, message)
    changes = {"title": text or state.title}
    if verb == "startmeeting":
        changes |= {"chair": message.nick, "chair_jid": message.jid or ""}
    return Outcome(record.changed(state, settled=True, pending=(), **changes), (Ack(message.id),))


def names_in(text: str) -> tuple[str, ...]:
    """Names with commas, blanks or *and* between them."""
    parts = re.split(r"\s*[,;]\s*|\s+and\s+|\s+&\s+|\s+", text)
    return tuple(dict.fromkeys(name.lstrip("@").rstrip(",:.!") for name in parts if name.strip("@,:.! ")))


def chaired(state: State, text: str, message: Message) -> Outcome:
    """Make people chairs; the one named first is the first."""
    known = [name for name in state.people if text.lower().lstrip("@").rstrip(":,.! ") == name.lower()]
    wanted = known or names_in(text) or (message.nick,)
    names = tuple(
        edits.named(state, message.nick if name.lower() in ("me", "myself", "i") else name) for name in wanted
    )
    if len(names) > MAX_CHAIRS or any(len(name) > edits.MAX_NAME for name in names):
        return Outcome(state, (Say("#chair needs names: #chair Kim Lou."),))
    before = {state.chair: state.chair_jid, **state.cochairs} if state.chair else {}
    jids = {name: (message.jid if name == message.nick else state.jids.get(name)) or "" for name in names}
    others = {name: jids[name] for name in names[1:]} | {n: jid for n, jid in before.items() if n not in names}
    others = dict(list(others.items())[:MAX_CHAIRS])
    return Outcome(record.changed(state, chair=names[0], chair_jid=jids[names[0]], cochairs=others), (Ack(message.id),))


def _unchaired(state: State, text: str, message: Message) -> Outcome:
    chairs = {state.chair: state.chair_jid, **state.cochairs} if state.chair else {}
    own = next((name for name, jid in chairs.items() if name == message.nick and jid in ("", message.jid)), "")
    gone = {name.lower() for name in names_in(text)} or {own.lower()} - {""} or {name.lower() for name in chairs}
    left = {name: jid for name, jid in chairs.items() if name.lower() not in gone}
    if len(left) == len(chairs):
        return Outcome(state, (Say(f"The chair is {' and '.join(chairs) or 'nobody'}."),))
    first = next(iter(left), "")
    rest = {name: jid for name, jid in left.items() if name != first}
    return Outcome(record.changed(state, chair=first, chair_jid=left.get(first, ""), cochairs=rest), (Ack(message.id),))


def _present(state: State, text: str, message: Message) -> Outcome:
    """Names of those who are there and say nothing."""
    names = [name.lstrip("@") for name in re.split(r"\s*(?:,|\band\b|;)\s*|\s{2,}", text) if name.strip("@ ")]
    if not names or any(len(name) > 40 for name in names):
        return Outcome(state, (Say("#present needs names: #present Kim, Lou."),))
    known = {name.lower() for name in state.people}
    people = (*state.people, *(name for name in dict.fromkeys(names) if name.lower() not in known))
    return Outcome(record.changed(state, people=people[:500]), (Ack(message.id),))


# ---- the record itself


def off(state: State, message: Message, on: bool, mine: bool) -> Outcome:
    """Take the room, or one person, off the record or put them on it."""
    silent = is_silent(state, message)
    if mine or (on and silent):
        if on == (not silent):
            return Outcome(state, (Ack(message.id),))
        who = message.jid or message.nick
        others = tuple(each for each in state.off if each not in (message.nick, message.jid))
        words = Say(f"{message.nick}: I keep what you say again.") if on else Say(
            f"{message.nick}: I keep nothing of what you say until you say “on the record, reporter”, or #on."
        )  # fmt: skip
        changed = record.changed(state, off=others if on else (*others, who)[-MAX_SILENT:])
        return Outcome(changed, (Silence(message.nick, message.jid or "", on), words))
    if state.recording == on:
        return Outcome(state)
    return Outcome(record.changed(state, recording=on), (Record(on), Say(silence.ON if on else silence.OFF)))


def is_silent(state: State, message: Message) -> bool:
    """Whether the author of a message went off the record for themselves."""
    return bool(state.off) and (message.nick in state.off or message.jid in state.off)


def forgotten(state: State, message: Message, context: Context) -> Outcome:
    """Everything of the author's is off the record: what stands in the log, only its author takes back (XEP-0424)."""
    by = message.nick
    entries = tuple(e for e in state.entries if e.by != by)
    gone = sum(value.by == by for values in state.attributes.values() for value in values)
    gone += len(state.entries) - len(entries)
    topic = state.topic if any(e.id == state.topic for e in entries) else ""
    state = record.without(state, context.templates.get(state.type), by=by)
    voter = votes.voter_of(message)
    for source in [b.source for poll in (*state.polls, state.vote) if poll for b in poll.ballots if b.voter == voter]:
        state, _ = without_votes(state, source)
    entries = tuple(e for e in state.entries if e.by != by)
    changes = tuple(c for c in state.changes if c.by != by and c.before.by != by)
    following = None if state.following and state.following.by == by else state.following
    state = record.changed(state, entries=entries, topic=topic, changes=changes, following=following)
    return Outcome(state, (Say(f"{by}: {gone or 'nothing'} of yours is off my record. The log keeps your lines."),))
