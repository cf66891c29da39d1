"""Every leak, planted: the audit names it; without it, the same check passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_training import frame as frame_module
from tenure_training.audit import audit_leaks, quick_audit
from tenure_training.audit.features import boundary_rows, later_rows, row_order
from tenure_training.audit.models import learning_order, permuted_outcomes, same_model
from tenure_training.audit.training import inspect
from tenure_training.models.contract import Candidate, Fitted, Prediction
from tenure_training.windows import Window, backtest_windows, training_windows

from .conftest import AS_OF, HORIZON

QUESTION = {"as_of": AS_OF, "horizon_days": HORIZON, "candidate": "recency", "seed": 1}


def _by_name(findings):
    return {finding.check: finding for finding in findings}


def test_audit__finds_nothing_where_nothing_leaks(trained, tables, building):
    training, frames = trained()
    findings = audit_leaks(training, frames, tables=tables, build=building(), seed=1)
    assert {finding.check: finding.evidence for finding in findings if finding.verdict != "passed"} == {}
    assert len(findings) == 12
    brief = quick_audit(training, frames, tables=tables, build=building(), seed=1)
    assert [finding.check for finding in brief] == [finding.check for finding in findings[: len(brief)]]


@pytest.mark.parametrize(
    ("leak", "suspects"),
    [("orders ever", ("orders_ever",)), ("value of the window", ("value_next",)), ("recency ever", ("recency_days",))],
)
def test_later_rows__are_named_by_the_features_they_reach(tables, building, leak, suspects):
    found = later_rows(tables, building(leak), moments=[AS_OF], seed=1)
    assert (found.verdict, found.suspects) == ("failed", suspects)
    assert "2021-11-01" in found.evidence


def test_later_rows__that_add_a_customer_change_the_population(tables, building):
    found = later_rows(tables, building("<= as_of"), moments=[AS_OF], seed=1)
    assert found.suspects == ("the population",)


@pytest.mark.parametrize(
    ("leak", "suspect"),
    [
        ("<= as_of", "features see a row at exactly as_of"),
        ("label from after as_of", "labels miss a row at exactly as_of"),
        ("label to the end", "labels see a row at exactly the end of the window"),
    ],
)
def test_boundary__names_who_sees_the_wrong_side(tables, building, leak, suspect):
    found = boundary_rows(tables, building(leak), window=Window(AS_OF - pd.Timedelta(days=HORIZON), HORIZON))
    assert found.suspects == (suspect,)


def test_boundary__sees_that_features_miss_yesterday(tables, building):
    def stale(given):
        frames = building()(given)
        today, frames.snapshot = frames.snapshot, lambda at: today(at - pd.Timedelta(days=1)).assign(as_of=at)
        return frames

    found = boundary_rows(tables, stale, window=Window(AS_OF, HORIZON))
    assert "features miss a row just before as_of" in found.suspects


def test_row_order__is_named_by_the_feature_that_follows_it(tables, building):
    assert row_order(tables, building("row number"), moment=AS_OF, seed=1).suspects == ("row_number",)


def test_same_model__differs_where_later_rows_reach_training(tables, building):
    found = same_model(tables, building("recency ever"), **QUESTION)
    assert found.failed
    assert {"the model with rows deleted", "the scores with rows changed and added"} <= set(found.suspects)


def test_closed_windows__names_whose_window_was_open(trained, monkeypatch):
    def immature(first_order, as_of, *, horizon_days, each=4):
        usual = training_windows(first_order, as_of, horizon_days=horizon_days, each=each)
        return [*usual, Window(as_of - pd.Timedelta(days=10), horizon_days)]

    monkeypatch.setattr(frame_module, "training_windows", immature)
    training, frames = trained()
    late = replace(training, frame=frames.frame(AS_OF, horizon_days=HORIZON))
    found = _by_name(inspect(late, frames))
    assert "a training window of the champion" in found["closed_windows"].suspects
    assert found["origin_order"].verdict == "passed"


def test_origin_order__names_the_model_that_learnt_from_later(trained):
    training, frames = trained()
    late = training.frame.rows.assign(as_of=pd.Timestamp("2021-11-20").as_unit("us"))
    found = _by_name(inspect(replace(training, frame=replace(training.frame, rows=late)), frames))
    assert found["origin_order"].suspects == ("the champion",)


def test_one_row_per_customer__names_where_a_customer_is_twice(trained):
    training, frames = trained()
    double = pd.concat([training.frame.present, training.frame.present[:1]], ignore_index=True)
    found = _by_name(inspect(replace(training, frame=replace(training.frame, present=double)), frames))
    assert found["one_row_per_customer"].suspects == ("rows of the champion",)


def test_twin_customers__are_named(trained):
    training, frames = trained()
    present = training.frame.present
    twins = present[present["orders_total"] >= 3][:5]
    twins = twins.assign(customer_id=twins["customer_id"] + "-again")
    found = _by_name(
        inspect(replace(training, frame=replace(training.frame, present=pd.concat([present, twins]))), frames)
    )["twin_customers"]
    assert set(twins["customer_id"]) <= set(found.suspects)
    assert len(found.suspects) == 10


def test_labels_as_features__names_the_copy(trained):
    found = _by_name(inspect(*trained("value of the window")))
    assert found["labels_as_features"].suspects == ("value_next",)
    assert found["telling_features"].suspects[0].startswith("value_next")


class Memory(Candidate, Fitted):
    """Remembers what each customer did in the latest window it was shown."""

    name = "memory"

    def fit(self, frame, *, seed):
        latest = (frame.rows["as_of"] == frame.rows["as_of"].max()).to_numpy()
        self.known = dict(zip(frame.rows["customer_id"][latest], frame.labels["bought"][latest], strict=True))
        return self

    def predict(self, snapshot):
        p = snapshot["customer_id"].map(self.known).fillna(False).to_numpy(dtype=float) * 0.8 + 0.1
        return Prediction(buy_probability=p, expected_orders=p, expected_value=p)

    def save(self, folder): ...

    @classmethod
    def load(cls, folder): ...


class FirstRow(Memory):
    """Predicts what the first row of its frame says: the order of rows decides."""

    name = "first_row"

    def predict(self, snapshot):
        p = np.full(len(snapshot), 0.1 + 0.8 * self.first)
        return Prediction(buy_probability=p, expected_orders=p, expected_value=p)

    def fit(self, frame, *, seed):
        self.first = float(frame.rows["recency_days"].iloc[0]) / 1000
        return self


@pytest.mark.parametrize("leaks", [False, True])
def test_permuted_outcomes__shows_a_model_that_saw_what_it_is_judged_on(tables, building, monkeypatch, leaks):
    def with_the_judged_one(first_order, as_of, *, horizon_days, each=4):
        usual = training_windows(first_order, as_of, horizon_days=horizon_days, each=each)
        return [*usual, Window(as_of, horizon_days)]

    if leaks:
        monkeypatch.setattr(frame_module, "training_windows", with_the_judged_one)
    found = permuted_outcomes(building()(tables), **{**QUESTION, "candidate": Memory})
    assert (found.verdict, found.suspects) == (("failed", ("memory",)) if leaks else ("passed", ()))


def test_permuted_outcomes__has_nothing_to_judge_without_a_window(tables, building):
    assert backtest_windows(AS_OF - pd.Timedelta(days=20), AS_OF, horizon_days=30) == []
    young = {"orders": tables["orders"][tables["orders"]["ordered_at"] >= AS_OF - pd.Timedelta(days=20)]}
    assert permuted_outcomes(building()(young), **QUESTION).verdict == "not applicable"


def test_learning_order__names_a_model_that_follows_it(trained):
    training, _ = trained()
    assert learning_order(training.frame, candidate=FirstRow, seed=1).failed
    assert learning_order(training.frame, candidate="recency", seed=1).verdict == "passed"
