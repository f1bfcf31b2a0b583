"""Votes: opened, cast, changed, counted, corrected, withdrawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter import votes
from ccm.reporter.state import Ballot, Poll, from_json, to_json
from ccm.reporter.transcript import Message
from tests.reporter.talking import Room


@pytest.fixture
def room(context):
    return Room(context)


def test_a_vote_becomes_a_decision_with_counts_and_names(room):
    assert "#vote yes, no or abstain" in room.told("ann", "#startvote Buy the boat? yes, no, abstain")
    for nick, option in (("ann", "yes"), ("ben", "YES"), ("kim", "no"), ("lou", "abs")):
        assert room.acknowledged(nick, f"#vote {option}")
    assert room.told("ann", "#endvote") == (
        "D1: Buy the boat? Yes. The vote: yes 2 (ann, ben), no 1 (kim), abstain 1 (lou)."
    )
    (decision,) = room.state.entries
    assert (decision.how, decision.by, decision.text) == ("vote", "ann", "Buy the boat? Yes.")
    assert decision.votes == {"yes": ("ann", "ben"), "no": ("kim",), "abstain": ("lou",)}
    assert room.state.type == "meeting"


def test_the_last_voice_of_a_person_counts_until_the_end(room):
    room.say("ann", "#startvote Tea or coffee? tea, coffee")
    room.say("ben", "#vote tea")
    room.say("ben", "#vote coffee")
    room.say("ann", "#endvote")
    assert room.entry("D1").votes == {"tea": (), "coffee": ("ben",)}
    assert "No vote is open" in room.told("kim", "#vote tea")


def test_one_person_votes_once_whatever_the_nick(room):
    room.say("ann", "#startvote Go?", jid="ann@x")
    room.say("eve", "#vote yes", jid="eve@x")
    room.say("eve2", "#vote yes", jid="eve@x")
    room.say("ann", "+1", jid="ann@x")
    room.say("ann", "#endvote", jid="ann@x")
    assert room.entry("D1").votes["yes"] == ("eve2", "ann")


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("+1", "yes"),
        ("+1 from me", "yes"),
        ("-1", "no"),
        ("−1 too early", "no"),
        ("+0", "abstain"),
        ("0", "abstain"),
        ("👍", "yes"),
    ],
)
def test_lines_of_plus_and_minus_one_count_while_a_vote_is_open(room, line, option):
    room.say("ann", "#startvote Go?")
    room.say("ben", line)
    assert votes.count(room.state.vote).votes[option] == ("ben",)


@pytest.mark.parametrize("line", ["+1000 people came", "10", "-1.5 degrees", "0 of them came", "1", "+1.5"])
def test_figures_are_no_voices(line):
    assert votes.voice_in(line) == ""


def test_a_plus_one_without_such_an_option_is_no_voice(room):
    room.say("ann", "#startvote Tea or coffee? tea, coffee")
    room.say("ben", "+1")
    assert room.state.vote.ballots == ()


def test_an_option_may_be_shortened_but_not_ambiguous(room):
    room.say("ann", "#startvote When? monday, tuesday, thursday")
    assert "monday, tuesday or thursday?" in room.told("ben", "#vote t")
    assert room.acknowledged("ben", "#vote th")
    assert "#vote" in room.told("kim", "#vote sunday")


def test_a_tie_decides_nothing_and_says_so(room):
    room.say("ann", "#startvote Go?")
    room.say("ann", "#vote yes")
    room.say("ben", "#vote no")
    room.say("ann", "#endvote")
    assert room.entry("D1").text == "Go? No majority."


def test_a_vote_in_which_nobody_voted_is_no_decision(room):
    room.say("ann", "#startvote Go?")
    assert "Nobody voted" in room.told("ann", "#endvote")
    assert room.state.entries == ()


def test_abstentions_never_win(room):
    room.say("ann", "#startvote Go?")
    for nick in ("ben", "kim"):
        room.say(nick, "#vote abstain")
    room.say("ann", "#vote no")
    room.say("ann", "#endvote")
    assert room.entry("D1").text == "Go? No."


def test_one_vote_at_a_time(room):
    room.say("ann", "#startvote Go?")
    assert "A vote is open: Go?" in room.told("ben", "#startvote Stay?")
    assert room.state.vote.question == "Go?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#startvote", "needs a question"),
        ("#startvote Go? yes", "2 to 12"),
        ("#startvote Go? " + ",".join("abcdefghijklmn"), "2 to 12"),
    ],
)
def test_a_vote_without_question_or_options_is_refused_with_the_way_to_say_it(room, text, words):
    assert words in room.told("ann", text)
    assert room.state.vote is None


def test_only_who_began_it_owner_or_chair_ends_a_vote(context):
    room = Room(context, ann="owner", ben="participant", eve="participant")
    room.say("ben", "#startvote Go?")
    room.say("eve", "#vote no")
    assert room.told("eve", "#endvote") == votes.ONLY_WHO_STARTED
    assert room.state.vote is not None
    room.say("ann", "#endvote")
    assert room.entry("D1").text == "Go? No."


def test_the_end_of_the_meeting_counts_an_open_vote(room):
    room.say("ann", "#startvote Go?")
    room.say("ann", "#vote yes")
    assert "D1: Go? Yes." in room.told("ann", "#endmeeting")
    assert room.documents[0].decisions[0].votes["yes"] == ("ann",)


def test_a_corrected_voice_counts_as_corrected(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    room.say("ben", "#vote no", replaces=room.last)
    room.say("ann", "#endvote")
    assert room.entry("D1").votes["no"] == ("ben",)


def test_after_the_end_a_correction_changes_nothing_and_says_so(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    voice = room.last
    room.say("ann", "#endvote")
    assert "that vote is over" in room.told("ben", "#vote no", replaces=voice)
    assert room.entry("D1").votes["yes"] == ("ben",)


def test_a_withdrawn_voice_leaves_the_count_also_after_the_end(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    voice = room.last
    room.say("kim", "#vote no")
    room.say("ann", "#endvote")
    assert room.entry("D1").text == "Go? No majority."
    room.say("eve", "", retracts=voice)
    assert room.entry("D1").text == "Go? No majority."
    room.say("ben", "", retracts=voice)
    assert (room.entry("D1").text, room.entry("D1").votes["yes"]) == ("Go? No.", ())


def test_what_a_moderator_withdraws_through_the_room_is_not_counted(context):
    room = Room(context, ann="owner")
    room.say("ann", "#startvote Go?")
    room.say("eve", "#vote yes")
    room.say("", "", retracts=room.last)
    assert room.state.vote.ballots == ()


def test_a_withdrawn_vote_takes_its_decision_along(room):
    room.say("ann", "#startvote Go?")
    opened = room.last
    room.say("ben", "#vote yes")
    room.say("ann", "#endvote")
    room.say("ann", "", retracts=opened)
    assert (room.state.entries, room.state.polls, room.state.vote) == ((), (), None)


def test_a_withdrawn_end_opens_the_vote_again(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    room.say("ann", "#endvote")
    room.say("ann", "", retracts=room.last)
    assert room.state.entries == ()
    assert room.state.vote.ballots[0].nick == "ben"
    assert "D2: Go? Yes." in room.told("ann", "#endvote")


def test_a_corrected_question_keeps_the_voices_that_fit(room):
    room.say("ann", "#startvote Gow? yes, no")
    opened = room.last
    room.say("ben", "#vote yes")
    room.say("kim", "#vote no")
    room.say("ann", "#startvote Go? yes, later", replaces=opened)
    assert room.state.vote.question == "Go?"
    assert [b.nick for b in room.state.vote.ballots] == ["ben"]


def test_a_vote_can_be_asked_for_shown_and_ended_in_plain_words(room):
    room.say("ann", "reporter, start a vote on buying the boat? yes, no")
    assert room.state.vote.question == "buying the boat?"
    room.say("ben", "reporter, I vote no")
    assert "no 1 (ben)" in room.told("kim", "#showvote")
    room.say("ann", "reporter, end the vote")
    assert room.entry("D1").text == "buying the boat? No."


def test_an_open_vote_survives_a_restart(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    room.state = from_json(to_json(room.state))
    room.say("ann", "#endvote")
    assert room.entry("D1").votes["yes"] == ("ben",)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["yes", "no", "abstain"])), max_size=30))
def test_every_person_has_one_voice_and_it_is_the_last(cast):
    poll = Poll("Go?", votes.ORDINARY, "a", "m0")
    last = {}
    for number, (nick, option) in enumerate(cast):
        poll = votes.with_ballot(poll, option, _message(f"m{number}", nick))
        last[nick] = option
    assert {b.nick: b.option for b in poll.ballots} == last
    assert sum(len(names) for names in votes.count(poll).votes.values()) == len(last)
    assert all(isinstance(b, Ballot) for b in poll.ballots)


def _message(id_, nick):
    return Message(id_, nick, "")


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("yes", "yes"),
        ("Yes!", "yes"),
        ("I'm for yes", "yes"),
        ("yes from me too", "yes"),
        ("yes please", "yes"),
        ("yep", "yes"),
        ("I'm in favour", "yes"),
        ("no, because it costs too much", "no"),
        ("I’m against it", "no"),
        ("reporter, I vote no", "no"),
        ("I vote no, reporter", "no"),
        ("sorry, I vote no", "no"),
        ("my vote is no", "no"),
        ("I abstain", "abstain"),
    ],
)
def test_plain_words_that_name_an_option_count(room, line, option):
    room.say("ann", "#startvote Go?")
    assert room.acknowledged("ben", line)
    assert votes.count(room.state.vote).votes[option] == ("ben",)


@pytest.mark.parametrize(
    "line",
    [
        "yes?", "no idea", "no problem, I can bring mine", "Yesterday I was there.", "yes, I saw that mail", "kim: yes",
        "I'm for lunch now", "who votes yes?", "Is that a yes", "the yes camp is loud",
    ],
)  # fmt: skip
def test_talk_while_a_vote_is_open_is_no_voice(room, line):
    room.say("ann", "#startvote Go?")
    assert room.told("ben", line) == ""
    assert room.state.vote.ballots == ()


def test_options_keep_their_spelling_and_are_found_in_any(room):
    assert "#vote 1 March or 1 April;" in room.told("ann", "#startvote When do we launch? 1 March, 1 April")
    assert room.acknowledged("ann", "I vote 1 March")
    assert room.acknowledged("ben", "sorry, I vote 1 april, reporter")
    assert room.acknowledged("kim", "I vote for March")
    assert room.told("ann", "#endvote") == (
        "D1: When do we launch? 1 March. The vote: 1 March 2 (ann, kim), 1 April 1 (ben)."
    )


@pytest.mark.parametrize("line", ["I vote 1 May", "reporter, I vote 1 May", "my vote goes to 1 May", "+1"])
def test_what_looks_like_a_voice_and_names_no_option_is_answered(room, line):
    room.say("ann", "#startvote When? 1 March, 1 April")
    assert "is no option of this vote. #vote 1 March or 1 April?" in room.told("ben", line)
    assert room.state.vote.ballots == ()


def test_nobodys_plain_words_are_lost_at_the_end_of_a_vote(room):
    room.say("ann", "#startvote Keep the old portal running until summer? yes, no")
    room.say("kim", "yes")
    room.say("tom", "I'm for yes")
    room.say("ann", "yes from me too")
    room.say("tom", "reporter, I vote no")
    assert "Yes. The vote: yes 2 (kim, ann), no 1 (tom)." in room.told("ann", "#endvote")


def test_a_plain_voice_can_be_corrected_and_withdrawn(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "yes")
    voice = room.last
    room.say("ben", "no", replaces=voice)
    assert votes.count(room.state.vote).votes["no"] == ("ben",)
    room.say("ben", "", retracts=voice)
    assert room.state.vote.ballots == ()
