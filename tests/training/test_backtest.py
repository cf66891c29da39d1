"""Candidates are refitted at every origin on what was known then, and judged on the same customers."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tenure_features.errors import UsageError
from tenure_training.backtest import Backtest, run_backtest
from tenure_training.metrics import METRICS, empc
from tenure_training.models.contract import Candidate, Evidence, Fitted, Opinion, Prediction, TrainingFrame
from tenure_training.windows import Window, backtest_windows


class Spy(Candidate, Fitted):
    """Remembers what it was given; predicts a number that names the fit."""

    name = "spy"
    fits: ClassVar[list[TrainingFrame]] = []
    seeds: ClassVar[list[int]] = []
    instances: ClassVar[list[Candidate]] = []
    evidence: ClassVar[list[tuple[int, Evidence]]] = []

    def fit(self, frame, *, seed):
        self.fits.append(frame)
        self.seeds.append(seed)
        self.instances.append(self)
        self.number = len(self.fits)
        return self

    def predict(self, snapshot):
        n = np.full(len(snapshot), float(self.number))
        return Prediction(buy_probability=n / 100, expected_orders=n, expected_value=10 * n, parts={"spy": -n})

    def calibrate(self, evidence):
        self.evidence.append((self.number, evidence))
        return self

    def save(self, folder):
        (folder / "spy.json").write_text("{}")

    @classmethod
    def load(cls, folder):
        return cls()


@pytest.fixture
def spy(monkeypatch) -> type[Spy]:
    for memory in ("fits", "seeds", "instances", "evidence"):
        monkeypatch.setattr(Spy, memory, [])
    return Spy


@pytest.fixture(scope="module")
def windows(frames, as_of) -> list[Window]:
    found = backtest_windows(frames.first_order, as_of, horizon_days=60)
    assert len(found) >= 2
    return found


@pytest.fixture(scope="module")
def result(frames, windows) -> Backtest:
    return run_backtest(frames, windows, candidates=["recency", "bgnbd"], seed=7)


def test_backtest__refits_at_each_origin_on_what_was_known_then(frames, windows, spy):
    run_backtest(frames, windows, candidates=[Spy], seed=11)
    oldest_first = sorted(windows)
    assert [fit.as_of for fit in spy.fits] == [window.origin for window in oldest_first]
    assert len({id(instance) for instance in spy.instances}) == len(windows)
    assert spy.seeds == [11] * len(windows)
    for fit, window in zip(spy.fits, oldest_first, strict=True):
        assert fit.horizon_days == window.days
        assert (fit.rows["as_of"] + pd.to_timedelta(fit.window_days, unit="D")).max() <= window.origin
        assert_frame_equal(fit.present, frames.snapshot(window.origin))
        assert (fit.present["as_of"] == window.origin).all()


def test_backtest__fits_do_not_know_the_window(frames, windows, spy, orders, open_log):
    """Without the orders of its window a candidate gets the same to learn from."""
    run_backtest(frames, windows[:1], candidates=[Spy], seed=1)
    origin = windows[0].origin
    cut = type(frames)(open_log(orders[orders["ordered_at"] < origin], origin))
    known = cut.frame(origin, horizon_days=windows[0].days)
    assert_frame_equal(spy.fits[0].rows, known.rows)
    assert_frame_equal(spy.fits[0].labels, known.labels)
    assert_frame_equal(spy.fits[0].present, known.present)


def test_backtest__calibrates_on_the_windows_that_had_closed_and_on_no_other(frames, windows, spy):
    result = run_backtest(frames, windows, candidates=[Spy], seed=1)
    assert [number for number, _ in spy.evidence] == list(range(2, len(windows) + 1))  # the first has nothing behind it
    for number, evidence in spy.evidence:
        known = result.outcomes[len(windows) - number + 1 :][::-1]  # oldest first
        np.testing.assert_array_equal(evidence.value, pd.concat(known)["value"])
        np.testing.assert_array_equal(evidence.bought, pd.concat(known)["bought"])
        assert set(evidence.buy_probability) == {earlier / 100 for earlier in range(1, number)}


class Teller(Spy):
    """Says of every window that half of its customers buy, for ten each."""

    name = "teller"

    def predict(self, snapshot):
        opinion = Opinion(buyers=len(snapshot) / 2, value=5.0 * len(snapshot))
        return replace(super().predict(snapshot), opinions={"coin": opinion})


def test_backtest__tells_later_fits_how_far_opinions_on_the_level_were_off(frames, windows, spy):
    """Against the number of buyers and the total of the windows that had closed by then."""
    result = run_backtest(frames, windows, candidates=[Teller], seed=1)
    misses = result.evidence("teller").misses["coin"]
    bought = np.array([outcome["bought"].mean() for outcome in reversed(result.outcomes)])
    each = np.array([outcome["value"].mean() for outcome in reversed(result.outcomes)])
    np.testing.assert_allclose(misses[::-1, 0], -np.log(bought / (1 - bought)), atol=0.02)
    np.testing.assert_allclose(misses[::-1, 1], np.clip(np.log(5.0 / each), -1, 1), atol=1e-9)
    assert all(len(evidence.misses["coin"]) == number - 1 for number, evidence in spy.evidence)


def test_backtest__holds_what_happened_next(frames, windows, result, orders):
    for window, outcome in zip(windows, result.outcomes, strict=True):
        assert outcome["customer_id"].tolist() == frames.snapshot(window.origin)["customer_id"].tolist()
        inside = orders[(orders["ordered_at"] >= window.origin) & (orders["ordered_at"] < window.closes)]
        value = inside.groupby("customer_id")["revenue"].sum().reindex(outcome["customer_id"], fill_value=0.0)
        np.testing.assert_allclose(outcome["value"], value, atol=1e-6)


def test_backtest__table_has_a_row_per_candidate_and_window(result, windows):
    table = result.table()
    assert list(table.columns) == ["candidate", "kind", "origin", "window_days", "customers", *METRICS, "empc"]
    keys = list(zip(table["candidate"], table["origin"], strict=True))
    assert keys == list(product(["recency", "bgnbd"], [window.origin for window in windows]))
    assert dict(zip(table["candidate"], table["kind"], strict=True)) == {"recency": "baseline", "bgnbd": "model"}
    assert (table["window_days"] == 60).all()
    assert table["customers"].tolist() == [len(outcome) for outcome in result.outcomes] * 2
    assert table["log_loss"].between(0, 2).all()
    assert table["empc"].isna().all()  # the status quo, whose values the profit is counted in, did not take part


def test_backtest__counts_the_profit_of_a_ranking_in_the_status_quo_s_money(result, windows):
    said = result.predictions["bgnbd"]
    worth = [
        Prediction(
            buy_probability=p.buy_probability,
            expected_orders=p.expected_orders,
            expected_value=np.full(len(p.expected_value), 200.0),
        )
        for p in said
    ]
    table = (
        Backtest(windows=windows, predictions={"status_quo": worth, "bgnbd": said}, outcomes=result.outcomes)
        .table()
        .set_index("candidate")
    )
    for window, (prediction, outcome) in enumerate(zip(said, result.outcomes, strict=True)):
        churned = (~outcome["bought"]).to_numpy(dtype=float)
        expected = empc(1 - prediction.buy_probability, churned, clv=200.0, offer_cost=10.0, contact_cost=1.0)
        assert table.loc["bgnbd", "empc"].iloc[window] == pytest.approx(expected)


def test_backtest__table_of_no_window_keeps_its_columns():
    table = Backtest(windows=(), predictions={"blend": []}, outcomes=()).table()
    assert table.empty
    assert list(table.columns[:2]) == ["candidate", "kind"]


def test_backtest__evidence_lines_predictions_up_with_outcomes(frames, windows, spy):
    result = run_backtest(frames, windows, candidates=[Spy], seed=1)
    evidence = result.evidence("spy")
    sizes = [len(outcome) for outcome in result.outcomes]
    assert evidence.window.tolist() == np.repeat(range(len(windows)), sizes).tolist()
    fit = len(windows) - evidence.window  # the latest window comes first, and was fitted last
    np.testing.assert_array_equal(evidence.buy_probability, fit / 100)
    np.testing.assert_array_equal(evidence.expected_value, 10.0 * fit)
    np.testing.assert_array_equal(evidence.parts["spy"], -1.0 * fit)
    np.testing.assert_array_equal(evidence.value, pd.concat(result.outcomes)["value"])
    np.testing.assert_array_equal(evidence.bought, pd.concat(result.outcomes)["bought"])
    assert evidence.bought.dtype == bool


def test_backtest__reports_progress(frames, windows):
    seen: list[tuple[int, int]] = []
    run_backtest(
        frames, windows, candidates=["zero", "recency"], seed=1, advance=lambda done, total: seen.append((done, total))
    )  # fmt: skip
    total = 2 * len(windows)
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_backtest__refuses_an_unknown_candidate(frames, windows):
    with pytest.raises(UsageError, match="no candidate named"):
        run_backtest(frames, windows, candidates=["oracle"], seed=1)
