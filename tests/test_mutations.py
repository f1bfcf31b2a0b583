"""The rules that ``mutations.py`` breaks are where it looks for them."""

from mutations import ENOUGH, MUTATIONS, ROOT


def test_each_mutation_finds_its_text_once_and_changes_it() -> None:
    lost = [
        each.rule
        for each in MUTATIONS
        if (ROOT / "ccm" / each.file).read_text(encoding="utf-8").count(each.was) != 1 or each.was == each.now
    ]
    assert lost == []


def test_there_are_thirty_of_different_rules() -> None:
    assert len({each.rule for each in MUTATIONS}) == len(MUTATIONS) >= 30 > ENOUGH
