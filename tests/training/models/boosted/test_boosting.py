"""Boosters learn, explain themselves, and depend on content only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shap
from scipy.special import expit

from tenure_features.float_table import FloatTable
from tenure_training.models.boosted import boosting
from tenure_training.models.boosted.boosting import TREE_SPACE, Boosted


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    columns = {name: generator.normal(size=800) for name in "abc"}
    return pd.DataFrame(columns).mask(generator.random((800, 3)) < 0.05)


@pytest.fixture(scope="module")
def y(matrix) -> np.ndarray:
    odds = np.where(matrix["a"].abs() > 0.7, 1.5, -1.5)
    return (np.random.default_rng(2).random(800) < expit(odds)).astype(float)


def _fit(X, y, **options) -> Boosted:
    usual = {"weight": np.ones(len(y)), "objective": "binary:logistic", "seed": 1, "settings": {"rounds": 50}}
    return Boosted.fit(X, y, **usual | options)


def test_boosted__learns_what_a_straight_line_cannot(matrix, y):
    score = _fit(matrix, y).score(matrix)
    assert expit(score[y == 1]).mean() > expit(score[y == 0]).mean() + 0.15


def test_boosted__contributions_add_up_to_the_score(matrix, y):
    fitted = _fit(matrix, y)
    parts, base = fitted.contributions(matrix)
    assert parts.shape == matrix.shape
    np.testing.assert_allclose(parts.sum(axis=1) + base, fitted.score(matrix), atol=1e-5)
    assert (base == base[0]).all()


def test_boosted__corrects_the_offset_it_starts_from(matrix, y):
    truth = np.full(len(y), np.log(y.mean() / (1 - y.mean())))
    plain, started, wrong = (_fit(matrix, y, offset=offset) for offset in (None, truth, truth + 3))
    np.testing.assert_allclose(expit(truth + started.score(matrix)).mean(), y.mean(), atol=0.02)
    np.testing.assert_allclose(expit(truth + 3 + wrong.score(matrix)).mean(), y.mean(), atol=0.08)
    assert abs(started.score(matrix).mean() - plain.score(matrix).mean() + truth[0]) < 0.2
    assert wrong.score(matrix).mean() < started.score(matrix).mean() - 1.5


def test_boosted__grows_the_same_trees_with_one_thread_and_with_two(monkeypatch):
    generator = np.random.default_rng(3)
    many = pd.DataFrame({name: generator.normal(size=5_000) for name in "abcdefgh"})
    labels = (generator.random(5_000) < expit(many["a"] * many["b"])).to_numpy(dtype=float)
    alone = _fit(many, labels).booster.save_raw("json")
    monkeypatch.setattr(boosting, "THREADED_ROWS", 0)
    assert _fit(many, labels).booster.save_raw("json") == alone


def test_boosted__begins_as_a_shorter_one_of_the_same_seed(matrix, y):
    long, short = (_fit(matrix, y, settings={"rounds": rounds}) for rounds in (60, 25))
    assert (long.rounds, long.first(25).rounds) == (60, 25)
    np.testing.assert_array_equal(long.first(25).score(matrix), short.score(matrix))
    assert long.first(60) is long
    assert short.first(60) is short


def test_boosted__does_not_depend_on_the_order_of_rows(matrix, y):
    order = np.random.default_rng(4).permutation(len(y))
    weight = np.linspace(0.5, 1, len(y))
    offset = np.linspace(-1, 1, len(y))
    one = _fit(matrix, y, weight=weight, offset=offset)
    other = _fit(matrix.iloc[order], y[order], weight=weight[order], offset=offset[order])
    np.testing.assert_array_equal(one.score(matrix), other.score(matrix))


def test_boosted__scores_rows_alone_as_together(matrix, y):
    fitted = _fit(matrix, y)
    alone = np.concatenate([fitted.score(matrix.iloc[[row]]) for row in range(5)])
    np.testing.assert_array_equal(alone, fitted.score(matrix)[:5])


def test_boosted__weights_rows(matrix, y):
    light = _fit(matrix, y, weight=np.where(y == 1, 0.1, 1.0)).score(matrix)
    assert light.mean() < _fit(matrix, y).score(matrix).mean() - 1


def test_boosted__fits_a_mean(matrix):
    target = 7 + matrix["a"].fillna(0).to_numpy()
    score = _fit(matrix, target, objective="reg:squarederror", settings={}).score(matrix)
    assert np.corrcoef(score, target)[0, 1] > 0.9
    assert score.mean() == pytest.approx(7, abs=0.3)


def test_boosted__is_the_same_after_saving_and_reads_columns_by_name(matrix, y, tmp_path):
    fitted = _fit(matrix, y)
    fitted.save(tmp_path / "trees.ubj")
    loaded = Boosted.load(tmp_path / "trees.ubj", objective="binary:logistic")
    np.testing.assert_array_equal(loaded.score(matrix[["c", "a", "b"]].assign(other=0.0)), fitted.score(matrix))
    assert loaded.columns == fitted.columns == ("a", "b", "c")


def test_boosted__draws_with_its_seed(matrix, y):
    one, same, other = (_fit(matrix, y, seed=seed).score(matrix) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror", "reg:gamma", "reg:tweedie"])
def test_boosted__contributions_are_those_of_shaps_tree_explainer(matrix, y, objective):
    """shap walks the trees in its own code; XGBoost adds up in single precision."""
    fitted = _fit(matrix, y + (objective == "reg:gamma"), objective=objective)
    explainer = shap.TreeExplainer(fitted.booster)
    parts, base = fitted.contributions(matrix)
    np.testing.assert_allclose(parts, explainer.shap_values(matrix.to_numpy(dtype=np.float32)), atol=1e-5)
    np.testing.assert_allclose(base, explainer.expected_value, atol=1e-5)


def test_tree_space__is_searched_by_factors_but_for_shares_and_depth():
    """Tuned settings of stored models, and journals of a search, mean these ranges: who moves one says so here."""
    assert {name: (part.low, part.high, part.default, part.log) for name, part in TREE_SPACE.items()} == {
        "rounds": (50, 400, 100, True),
        "max_depth": (2, 6, 3, False),
        "eta": (0.02, 0.2, 0.05, True),
        "subsample": (0.5, 1.0, 0.8, False),
        "colsample_bytree": (0.3, 1.0, 0.5, False),
        "min_child_weight": (5.0, 200.0, 20.0, True),
        "reg_lambda": (0.5, 50.0, 5.0, True),
    }


def test_boosted__answers_the_same_by_one_thread_and_by_several(matrix, y, monkeypatch):
    fitted = _fit(matrix, y)
    alone = fitted.answer(FloatTable.of(matrix, list("abc")))
    monkeypatch.setattr(boosting, "PREDICTED_BY_THREADS", 2)
    assert fitted._predictor(2) is not fitted._predictor(1) is fitted.booster
    together = fitted.answer(FloatTable.of(matrix, list("abc")))
    np.testing.assert_array_equal(together.score, alone.score)
    np.testing.assert_array_equal(together.parts, alone.parts)
