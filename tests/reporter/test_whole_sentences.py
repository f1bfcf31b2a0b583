"""How much of what people say stands in an attribute, and what the reporter asks where it only guesses."""

import pytest

from ccm.reporter.discussion import new_state, step
from ccm.reporter.effects import Publish, Say
from ccm.reporter.transcript import Message


def play(context, *texts):
    state, effects = new_state(), ()
    for number, text in enumerate(texts, 1):
        state, effects = step(state, Message(f"m{number}", ("ann", "ben")[number % 2], text), context)
    return state, effects


def value(state, key):
    return " | ".join(value.text for value in state.attributes.get(key, ()))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("why", "nobody renewed it because the reminder mails still go to henrik"),
        ("where", "Only the Frankfurt cluster. Dublin was fine."),
    ],
)
def test_an_attribute_holds_whole_sentences_and_those_that_say_more_of_the_same(context, key, text):
    assert value(play(context, "the shop was down for five hours", text)[0], key) == text


def test_what_follows_of_another_matter_stays_out(context):
    state, _ = play(context, "This is a project.", "We have forty boxes scanned so far. My back hurts.")
    assert value(state, "status") == "We have forty boxes scanned so far."


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Attic Light" as a working title?', "Attic Light"),
        ("Crumb & Pedal?", "Crumb & Pedal"),
        ("ok yes. crumb & pedal it is", "crumb & pedal"),
        ('Damn. Yes, they probably will. "Second Bench" then?', "Second Bench"),
    ],
)
def test_a_name_is_proposed_and_settled_in_the_words_people_use(context, text, name):
    assert value(play(context, "This is a venture.", text)[0], "name") == name


@pytest.mark.parametrize(
    "text", ["I will print fifty posters by Thursday.", "Gute Nacht", "Only on Saturdays.", "monday it is"]
)
def test_a_day_or_a_greeting_is_no_name(context, text):
    assert value(play(context, "This is a project.", text)[0], "name") == ""


GUESSED = (
    "This is a challenge.",
    "We can't keep our new volunteers, that's what it is.",
    "It hurts: at this rate we'll have to shut the Tuesday food distribution by spring, 300 families come.",
    "We could give every newcomer a buddy for the first six shifts.",
    "In Sevilla, when I started, one old lady took me by the hand the first weeks. I stayed for her only.",
    "Publish this, reporter.",
)


def test_what_is_only_guessed_is_asked_for_with_the_guess(context):
    state, (said,) = play(context, *GUESSED)
    assert state.asking == "expert"
    assert said.text.startswith("For Expert I have “In Sevilla, when I started")
    assert said.text.endswith(context.templates.get("challenge").get("expert").question)


def test_an_answer_takes_the_place_of_the_guess(context):
    answer = "Dolores Pinto of the Red Cross in Porto, she has led their volunteers for ten years."
    state, effects = play(context, *GUESSED, answer)
    assert (value(state, "expert"), effects[-1]) == (answer, Publish(1))


def test_ok_keeps_the_guess_and_no_drops_it(context):
    kept, effects = play(context, *GUESSED, "ok")
    assert value(kept, "expert").startswith("In Sevilla")
    assert effects[-1] == Publish(1)
    dropped, effects = play(context, *GUESSED, "no")
    assert (value(dropped, "expert"), dropped.asking) == ("", "expert")
    assert effects == (Say(context.templates.get("challenge").get("expert").question),)


def test_a_remark_that_begins_with_a_laugh_may_say_what_kind_of_talk_it_is(context):
    state, _ = play(context, "haha. ok. So we talk about our project for February, yes?")
    assert state.type == "project"


def test_a_word_that_may_say_it_is_an_incident_does_not_end_the_search_for_the_kind(context):
    state, _ = play(context, "people keep archiving invoices by accident and then call us")
    assert (state.type, state.settled) == ("incident", False)


@pytest.mark.parametrize(
    "text",
    [
        "Right then. Would the reporter publish this please, so Margaret can read it.",
        "May I ask the reporter to publish this, please?",
        "Would you publish this, reporter, so that all can read it?",
    ],
)
def test_people_ask_for_publication_in_a_roundabout_way(context, text):
    assert play(context, "This is a project.", text)[0].mode == "interviewing"


@pytest.mark.parametrize("text", ["did the reporter publish it?", "Should the reporter publish this or not?"])
def test_a_question_about_publication_is_no_request(context, text):
    assert play(context, "This is a project.", text)[0].mode == "listening"


def test_a_long_sentence_is_no_name(context):
    asked = ("This is a project.", "Publish this, reporter.")
    state, _ = play(context, *asked, "The manager of the office has approved it by word of mouth, nothing is bought.")
    assert value(state, "name") == ""
