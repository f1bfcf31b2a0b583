"""Discussions written by people who knew none of the reporter's rules (``corpus/strangers``)."""

import pytest

from tests.reporter.strangers import HELD_OUT, folded, load_all, missed, small_talk_kept

ALL = load_all()


@pytest.mark.parametrize("strange", ALL, ids=lambda strange: strange.name)
def test_a_stranger_s_discussion_gets_its_type_and_most_attributes(context, strange):
    state = folded(strange, context)
    assert state.type == strange.type
    assert len(missed(strange, state)) <= 1


@pytest.mark.parametrize("strange", ALL, ids=lambda strange: strange.name)
def test_a_stranger_s_small_talk_fills_nothing(context, strange):
    assert small_talk_kept(strange, folded(strange, context)) == []


def test_nineteen_in_twenty_attributes_of_strangers_are_right(context):
    wrong = sum(len(missed(strange, folded(strange, context))) for strange in ALL)
    assert wrong <= 0.05 * sum(len(strange.attributes) for strange in ALL)


def test_what_strangers_said_stands_word_for_word_in_the_record(context):
    for strange in ALL:
        texts = {message.id: message.text for message in strange.messages}
        for values in folded(strange, context).attributes.values():
            for value in values:
                assert value.text in texts[value.source]


def test_seventeen_in_twenty_attributes_are_right_where_nothing_was_learned_from(context):
    held_out = load_all(HELD_OUT)
    assert all(folded(strange, context).type == strange.type for strange in held_out)
    wrong = sum(len(missed(strange, folded(strange, context))) for strange in held_out)
    assert wrong <= 0.15 * sum(len(strange.attributes) for strange in held_out)


def test_small_talk_fills_nothing_where_nothing_was_learned_from(context):
    for strange in load_all(HELD_OUT):
        assert small_talk_kept(strange, folded(strange, context)) == []
