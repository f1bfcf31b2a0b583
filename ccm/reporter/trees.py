"""
Boosted trees over whole numbers: a few hundred comparisons and one sum, the same on every Python.

Leaves out how they grow (``training/outcomes.py``).
"""

from collections.abc import Sequence

Tree = Sequence[int]  # four numbers a node: which value (-1 a leaf), its limit or the leaf's worth, left if <=, right


def grown(trees: Sequence[Tree], values: Sequence[int]) -> int:
    """The worth of all trees for these values."""
    worth = 0
    for tree in trees:
        node = 0
        while (which := tree[node]) >= 0:
            node = tree[node + 2] if values[which] <= tree[node + 1] else tree[node + 3]
        worth += tree[node + 1]
    return worth
