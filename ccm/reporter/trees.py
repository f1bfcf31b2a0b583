"""
Boosted trees over whole numbers: a few hundred comparisons and one sum, the same on every Python.

Those of up to three levels, which all that are shipped are, are walked without a loop (:class:`Grove`). Leaves out how
they grow (``training/outcomes.py``).
"""

from collections.abc import Sequence
from typing import Any

Tree = Sequence[int]  # four numbers a node: which value (-1 a leaf), its limit or the leaf's worth, left if <=, right


_LEVELS = 3


class Grove:
    """Trees that are asked often: twice as fast as :func:`grown`, which it equals."""

    __slots__ = ("_deep", "_flat")

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._deep = [tree for tree in trees if _levels(tree) > _LEVELS]
        self._flat: list[Any] = [_filled(tree) for tree in trees if _levels(tree) <= _LEVELS]

    def worth(self, values: Sequence[int]) -> int:
        """The worth of all trees for these values."""
        worth = grown(self._deep, values)
        for which, limit, low, high in self._flat:
            which, limit, low, high = low if values[which] <= limit else high
            which, limit, low, high = low if values[which] <= limit else high
            worth += low if values[which] <= limit else high
        return worth


def _levels(tree: Tree, node: int = 0) -> int:
    """How many comparisons lead to its farthest leaf."""
    if tree[node] < 0:
        return 0
    return 1 + max(_levels(tree, tree[node + 2]), _levels(tree, tree[node + 3]))


def _filled(tree: Tree, node: int = 0, left: int = _LEVELS) -> Any:
    """A tree whose leaves are all *left* levels down: above them either way leads to the same."""
    if not left:
        return tree[node + 1]
    if tree[node] < 0:
        below = _filled(tree, node, left - 1)
        return 0, 0, below, below
    low, high = (_filled(tree, tree[node + way], left - 1) for way in (2, 3))
    return tree[node], tree[node + 1], low, high


def grown(trees: Sequence[Tree], values: Sequence[int]) -> int:
    """The worth of all trees for these values."""
    worth = 0
    for tree in trees:
        node = 0
        while (which := tree[node]) >= 0:
            node = tree[node + 2] if values[which] <= tree[node + 1] else tree[node + 3]
        worth += tree[node + 1]
    return worth
