"""Items of the record changed by number and in plain words, undone, and changed back when a command is withdrawn."""

import pytest

from ccm.reporter.edits import id_of, numbers_in
from ccm.reporter.marks import mark_of
from ccm.reporter.state import to_json
from tests.reporter.talking import Room


@pytest.fixture
def room(context):
    """A meeting with three actions, a decision and a question."""
    room = Room(context)
    room.say("kim", "#startmeeting Club")
    room.say("kim", "#action Kim to paint the shed by friday")
    room.say("ann", "#action call Bo")
    room.say("ann", "#action Ann to buy tea")
    room.say("ben", "#agreed We meet on Monday.")
    room.say("ben", "#question Who has the key?")
    return room


# ---- numbers


@pytest.mark.parametrize(
    ("written", "id_"),
    [("A3", "A3"), ("a3", "A3"), ("A-3", "A3"), ("ACTION-3", "A3"), ("action 3", "A3"), ("action #3", "A3"),
     ("task 2", "A2"), ("D-2026-11-22-03", "D3"), ("decision 12", "D12"), ("actions 2", "A2"), ("note 1", "I1"),
     ("P1", "P1")],
)  # fmt: skip
def test_a_number_is_written_in_many_ways(written, id_):
    assert id_of(written) == id_
    assert numbers_in(f"see {written}, please") == (id_,)


@pytest.mark.parametrize(
    ("text", "verb", "rest"),
    [
        ("close ACTION-3", "done", "ACTION-3"),
        ("ACTION-3 due friday", "due", "ACTION-3 friday"),
        ("ACTION-3: closed", "done", "ACTION-3"),
        ("ACTION-3: Kim to close the door", "action", "Kim to close the door"),
        ("#cancel A1", "cancel", "A1"),
        ("i/Boats/Topic: Money/", "insert", "i/Boats/Topic: Money/"),
        ("Next meeting: Tuesday", "nextmeeting", "Tuesday"),
        ("Chair decides: no", "ruling", "no"),
        ("/vote yes", "vote", "yes"),
    ],
)
def test_marks_of_many_schools_are_read(text, verb, rest):
    mark = mark_of(text)
    assert (mark.verb, mark.text) == (verb, rest)


@pytest.mark.parametrize(
    "text", ["close the door", "i/o is slow", "ACTION-3 is about doors", "/me votes", "#1 fan", "i/a"]
)
def test_what_only_looks_like_a_mark_is_talk(text):
    assert mark_of(text) is None


# ---- commands


@pytest.mark.parametrize(
    ("line", "id_", "field", "value"),
    [
        ("#assign A2 Lee", "A2", "owner", "Lee"),
        ("#assign A2 to me", "A2", "owner", "kim"),
        ("#assign A2 @ann", "A2", "owner", "ann"),
        ("#assign A1 nobody", "A1", "owner", ""),
        ("#due A2 friday", "A2", "due", "2026-11-27"),
        ("#due ACTION-2 2026-12-05", "A2", "due", "2026-12-05"),
        ("#due A1 never", "A1", "due", ""),
        ("#done A1", "A1", "status", "done"),
        ("#done Q1", "Q1", "status", "answered"),
        ("#cancel A1", "A1", "status", "cancelled"),
        ("#edit D1 We meet on Tuesday.", "D1", "text", "We meet on Tuesday."),
        ("#edit A2 Lee to call Bo by 2026-12-01", "A2", "due", "2026-12-01"),
        ("close ACTION-1", "A1", "status", "done"),
        ("ACTION-2 due friday", "A2", "due", "2026-11-27"),
        ("reporter, assign A2 to Lee", "A2", "owner", "Lee"),
        ("Reporter: give the second action to me please", "A2", "owner", "kim"),
        ("reporter, A2 is for Lee", "A2", "owner", "Lee"),
        ("reporter, Lee takes A2", "A2", "owner", "Lee"),
        ("reporter, I'll do A2", "A2", "owner", "kim"),
        ("reporter, A2 is done", "A2", "status", "done"),
        ("reporter, mark the last action as done", "A3", "status", "done"),
        ("reporter, the first action is cancelled", "A1", "status", "cancelled"),
        ("reporter, close A1", "A1", "status", "done"),
        ("reporter, move A3 to Friday", "A3", "due", "2026-11-27"),
        ("reporter, A3 is due tomorrow", "A3", "due", "2026-11-25"),
        ("reporter, postpone the third action until 2026-12-05", "A3", "due", "2026-12-05"),
        ("reporter, set the due date of A3 to friday", "A3", "due", "2026-11-27"),
        ("reporter, change D1 to We publish on Friday.", "D1", "text", "We publish on Friday"),
        ("reporter, D1 should say We meet at Bo's", "D1", "text", "We meet at Bo's"),
        ("please reporter, edit the decision: We meet at noon", "D1", "text", "We meet at noon"),
    ],
)
def test_an_item_is_changed(room, line, id_, field, value):
    room.say("kim", line)
    assert getattr(room.entry(id_), field) == value


