"""Off the record: the room, a person, a line; in the fold and over a whole log."""

import pytest

from ccm.reporter.effects import Record, Silence
from ccm.reporter.silence import on_record, puts_back, told
from ccm.reporter.state import to_json
from ccm.reporter.transcript import Message
from tests.reporter.talking import Room


@pytest.fixture
def room(context):
    return Room(context)


@pytest.mark.parametrize("line", ["#off me", "/off me", "reporter, don't record me please", "reporter, leave me out"])
def test_a_person_goes_off_the_record_and_comes_back(room, line):
    effects = room.say("ben", line, jid="ben@x")
    assert effects[0] == Silence("ben", "ben@x", False)
    room.say("ben", "#agreed secret", jid="ben@x")
    room.say("Benny", "#agreed secret", jid="ben@x")  # another nick is the same person
    room.say("ann", "#agreed open", jid="ann@x")
    assert room.texts("decision") == ["open"]
    assert Silence("Benny", "ben@x", True) in room.say("Benny", "#on", jid="ben@x")
    room.say("ben", "#agreed open, too", jid="ben@x")
    assert room.texts("decision") == ["open", "open, too"]
    assert b"secret" not in to_json(room.state)


def test_on_of_a_silent_person_does_not_turn_the_room(room):
    room.say("ben", "#off me")
    assert not any(isinstance(e, Record) for e in room.say("ben", "#on"))
    assert room.state.off == ()


def test_a_line_goes_off_the_record(room):
    assert room.say("ben", " [OFF] #agreed secret") == ()
    assert room.state.entries == ()


@pytest.mark.parametrize(
    "line", ["#once more: secret", "#only secret", "#on second thought, secret", "#on-call: secret"]
)
def test_words_that_only_begin_like_the_way_back_stay_off_the_record(room, line):
    room.say("ben", "#off me")
    assert room.say("ben", line) == ()
    assert room.say("ben", "#agreed secret") == ()
    room.say("ann", "#off")
    room.say("kim", line)
    assert not room.state.recording
    log = [Message("1", "ben", "#off me"), Message("2", "ben", line), Message("3", "ben", "secret")]
    assert [m.id for m in on_record(log)] == ["1"]


def test_a_correction_does_not_bring_words_of_who_is_off_the_record(room):
    room.say("ben", "#agreed open")
    first = room.last
    room.say("ben", "#off me")
    room.say("ben", "#agreed secret", replaces=first)
    assert b"secret" not in to_json(room.state)


def test_forget_takes_votes_changes_and_plans_of_ones_own_along(room):
    room.say("ann", "#startvote Go?")
    room.say("ben", "#vote yes")
    room.say("ben", "#action Ben to sing")
    room.say("ben", "#edit A1 Ben to dance")
    room.say("ben", "#nextmeeting friday 10:00")
    room.say("ben", "#forget")
    assert (room.state.vote.ballots, room.state.entries, room.state.following) == ((), (), None)
    assert b"dance" not in to_json(room.state)
    assert b"sing" not in to_json(room.state)


TALK = (
    ("ann", "one"),
    ("ben", "#off me"),
    ("ben", "two"),
    ("ann", "three"),
    ("ben", "#on"),
    ("ben", "four"),
    ("ann", "#off"),
    ("ann", "five"),
    ("ben", "six"),
    ("ann", "#on"),
    ("ann", "[off] seven"),
    ("ann", "reporter, go off the record"),
    ("ann", "eight"),
    ("ann", "reporter, back on the record"),
    ("ann", "nine"),
)


def test_a_log_knows_what_was_said_off_the_record():
    log = [Message(f"m{number}", nick, text) for number, (nick, text) in enumerate(TALK)]
    kept = [m.text for m in on_record(log) if not m.text.startswith(("#", "reporter"))]
    assert kept == ["one", "three", "four", "nine"]
    assert [m.id for m in told(log)] == [m.id for m in log]


def test_the_fold_and_the_log_agree(context):
    room = Room(context)
    log = []
    for number, (nick, text) in enumerate(TALK):
        marked = text if text.startswith(("#", "[", "reporter")) else f"#info {text}"
        room.say(nick, marked)
        log.append(Message(f"m{number}", nick, marked))
    said = [m.text.removeprefix("#info ") for m in on_record(log) if m.text.startswith("#info ")]
    assert room.texts("info") == said


def test_a_button_turns_the_record_for_the_room_and_for_who_pressed_it():
    def pressed(id_, text, words, nick="", jid=None):
        button = Message(id_, nick, words, jid)
        return Message(id_, "Reporter", text, "reporter.x", from_reporter=True, pressed=button)

    log = [
        pressed("1", "Ann takes us off the record.", "#off"),
        Message("2", "ben", "secret"),
        pressed("3", "Ann puts us on the record.", "#on"),
        Message("4", "ben", "open", "ben@x"),
        pressed("5", "Ben says: #off me", "#off me", "Ben", "ben@x"),
        Message("6", "ben", "secret", "ben@x"),
        pressed("7", "Ben says: #info secret", "#info secret", "Ben", "ben@x"),
        pressed("8", "Lou says: #info it stands on the record", "#info it stands on the record", "Lou", "lou@x"),
        Message("9", "ben", "secret", "ben@x"),
    ]
    assert [m.id for m in on_record(log)] == ["1", "3", "4", "5", "8"]


def test_words_of_others_that_the_reporter_repeats_put_nobody_on_the_record():
    log = [
        Message("1", "ann", "#off"),
        Message("2", "Reporter", "Lou says: #info this is on the record", "reporter.x", from_reporter=True),
        Message("3", "ann", "secret"),
    ]
    assert [m.id for m in on_record(log)] == ["1", "2"]


def test_the_reporters_own_words_put_the_room_on_the_record():
    log = [
        Message("1", "ann", "#off"),
        Message("2", "Reporter", "Ann puts us on the record.", from_reporter=True),
        Message("3", "ann", "open"),
    ]
    assert [m.text for m in on_record(log)][-1] == "open"


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("on the record, reporter", True),
        ("Reporter, we're back on the record now.", True),
        ("#on", True),
        ("reporter, this is not on the record", False),
        ("Don't put that on the record, reporter", False),
        ("on the record it was nicer", False),
        ("Ann takes us off the record: nothing is kept until somebody says “on the record, reporter”, or #on.", False),
    ],
)
def test_only_plain_words_and_nothing_else_put_the_room_back_on_the_record(text, back):
    assert puts_back(text, ("reporter",)) is back
