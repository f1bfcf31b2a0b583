"""Document types in files: what is found where, what is refused in which words, how they go with the built-in ones."""

from pathlib import Path

import pytest

from ccm.errors import ConfigError
from ccm.reporter.context import Context
from ccm.reporter.discussion import new_state, step
from ccm.reporter.signs import Signs
from ccm.reporter.template_files import built_in, parsed
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message

GOOD = """
key = "recipe"
label = "Recipe"
words = ["recipe", "dish"]

[[attribute]]
key = "serves"
label = "Serves"
question = "How many does it serve?"
labels = ["portion"]
leads = ["enough for"]
takes = { incident = "who" }
carry = { project = "audience" }
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('key = "recipe"\n', "", "x.toml: has no key. Write, for instance: key = \"recipe\""),
        ("label", "labl", "x.toml: unknown key labl; did you mean label?"),
        ('words = ["recipe", "dish"]', 'words = "dish"', "x.toml: words: expected `array`, got `str`."),
        ('words = ["recipe", "dish"]', 'words = ["Dish"]', "write the word 'Dish' in small letters"),
        ('words = ["recipe"', 'words = ["recipe', "x.toml: is not valid TOML: "),
        ("[[attribute]]", "[attribute]", "x.toml: has no attributes. Begin each with a line [[attribute]]."),
        ('leads = ["enough for"]', 'lead = ["a"]', "attribute serves: unknown key lead; did you mean leads?"),
        ('leads = ["enough for"]', "leads = [4]", "attribute serves: leads: expected `str`, got `int`"),
        ('leads = ["enough for"]', 'leads = ["enough (for"]', "phrase 1, 'enough (for', is no regular expression"),
        ('leads = ["enough for"]', 'leads = ["(a )?"]', "leads, phrase 1, '(a )?', fits everything"),
        ('leads = ["enough for"]', 'leads = ["Enough for"]', "write it in small letters"),
        ('leads = ["enough for"]', 'leads = [" "]', "leads, phrase 1 is empty"),
        ('key = "serves"', 'key = "Serves!"', "the key 'Serves!' is none"),
        ('question = "How many does it serve?"', "", "attribute serves has no question."),
        ('question = "How many does it serve?"', 'question = " "', "label and question must not be empty"),
        ('labels = ["portion"]', 'shape = "peple"', "unknown shape 'peple'; did you mean people?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_a_remedy(old, new, words):
    with pytest.raises(ConfigError) as refused:
        parsed("x.toml", GOOD.replace(old, new, 1))
    assert str(refused.value).startswith("x.toml: ")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('project = "audience"', 'projekt = "who"', "carry names 'projekt', which is no type; did you mean project?"),
        ('project = "audience"', 'project = "audiance"', "project has no attribute 'audiance'; did you mean audience?"),
        ('incident = "who"', 'incident = "whom"', "takes: incident has no attribute 'whom'; did you mean who?"),
    ],
)  # fmt: skip
def test_what_does_not_fit_other_types_is_told_when_all_are_there(tmp_path, old, new, words):
    (tmp_path / "a.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        Templates.load(tmp_path)
    assert words in str(refused.value)
    assert "a.toml: attribute serves: " in str(refused.value)


def test_two_files_do_not_share_a_word(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD.replace('"recipe"', '"menu"'))
    with pytest.raises(ConfigError, match=r"b.toml: the word 'dish' already means .*a.toml"):
        Templates.load(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no such folder. Make it, or take it out of the templates option"):
        Templates.load(tmp_path / "none")


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path):
    (tmp_path / "a.toml").write_bytes(GOOD.encode() + "# Müsli".encode("latin-1"))
    with pytest.raises(ConfigError, match="line 14 is not UTF-8"):
        Templates.load(tmp_path)


def test_the_built_in_files_pass_the_same_checks():
    for each in built_in():
        Signs(each.template).check()
        folder = Path(__file__).parents[2] / "ccm" / "reporter" / "templates"
        assert parsed(each.name, (folder / each.name).read_text("utf-8")) == each.template
        known = {other.template.key: {a.key for a in other.template.attribute} for other in built_in()}
        for attribute in each.template.attribute:
            for type_, key in attribute.carry.items():
                assert key in known[type_], (each.name, attribute.key)


def said(context, *texts, state=None):
    state = state or new_state()
    for number, text in enumerate(texts):
        state, _ = step(state, Message(f"m{len(text)}-{number}", ("ann", "ben")[number % 2], text), context)
    return state


def values(state):
    return {key: [value.text for value in found] for key, found in state.attributes.items()}


@pytest.fixture
def own(tmp_path):
    (tmp_path / "recipe.toml").write_text(GOOD)
    return Context(Templates.load(tmp_path))


def test_a_type_without_a_model_is_stated_filled_and_asked_for(own):
    state = said(own, "This is a recipe.", "It is enough for six hungry people.", "did you see the cat?")
    assert state.type == "recipe"
    assert values(state) == {"serves": ["six hungry people."]}


def test_what_was_plain_before_is_carried_over_both_ways(own):
    state = said(own, "Who: the whole crew of the night shift.", "We want to write down a dish.")
    assert (state.type, values(state)) == ("recipe", {"serves": ["the whole crew of the night shift."]})
    state = said(own, "The portions are for sixty guests.", "Reporter, this is a project.", state=state)
    assert state.type == "project"
    assert "for sixty guests." in values(state)["audience"]


def test_several_cues_fill_one_attribute_together(tmp_path):
    (tmp_path / "recipe.toml").write_text(GOOD.replace("leads", "cues"))
    context = Context(Templates.load(tmp_path))
    state = said(context, "This is a recipe.", "A cup is enough for ann.", "Two cups are enough for both of us.")
    assert values(state) == {"serves": ["A cup is enough for ann.", "Two cups are enough for both of us."]}


def test_a_discussion_whose_type_was_taken_away_goes_on(own):
    state = said(own, "This is a recipe.", "It is enough for six people.")
    state = said(Context(Templates.load()), "publish this, reporter", "and some more talk", state=state)
    assert state.type == "recipe"
    assert state.mode == "published"
