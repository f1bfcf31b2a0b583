"""Orders, interview, publishing, corrections."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm.reporter.discussion import (
    Context,
    from_json,
    grace_over,
    hold,
    new_state,
    questions_of,
    record_on,
    request_publish,
    step,
    to_json,
)
from ccm.reporter.effects import Converted, Grace, Hold, Publish, Record, Say
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message


class Room:
    """Says things and remembers what the reporter wanted."""

    def __init__(self, context):
        self.context, self.state, self.number = context, new_state(), 0

    def say(self, text, nick="ann", **more):
        self.number += 1
        self.state, effects = step(self.state, Message(f"m{self.number}", nick, text, **more), self.context)
        return effects


@pytest.fixture
def room(context):
    return Room(context)


def test_the_first_marked_line_makes_a_discussion_a_meeting(room):
    assert Converted("incident", "meeting") in room.say("ACTION: ann to write the minutes by Friday")
    assert room.state.type == "meeting"
    assert [(e.id, e.owner, e.text) for e in room.state.entries] == [
        ("A1", "ann", "ann to write the minutes by Friday")
    ]


def test_a_stated_type_survives_marked_lines(room):
    room.say("This is a project.")
    room.say("#action kim to call the printer")
    assert room.state.type == "project"
    assert room.state.entries[0].owner == "kim"


def test_a_type_is_converted_only_once(room):
    room.say("This is a project.")
    room.say("This is a challenge.")
    assert room.state.type == "project"


def test_the_reporter_may_be_told_another_type(room):
    room.say("This is a project.")
    room.say("Let's call it Beacon.")
    assert Converted("project", "venture") in room.say("reporter, this is a venture")
    assert room.state.attributes["name"][0].text == "Beacon"


@pytest.mark.parametrize(
    "text", ["My boss is a challenge.", "Is this a project?", "The project manager called.", "This is not a project."]
)
def test_talk_that_only_mentions_a_type_does_not_convert(room, text):
    room.say(text)
    assert room.state.type == "incident"


def test_commands_of_the_record(room):
    room.say("#startmeeting Board")
    room.say("#topic Money")
    room.say("#action Kim to pay the rent by 2026-12-01", nick="kim")
    room.say("#agreed Buy the boat")
    room.say("#assign A1 Lee")
    room.say("#due A1 2026-12-05")
    room.say("#done A1")
    action, decision = (e for e in room.state.entries if e.kind in ("action", "decision"))
    assert (action.owner, action.due, action.status, action.topic) == ("Lee", "2026-12-05", "done", "T1")
    assert decision.text == "Buy the boat"
    room.say("#undo")
    assert [e.kind for e in room.state.entries] == ["topic", "action"]
    assert (room.state.title, room.state.chair) == ("Board", "ann")


def test_plain_words_drop_the_second_action(room):
    room.say("ACTION: one to go")
    room.say("ACTION: two to go")
    room.say("ACTION: three to go")
    assert room.say("reporter, drop the second action") == (Say("A2 is off the record."),)
    assert [e.id for e in room.state.entries] == ["A1", "A3"]


def test_a_wrong_id_is_answered_with_the_ids_there_are(room):
    room.say("ACTION: one to go")
    assert room.say("#drop A9") == (Say("#drop needs one of my ids, as in: #drop A1. I have: A1."),)


def test_the_reporter_tells_what_it_has(room):
    room.say("This is a project.")
    room.say("The goal is one place for every data set.")
    (said,) = room.say("reporter, what do we have so far?")
    assert "Goal: one place for every data set." in said.text
    assert "Not yet: Name, Introduction, Audience and Status." in said.text


def test_skip_passes_a_question_and_stop_ends_them(room):
    room.say("This is a requirement.")
    room.say("publish this, reporter")
    assert room.state.asking == "name"
    room.say("skip")
    assert room.state.asking == "project"
    room.say("stop")
    assert (room.state.mode, room.state.asking) == ("listening", "")
    assert room.say("publish now, reporter")[-1] == Publish(1)


def test_anybody_may_answer_and_questions_are_no_answers(room):
    room.say("This is a project.")
    room.say("publish this, reporter")
    room.say("what do you mean?", nick="ben")
    assert room.state.asking == "name"
    room.say("We'd call it Beacon, I think.", nick="ben")
    assert room.state.attributes["name"][0].text == "Beacon"
    assert room.state.asking == "introduction"


def test_an_answer_that_names_another_attribute_goes_there(room):
    room.say("This is a project.")
    room.say("publish this, reporter")
    room.say("The audience is teachers.")
    assert room.state.asking == "name"
    assert room.state.attributes["audience"][0].text == "teachers."


def test_the_owner_approves_and_others_wait_out_a_grace_period(templates):
    room = Room(Context(templates, roles={"ann": "owner"}, grace_seconds=300))
    room.say("This is a project.")
    assert Grace(300) in room.say("publish now, reporter", nick="ben")
    assert room.state.mode == "grace"
    state, effects = grace_over(room.state, room.context)
    assert (state.mode, state.approved_by, effects) == ("published", "", (Publish(1),))
    held, effects = hold(room.state, "ann", room.context)
    assert held.mode == "listening"
    assert Hold() in effects
    assert hold(room.state, "eve", room.context)[0] is room.state
    assert room.say("publish now, reporter", nick="ann")[-1] == Publish(1)
    assert room.state.approved_by == "ann"


def test_the_same_request_twice_is_one(room):
    state, first = request_publish(room.state, "ann", None, "iq1", None, room.context, at_once=True)
    again, second = request_publish(state, "ann", None, "iq1", None, room.context, at_once=True)
    assert first[-1] == Publish(1)
    assert (again, second) == (state, ())


def test_publishing_again_makes_a_new_version(room):
    room.say("publish now, reporter")
    room.say("ACTION: ann to check it")
    assert room.say("publish now, reporter")[-1] == Publish(2)


def test_a_correction_changes_the_record_in_place(room):
    room.say("ACTION: ann to pay by 2026-12-01")
    room.say("ACTION: ben to sing")
    room.say("ACTION: kim to pay by 2026-12-02", replaces="m1")
    first = room.state.entries[0]
    assert (first.id, first.owner, first.due, first.source) == ("A1", "kim", "2026-12-02", "m1")
    assert len(room.state.entries) == 2


def test_a_correction_of_an_answer_stays_with_its_attribute(room):
    room.say("This is a project.")
    room.say("publish this, reporter")
    room.say("Becon")
    room.say("Beacon", replaces="m3")
    assert [v.text for v in room.state.attributes["name"]] == ["Beacon"]
    assert room.state.asking == "introduction"


def test_a_retraction_takes_back_what_the_message_brought(room):
    room.say("The reason is rain.")
    room.say("ACTION: ann to dry it, see https://example.org/towel")
    room.say("", retracts="m1")
    room.say("", retracts="m2")
    assert (room.state.attributes, room.state.entries, room.state.pending) == ({}, (), ())


def test_nobody_corrects_or_retracts_for_another(room):
    room.say("ACTION: ann to pay")
    room.say("", nick="eve", retracts="m1")
    room.say("ACTION: ann to give it all to eve", nick="eve", replaces="m1")
    assert [e.text for e in room.state.entries] == ["ann to pay"]


def test_what_is_off_the_record_leaves_no_trace(room):
    room.say("[off] The reason is my boss.")
    assert Record(False) in room.say("#off")
    room.say("The reason is the chair.")
    assert Record(True) in room.say("#on")
    room.say("#off me", nick="ben")
    room.say("The reason is me.", nick="ben")
    room.say("The reason is secret.", on_record=False)
    assert room.state.attributes == {}
    assert b"boss" not in to_json(room.state)
    assert record_on(room.state, True) == (room.state, ())


def test_a_question_among_people_lends_its_answer_the_attribute(room):
    room.say("This is a project.")
    room.say("Who is it for?", nick="ben")
    room.say("Mostly city gardeners.")
    assert room.state.attributes["audience"][0].text == "Mostly city gardeners."


def test_a_type_nobody_stated_is_told_from_what_was_said(room):
    room.say("Our customers are students.")
    room.say("Let's call it Crumb.")
    room.say("The competition: two supermarkets.")
    room.say("The barriers are hygiene rules.")
    effects = room.say("publish this, reporter")
    assert Converted("incident", "venture") in effects
    assert {"name", "audience", "competition", "barriers"} <= set(room.state.attributes)


def test_the_outcome_panel_gets_every_attribute_in_order(room):
    room.say("This is a venture.")
    keys = [key for key, *_ in questions_of(room.state, room.context)]
    assert keys == ["name", "introduction", "audience", "competition", "unique", "execute", "barriers"]


def test_a_state_of_a_newer_version_is_refused():
    with pytest.raises(ValueError, match="Rebuild it from the room's archive"):
        from_json(b'{"schema": 99}')


WORDS = st.sampled_from(
    [
        "reporter",
        "publish",
        "this",
        "is",
        "a",
        "project",
        "skip",
        "stop",
        "#action",
        "#drop",
        "A1",
        "ACTION:",
        "the",
        "goal",
        "is",
        "because",
        "who?",
        "#off",
        "#on",
        "[off]",
        "hold",
        ",",
        ":",
        ".",
        "?",
        "1.",
        "drop",
        "it",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.lists(WORDS, max_size=8).map(" ".join), st.text(max_size=80)), max_size=12))
def test_any_talk_folds_the_same_twice_and_through_json(texts):
    context = _CONTEXT
    one, two = new_state(), new_state()
    for number, text in enumerate(texts):
        message = Message(f"x{number}", f"n{number % 3}", text)
        one, first = step(one, message, context)
        two, second = step(from_json(to_json(two)), message, context)
        assert first == second
    assert to_json(one) == to_json(two)


_CONTEXT = Context(Templates.load())


def test_s_old_new_mends_one_s_newest_entry_that_holds_the_words(room):
    room.say("#agreed We meet on Mondey.", nick="ann")
    room.say("#agreed The shed is green.", nick="ann")
    room.say("s/Mondey/Monday/", nick="ben")
    assert room.state.entries[0].text == "We meet on Mondey."
    room.say("s/Mondey/Monday/", nick="ann")
    assert [e.text for e in room.state.entries] == ["We meet on Monday.", "The shed is green."]


def test_forget_takes_one_s_own_words_off_the_record_and_no_one_else_s(room):
    room.say("This is a project.", nick="ann")
    room.say("The goal is a tree in every street.", nick="ben")
    room.say("The audience is families.", nick="ann")
    room.say("#forget", nick="ann")
    assert set(room.state.attributes) == {"goal"}


def test_unchair_takes_the_chair_away_from_who_has_it(room):
    room.say("#chair Kim", nick="ann")
    room.say("#unchair Lou", nick="ann")
    assert room.state.chair == "Kim"
    room.say("#unchair Kim", nick="ann")
    assert room.state.chair == ""


def test_present_names_those_who_say_nothing(room):
    room.say("#present Kim, Lou and Max", nick="ann")
    assert room.state.people == ("ann", "Kim", "Lou", "Max")
    assert "names" in room.say("#present", nick="ann")[-1].text


@pytest.fixture
def owned(templates):
    """A room that tells real JIDs, owned by ann@example.org."""
    return Room(Context(templates, roles={"ann@example.org": "owner"}, grace_seconds=300))


def test_a_nick_like_the_owners_jid_approves_nothing(owned):
    owned.say("#agreed We move.", jid="eve@example.org", nick="eve")
    effects = owned.say("publish now, reporter", nick="ann@example.org", jid="eve@example.org")
    assert any(isinstance(e, Grace) for e in effects)
    assert not any(isinstance(e, Publish) for e in effects)
    assert any(isinstance(e, Publish) for e in owned.say("publish now, reporter", nick="Ann", jid="ann@example.org"))


def test_the_requesters_jid_counts_also_after_the_interview(owned):
    owned.say("This is a project.", nick="eve", jid="eve@example.org")
    owned.say("publish this, reporter", nick="ann@example.org", jid="eve@example.org")
    effects = ()
    while owned.state.mode == "interviewing":
        effects = owned.say("skip", nick="eve", jid="eve@example.org")
    assert owned.state.mode == "grace"
    assert any(isinstance(e, Grace) for e in effects)


def test_only_owner_or_chair_says_who_is_in_the_chair(owned):
    eve, ann, kim = ({"nick": name, "jid": f"{name}@example.org"} for name in ("eve", "ann", "kim"))
    assert owned.say("#chair eve", **eve) == (Say("Only owner or chair may say who is in the chair."),)
    owned.say("#startmeeting Board", **eve)
    assert (owned.state.title, owned.state.chair) == ("Board", "")
    owned.say("Good morning.", **kim)
    owned.say("#chair kim", **ann)
    assert (owned.state.chair, owned.state.chair_jid) == ("kim", "kim@example.org")
    owned.say("#chair eve", nick="kim", jid="eve@example.org")
    assert owned.state.chair == "kim"
    owned.say("#unchair", **kim)
    assert (owned.state.chair, owned.state.chair_jid) == ("", "")


def test_whoever_takes_a_nick_cannot_take_back_its_former_holders_words(owned):
    owned.say("#agreed We move.", nick="kim", jid="kim@example.org")
    owned.say("", nick="kim", jid="eve@example.org", retracts="m1")
    assert [e.text for e in owned.state.entries] == ["We move."]
    owned.state = from_json(to_json(owned.state))
    owned.say("", nick="Kim of yore", jid="kim@example.org", retracts="m1")
    assert owned.state.entries == ()


def test_what_a_moderator_retracts_through_the_room_is_taken_back(owned):
    owned.say("#agreed Buy my pills.", nick="eve", jid="eve@example.org")
    owned.say("", nick="", retracts="m1")
    assert owned.state.entries == ()


@pytest.mark.parametrize(("line", "is_asked"), [("Name: Open data portal", False), ("The name is fine by me", True)])
def test_what_somebody_said_plainly_is_not_asked_for_as_a_guess(context, line, is_asked):
    state, told = new_state(), ""
    for number, text in enumerate((line, "This is a project.", "publish this, reporter", *["skip"] * 9)):
        if text == "skip" and state.mode != "interviewing":
            break
        state, effects = step(state, Message(f"p{number}", "ann", text), context)
        told += "".join(effect.text for effect in effects if isinstance(effect, Say))
    assert ("For Name I have" in told) is is_asked