@pytest.mark.parametrize(
    "line",
    ["#drop A2", "reporter, drop the second action", "reporter, delete A2", "Reporter, please remove action 2.",
     "#drop A-2", "reporter, scrap the 2nd action", "ok reporter, take out ACTION-2 please"],
)  # fmt: skip
def test_an_item_is_dropped(room, line):
    assert room.told("kim", line) == "A2 is off the record."
    assert [e.id for e in room.state.entries if e.kind == "action"] == ["A1", "A3"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("#drop A9", "#drop needs one of my ids, as in: #drop A1. I have: A1, A2, A3, D1, Q1."),
        ("#assign D1 Kim", "only an action has an owner"),
        ("#due A1 soonish", "#due A1 2026-11-27"),
        ("#due A1", "needs a word after it"),
        ("#done D1", "only an action can be done"),
        ("#undo 99", "from 1 to 50"),
        ("#undo nonsense", "#undo 2"),
        ("#restore A1", "I know of no dropped A1"),
        ("reporter, drop the ninth action", "I have no such entry"),
        ("#action", "#action needs a text"),
        ("#topic", "#topic needs a text"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_way_to_say_it(room, line, words):
    before = room.state.entries
    assert words in room.told("kim", line)
    assert room.state.entries == before


def test_a_number_of_another_tracker_is_talk(room):
    assert room.told("kim", "ACTION-77: done") == ""
    assert room.say("kim", "close ACTION-77") == ()


def test_undo_takes_the_newest_items_off(room):
    assert room.told("kim", "#undo") == "Q1 is off the record."
    assert room.told("kim", "#undo 2") == "A3, D1 are off the record."
    assert [e.id for e in room.state.entries] == ["A1", "A2"]


def test_two_undos_take_two_items_off(room):
    room.say("kim", "#undo")
    room.say("kim", "reporter, undo that")
    assert [e.id for e in room.state.entries] == ["A1", "A2", "A3"]


def test_undo_right_after_a_drop_brings_the_item_back(room):
    room.say("kim", "#drop A1")
    assert room.told("kim", "#undo") == "A1 is on the record again."
    assert [e.id for e in room.state.entries if e.kind == "action"] == ["A1", "A2", "A3"]


def test_a_dropped_item_can_be_restored_by_its_number(room):
    room.say("kim", "#drop A1")
    room.say("kim", "#drop D1")
    room.say("kim", "reporter, bring back A1")
    room.say("kim", "#restore D1")
    assert {e.id for e in room.state.entries} == {"A1", "A2", "A3", "D1", "Q1"}


def test_a_withdrawn_command_is_undone(room):
    for line in ("#assign A2 Lee", "#due A2 friday", "#done A1", "#drop A3", "#edit D1 Nothing."):
        before = room.state.entries
        room.say("kim", line)
        assert room.state.entries != before
        room.say("kim", "", retracts=room.last)
        assert room.state.entries == before


def test_a_withdrawn_command_leaves_what_others_changed_since(room):
    room.say("kim", "#edit A2 call Bo and Lu")
    first = room.last
    room.say("ann", "#assign A2 Lee")
    room.say("ben", "#done A2")
    room.say("kim", "", retracts=first)
    action = room.entry("A2")
    assert (action.text, action.owner, action.status) == ("call Bo", "Lee", "done")


def test_a_corrected_command_does_the_other_thing(room):
    room.say("kim", "#drop A1")
    room.say("kim", "#drop A2", replaces=room.last)
    assert [e.id for e in room.state.entries if e.kind == "action"] == ["A1", "A3"]
    room.say("kim", "reporter, assign A1 to Lu")
    room.say("kim", "reporter, assign A3 to Lu", replaces=room.last)
    assert (room.entry("A1").owner, room.entry("A3").owner) == ("Kim", "Lu")


def test_a_command_misspelled_first_is_done_once_corrected(room):
    room.say("kim", "#dnoe A1")
    room.say("kim", "#done A1", replaces=room.last)
    assert room.entry("A1").status == "done"


def test_a_dropped_line_that_is_withdrawn_is_nowhere_any_more(room):
    room.say("ben", "#info the code is 1234")
    line = room.last
    room.say("kim", "#edit I1 the code is 12345")
    room.say("kim", "#drop I1")
    assert b"1234" in to_json(room.state)
    room.say("ben", "", retracts=line)
    assert b"1234" not in to_json(room.state)
    assert "I know of no dropped I1" in room.told("kim", "#restore I1")


def test_nobody_withdraws_anothers_command(room):
    room.say("kim", "#drop A1")
    room.say("eve", "", retracts=room.last)
    assert room.entry("A1") is None


def test_s_and_i_mend_and_insert(room):
    room.say("ben", "s/Monday/Tuesday/")
    assert room.entry("D1").text == "We meet on Tuesday."
    assert room.acknowledged("ben", "i/call Bo/Topic: Calls/")
    assert [e.id for e in room.state.entries] == ["A1", "T1", "A2", "A3", "D1", "Q1"]
    assert [e.topic for e in room.state.entries] == ["", "", "T1", "T1", "T1", "T1"]
    assert "needs words of one" in room.told("ben", "i/nothing of it/Topic: X/")
    assert "needs a marked line" in room.told("ben", "i/call Bo/just words/")


# ---- other plain words


@pytest.mark.parametrize(
    ("line", "kind", "text"),
    [
        ("reporter, note that the key is with Bo", "info", "the key is with Bo"),
        ("reporter, add an action for Kim: call the Printer", "action", "kim to call the Printer"),
        ("reporter, new question: Who pays?", "question", "Who pays"),
        ("reporter, record the decision that We sell", "decision", "We sell"),
        ("reporter, we agreed that We sell", "decision", "We sell"),
        ("reporter, next topic: Money", "topic", "Money"),
    ],
)
def test_plain_words_put_a_line_on_record(room, line, kind, text):
    room.say("ben", line)
    assert room.texts(kind)[-1] == text


@pytest.mark.parametrize(
    "line", ["reporter, make Ann the chair", "reporter, Ann is the chair today", "reporter, ann chairs", "#chair Ann"]
)
def test_the_chair_is_named_in_plain_words(room, line):
    room.say("kim", line)
    assert room.state.chair == "ann"
    assert "kim" in room.state.cochairs


@pytest.mark.parametrize(
    "line",
    ["reporter, we need chairs", "reporter, the talk of the chair is nice", "reporter, forget it",
     "reporter, it is done mostly by students",
     "reporter, the office is here", "reporter, who is the chair?", "reporter, musical chairs", "reporter, thanks"],
)  # fmt: skip
def test_talk_to_the_reporter_changes_nothing(room, line):
    before = room.state
    room.say("ben", line)
    assert (room.state.entries, room.state.chair, room.state.people) == (before.entries, before.chair, before.people)


def test_several_chairs_come_and_go(room):
    room.say("kim", "#chair Ann, Lou and Max")
    assert (room.state.chair, sorted(room.state.cochairs)) == ("ann", ["Lou", "Max", "kim"])
    room.say("kim", "#unchair Lou ann")
    assert {room.state.chair, *room.state.cochairs} == {"Max", "kim"}
    room.say("kim", "#unchair")
    assert (room.state.chair, room.state.cochairs) == ("Max", {})


def test_every_chair_may_approve_and_nobody_else(context):
    room = Room(context, owen="owner")
    for nick in ("kim", "lou", "eve"):
        room.say(nick, "hello", jid=f"{nick}@x")
    room.say("owen", "#chair kim lou")
    assert room.context.may_approve("lou", "lou@x", room.state)
    assert room.context.may_approve("Lou the second", "lou@x", room.state)
    assert not room.context.may_approve("lou", "eve@x", room.state)


def test_the_goal_said_to_the_reporter_takes_the_place_of_the_old_one(context):
    room = Room(context)
    room.say("ann", "This is a project.")
    room.say("ann", "The goal is one garden.")
    assert room.acknowledged("ben", "reporter, the goal is a garden in every street")
    assert [v.text for v in room.state.attributes["goal"]] == ["a garden in every street"]
    room.say("ben", "reporter, change the goal to three Gardens")
    assert [v.text for v in room.state.attributes["goal"]] == ["three Gardens"]


def test_one_correction_of_a_value_is_one_line_of_the_reporter(context):
    room = Room(context)
    room.say("ann", "This is a project.")
    room.say("ann", "The name is Thursday.")
    told = room.told("ann", "Reporter, change the name to: Greenfield tool library")
    assert told == "Name is now “Greenfield tool library”."
    assert [v.text for v in room.state.attributes["name"]] == ["Greenfield tool library"]


def test_a_corrected_value_stands_letter_for_letter(context):
    room = Room(context)
    room.say("ann", "This is a project.")
    room.say("ann", "The goal is one garden.")
    for words in ("We pay. “Nobody” else does!", "To publish it, reporter, at noon.", "Tools for all. " * 50 + "End."):
        told = room.told("ann", f"Reporter, change the goal to: {words}")
        assert [v.text for v in room.state.attributes["goal"]] == [words]
        assert told.startswith(f"Goal is now “{words[:20]}")
        assert len(told) < 140


def test_a_value_is_corrected_in_the_interview_too_and_the_question_stands(context):
    room = Room(context)
    room.say("ann", "This is a project.")
    room.say("ann", "The goal is one garden.")
    room.say("ann", "publish this, reporter")
    asked = room.state.asking
    assert asked
    assert room.told("ann", "Reporter, change the goal to: Two gardens.") == "Goal is now “Two gardens.”"
    assert room.state.asking == asked
    assert [v.text for v in room.state.attributes["goal"]] == ["Two gardens."]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("#question Still open: who pays for the hoses?", "Who pays for the hoses?"),
        ("QUESTION: Open question: where do we keep the saws?", "Where do we keep the saws?"),
        ("#question Noch offen: wer zahlt?", "Wer zahlt?"),
        ("#question who still has open bills: Ann or Kim?", "who still has open bills: Ann or Kim?"),
    ],
)
def test_a_marked_question_loses_the_words_that_call_it_open(context, line, text):
    room = Room(context)
    room.say("ann", line)
    assert [entry.text for entry in room.state.entries] == [text]


