"""The two ways to score a remark: by the names of its features, as in training, and without naming them."""

from ccm.reporter.attributes import read
from ccm.reporter.hearing import Said, hear, seen
from ccm.reporter.likeness import features, trained
from ccm.reporter.remarks import flat, sentences
from tests.reporter.strangers import load_all


def test_scores_are_the_same_with_and_without_names_of_features(context):
    model = trained()
    for strange in load_all()[:6]:
        signs = context.templates.signs(strange.type)
        question = None
        for place, message in enumerate(strange.messages):
            low = flat(message.text)
            reading = read(message.text, signs, question.key if question else "", sentences(low, message.text))
            found = tuple({(f.key, f.weight) for f in reading.findings})
            told = (question.text, question.key) if question and question.by != message.nick else ("", "")
            said = Said(message.text, message.nick, question, place)
            by_name = model.scores(strange.type, seen(said, low, reading))
            assert model.scores_of(strange.type, message.text, low, *told, found, place) == by_name
            question = hear(said, signs).question


def test_a_remark_s_look_is_seen_however_it_is_written():
    for text, wanted in {
        "We meet in New York": {"cap 2", "proper"},
        "That is fun :)": {"smile"},
        "omg lol": {"smile"},
        "hahaha": {"smile"},
        "😀": {"smile"},
        'call it "Night Trains"!': {"quoted", "ends !"},
        "all lower": {"cap 0"},
    }.items():
        assert wanted <= features(text, flat(text))
