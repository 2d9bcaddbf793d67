"""Numbers of lines in (.npz), boosted trees out (.json): `fit_lines.py LINES FOREST`, in the peers' environment."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

ROUNDS = 150
HOW = {
    "objective": "binary",
    "num_leaves": 12,
    "max_depth": 5,
    "learning_rate": 0.06,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}


def tree(root: dict[str, Any]) -> dict[str, list[float]]:
    """A tree as lists, one entry a node."""
    nodes: dict[str, list[float]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}

    def add(node: dict[str, Any]) -> int:
        at = len(nodes["value"])
        leaf = "leaf_value" in node
        nodes["feature"].append(0 if leaf else node["split_feature"])
        nodes["threshold"].append(0 if leaf else _rounded(node["threshold"]))
        nodes["value"].append(_rounded(node["leaf_value" if leaf else "internal_value"]))
        nodes["left"].append(at)
        nodes["right"].append(at)
        if not leaf:
            nodes["left"][at], nodes["right"][at] = add(node["left_child"]), add(node["right_child"])
        return at

    add(root)
    return nodes


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def main() -> None:
    given = np.load(sys.argv[1])
    names = [str(name) for name in given["names"]]
    data = lightgbm.Dataset(given["table"], given["body"], weight=given["weight"])
    found = lightgbm.train(HOW, data, ROUNDS).dump_model()
    used = sorted({int(at) for each in found["tree_info"] for at in _features(each["tree_structure"])})
    trees = [tree(each["tree_structure"]) for each in found["tree_info"]]
    for each in trees:
        inner = [at != left for at, left in enumerate(each["left"])]
        each["feature"] = [
            used.index(int(at)) if split else 0 for at, split in zip(each["feature"], inner, strict=True)
        ]
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        json.dump(
            {
                "version": hashlib.sha256(json.dumps(trees).encode()).hexdigest()[:12],
                "learned_from": f"{len(given['body'])} lines",
                "features": [names[at] for at in used],
                "depth": HOW["max_depth"],
                "trees": trees,
            },
            out,
        )


def _features(node: dict[str, Any]) -> list[int]:
    if "leaf_value" in node:
        return []
    return [node["split_feature"], *_features(node["left_child"]), *_features(node["right_child"])]


if __name__ == "__main__":
    main()
