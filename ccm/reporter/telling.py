"""
What the reporter tells when it is asked: help, how things stand, what it has so far, the draft.

Plain text for a line or two in the room. Leaves out the document itself.
"""

from collections.abc import Sequence

from ccm.reporter import amendments, votes
from ccm.reporter.context import Context
from ccm.reporter.followup import spell_day, spell_time
from ccm.reporter.state import Entry, State, Value

MOST_ITEMS = 40
MAX_VALUE = 300
HELP = """\
Plain words do: “Kim to call by Friday”, “Agreed: we open in March”, “reporter, assign A1 to Kim”, “reporter, what do \
we have so far?”, “off the record, reporter”, “publish this, reporter”.
Or typed: #topic, #action, #agreed, #propose, #question, #info, #idea, #link, also as “ACTION: Kim to call”.
Change an item by its number: #edit A1 text, #assign A1 Kim, #due A1 friday, #done A1, #drop A1, #undo.
Votes: #startvote question? yes, no – #vote yes – #endvote. Confirm what I found: #ok A1, #no A1.
#status, #draft, #publish, #hold, #chair Kim, #nextmeeting tuesday 10:00, #endmeeting.
#off and #on; #off me, [off] at the start of a line, or #forget keep your own words out.
More: #help items, #help votes, #help meeting, #help publishing, #help privacy."""
SECTIONS = {
    "items": """\
#edit A1 text – #assign A1 Kim (or me, nobody) – #due A1 friday – #done A1, #cancel A1, #reopen A1 – #drop A1, \
#restore A1 – #move A2 before A1 – #undo, #undo 3.
Numbers: A1 action, D1 decision, Q1 question, P1 proposal, I1 info, E1 idea, T1 topic; ACTION-1 and \
“the second action” do as well.
s/old/new/ mends your newest item that holds the words, i/words/line/ puts a marked line before the item that \
holds them. Correct or withdraw a message, and its item follows.
“reporter, A2 is done”, “reporter, move A3 to Friday”, “reporter, change D1 to …”, “reporter, the goal is …”.""",
    "votes": """\
#startvote Buy the boat? yes, no, abstain – #vote yes, plain words (“yes”, “I vote no”), or +1, 0, -1 – #showvote – \
#endvote. One voice each; the last one counts, until the vote ends. The result is a decision.
PROPOSED: text – +1, 0, -1 – RESOLVED: text (or #agreed P1) is a decision with who proposed it and who agreed.
#ok P1 or #no P1 of owner or chair settles a proposal. #ruling text is the chair's own decision; \
#supersede D1 text takes the place of D1.""",
    "meeting": """\
#startmeeting title makes you the chair – #chair Kim Lou adds chairs, #unchair Kim – #present Kim, Lou – \
#topic title – agenda lines: 1. First topic – #endmeeting publishes.
#nextmeeting tuesday 10:00 – its topic is made with the same people when this is published; #nextmeeting none.""",
    "publishing": """\
“publish this, reporter” or #publish: I ask for what is missing (skip, stop), then publish. Asked for by owner or \
chair it goes out at once, else after a while in which they may say #hold. #draft shows what would go out, \
#status how things stand. Changes afterwards: “publish again, reporter” makes a new version and says what changed.""",
    "privacy": """\
“off the record, reporter” or #off, until “on the record, reporter” or #on: nobody is kept. “leave me out, reporter” \
or #off me, until the same words of yours: I keep nothing of yours. [off] at the start keeps one line out. \
#forget takes what you said so far off my record; the log keeps it until you withdraw the messages.""",
}
_ALIASES = {
    "item": "items", "actions": "items", "action": "items", "edit": "items", "editing": "items", "vote": "votes",
    "voting": "votes", "proposals": "votes", "proposal": "votes", "decisions": "votes", "meetings": "meeting",
    "chair": "meeting", "publish": "publishing", "drafts": "publishing", "off": "privacy", "record": "privacy",
    "commands": "", "all": "", "me": "", "please": "",
}  # fmt: skip


def help_about(text: str) -> str:
    """Help of that name, the whole in short for ``""``; an empty text if there is none of that name."""
    name = text.strip(" .!?").lower()
    name = _ALIASES.get(name, name)
    return SECTIONS.get(name, "") if name else HELP


