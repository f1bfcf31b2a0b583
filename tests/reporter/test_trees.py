"""What trees are worth does not depend on how they are walked."""

from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.trees import Grove, grown

VALUES = 4


def planted(drawn: object) -> list[int]:
    """The flat form of a nested one: ``(which, limit, left, right)`` or the worth of a leaf."""
    flat: list[int] = []

    def plant(node: object) -> int:
        place = len(flat)
        flat.extend((-1, 0, 0, 0))
        if isinstance(node, tuple):
            flat[place], flat[place + 1] = node[0], node[1]
            flat[place + 2], flat[place + 3] = plant(node[2]), plant(node[3])
        else:
            assert isinstance(node, int)
            flat[place + 1] = node
        return place

    plant(drawn)
    return flat


NUMBER = st.integers(-9, 9)
TREE = st.recursive(NUMBER, lambda below: st.tuples(st.integers(0, VALUES - 1), NUMBER, below, below), max_leaves=24)


@given(st.lists(TREE.map(planted), max_size=5), st.lists(NUMBER, min_size=VALUES, max_size=VALUES))
def test_a_grove_is_worth_what_its_trees_are_worth(trees: list[list[int]], values: list[int]) -> None:
    assert Grove(trees).worth(values) == grown(trees, values)


def test_a_tree_of_four_levels_is_walked_as_well() -> None:
    deep = planted((0, 0, 1, (1, 0, 2, (2, 0, 3, (3, 0, 4, 5)))))
    assert Grove([deep]).worth([1, 1, 1, 1]) == 5
    assert Grove([deep]).worth([1, 1, 1, 0]) == 4