def test_it_tells_an_item_and_where_things_stand(room):
    assert room.told("ben", "reporter, what is A1?").startswith("A1, Kim, due Fri 27 Nov, open:")
    status = room.told("ben", "#status")
    assert "3 actions, 1 decision and 1 question" in status
    assert "Chair: kim." in status
    assert "Not published." in status


def test_the_draft_shows_what_would_go_out_and_what_is_missing(room):
    draft = room.told("ben", "reporter, show us the draft")
    assert draft.split("\n")[0] == "Draft of version 1, meeting “Club”:"
    assert "  A2 UNASSIGNED: call Bo" in draft
    assert "  A1 Kim: Kim to paint the shed by friday, due Fri 27 Nov" in draft
    assert "  D1 We meet on Monday." in draft
    assert "Without an owner: A2." in draft
    assert "Without a date: A2, A3." in draft
    assert draft == room.told("ben", "#draft")


@pytest.mark.parametrize("name", ["", " votes", " items", " meeting", " publishing", " privacy", " vote"])
def test_help_is_told_and_is_no_call_for_help(room, name):
    assert len(room.told("ben", f"#help{name}").split("\n")) <= 8
    assert room.texts("help") == []


def test_help_with_a_text_is_help_wanted(room):
    assert room.acknowledged("ben", "#help with the printer")
    assert room.texts("help") == ["with the printer"]


