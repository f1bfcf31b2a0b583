"""Proposals that become decisions, decisions in other's places, and what the room confirms of what nobody marked."""

import dataclasses

import pytest

from ccm.reporter import wording
from ccm.reporter.effects import Say
from ccm.reporter.state import from_json, to_json
from tests.reporter.talking import Room, should


@pytest.fixture
def room(context):
    return Room(context)


@pytest.fixture
def finding(context):
    """A room in which "we should …" is found, and nobody is in the chair."""
    return Room(dataclasses.replace(context, find=should))


# ---- proposals


def test_a_proposal_its_voices_and_its_resolution_are_one_decision(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    proposed = room.last
    assert room.entry("P1").status == "proposed"
    assert room.acknowledged("ann", "+1")
    voice = room.last
    room.say("ben", "+1 long overdue")
    room.say("ann", "RESOLVED: we sell the boat")
    decision = room.entry("D1")
    assert (decision.owner, decision.how, decision.by) == ("kim", "consensus", "ann")
    assert decision.sources[:2] == (proposed, voice)
    assert decision.votes == {"+1": ("ann", "ben")}
    assert room.entry("P1").status == "agreed"


@pytest.mark.parametrize("line", ["#agreed P1", "RESOLVED: as proposed", "#agreed P-1", "RESOLVED: We sell the boat!"])
def test_a_resolution_names_its_proposal_in_many_ways(room, line):
    room.say("kim", "PROPOSAL: We sell the boat.")
    room.say("ann", line)
    assert room.entry("D1").owner == "kim"
    assert "sell the boat" in room.entry("D1").text


def test_a_resolution_of_other_words_leaves_the_proposal_open(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ann", "RESOLVED: The club house gets a new roof.")
    assert (room.entry("P1").status, room.entry("D1").owner) == ("proposed", "")


def test_against_voices_a_resolution_is_no_consensus(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ben", "-1")
    room.say("ann", "RESOLVED: We sell the boat.")
    assert (room.entry("D1").how, room.entry("D1").votes) == ("", {"-1": ("ben",)})


def test_plus_one_without_a_proposal_is_talk(room):
    assert room.say("ann", "+1") == ()
    room.say("ann", "#topic Boats")
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ann", "#topic Roof")
    room.say("ben", "+1")
    assert room.entry("P1").votes == {}


def test_owner_and_chair_settle_a_proposal_others_have_a_voice(context):
    room = Room(context, ann="owner", ben="participant", kim="participant")
    room.say("kim", "#propose We sell the boat.")
    room.say("kim", "#propose We buy a bigger one.")
    room.say("ben", "#ok P1")
    assert room.entry("P1").votes == {"+1": ("ben",)}
    assert room.told("ann", "#ok P1") == "P1 is agreed: D1."
    room.say("ben", "#no P2")
    assert room.entry("P2").status == "proposed"
    assert room.told("kim", "#no P2") == "P2 is rejected."


def test_a_withdrawn_resolution_opens_the_proposal_again(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ann", "RESOLVED: We sell the boat.")
    room.say("ann", "", retracts=room.last)
    assert (room.entry("D1"), room.entry("P1").status) == (None, "proposed")


def test_a_withdrawn_voice_leaves_the_decision(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ben", "+1")
    voice = room.last
    room.say("ann", "RESOLVED: We sell the boat.")
    room.say("ben", "", retracts=voice)
    assert (room.entry("D1").votes, voice in room.entry("D1").sources) == ({}, False)


def test_a_corrected_voice_counts_as_corrected(room):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ben", "+1")
    room.say("ben", "-1", replaces=room.last)
    assert room.entry("P1").votes == {"-1": ("ben",)}


# ---- decisions


@pytest.mark.parametrize(
    ("line", "how"),
    [("#agreed x", ""), ("RESOLVED: x", ""), ("#agreed P1", "consensus"), ("RESOLVED: as proposed", "consensus"),
     ("DECISION: x", ""), ("#decided x", ""),
     ("#ruling x", "ruling"), ("CHAIR DECIDES: x", "ruling")],
)  # fmt: skip
def test_how_a_decision_was_taken_is_what_its_mark_says(room, line, how):
    room.say("kim", "PROPOSED: We sell the boat.")
    room.say("ann", line)
    assert room.entry("D1").how == how


@pytest.mark.parametrize("line", ["#agreed We sell the boat.", "RESOLVED: as proposed", "#supersede D1 We sell it."])
def test_one_person_alone_is_no_consensus(room, line):
    if "D1" in line:
        room.say("kim", "#agreed We keep the boat.")
    else:
        room.say("ann", "PROPOSED: We sell the boat.")
    room.say("ann", line)
    assert [e.how for e in room.state.entries if e.kind == "decision"][-1] == ""


def test_voices_right_after_a_decision_make_it_one_by_consensus(room):
    room.say("ann", "#agreed We sell the boat.")
    assert room.acknowledged("ann", "+1")
    assert room.entry("D1").how == ""
    assert room.acknowledged("ben", "+1")
    voice = room.last
    assert (room.entry("D1").how, room.entry("D1").votes) == ("consensus", {"+1": ("ann", "ben")})
    room.say("kim", "-1")
    assert room.entry("D1").how == ""
    room.say("kim", "", retracts=room.last)
    assert room.entry("D1").how == "consensus"
    room.say("ben", "", retracts=voice)
    assert (room.entry("D1").how, room.entry("D1").votes) == ("", {"+1": ("ann",)})


def test_a_voice_after_something_else_was_noted_is_for_no_decision(room):
    room.say("ann", "#agreed We sell the boat.")
    room.say("ann", "#action Kim to call Bo")
    assert room.say("ben", "+1") == ()


@pytest.mark.parametrize("line", ["reporter, change D1 to We give the boat away.", "#edit D1 We give the boat away."])
def test_who_edits_a_decision_alone_takes_no_voices_along(room, line):
    room.say("tom", "PROPOSED: We sell the boat.")
    room.say("ben", "+1")
    room.say("ann", "RESOLVED: as proposed")
    assert "D1 is edited by eve; the voices were for the earlier words" in room.told("eve", line)
    decision = room.entry("D1")
    assert (decision.how, decision.votes, decision.owner, decision.edited) == ("", {}, "", "eve")
    assert "D1 We give the boat away" in room.told("ann", "#draft")
    assert "(edited by eve)" in room.told("ann", "#draft")
    room.say("eve", "", retracts=next(m.id for m in room.log if m.nick == "eve"))
    decision = room.entry("D1")
    assert (decision.how, decision.votes, decision.edited) == ("consensus", {"+1": ("ben",)}, "")


def test_the_document_says_who_edited_a_decision(room):
    room.say("tom", "PROPOSED: We sell the boat.")
    room.say("ann", "RESOLVED: as proposed")
    room.say("eve", "#edit D1 We give the boat away.")
    room.say("ann", "#agreed We meet on Monday.")
    room.say("ann", "+1")
    room.say("ann", "publish now, reporter")
    edited, voiced = room.documents[0].decisions
    assert (wording.decided(edited), wording.decided(voiced)) == ("edited by eve", "Voices: +1 1")


def test_a_typo_leaves_the_voices(room):
    room.say("tom", "PROPOSED: we sell the boat")
    room.say("ann", "RESOLVED: as proposed")
    room.say("eve", "#edit D1 We sell the boat.")
    assert (room.entry("D1").how, room.entry("D1").edited) == ("consensus", "")


def test_an_edited_vote_is_not_counted_again(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "yes")
    voice = room.last
    room.say("ann", "#endvote")
    room.say("eve", "#edit D1 We go on Monday.")
    room.say("ben", "", retracts=voice)
    assert (room.entry("D1").text, room.entry("D1").votes) == ("We go on Monday.", {})


def test_a_superseded_decision_is_told_and_not_counted(room):
    room.say("ann", "#agreed We meet on Monday.")
    room.say("ann", "#supersede D1 We meet on Tuesday.")
    assert "1 decision " in room.told("ann", "#status")
    draft = room.told("ann", "#draft")
    assert "D1 We meet on Monday. (superseded by D2)" in draft
    assert "D2 We meet on Tuesday. Instead of D1." in draft


def test_only_owner_or_chair_rules(context):
    room = Room(context, ann="owner", eve="participant")
    assert "Only owner or chair may rule" in room.told("eve", "#ruling Eve pays nothing.")
    assert room.state.entries == ()
    room.say("ann", "#chair kim")
    room.say("kim", "#ruling Eve pays.")
    assert room.entry("D1").how == "ruling"


def test_a_decision_may_take_the_place_of_another(room):
    room.say("ann", "#agreed We meet on Monday.")
    room.say("ann", "#agreed We meet on Tuesday (supersedes D1)")
    room.say("ann", "#supersede D2 We meet on Friday.")
    assert [(e.text, e.supersedes) for e in room.state.entries] == [
        ("We meet on Monday.", ""), ("We meet on Tuesday", "D1"), ("We meet on Friday.", "D2"),
    ]  # fmt: skip
    assert "#supersede D1 text" in room.told("ann", "#supersede D9 never")


# ---- what nobody marked


def test_at_a_topic_change_the_likeliest_three_are_put_to_the_room(finding):
    for text in ("paint the shed", "buy a long wide red carpet for the hall", "call Bo", "mend the very old roof soon"):
        finding.say("ann", f"We should {text}")
    said = finding.told("ann", "#topic Money")
    assert said.split("\n") == [
        "A1? UNASSIGNED: paint the shed. #ok A1 / #no A1",
        "A2? UNASSIGNED: buy a long wide red carpet for the hall. #ok A2 / #no A2",
        "A4? UNASSIGNED: mend the very old roof soon. #ok A4 / #no A4",
    ]
    assert {e.provenance for e in finding.state.entries if e.kind == "action"} == {"detected"}
    assert "A3? UNASSIGNED: call Bo" in finding.told("ann", "#topic Boats")
    assert finding.told("ann", "#topic Roofs") == ""


def test_the_line_goes_to_the_owner_with_the_day(finding):
    finding.say("kim", "hello")
    finding.say("ann", "Kim should check with Kaliya by friday")
    said = finding.told("ann", "#topic Next")
    assert said == "A1? Kim: check with Kaliya, due Fri 27 Nov. #ok A1 / #no A1"
    assert [w.nick for w in finding.state.wanted] == ["kim"]
    assert finding.acknowledged("kim", "yes")
    action = finding.entry("A1")
    assert (action.provenance, action.confirmed, action.owner, action.due) == (
        "confirmed", finding.last, "Kim", "2026-11-27",
    )  # fmt: skip


def test_what_has_no_owner_goes_to_the_chair(finding):
    finding.say("lou", "#startmeeting Club")
    finding.say("ann", "We should paint the shed")
    assert finding.told("lou", "#topic Boats").startswith("lou, A1? UNASSIGNED: paint the shed.")
    assert finding.say("ann", "yes") == ()
    assert finding.acknowledged("lou", "Yes, please.")
    assert finding.entry("A1").provenance == "confirmed"


def test_no_takes_a_find_off_the_record_for_good(finding):
    finding.say("kim", "hello")
    finding.say("ann", "kim should paint the shed")
    finding.say("ann", "#topic Boats")
    finding.say("kim", "no")
    assert finding.entry("A1") is None
    assert finding.told("ann", "#topic Roofs") == ""
    finding.say("ann", "#action kim to call Bo")
    assert finding.entry("A2").text == "kim to call Bo"


@pytest.mark.parametrize("word", ["I think we can start", "yes we can paint it green", "no idea", "nobody does", "hm"])
def test_only_a_plain_yes_or_no_answers(finding, word):
    finding.say("kim", "hello")
    finding.say("ann", "kim should paint the shed")
    finding.say("ann", "#topic Boats")
    finding.say("kim", word)
    assert finding.entry("A1").provenance == "detected"
    assert finding.say("kim", "yes") == ()  # that answers something else
    finding.say("kim", "#ok A1")
    assert finding.entry("A1").provenance == "confirmed"


def test_a_yes_to_two_questions_is_asked_which(finding):
    finding.say("kim", "hello")
    finding.say("ann", "kim should paint the shed")
    finding.say("ann", "kim should call Bo")
    finding.say("ann", "#topic Boats")
    assert "#ok A1 or #ok A2, or #ok all" in finding.told("kim", "yes")
    finding.say("kim", "#ok all")
    assert {finding.entry(id_).provenance for id_ in ("A1", "A2")} == {"confirmed"}


def test_several_numbers_are_settled_at_once(finding):
    for text in ("paint the shed", "call Bo", "buy tea"):
        finding.say("ann", f"we should {text}")
    finding.say("ann", "#topic Boats")
    finding.say("ben", "#ok A1 A2")
    finding.say("ben", "#no A3")
    assert [(e.id, e.provenance) for e in finding.state.entries if e.kind == "action"] == [
        ("A1", "confirmed"), ("A2", "confirmed"),
    ]  # fmt: skip
    assert "I have: A1, A2." in finding.told("ben", "#ok A9")


def test_whoever_changes_a_find_confirms_it(finding):
    finding.say("ann", "we should paint the shed")
    finding.say("ann", "#topic Boats")
    finding.say("ann", "#assign A1 Kim")
    assert (finding.entry("A1").provenance, finding.entry("A1").owner) == ("confirmed", "Kim")


def test_whoever_marks_what_was_found_keeps_one_line(finding):
    finding.say("ann", "we should paint the old shed")
    finding.say("ann", "#topic Boats")
    finding.say("ann", "#action paint the old shed")
    assert [(e.id, e.provenance) for e in finding.state.entries if e.kind == "action"] == [("A2", "marked")]


def test_a_withdrawn_yes_makes_it_a_find_again_and_a_corrected_one_settles_it_so(finding):
    finding.say("kim", "hello")
    finding.say("ann", "kim should paint the shed")
    finding.say("ann", "#topic Boats")
    finding.say("kim", "yes")
    yes = finding.last
    finding.say("kim", "no", replaces=yes)
    assert finding.entry("A1") is None
    finding.say("kim", "", retracts=yes)
    assert finding.entry("A1").provenance == "detected"


def test_a_withdrawn_line_takes_its_find_along(finding):
    finding.say("ann", "we should paint the shed")
    source = finding.last
    finding.say("ann", "#topic Boats")
    finding.say("ann", "", retracts=source)
    assert finding.entry("A1") is None
    assert finding.told("ann", "#topic Roofs") == ""


def test_what_was_said_off_the_record_is_not_looked_at(finding):
    finding.say("ann", "[off] we should sell the boss")
    finding.say("ben", "#off me")
    finding.say("ben", "we should sell the chair")
    finding.say("ben", "#on")
    finding.say("ann", "#off")
    finding.say("ann", "we should sell the table")
    finding.say("ann", "#on")
    finding.say("ann", "#topic Boats")
    assert finding.texts("action") == []
    assert b"sell" not in to_json(finding.state)


def test_words_to_the_reporter_and_marked_lines_are_no_finds(finding):
    finding.say("ann", "reporter, we should stop")
    finding.say("ann", "#info we should stop")
    finding.say("ann", "#topic Boats")
    assert finding.texts("action") == []


def test_before_publication_it_asks_once_more_and_publishes(finding):
    finding.say("ann", "#agreed We go.")
    finding.say("ann", "we should paint the shed")
    said = finding.told("ann", "publish now, reporter")
    assert said.startswith(
        "Did I get this right? “Publish again, reporter” takes your answers along.\nA1? UNASSIGNED: paint the shed."
    )
    assert "Published: https://example.org/t1" in said
    (document,) = finding.documents
    assert [item.text for item in document.actions] == []
    assert [item.text for item in document.possible_actions] == ["paint the shed"]
    assert "Publish again" in finding.told("ann", "#ok A1")
    assert "Since version 1: A1 is new." in finding.told("ann", "publish again, reporter")
    assert [item.provenance for item in finding.documents[1].actions] == ["confirmed"]


def test_a_find_is_under_its_own_topic(finding):
    finding.say("ann", "#topic Boats")
    finding.say("ann", "we should paint the boat")
    finding.say("ann", "#topic Roofs")
    assert finding.entry("A1").topic == "T1"


def test_finds_keep_their_numbers_through_looks_and_restarts(finding):
    finding.say("ann", "we should paint the shed")
    finding.say("ann", "#topic Boats")
    finding.state = from_json(to_json(finding.state))
    finding.say("ann", "we should call Bo")
    assert isinstance(finding.say("ann", "#topic Roofs")[0], Say)
    assert [(e.id, e.text) for e in finding.state.entries if e.kind == "action"] == [
        ("A1", "paint the shed"), ("A2", "call Bo"),
    ]  # fmt: skip


def test_in_plain_words_finds_are_looked_for_and_settled(finding):
    finding.say("ann", "we should paint the shed")
    assert "A1? UNASSIGNED: paint the shed" in finding.told("ann", "reporter, did you find any actions?")
    finding.say("ann", "reporter, A1 is right")
    assert finding.entry("A1").provenance == "confirmed"


def test_a_thumb_settles_what_is_open_and_is_no_reason_to_speak(finding):
    finding.say("kim", "We should sell the boat")
    finding.say("ann", "#topic Money")
    found = next(e for e in finding.state.entries if e.provenance == "detected")
    assert finding.told("kim", f"#ok {found.id}", below="m0") == ""
    assert finding.entry(found.id).provenance == "confirmed"
    assert finding.told("ben", f"#ok {found.id}", below="m0") == ""
    assert "on record already" in finding.told("ben", f"#ok {found.id}")
