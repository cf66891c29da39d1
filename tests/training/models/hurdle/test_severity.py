"""What buyers spend: the rhythm's expectation, corrected by windows, with the total put right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.hurdle.severity import OUTLIER, Severity
from tenure_training.models.training_matrix import FEWEST, TrainingMatrix

N = 1500
PARTS = pytest.mark.parametrize(("linear", "trees"), [(True, False), (False, True), (True, True)])


@pytest.fixture(scope="module")
def purchases() -> dict[str, np.ndarray | pd.DataFrame]:
    """Spend is twice what the rhythm expects where ``big`` is positive, half elsewhere."""
    generator = np.random.default_rng(1)
    X = pd.DataFrame({"big": generator.normal(size=N), "noise": generator.normal(size=N)})
    log_rhythm = generator.normal(3, 0.5, N)
    bought = (generator.random(N) < 0.6).astype(float)
    effect = np.where(X["big"] > 0, np.log(2), -np.log(2))
    value = bought * np.exp(log_rhythm + effect + generator.normal(0, 0.4, N))
    return {"X": X, "value": value, "bought": bought, "log_rhythm": log_rhythm}


def _fit(purchases, *, linear=True, trees=True, **changed) -> Severity:
    given = {**purchases, **changed}
    nothing = dict.fromkeys(("rhythm", "rhythm_of_length", "log_severity", "log_count"), np.zeros(N))
    training = TrainingMatrix(X=given["X"], bought=given["bought"], weight=np.ones(N), **nothing)
    return Severity.fit(
        training, value=given["value"], log_rhythm=given["log_rhythm"], linear=linear, trees=trees, seed=1
    )  # fmt: skip


def _expected(fitted: Severity, purchases) -> np.ndarray:
    return np.exp(purchases["log_rhythm"] + fitted.correction(purchases["X"]))


def test_severity__is_the_rhythms_where_few_bought(purchases):
    few = np.arange(N) < FEWEST - 1
    fitted = _fit(purchases, bought=few.astype(float), value=few * 50.0)
    np.testing.assert_array_equal(fitted.correction(purchases["X"]), np.zeros(N))


@PARTS
def test_severity__puts_the_total_of_buyers_right(purchases, linear, trees):
    buyers = purchases["bought"] > 0
    expected = _expected(_fit(purchases, linear=linear, trees=trees), purchases)[buyers].sum()
    assert expected == pytest.approx(purchases["value"].sum(), rel=0.03)


@PARTS
def test_severity__learns_who_spends_more(purchases, linear, trees):
    correction = _fit(purchases, linear=linear, trees=trees).correction(purchases["X"])
    big = (purchases["X"]["big"] > 0).to_numpy()
    assert correction[big].mean() > correction[~big].mean() + 0.1


def test_severity__is_not_set_by_one_order(purchases):
    value = purchases["value"].copy()
    value[int(np.argmax(value))] *= 1e4
    one, other = (_expected(_fit(purchases, value=v), purchases).sum() for v in (purchases["value"], value))
    assert other < 1.3 * one


def test_severity__counts_returns_against_the_total(purchases):
    value = np.where(purchases["bought"] > 0, purchases["value"], -np.median(purchases["value"]) / 2)
    assert _expected(_fit(purchases, value=value), purchases).sum() < _expected(_fit(purchases), purchases).sum()


def test_severity__of_a_shop_that_took_everything_back_is_finite(purchases):
    fitted = _fit(purchases, value=np.where(np.arange(N) % 2, 10.0, -1000.0), bought=np.ones(N))
    assert np.isfinite(fitted.correction(purchases["X"])).all()


def test_severity__knows_no_currency(purchases):
    one = _fit(purchases).correction(purchases["X"])
    other = _fit(purchases, value=1000 * purchases["value"], log_rhythm=purchases["log_rhythm"] + np.log(1000))
    np.testing.assert_allclose(other.correction(purchases["X"]), one, atol=1e-4)


@PARTS
def test_severity__contributions_add_up(purchases, linear, trees):
    fitted = _fit(purchases, linear=linear, trees=trees)
    terms, rest = fitted.contributions(purchases["X"])
    np.testing.assert_allclose(sum(terms.values()) + rest, fitted.correction(purchases["X"]), atol=1e-5)
    assert np.abs(terms["big"]).mean() > 3 * np.abs(terms["noise"]).mean()


@PARTS
def test_severity__is_the_same_after_saving(purchases, linear, trees, tmp_path):
    fitted = _fit(purchases, linear=linear, trees=trees)
    fitted.save(tmp_path)
    again = Severity.load(tmp_path)
    np.testing.assert_array_equal(again.correction(purchases["X"]), fitted.correction(purchases["X"]))


@pytest.mark.parametrize(("actual", "kept"), [(0.21, 0.21), (0.19, 0.2), (4.9, 4.9), (5.1, 5.0)])
def test_severity__moves_the_total_by_a_factor_of_five_at_most(purchases, actual, kept):
    value = purchases["bought"] * actual * np.exp(purchases["log_rhythm"])
    cut = OUTLIER * np.quantile(value[value > 0], 0.995)
    fitted = _fit(purchases, value=value, linear=False, trees=False)
    assert np.minimum(value, cut).sum() == value.sum()
    assert np.exp(fitted.correction(purchases["X"])) == pytest.approx(np.full(N, kept))