def test_a_day_that_has_passed_is_noted_and_said(room):
    said = room.told("kim", "#due A2 2026-11-20")
    assert said == "A2 is due 2026-11-20, which has passed. #due A2 friday changes it."
    assert room.entry("A2").due == "2026-11-20"


# ---- items meant by their words, and what is not understood


@pytest.mark.parametrize(
    "line",
    ["reporter, the owner of A2 is Lou", "reporter, A2's owner should be Lou", "the owner of A2 is Lou, reporter"],
)
def test_the_owner_of_an_action_can_be_stated(room, line):
    assert room.acknowledged("ben", line)
    assert room.entry("A2").owner == "Lou"


@pytest.mark.parametrize(
    "line",
    ["reporter, Q1 is answered: Kim has it", "reporter, Q1 is answered by Kim has it",
     "reporter, the answer to Q1 is Kim has it"],
)  # fmt: skip
def test_an_answer_is_kept_with_its_question(room, line):
    assert room.acknowledged("ben", line)
    assert (room.entry("Q1").status, room.entry("Q1").text) == ("answered", "Who has the key? – Kim has it")
    room.say("ben", "", retracts=room.last)
    assert (room.entry("Q1").status, room.entry("Q1").text) == ("open", "Who has the key?")


@pytest.mark.parametrize("line", ["drop the tea action", "remove tea", "delete the action about the tea"])
def test_an_item_is_found_by_its_words_and_comes_back_by_them(room, line):
    assert room.told("ben", f"reporter, {line}") == "A3 is off the record."
    assert "Off the record is: A3." in room.told("ben", "reporter, bring back the boat")
    assert room.acknowledged("ben", "reporter, bring back the tea")
    assert room.entry("A3").text == "Ann to buy tea"


