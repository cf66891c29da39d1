"""A booster's file is checked to the last index before XGBoost sees it."""

from __future__ import annotations

import struct

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.boosted.ubjson import UbjsonReader

OBJECTIVES = ["binary:logistic", "reg:squarederror", "reg:gamma", "reg:tweedie", "survival:aft"]


def in_hex(value: object) -> str | None:
    """Name a parameter so that every worker and reader can: bytes as digits."""
    return value.hex() if isinstance(value, bytes) else None


def fit(objective: str) -> tuple[Boosted, pd.DataFrame]:
    generator = np.random.default_rng(1)
    X = pd.DataFrame(generator.normal(size=(400, 3)), columns=["a", "b", "c"])
    y = np.exp(X["a"].to_numpy())
    labels = (y > 1).astype(float) if objective == "binary:logistic" else y
    upper = y if objective == "survival:aft" else None
    weight, settings = np.ones(400), {"rounds": 3, "max_depth": 2}
    return Boosted.fit(X, labels, weight=weight, objective=objective, seed=1, upper=upper, settings=settings), X


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("booster") / "b.ubj"
    fit("reg:squarederror")[0].save(path)
    return path.read_bytes()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_booster__comes_back_to_the_last_bit(objective, tmp_path):
    boosted, X = fit(objective)
    boosted.save(tmp_path / "b.ubj")
    again = Boosted.load(tmp_path / "b.ubj", objective=objective)
    assert again.columns == ("a", "b", "c")
    assert np.array_equal(again.score(X), boosted.score(X))


def test_booster__of_another_objective_is_refused(content, tmp_path):
    (tmp_path / "b.ubj").write_bytes(content)
    with pytest.raises(DataContractError, match=r"has other fields|was not fitted to reg:gamma"):
        Boosted.load(tmp_path / "b.ubj", objective="reg:gamma")


def _array(content: bytes, name: str) -> tuple[int, int]:
    """Offset of the first value of a typed array, and its number of values."""
    at = content.index(name.encode() + b"[$") + len(name) + 5
    return at + 8, struct.unpack(">q", content[at : at + 8])[0]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("left_children", struct.pack(">i", 1 << 30), "do not make a tree"),
        ("left_children", struct.pack(">i", 0), "do not make a tree"),
        ("left_children", struct.pack(">i", 2), "do not make a tree"),
        ("left_children", struct.pack(">i", -5), "half a split"),
        ("right_children", struct.pack(">i", -1), "half a split"),
        ("parents", struct.pack(">i", 1), "do not make a tree"),
        ("split_indices", struct.pack(">i", 3), "reads a column that is not there"),
        ("split_indices", struct.pack(">i", -1), "reads a column that is not there"),
        ("split_conditions", struct.pack(">f", float("nan")), "not finite"),
        ("split_conditions", struct.pack(">f", float("inf")), "not finite"),
        ("base_weights", struct.pack(">f", 1e30), "leaf out of range"),
        ("sum_hessian", struct.pack(">f", 0.0), "node without rows"),
        ("split_type", b"\x01", "unknown way"),
    ],
    ids=in_hex,
)
def test_booster__with_one_value_changed_is_refused(content, name, value, message, tmp_path):
    at, _ = _array(content, name)
    (tmp_path / "b.ubj").write_bytes(content[:at] + value + content[at + len(value) :])
    with pytest.raises(DataContractError, match=message):
        Boosted.load(tmp_path / "b.ubj", objective="reg:squarederror")


@pytest.mark.parametrize(
    ("name", "inside", "outside", "message"),
    [
        ("sum_hessian", 0.0, -0.125, "node without rows"),  # of a leaf: none may be left after weights
        ("sum_hessian", 0.125, float("inf"), "not finite"),
        ("split_conditions", 1e6, 1.0001e6, "leaf out of range"),
        ("split_conditions", -1e6, -1.0001e6, "leaf out of range"),
    ],
)
def test_booster__takes_leaves_up_to_their_limits(content, name, inside, outside, message, tmp_path):
    at, nodes = _array(content, name)
    last = at + 4 * (nodes - 1)  # the last node of a tree is a leaf
    for number, value in enumerate((inside, outside)):
        (tmp_path / f"{number}.ubj").write_bytes(content[:last] + struct.pack(">f", value) + content[last + 4 :])
    assert Boosted.load(tmp_path / "0.ubj", objective="reg:squarederror").columns == ("a", "b", "c")
    with pytest.raises(DataContractError, match=message):
        Boosted.load(tmp_path / "1.ubj", objective="reg:squarederror")


def test_booster__with_a_list_for_an_array_is_refused(content, tmp_path):
    def as_list(part: bytes, name: bytes, values: bytes) -> bytes:
        at = part.index(name + b"[$")
        begin, count = _array(part, name.decode())
        width = 4 if part[at + len(name) + 2 : at + len(name) + 3] in b"dl" else 1
        head = name + b"[#L" + struct.pack(">q", 1) + values
        return part[:at] + head + part[begin + width * count :]

    changed = as_list(content, b"parents", b"l" + struct.pack(">i", -1))
    changed = changed.replace(b"num_nodesSL\0\0\0\0\0\0\0\x017", b"num_nodesSL\0\0\0\0\0\0\0\x011", 1)
    assert changed.count(b"num_nodesSL\0\0\0\0\0\0\0\x011") == 1
    (tmp_path / "b.ubj").write_bytes(changed)
    with pytest.raises(DataContractError, match="states other sizes than tree 0 has"):
        Boosted.load(tmp_path / "b.ubj", objective="reg:squarederror")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"\x01" + b"3", b"\x01" + b"9", "counts its trees wrongly|other sizes|other parameters"),
        (b"gbtree}", b"dart__}", "no booster of trees"),
        (b"num_targetSL\0\0\0\0\0\0\0\x011", b"num_targetSL\0\0\0\0\0\0\0\x017", "other parameters"),
        (b"a\tb\tc", b"a\tb\tb", "names a column twice"),
        (b"a\tb\tc", b"a\tbbc", "other parameters"),
        (b"version[#L\0\0\0\0\0\0\0\x03i\x03", b"version[#L\0\0\0\0\0\0\0\x03i\x63", "no version"),
        (b"{L\0\0\0\0\0\0\0\x07learner", b"{L\0\0\0\0\0\0\x7f\x07learner", "shorter than it says"),
        (b"attributes{", b"attributes(", "unknown kind"),
    ],
    ids=in_hex,
)
def test_booster__of_another_structure_is_refused(content, before, after, message, tmp_path):
    assert before in content
    (tmp_path / "b.ubj").write_bytes(content.replace(before, after))
    with pytest.raises(DataContractError, match=message):
        Boosted.load(tmp_path / "b.ubj", objective="reg:squarederror")


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"{", b"{}x", b"{L", b"{" + b"L\0\0\0\0\0\0\0\x01a{" * 30, b"{L" + b"\xff" * 8 + b"a"],
    ids=in_hex,
)
def test_ubjson__refuses_what_is_not_one_whole_object(content):
    with pytest.raises(DataContractError, match=r"The booster in b\.ubj is damaged"):
        UbjsonReader(content, "b.ubj").document()
