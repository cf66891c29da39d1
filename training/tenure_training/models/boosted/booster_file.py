"""The structure of a booster's file, checked before XGBoost sees it: one flipped bit in an index kills the process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np

from tenure_features.errors import DataContractError
from tenure_training.models.boosted.ubjson import UbjsonReader

MOST_TREES = 5_000
MOST_NODES = 100_000
MOST_COLUMNS = 5_000
DEEPEST_TREE = 60
LARGEST_LEAF = 1e6

_NO_PARENT = (2147483647, -1)
_REALS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_LINKS = ("left_children", "right_children", "parents", "split_indices")
_FLAGS = ("default_left", "split_type")
_EMPTY = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_FLOAT, _INT, _BYTE = np.dtype(">f4"), np.dtype(">i4"), np.dtype("u1")
_NUMBER = re.compile(r"\[?(-?\d{1,20}(?:\.\d{1,20})?(?:E[+-]?\d{1,2})?)\]?", re.ASCII)

_PARAMETERS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "binary:logistic": ("reg_loss_param", {"scale_pos_weight": "1"}),
        "reg:squarederror": ("reg_loss_param", {"scale_pos_weight": "1"}),
        "reg:gamma": ("reg_loss_param", {"scale_pos_weight": "1"}),
        "reg:tweedie": ("tweedie_regression_param", {"tweedie_variance_power": "1.5"}),
        "survival:aft": (
            "aft_loss_param",
            {"aft_loss_distribution": "logistic", "aft_loss_distribution_scale": "1.5"},
        ),
    }
)
"""By objective the parameters that are stored with it, and the values they were trained with."""


def checked_columns(content: bytes, *, objective: str, place: str) -> tuple[str, ...]:
    """Check that a file holds a booster such as `Boosted.save` writes, and give back the columns it reads.

    Parameters
    ----------
    content
        Universal Binary JSON.
    objective
        What the trees were fitted to.
    place
        Name of the file, for messages.

    Raises
    ------
    DataContractError
        It holds anything else: other fields, sizes that disagree, children out of range, a circle, a number that is not
        finite.
    """
    return _BoosterCheck(place).columns(UbjsonReader(content, place).document(), objective)


class _BoosterCheck:
    def __init__(self, place: str) -> None:
        self._place = place

    def columns(self, model: Mapping[str, Any], objective: str) -> tuple[str, ...]:
        self._keys(model, "the model", "learner", "version")
        version = model["version"]
        whole = isinstance(version, list) and len(version) == 3 and all(type(part) is int for part in version)
        self._require(whole and version[0] == 3 and min(version) >= 0, "is of no version of XGBoost that can be read")
        learner = model["learner"]
        self._keys(
            learner, "the learner",
            "attributes", "feature_names", "feature_types", "gradient_booster", "learner_model_param", "objective",
        )  # fmt: skip
        self._require(learner["feature_names"] == learner["feature_types"] == [], "names features of its own")
        self._keys(learner["attributes"], "its attributes", "columns")
        self._require(isinstance(learner["attributes"]["columns"], str), "names no columns")
        columns = tuple(learner["attributes"]["columns"].split("\t"))
        self._require(len(set(columns)) == len(columns) <= MOST_COLUMNS, "names a column twice, or too many")
        self._objective(learner["objective"], objective)
        self._parameters(learner["learner_model_param"], objective, len(columns))
        self._trees(learner["gradient_booster"], len(columns))
        return columns

    def _objective(self, stored: Mapping[str, Any], objective: str) -> None:
        name, parameters = _PARAMETERS[objective]
        self._keys(stored, "its objective", "name", name)
        self._require(
            stored == {"name": objective, name: parameters}, f"was not fitted to {objective} as tenure fits it"
        )

    def _parameters(self, stored: Mapping[str, Any], objective: str, columns: int) -> None:
        usual = {"boost_from_average": "1", "num_class": "0", "num_feature": str(columns), "num_target": "1"}
        self._keys(stored, "its parameters", "base_score", *usual)
        fixed = {name: value for name, value in stored.items() if name != "base_score"}
        self._require(
            fixed in (usual, usual | {"boost_from_average": "0"}), "has other parameters than its columns ask for"
        )
        match = _NUMBER.fullmatch(stored["base_score"]) if isinstance(stored["base_score"], str) else None
        self._require(match is not None, "has a base score that is no number")
        base = float(match[1]) if match else 0.0
        low, high = {"binary:logistic": (1e-9, 1 - 1e-9), "reg:squarederror": (-1e6, 1e6)}.get(objective, (0.0, 1e30))
        self._require(low <= base <= high, "has a base score out of range")

    def _trees(self, stored: Mapping[str, Any], columns: int) -> None:
        self._keys(stored, "its booster", "model", "name")
        self._require(stored["name"] == "gbtree", "is no booster of trees")
        model = stored["model"]
        self._keys(model, "its trees", "cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees")
        self._keys(model["cats"], "its categories", "enc", "feature_segments", "sorted_idx")
        self._require(all(self._nothing(part) for part in model["cats"].values()), "has categories")
        trees = model["trees"]
        self._require(isinstance(trees, list) and 1 <= len(trees) <= MOST_TREES, "has no trees, or too many")
        count = len(trees)
        self._require(
            model["gbtree_model_param"] == {"num_parallel_tree": "1", "num_trees": str(count)}
            and _same(model["tree_info"], [0] * count)
            and _same(model["iteration_indptr"], list(range(count + 1))),
            "counts its trees wrongly",
        )
        for number, tree in enumerate(trees):
            self._sizes(tree, number, columns)
        forest = {name: np.concatenate([tree[name] for tree in trees]) for name in (*_REALS, *_LINKS, *_FLAGS)}
        self._numbers(forest)
        self._links(forest, np.array([len(tree["parents"]) for tree in trees]), columns)

    def _sizes(self, tree: Mapping[str, Any], number: int, columns: int) -> None:
        self._keys(tree, f"tree {number}", *_REALS, *_LINKS, *_FLAGS, *_EMPTY, "id", "tree_param")
        parameters, nodes = tree["tree_param"], _length(tree["parents"])
        self._keys(parameters, f"tree {number}", "num_deleted", "num_feature", "num_nodes", "size_leaf_vector")
        stated = {"num_deleted": "0", "num_feature": str(columns), "num_nodes": str(nodes)}
        self._require(
            1 <= nodes <= MOST_NODES
            and type(tree["id"]) is int
            and tree["id"] == number
            and parameters in (stated | {"size_leaf_vector": "1"}, stated | {"size_leaf_vector": "0"}),
            f"states other sizes than tree {number} has",
        )
        for names, form in ((_REALS, _FLOAT), (_LINKS, _INT), (_FLAGS, _BYTE)):
            fit = all(_length(tree[name]) == nodes and tree[name].dtype == form for name in names)
            self._require(fit, f"has arrays of other kinds or sizes in tree {number}")
        self._require(all(self._nothing(tree[name]) for name in _EMPTY), f"has categories in tree {number}")

    def _numbers(self, forest: Mapping[str, np.ndarray]) -> None:
        self._require(all(np.isfinite(forest[name]).all() for name in _REALS), "has a number that is not finite")
        inner, cover = forest["left_children"] >= 0, forest["sum_hessian"]
        weights = np.append(forest["split_conditions"][~inner], forest["base_weights"])
        self._require(np.abs(weights).max() <= LARGEST_LEAF, "has a leaf out of range")
        self._require((cover >= 0).all() and (cover[inner] > 0).all(), "has a node without rows")
        self._require(forest["default_left"].max() <= 1 and not forest["split_type"].any(), "splits in an unknown way")

    def _links(self, forest: Mapping[str, np.ndarray], nodes: np.ndarray, columns: int) -> None:
        left, right, parents = (forest[name].astype(np.int64) for name in _LINKS[:3])
        inner, start = left >= 0, np.repeat(np.cumsum(nodes) - nodes, nodes)
        root, at = np.arange(len(left)) == start, np.flatnonzero(left >= 0)
        self._require((left[~inner] == -1).all() and np.array_equal(right == -1, ~inner), "has half a split")
        children = np.concatenate([left[at] + start[at], right[at] + start[at]])
        # every node but the roots is the child of exactly one earlier node of its tree: no circle, nothing out of range
        above = np.concatenate([at, at])
        self._require(
            np.array_equal(np.sort(children), np.flatnonzero(~root))
            and bool((children > above).all())
            and np.array_equal(start[children], start[above])
            and np.array_equal(parents[children] + start[children], above)
            and bool(np.isin(parents[root], _NO_PARENT).all()),
            "has nodes that do not make a tree",
        )
        used = forest["split_indices"][inner]
        self._require(((used >= 0) & (used < columns)).all(), "reads a column that is not there")
        up, depth = np.where(root, np.arange(len(left)), parents + start), 0
        node = np.arange(len(left))
        while not root[node].all():
            node, depth = up[node], depth + 1
            self._require(depth <= DEEPEST_TREE, "has a tree that is too deep")

    def _nothing(self, part: Any) -> bool:  # noqa: ANN401  # whatever the file holds
        return isinstance(part, list | np.ndarray) and len(part) == 0

    def _keys(self, stored: Any, what: str, *names: str) -> None:  # noqa: ANN401  # whatever the file holds
        fit = isinstance(stored, dict) and stored.keys() == set(names)
        self._require(fit, f"has other fields in {what} than {', '.join(sorted(names))}")

    def _require(self, holds: bool | np.bool_, otherwise: str) -> None:
        if not holds:
            self._refuse(otherwise)

    def _refuse(self, what: str) -> NoReturn:
        raise DataContractError(
            f"The booster in {self._place} is not one that tenure writes.",
            found=f"it {what}",
            fix="Take an untouched copy, or train again: a bundle is never edited.",
        )


def _same(stored: Any, wanted: list[int]) -> bool:  # noqa: ANN401  # whatever the file holds
    if isinstance(stored, np.ndarray):
        return stored.dtype.kind in "iu" and stored.tolist() == wanted
    return isinstance(stored, list) and all(type(part) is int for part in stored) and stored == wanted


def _length(part: Any) -> int:  # noqa: ANN401  # whatever the file holds
    return len(part) if isinstance(part, np.ndarray) else -1