def conjoined(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# ---- how things stand


def status(state: State, context: Context) -> str:
    """In a few lines: kind, counts, topic, chair, an open vote, what is missing, publication."""
    label = context.templates.get(state.type).label
    lines = [f"{label}{f' “{state.title}”' if state.title else ''}: {_counts(state)}."]
    topic = next((e.text for e in state.entries if e.id == state.topic), "")
    chairs = [state.chair, *state.cochairs] if state.chair else []
    facts = [f"Topic: {topic}." if topic else "", f"Chair: {conjoined(chairs)}." if chairs else ""]
    lines.append(" ".join(fact for fact in facts if fact))
    if state.vote is not None:
        lines.append(f"A vote is open: {state.vote.question} {votes.tally(state.vote)}.")
    if state.following is not None:
        lines.append(f"Next meeting: {spell_time(state.following.at)}.")
    missing = _missing(state, context)
    if missing:
        lines.append(f"Not yet: {conjoined(missing)}.")
    lines.append(_publication(state, context))
    return "\n".join(line for line in lines if line)


def _counts(state: State) -> str:
    kinds = (("action", "action"), ("decision", "decision"), ("question", "question"))
    sure = [e for e in state.entries if e.provenance != "detected"]
    over = {e.supersedes for e in sure if e.kind == "decision"}
    counts = [(sum(e.kind == kind and e.id not in over for e in sure), noun) for kind, noun in kinds]
    words = [f"{number or 'no'} {noun}{'' if number == 1 else 's'}" for number, noun in counts]
    possible = len(state.entries) - len(sure)
    return conjoined(words) + (f", {possible} not confirmed" if possible else "")


def _publication(state: State, context: Context) -> str:
    if not state.recording:
        return "Off the record now; “on the record, reporter” comes back."
    if state.mode == "interviewing":
        label = next((a.label for a in context.templates.get(state.type).attribute if a.key == state.asking), "")
        return f"I am asking for {label}; skip and stop work."
    if state.mode == "grace":
        return "It goes out soon, unless owner or chair says #hold."
    if not state.version:
        return "Not published."
    changed = amendments.news(state, context)
    return f"Published as version {state.version}" + (
        f"; since then {changed}. “Publish again, reporter” makes the next." if changed else "."
    )


def _missing(state: State, context: Context) -> list[str]:
    template = context.templates.get(state.type)
    return [a.label for a in template.attribute if not state.attributes.get(a.key)] if template.interview else []


# ---- what there is


def summary(state: State, context: Context) -> str:
    """What is on record so far."""
    lines = [f"{context.templates.get(state.type).label}, so far:", *_values(state, context)]
    for entry in state.entries[-MOST_ITEMS:]:
        if entry.kind in ("action", "decision", "question"):
            lines.append(f"{entry.id}{'?' if entry.provenance == 'detected' else ''}: {entry.text}")
    missing = [a.label for a in context.templates.get(state.type).attribute if not state.attributes.get(a.key)]
    if missing:
        lines.append(f"Not yet: {conjoined(missing)}.")
    return "\n".join(lines)


def _values(state: State, context: Context) -> list[str]:
    template = context.templates.get(state.type)
    filled = [(a.label, state.attributes[a.key]) for a in template.attribute if state.attributes.get(a.key)]
    return [f"{label}: {_joined(values)}" for label, values in filled]


def _joined(values: tuple[Value, ...]) -> str:
    return _short(" · ".join(value.text for value in values))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def quoted(values: Sequence[Value]) -> str:
    """What fills an attribute, in quotes: ``“a” and “b”``; ``""`` for nothing."""
    return conjoined([f"“{_short(value.text)}”" for value in values]) if values else ""


def draft(state: State, context: Context, *, whole: bool = True) -> str:
    """
    What would be published now: attributes, actions, decisions, questions, and what is missing of them.

    :param whole: with how to send it out.
    """
    sure = [e for e in state.entries if e.provenance != "detected"]
    lines = [f"Draft of version {state.version + 1}, {context.templates.get(state.type).label.lower()}"]
    lines[0] += f" “{state.title}”:" if state.title else ":"
    lines += _values(state, context)
    actions = sorted((e for e in sure if e.kind == "action"), key=lambda e: e.owner != "")
    lines += _part("Actions", [_action(e) for e in actions], "No actions were recorded.")
    decisions = [_decision(e, sure) for e in sure if e.kind == "decision"]
    lines += _part("Decisions", decisions, "No decisions were recorded.")
    questions = [f"{e.id} {_short(e.text)}" for e in sure if e.kind == "question" and e.status == "open"]
    lines += _part("Open questions", questions, "")
    possible = [f"{e.id}? {_short(e.text)}" for e in state.entries if e.provenance == "detected"]
    lines += _part("Possible, confirm with #ok", possible, "")
    lines += _lacking(state, sure, context)
    return "\n".join([*lines, "“Publish this, reporter” sends it out."] if whole else lines)


def _part(title: str, items: list[str], none: str) -> list[str]:
    if not items:
        return [none] if none else []
    more = [f"… and {len(items) - MOST_ITEMS} more"] if len(items) > MOST_ITEMS else []
    return [f"{title}:", *(f"  {item}" for item in items[:MOST_ITEMS]), *more]


def _action(entry: Entry) -> str:
    due = f", due {spell_day(entry.due)}" if entry.due else f", due {entry.phrase}" if entry.phrase else ""
    status = f", {entry.status}" if entry.status != "open" else ""
    return f"{entry.id} {entry.owner or 'UNASSIGNED'}: {_short(entry.text)}{due}{status}"


def _decision(entry: Entry, among: list[Entry]) -> str:
    shares = ", ".join(f"{option} {len(names)}" for option, names in entry.votes.items())
    how = f"{entry.how} {shares}".strip() if entry.how or shares else ""
    later = next((e.id for e in among if e.kind == "decision" and e.supersedes == entry.id), "")
    facts = [how, f"edited by {entry.edited}" if entry.edited else "", f"superseded by {later}" if later else ""]
    told = ", ".join(fact for fact in facts if fact)
    instead = f" Instead of {entry.supersedes}." if entry.supersedes else ""
    return f"{entry.id} {_short(entry.text)}{f' ({told})' if told else ''}{instead}"


def _lacking(state: State, sure: list[Entry], context: Context) -> list[str]:
    open_ = [e for e in sure if e.kind == "action" and e.status in ("open", "carried")]
    nobody, never = [e.id for e in open_ if not e.owner], [e.id for e in open_ if not e.due]
    missing = _missing(state, context)
    lines = [f"Not yet: {conjoined(missing)}."] if missing else []
    if nobody:
        lines.append(f"Without an owner: {', '.join(nobody)}.")
    if never:
        lines.append(f"Without a date: {', '.join(never)}.")
    if state.vote is not None:
        lines.append(f"Not counted: the vote on {state.vote.question}")
    return lines
