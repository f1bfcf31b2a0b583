"""The acceptance scenario of the mission, and written discussions of all types."""

import pytest

from ccm.reporter.discussion import from_json, new_state, published, step, to_json
from ccm.reporter.effects import Converted, Publish, Say
from ccm.reporter.transcript import Message
from tests.reporter.written import folded, load_all, score

SCENARIO = (
    "The participants are mainly open source firms, with IBM and Oracle among them.",
    "The reason they give: their IT knows it well and likes commodity licences.",
    "My conclusion is that more and more big data work runs on open source.",
    "The details: Hadoop, R, Mondrian and Jaspersoft.",
    "This is a project.",
    "Publish this, reporter.",
    "It gets you to big data sooner and for less.",
    "IT people.",
)


def play(texts, context, state=None):
    state = state or new_state()
    turns = []
    for number, text in enumerate(texts, 1):
        state, effects = step(state, Message(f"s{number}", ("ann", "ben")[number % 2], text), context)
        turns.append((state, effects))
    return turns


def test_the_scenario_fills_one_attribute_in_turn(context):
    turns = play(SCENARIO, context)
    keys = [tuple(sorted(state.attributes)) for state, _ in turns[:4]]
    assert keys == [("who",), ("who", "why"), ("what", "who", "why"), ("what", "which", "who", "why")]


def test_the_scenario_converts_once_and_carries_three_attributes(context):
    turns = play(SCENARIO, context)
    conversions = [effect for _, effects in turns for effect in effects if isinstance(effect, Converted)]
    assert conversions == [Converted("incident", "project")]
    after = turns[4][0].attributes
    assert after["status"][0].text == "their IT knows it well and likes commodity licences."
    assert after["goal"][0].text == "Hadoop, R, Mondrian and Jaspersoft."
    assert after["name"][0].text == "more and more big data work runs on open source."
    assert all(value.carried for values in after.values() for value in values)


def test_the_scenario_asks_for_introduction_then_audience_then_publishes(context):
    turns = play(SCENARIO, context)
    assert [state.asking for state, _ in turns[5:]] == ["introduction", "audience", ""]
    assert turns[5][1] == (Say("How would you introduce the project to a newcomer?"),)
    assert turns[7][1] == (Publish(1),)
    state = turns[7][0]
    assert state.attributes["introduction"][0].text == SCENARIO[6]
    assert state.attributes["audience"][0].text == "IT people."
    state, effects = published(state, "https://example.org/archive/x", context)
    assert effects == (Say("Published: https://example.org/archive/x"),)


@pytest.mark.parametrize("cut", range(len(SCENARIO) + 1))
def test_a_restart_at_any_point_changes_nothing(context, cut):
    straight = play(SCENARIO, context)[-1][0]
    state = new_state()
    for number, text in enumerate(SCENARIO, 1):
        message = Message(f"s{number}", ("ann", "ben")[number % 2], text)
        state, _ = step(state, message, context)
        if number == cut:
            state = from_json(to_json(state))
            state, effects = step(state, message, context)
            assert effects == ()
    assert to_json(state) == to_json(straight)


@pytest.mark.parametrize("written", load_all(), ids=lambda written: written.name)
def test_a_written_discussion_gets_its_type_and_most_attributes_and_no_small_talk(context, written):
    state = folded(written, context)
    right, total, noise = score(written, state)
    assert state.type == written.type
    assert noise == 0
    assert right >= 0.7 * total or total - right <= 1


def test_of_all_written_discussions_nineteen_in_twenty_attributes_are_right(context):
    scores = [score(written, folded(written, context)) for written in load_all()]
    assert sum(right for right, _, _ in scores) >= 0.95 * sum(total for _, total, _ in scores)


def test_every_value_is_an_exact_part_of_its_message(context):
    for written in load_all():
        texts = {message.id: message.text for message in written.messages}
        for values in folded(written, context).attributes.values():
            for value in values:
                assert value.text in texts[value.source]


SMALL_TALK = (
    "Good morning everybody!",
    "How was your weekend?",
    "Mine was fine, we went to the lake and it rained.",
    "haha",
    "I need a coffee first, brb",
    "Sorry I'm late because the train was stuck again.",
    "Did anyone watch the match yesterday?",
    "My cat is walking over the keyboard.",
    "ok, thanks",
    "What a lovely weather today!",
    "I am so hungry, who joins me for lunch?",
    ":-)",
    "+1",
    "Happy birthday, Kim!",
    "You look tired, did the baby keep you up?",
    "lol same here",
)


@pytest.mark.parametrize(
    "opening", ["", "This is a project.", "This is a challenge.", "This is a requirement.", "This is a venture."]
)
def test_small_talk_fills_nothing(context, opening):
    texts = [opening, *SMALL_TALK] if opening else list(SMALL_TALK)
    state = play(texts, context)[-1][0]
    assert state.attributes == {}


def test_small_talk_answers_no_question_of_the_interview(context):
    texts = [
        "This is a project.",
        "Publish this, reporter.",
        "haha",
        "I need a coffee first, brb",
        "good question!",
        "thanks",
    ]
    state = play(texts, context)[-1][0]
    assert (state.asking, state.attributes) == ("name", {})


def test_what_is_said_to_the_reporter_is_an_answer_whatever_it_is_like(context):
    texts = ["This is a project, Night Trains.", "Publish this, reporter."]
    texts += ["take your time", "no hurry, I'm making tea"]
    state = play(texts, context)[-1][0]
    assert (state.asking, list(state.attributes)) == ("introduction", ["name"])
    state = play([*texts, "reporter, take your time"], context)[-1][0]
    assert state.attributes["introduction"][0].text == "take your time"
