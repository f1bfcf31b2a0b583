"""Whatever people say in whatever order: nothing fails, no number is given twice, and a restart changes nothing."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from ccm.cli.replay import republished
from ccm.reporter import render_json
from ccm.reporter.discussion import Context, from_json, new_state, settled, step, to_json
from ccm.reporter.marks import COMMANDS
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message
from tests.reporter.talking import Room, should

CONTEXT = Context(Templates.load(), find=should)
NICKS = ("ann", "ben", "kim")
REST = (
    "", "A1", "A2", "D1", "P1", "Q1", "A1 kim", "A1 friday", "D1 We meet.", "all", "2", "me", "kim ben", "yes", "no",
    "Go? yes, no", "Kim to paint the shed by friday", "We meet on Monday. (supersedes D1)", "tuesday 10:00", "votes",
    "https://example.org/x", "none",
)  # fmt: skip
TALK = (
    "+1", "-1", "0", "yes", "no", "Yes, please.", "We should paint the shed", "kim should call Bo by friday",
    "so we meet at noon", "ACTION: ben to sing", "RESOLVED: We meet.", "PROPOSED: We meet.", "Topic: Boats",
    "close ACTION-1", "s/We/They/", "i/meet/Topic: Money/", "reporter, drop the last action",
    "reporter, assign A1 to Ben", "reporter, A2 is done", "reporter, make Kim the chair", "reporter, undo that",
    "reporter, what do we have so far?", "reporter, show the draft", "publish this, reporter", "publish now, reporter",
    "This is a project.", "The goal is one garden.", "reporter, the goal is two gardens", "[off] hm", "skip",
    "reporter, next meeting on Friday at 10", "reporter, don't record me", "good morning",
)  # fmt: skip
LINE = st.one_of(
    st.sampled_from(TALK),
    st.builds(
        "#{} {}".format, st.sampled_from([word for words in COMMANDS.values() for word in words]), st.sampled_from(REST)
    ),
)
TURN = st.tuples(
    st.sampled_from(NICKS), LINE, st.sampled_from(["", "", "", "replaces", "retracts"]), st.integers(1, 12)
)


def messages(turns):
    for number, (nick, text, kind, back) in enumerate(turns, 1):
        target = f"m{number - back}" if number > back else None
        yield Message(
            f"m{number}", nick, text, f"{nick}@x",
            replaces=target if kind == "replaces" else None, retracts=target if kind == "retracts" else None,
        )  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(TURN, max_size=40))
def test_nothing_fails_no_number_is_given_twice_and_a_restart_changes_nothing(turns):
    straight = restarted = new_state()
    said, sources = [], {}
    for message in messages(turns):
        said.append(message)
        straight, first = settled(step(straight, message, CONTEXT), said, CONTEXT)
        again, second = settled(step(from_json(to_json(restarted)), message, CONTEXT), said, CONTEXT)
        assert (to_json(again), second) == (to_json(straight), first)
        restarted = again
        ids = [e.id for e in straight.entries]
        assert len(ids) == len(set(ids))
        for entry in straight.entries:
            assert sources.setdefault(entry.id, entry.source) == entry.source
        assert straight.topic in ("", *ids)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NICKS), LINE), max_size=25))
def test_a_published_document_comes_to_the_same_bytes_again(turns):
    room = Room(dataclasses.replace(CONTEXT, names=("reporter",)), ann="owner", ben="owner", kim="owner")
    for nick, text in turns:
        if not text.startswith(("#off", "#on")) and "don't record" not in text:
            room.say(nick, text)
    room.say("ann", "publish now, reporter")
    for document in room.documents[-1:]:
        kept = render_json.dumps(document)
        assert render_json.dumps(republished(render_json.loads(kept), CONTEXT)) == kept
