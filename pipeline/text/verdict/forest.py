"""Rows of numbers in, for each the odds that it is a line of an article out, and which numbers decided.

The weights are boosted trees, learned from real pages by `tests/benchmarks/lines.py`: splits and odds, nothing of the
pages.
"""

from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from pydantic import Field

from pipeline.core.config import Strict

WEIGHTS = Path(__file__).with_name("forest.json")
Numbers = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class Tree(Strict):
    """Nodes by number, the first is the root. A leaf leads to itself."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]  # up to it left, above it right
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]  # log odds: of a leaf, and of an inner node the mean of what passed it


class Forest(Strict):
    """The weights in `forest.json`."""

    version: str  # of the weights, changed whenever they are learned anew
    learned_from: str
    features: tuple[str, ...] = Field(min_length=1)
    depth: int = Field(ge=1)
    trees: tuple[Tree, ...] = Field(min_length=1)

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, ...]:
        """All trees in one array a property, padded to the largest."""
        size = max(len(tree.feature) for tree in self.trees)

        def stacked(name: str, kind: type) -> np.ndarray:
            table: np.ndarray = np.zeros((len(self.trees), size), kind)
            for at, tree in enumerate(self.trees):
                table[at, : len(tree.feature)] = getattr(tree, name)
            return table

        kinds = (("feature", np.int32), ("threshold", np.float32), ("left", np.int32), ("right", np.int32))
        return (*(stacked(name, kind) for name, kind in kinds), stacked("value", np.float64))

    def _paths(self, rows: Numbers) -> list[np.ndarray]:
        """For each step down the nodes where each row (first axis) stands in each tree (second)."""
        feature, threshold, left, right, _ = self._nodes
        trees, lines = np.arange(len(self.trees))[None, :], np.arange(len(rows))[:, None]
        steps = [np.zeros((len(rows), len(self.trees)), np.int32)]
        for _ in range(self.depth):
            at = steps[-1]
            low = rows[lines, feature[trees, at]] <= threshold[trees, at]
            steps.append(np.where(low, left[trees, at], right[trees, at]))
        return steps

    def odds(self, rows: Numbers) -> np.ndarray:
        """The log odds of each row: above 0 it is a line of an article."""
        last = self._paths(rows)[-1]
        return np.asarray(self._nodes[4][np.arange(len(self.trees))[None, :], last].sum(axis=1))

    def reasons(self, row: Numbers, count: int) -> list[str]:
        """The features that speak most against one row, by how far they moved its odds on its way down the trees."""
        feature, *_, value = self._nodes
        trees = np.arange(len(self.trees))
        moved = np.zeros(len(self.features))
        steps = [step[0] for step in self._paths(row)]
        for before, after in pairwise(steps):
            np.add.at(moved, feature[trees, before], value[trees, after] - value[trees, before])
        return [self.features[at] for at in np.argsort(moved)[:count] if moved[at] < 0]


@cache
def load() -> Forest:
    """The weights that Gongbao comes with."""
    return Forest.model_validate_json(WEIGHTS.read_bytes())
