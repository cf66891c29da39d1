"""What every candidate owes: possible numbers, each customer's own, the same after saving, scaling and renaming."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure_features import Catalogue
from tenure_features.float_table import FloatTable
from tenure_training.models.btyd.candidate import BTYDCandidate
from tenure_training.models.contract import LEVELS, Candidate, Fitted, Prediction, TrainingFrame
from tenure_training.models.registry import CANDIDATES, candidate_class

MONEY = [feature.name for feature in Catalogue() if feature.unit.startswith("money")]
FIELDS = ("buy_probability", "expected_orders", "expected_value", "quantiles", "if_buys", "rank_score")

every_candidate = pytest.mark.parametrize("name", CANDIDATES)


def _assert_possible(prediction: Prediction, *, customers: int) -> None:
    for field in FIELDS:
        column = getattr(prediction, field)
        assert column is None or (len(column) == customers and np.isfinite(column).all()), field
    assert ((prediction.buy_probability >= 0) & (prediction.buy_probability <= 1)).all()
    assert (prediction.expected_orders >= prediction.buy_probability - 1e-9).all()
    if prediction.quantiles is not None:
        assert prediction.quantiles.shape == (customers, len(LEVELS))
        assert (np.diff(prediction.quantiles, axis=1) >= 0).all()


def _assert_close(one: Prediction, other: Prediction, *, rtol: float, atol: float = 0.0) -> None:
    for field in FIELDS:
        left, right = getattr(one, field), getattr(other, field)
        assert (left is None) == (right is None), field
        if left is not None:
            np.testing.assert_allclose(left, right, rtol=rtol, atol=atol, err_msg=field)


def _taken(prediction: Prediction, rows: np.ndarray) -> Prediction:
    parts = {field: getattr(prediction, field) for field in FIELDS}
    return Prediction(**{field: None if part is None else part[rows] for field, part in parts.items()})


def _stacked(predictions: list[Prediction]) -> Prediction:
    columns = {field: [getattr(prediction, field) for prediction in predictions] for field in FIELDS}
    return Prediction(
        **{field: None if parts[0] is None else np.concatenate(parts) for field, parts in columns.items()}
    )


def _saved(candidate: Candidate, folder: Path) -> dict[str, bytes]:
    candidate.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@every_candidate
def test_candidate__says_possible_things(name, fitted, frame):
    _assert_possible(fitted(name).predict(frame.present), customers=len(frame.present))


@every_candidate
def test_candidate__answers_each_customer_alone(name, fitted, frame):
    """The order of rows and the size of the batch change nothing."""
    whole = fitted(name).predict(frame.present)
    shuffled = np.random.default_rng(5).permutation(len(frame.present))
    _assert_close(fitted(name).predict(frame.present.iloc[shuffled]), _taken(whole, shuffled), rtol=1e-12, atol=1e-300)
    half = len(frame.present) // 2
    halves = [fitted(name).predict(part) for part in (frame.present.iloc[:half], frame.present.iloc[half:])]
    _assert_close(_stacked(halves), whole, rtol=1e-12, atol=1e-300)
    few = shuffled[:12]
    alone = [fitted(name).predict(frame.present.iloc[[row]]) for row in few]
    _assert_close(_stacked(alone), _taken(whole, few), rtol=1e-12, atol=1e-300)


@every_candidate
def test_candidate__answers_one_customer_as_it_answers_all_to_the_last_bit(name, fitted, frame):
    """An answer over HTTP about one of them, and the row of a batch, unknown features among them.

    BTYD models alone add up their value quantiles in blocks: theirs agree to 1e-12.
    """
    rtol = 1e-12 if issubclass(candidate_class(name), BTYDCandidate) else 0.0
    model, features = fitted(name), frame.features
    present = frame.present.head(60).astype(dict.fromkeys(features, "float64"))
    beside = [column for column in features if column not in ("orders_total", "order_days", "tenure_days")]
    present.loc[present.index[1], beside] = np.nan
    together, why = model.answer(FloatTable.of(present, features))
    _assert_close(together, model.predict(present), rtol=rtol)
    for row in (0, 1, 7, 40, 59):
        alone, reason = model.answer(FloatTable.of(present.iloc[[row]], features))
        _assert_close(alone, _taken(together, np.array([row])), rtol=rtol)
        assert (why is None) == (reason is None)
        if why is not None and reason is not None:
            assert reason.features == why.features
            np.testing.assert_allclose(reason.churn[0], why.churn[row], rtol=rtol, atol=rtol)
            np.testing.assert_allclose(reason.value[0], why.value[row], rtol=rtol, atol=rtol)


@every_candidate
def test_candidate__answers_nobody_with_nothing(name, fitted, frame):
    _assert_possible(fitted(name).predict(frame.present.iloc[:0]), customers=0)


@every_candidate
def test_candidate__is_the_same_after_saving(name, fitted, frame, tmp_path):
    files = _saved(fitted(name), tmp_path / "model")
    assert {Path(file).suffix for file in files} <= {".json", ".ubj"}
    loaded = candidate_class(name).load(tmp_path / "model")
    _assert_close(loaded.predict(frame.present), fitted(name).predict(frame.present), rtol=1e-12, atol=1e-300)
    assert _saved(loaded, tmp_path / "again") == files


@every_candidate
def test_candidate__keeps_no_customer(name, fitted, frame, tmp_path):
    content = b"".join(_saved(fitted(name), tmp_path).values())
    assert not any(customer.encode() in content for customer in frame.present["customer_id"])


@pytest.fixture(scope="module")
def again(frame) -> TrainingFrame:
    """The same frame, but another object: what was fitted for the first is not at hand."""
    return replace(frame)


@every_candidate
def test_candidate__with_the_same_seed_is_the_same_to_the_byte(name, fitted, again, tmp_path):
    refitted = candidate_class(name)().fit(again, seed=7)
    assert _saved(refitted, tmp_path / "again") == _saved(fitted(name), tmp_path / "first")


@pytest.fixture(scope="module")
def in_pence(frame) -> TrainingFrame:
    """The frame with every amount times a thousand."""

    def dear(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{column: 1000.0 * table[column] for column in MONEY if column in table})

    labels = frame.labels.assign(value=1000.0 * frame.labels["value"])
    return replace(frame, rows=dear(frame.rows), present=dear(frame.present), labels=labels)


@every_candidate
def test_candidate__multiplies_values_with_the_currency_and_nothing_else(name, fitted, frame, in_pence):
    other = candidate_class(name)().fit(in_pence, seed=7).predict(in_pence.present)
    one = fitted(name).predict(frame.present)
    np.testing.assert_allclose(other.buy_probability, one.buy_probability, rtol=1e-5)
    np.testing.assert_allclose(other.expected_orders, one.expected_orders, rtol=1e-5)
    np.testing.assert_allclose(other.expected_value, 1000 * one.expected_value, rtol=1e-5)
    if one.quantiles is not None:
        np.testing.assert_allclose(other.quantiles, 1000 * one.quantiles, rtol=1e-4)


@pytest.fixture(scope="module")
def renamed(frame) -> TrainingFrame:
    """The frame of a shop that calls its customers otherwise: snapshots are sorted by name, so rows move."""
    ids = np.sort(frame.present["customer_id"])
    names = dict(zip(ids, np.random.default_rng(3).permutation(ids), strict=True))

    def called(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(customer_id=table["customer_id"].map(names))

    rows = called(frame.rows).assign(days=frame.window_days).sort_values(["days", "as_of", "customer_id"]).index
    return replace(
        frame,
        rows=called(frame.rows).loc[rows].reset_index(drop=True),
        labels=frame.labels.loc[rows].reset_index(drop=True),
        window_days=frame.window_days[rows],
        weight=frame.weight[rows],
        present=called(frame.present).sort_values("customer_id", ignore_index=True),
    )


@every_candidate
def test_candidate__does_not_care_what_customers_are_called(name, fitted, frame, renamed):
    assert not renamed.rows["recency_days"].equals(frame.rows["recency_days"])
    refitted = candidate_class(name)().fit(renamed, seed=7)
    _assert_close(refitted.predict(frame.present), fitted(name).predict(frame.present), rtol=1e-6, atol=1e-9)


@every_candidate
def test_candidate__survives_a_degenerate_log(name, degenerate, tmp_path):
    candidate = candidate_class(name)().fit(degenerate.frame, seed=7)
    said = candidate.predict(degenerate.frame.present)
    _assert_possible(said, customers=len(degenerate.frame.present))
    candidate.save(tmp_path)
    _assert_close(candidate_class(name).load(tmp_path).predict(degenerate.frame.present), said, rtol=1e-12)
    explained = candidate.contributions(degenerate.frame.present)
    if explained is not None:
        assert np.isfinite(explained.churn).all()
        assert np.isfinite(explained.value).all()


def test_training_frame__names_its_features_and_origins(frame: TrainingFrame):
    assert {"recency_days", "orders_total"} <= set(frame.features)
    assert not {"customer_id", "as_of"} & set(frame.features)
    empty = replace(frame, rows=frame.rows.iloc[:0], labels=frame.labels.iloc[:0], window_days=np.empty(0))
    assert (empty.label_days, empty.origins) == (0, [])


@pytest.mark.parametrize(
    ("quantile", "level", "interval"),
    [
        pytest.param({0.1: 2.0, 0.5: 5.0, 0.9: 9.0}, 0.8, (2.0, 9.0), id="central where the low end is positive"),
        pytest.param({0.5: 5.0, 0.8: 7.0, 0.9: 9.0}, 0.8, (0.0, 7.0), id="one-sided where the low end is zero"),
        pytest.param({0.9: 9.0}, 0.8, (0.0, 0.0), id="a point where zero is more probable than the level"),
        pytest.param({0.0: -4.0, 0.5: 5.0, 0.9: 9.0}, 0.8, (-4.0, 9.0), id="central where the low end is a loss"),
        pytest.param({0.25: 1.0, 0.75: 3.0, 0.9: 9.0}, 0.5, (1.0, 3.0), id="another level"),
    ],
)
def test_prediction__gives_the_interval_that_holds_the_level(quantile, level, interval):
    steps = np.array([max((value for at, value in quantile.items() if at <= step), default=0.0, key=abs)
                      for step in LEVELS])  # fmt: skip
    one = np.ones(1)
    low, high = Prediction(
        buy_probability=one, expected_orders=one, expected_value=one, quantiles=steps[None, :]
    ).interval(level)
    assert (low.item(), high.item()) == interval


def test_prediction__has_no_interval_without_a_distribution():
    assert (
        Prediction(buy_probability=np.ones(1), expected_orders=np.ones(1), expected_value=np.ones(1)).interval() is None
    )


class Constant(Candidate, Fitted):
    """The least a candidate can be."""

    name = "constant"

    def fit(self, frame, *, seed):
        return self

    def predict(self, snapshot):
        one = np.ones(len(snapshot))
        return Prediction(buy_probability=one, expected_orders=one, expected_value=one)

    def save(self, folder):
        (folder / "constant.json").write_text("{}")

    @classmethod
    def load(cls, folder):
        return cls()


def test_candidate__need_not_calibrate_or_explain(training, frame):
    constant = Constant()
    assert constant.calibrate(training.backtest.evidence("blend")) is constant
    assert constant.contributions(frame.present) is None