def test_words_that_mean_several_items_or_none_are_asked_back(room):
    room.say("ann", "#action Ann to drink tea")
    assert room.told("ben", "reporter, drop the tea action") == "That may be A3, A4. Say #drop A3."
    assert room.told("ben", "reporter, drop the cake") == "I have no cake. I have: A1, A2, A3, D1, Q1, A4."
    assert len(room.texts("action")) == 4


@pytest.mark.parametrize(
    "line",
    ["reporter, rename the club to Boats", "@reporter: swap A1 and A2", "A2 needs a helper, reporter",
     "reporter, please merge A1 with A3", "scratch that, reporter"],
)  # fmt: skip
def test_what_is_not_understood_is_answered_in_one_line(room, line):
    assert room.told("ben", line).startswith("I did not understand that. #help")


@pytest.mark.parametrize(
    "line",
    ["reporter, thank you", "reporter, I think A2 is hard", "Ask the local reporter", "swap A1 and A2",
     "reporter, nice work",
     "The reporter wrote A2 is done",
     "ben: change the tyres"],
)  # fmt: skip
def test_other_words_are_not_commented(room, line):
    assert room.told("ben", line) == ""


def test_a_subtopic_is_named_in_its_error(room):
    assert room.told("ben", "#subtopic") == "#subtopic needs a text after it."
    assert room.told("ben", "#topic") == "#topic needs a text after it."


def test_who_mends_the_words_of_another_is_told_how(room):
    assert room.told("ben", "s/tea/milk/") == "A3 is by ann. #edit A3 text changes it."
    assert room.say("ben", "s/whale/shark/") == ()
