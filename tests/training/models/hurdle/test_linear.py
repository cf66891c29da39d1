"""The ridge is scikit-learn's on standardised columns, and explains itself."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tenure_features.stored import parse_stored
from tenure_training.models.hurdle.linear import BOUND, Ridge


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    return pd.DataFrame({"a": generator.normal(5, 2, 600), "b": generator.gamma(2, 3, 600), "flat": np.ones(600)})


@pytest.fixture(scope="module")
def y(matrix) -> np.ndarray:
    odds = 0.8 * (matrix["a"] - 5) - 0.3 * matrix["b"]
    return (np.random.default_rng(2).random(600) < 1 / (1 + np.exp(-odds))).to_numpy().astype(float)


def _fit(X, y, **options) -> Ridge:
    return Ridge.fit(X, y, **{"weight": np.ones(len(y)), "link": "logit", "penalty": 5.0} | options)


def test_ridge__scores_as_a_scikit_learn_pipeline_does(matrix, y):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1 / 5.0, tol=1e-10, max_iter=5000)).fit(matrix, y)
    near = (np.abs(StandardScaler().fit_transform(matrix)) < BOUND).all(axis=1)
    expected = pipeline.decision_function(matrix)
    np.testing.assert_allclose(_fit(matrix, y).score(matrix)[near], expected[near], atol=1e-3)


def test_ridge__of_an_identity_link_solves_the_normal_equations(matrix):
    target = 3 + 2 * matrix["a"].to_numpy() - matrix["b"].to_numpy()
    fitted = _fit(matrix[["a"]], target, link="identity", penalty=0.1)
    z = (matrix["a"] - matrix["a"].mean()) / matrix["a"].std(ddof=0)
    assert fitted.weight.item() == pytest.approx(float(z @ (target - target.mean()) / (z @ z + 0.1 * len(z))))
    assert fitted.intercept == pytest.approx(target.mean())


def test_ridge__weights_rows(matrix, y):
    twice = np.where(np.arange(len(y)) < 300, 2.0, 1.0)
    repeated = pd.concat([matrix, matrix[:300]], ignore_index=True)
    weighted, copied = _fit(matrix, y, weight=twice), _fit(repeated, np.r_[y, y[:300]])
    at_means = pd.DataFrame([matrix.mean(), matrix.mean() + matrix.std()])
    np.testing.assert_allclose(weighted.score(at_means), copied.score(at_means), atol=0.02)


def test_ridge__contributions_add_up_to_the_score(matrix, y):
    fitted = _fit(matrix, y)
    np.testing.assert_allclose(
        fitted.intercept + fitted.contributions(matrix).sum(axis=1), fitted.score(matrix), rtol=1e-12
    )


def test_ridge__puts_missing_values_at_the_median(matrix, y):
    holes = matrix.mask(np.random.default_rng(3).random(matrix.shape) < 0.2)
    fitted = _fit(holes, y)
    filled = holes.fillna(holes.median())
    np.testing.assert_allclose(fitted.score(holes), fitted.score(filled))


def test_ridge__takes_a_column_that_is_missing_throughout(matrix, y):
    assert np.isfinite(_fit(matrix.assign(nothing=np.nan), y).score(matrix.assign(nothing=np.nan))).all()


def test_ridge__gives_a_customer_far_outside_the_edge(matrix, y):
    fitted = _fit(matrix, y)
    far = matrix.iloc[:2].assign(a=[1e9, 1e12])
    assert fitted.score(far.assign(b=1.0))[0] == fitted.score(far.assign(b=1.0))[1]


def test_ridge__reads_columns_by_name(matrix, y):
    fitted = _fit(matrix, y)
    np.testing.assert_array_equal(fitted.score(matrix[["flat", "b", "a"]].assign(other=1.0)), fitted.score(matrix))


def test_ridge__is_the_same_after_json(matrix, y):
    fitted = _fit(matrix, y)
    again = Ridge.from_stored(parse_stored(json.dumps(fitted.to_dict()).encode(), "x.json"))
    np.testing.assert_array_equal(again.score(matrix), fitted.score(matrix))
    assert again.columns == fitted.columns


def test_ridge__bends_where_it_is_told_to(matrix):
    """A tent over the quartiles of ``a``: a straight line sees nothing, the spline most of it."""
    a = matrix["a"].to_numpy()
    target = np.abs(a - np.median(a))
    straight, bent = (
        _fit(matrix[["a", "b"]], target, link="identity", penalty=1e-4, bent=bent) for bent in ([], ["a"])
    )
    assert straight.bends == ()
    assert [column for column, _ in bent.bends] == [0, 0, 0]
    np.testing.assert_allclose([knot for _, knot in bent.bends], np.quantile(a, [0.25, 0.5, 0.75]))
    assert np.corrcoef(straight.score(matrix), target)[0, 1] < 0.3
    assert np.corrcoef(bent.score(matrix), target)[0, 1] > 0.99


def test_ridge__bends_are_told_with_their_column_and_survive_saving(matrix, y):
    fitted = _fit(matrix, y, bent=["b", "flat"])
    told = fitted.contributions(matrix)
    assert told.shape == matrix.shape
    np.testing.assert_allclose(fitted.intercept + told.sum(axis=1), fitted.score(matrix), rtol=1e-12)
    assert (told[:, 2] == 0).all()  # a column that never changes has no quartile to bend at
    alone = matrix.assign(b=matrix["b"].mean())
    np.testing.assert_allclose(
        fitted.score(matrix) - fitted.score(alone), told[:, 1] - fitted.contributions(alone)[:, 1]
    )
    again = Ridge.from_stored(parse_stored(json.dumps(fitted.to_dict()).encode(), "x.json"))
    np.testing.assert_array_equal(again.score(matrix), fitted.score(matrix))
