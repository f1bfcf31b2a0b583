"""Answers of the interview that come in another order than the questions."""

import pytest

from tests.reporter.talking import Room

GOAL = "We want two hundred people to be able to swim by next summer."
STATUS = "The lake is rented, and half of the forms are filled in."
UNIQUE = "Nobody else brings it while it is still warm."
COMPETITION = "The petrol station, and the kebab place that is open until five."


def project(context):
    room = Room(context)
    for text in ("This is a project.", "The name is Cold Lake.", "The introduction: we teach grown-ups to swim."):
        room.say("ann", text)
    room.say("ann", "The audience is everybody who never dared to.")
    return room


def venture(context):
    room = Room(context)
    for text in ("This is a venture.", "The name is Crumb.", "The introduction is: bread at your door by bike."):
        room.say("ann", text)
    for text in ("The audience is people who work nights.", "The execution: one courtyard first, then the street."):
        room.say("ann", text)
    room.say("ann", "The barriers are the noise rules.")
    return room


def values(room):
    return {key: " | ".join(value.text for value in found) for key, found in room.state.attributes.items()}


@pytest.mark.parametrize("order", [(GOAL, STATUS), (STATUS, GOAL)])
def test_two_answers_find_their_questions_in_any_order(context, order):
    room = project(context)
    assert room.told("ann", "Publish this, reporter.") == "What is the goal?"
    for text in order:
        room.say("kim", text)
    assert {"goal": GOAL, "status": STATUS}.items() <= values(room).items()
    assert room.documents


@pytest.mark.parametrize("order", [(COMPETITION, UNIQUE), (UNIQUE, COMPETITION)])
def test_an_answer_to_another_open_question_goes_there_and_the_question_stays(context, order):
    room = venture(context)
    assert room.told("ann", "Publish this, reporter.") == "Who is the competition?"
    room.say("kim", order[0])
    assert room.state.asking == ("unique" if order[0] is COMPETITION else "competition")
    room.say("kim", order[1])
    assert {"competition": COMPETITION, "unique": UNIQUE}.items() <= values(room).items()


def test_what_is_told_to_the_reporter_answers_the_question_it_asked(context):
    room = project(context)
    room.say("ann", "Publish this, reporter.")
    room.say("kim", f"Reporter, {STATUS}")
    room.say("kim", f"Reporter, {GOAL}")
    assert {"goal": STATUS, "status": GOAL}.items() <= values(room).items()


def test_what_was_stated_plainly_makes_no_room_for_an_answer(context):
    room = project(context)
    room.say("ann", f"The goal is this: {STATUS}")
    before = values(room)["goal"]
    assert room.told("ann", "Publish this, reporter.") == "Where does it stand today?"
    room.say("kim", GOAL)
    assert values(room) == {**values(room), "goal": before, "status": GOAL}
