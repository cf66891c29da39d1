"""The estimators keep scikit-learn's contract, and stand in its pipelines and searches."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from tenure.sklearn import ChurnClassifier, RollingOrigin, ValueRegressor
from tenure_features.errors import UsageError
from tenure_training.frame import Frames
from tenure_training.windows import Window

FIRST, HORIZON_DAYS = pd.Timestamp("2020-03-01"), 30

WEIGHTS = "trees draw their rows by position, and a row twice is not a row of weight two to a sample or a median"
EXPECTED_FAILURES: dict[type, dict[str, str]] = {
    ChurnClassifier: {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
    ValueRegressor: {
        "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
        "check_regressors_train": "half of its y is negative; an expected value is an amount and never is",
    },
}


@pytest.fixture(scope="module")
def rows(frames: Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Snapshots at five moments a month apart, and what happened in the 30 days after each."""
    windows = [Window(FIRST + pd.Timedelta(days=HORIZON_DAYS * number), HORIZON_DAYS) for number in range(5)]
    snapshots = pd.concat([frames.snapshot(window.origin) for window in windows], ignore_index=True)
    return snapshots, pd.concat([frames.labels(window) for window in windows], ignore_index=True)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", EXPECTED_FAILURES, ids=lambda kind: kind.__name__)
def test_check_estimator__fails_where_a_reason_is_given_and_nowhere_else(estimator: type) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks themselves warn of what they skip
        results = check_estimator(estimator(rounds=20), on_fail=None)
    assert {check["check_name"] for check in results if check["status"] == "failed"} == set(
        EXPECTED_FAILURES[estimator]
    )


def test_classifier__tells_who_left_from_an_earlier_moment(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    X, y = rows[0], ~rows[1]["bought"]
    (train, test), *_ = RollingOrigin(HORIZON_DAYS, n_splits=1).split(X)
    for model in (ChurnClassifier(), ChurnClassifier(horizon_days=HORIZON_DAYS)):
        model.fit(X.iloc[train], y.iloc[train])
        probability = model.predict_proba(X.iloc[test])[:, 1]
        assert model.classes_.tolist() == [False, True]
        assert roc_auc_score(y.iloc[test], probability) > 0.65
        assert log_loss(y.iloc[test], probability) < log_loss(y.iloc[test], np.full(len(test), y.iloc[train].mean()))


def test_classifier__does_not_learn_from_ids(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    X, y = rows[0], ~rows[1]["bought"]
    model = ChurnClassifier(rounds=10).fit(X, y)
    assert not {"customer_id", "as_of"} & set(model.feature_names_in_)
    renamed = X.assign(customer_id="x", as_of=pd.Timestamp("2030-01-01"))
    assert np.array_equal(model.predict_proba(renamed), model.predict_proba(X))


def test_classifier__learns_more_of_rows_that_weigh_more() -> None:
    X = pd.DataFrame({"silence": [1.0, 2.0, 1.0, 2.0] * 20})
    y = np.array([False, True, True, False] * 20)
    agrees = np.tile([5.0, 5.0, 1.0, 1.0], 20)
    assert ChurnClassifier(linear_penalty=1.0).fit(X, y, sample_weight=agrees).predict(X.head(2)).tolist() == [
        False,
        True,
    ]
    assert ChurnClassifier(linear_penalty=1.0).fit(X, y, sample_weight=6 - agrees).predict(X.head(2)).tolist() == [
        True,
        False,
    ]


def test_regressor__puts_the_total_right_and_ranks(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    X, value = rows[0], rows[1]["value"]
    (train, test), *_ = RollingOrigin(HORIZON_DAYS, n_splits=1).split(X)
    # with a horizon, older rows are predicted with the rhythm of the latest: their total is near, not the same
    for model, off in ((ValueRegressor(), 1e-6), (ValueRegressor(horizon_days=HORIZON_DAYS), 0.1)):
        model.fit(X.iloc[train], value.iloc[train])
        assert model.predict(X.iloc[train]).sum() == pytest.approx(value.iloc[train].sum(), rel=off)
        said = model.predict(X.iloc[test])
        assert (said >= 0).all()
        assert pd.Series(said).corr(value.iloc[test].reset_index(drop=True), method="spearman") > 0.3


@pytest.mark.parametrize(("value", "said"), [([0.0, 0.0, 0.0], 0.0), ([-4.0, 0.0, -2.0], -2.0)])
def test_regressor__says_the_mean_where_nobody_brought_anything(value: list[float], said: float) -> None:
    model = ValueRegressor().fit([[1.0], [2.0], [3.0]], value)
    assert model.predict([[1.0], [9.0]]).tolist() == [said, said]


@pytest.mark.parametrize(
    ("dropped", "problem"), [("as_of", "no column as_of"), ("order_days", "no order_days")], ids=["moment", "feature"]
)
def test_horizon__is_refused_without_what_the_rhythm_reads(
    rows: tuple[pd.DataFrame, pd.DataFrame], dropped: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        ChurnClassifier(horizon_days=HORIZON_DAYS).fit(rows[0].drop(columns=dropped), rows[1]["bought"])


def test_horizon__each_moment_has_its_own_rhythm(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """The earlier rows are worth the same whether or not later ones stand beside them."""
    X = rows[0]
    early = X[X["as_of"] == FIRST]
    model = ChurnClassifier(horizon_days=HORIZON_DAYS)
    alone, _, _ = model._learnt_from(early, np.zeros(len(early)))
    beside, _, _ = model._learnt_from(X.sample(frac=1.0, random_state=1), np.zeros(len(X)))
    at = X.sample(frac=1.0, random_state=1)["as_of"].eq(FIRST).to_numpy()
    pd.testing.assert_frame_equal(
        beside[at].sort_values(list(beside.columns), ignore_index=True),
        alone.sort_values(list(alone.columns), ignore_index=True),
    )


def test_clone__gives_an_unfitted_twin() -> None:
    model = ChurnClassifier(horizon_days=60, max_depth=2)
    twin = clone(model)
    assert (
        twin.get_params()
        == model.get_params()
        == {**ChurnClassifier().get_params(), "horizon_days": 60, "max_depth": 2}
    )


def test_pipeline__steps_may_choose_and_change_columns(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    X, y = rows[0], ~rows[1]["bought"]
    chosen = FunctionTransformer(lambda frame: frame[["recency_days", "orders_total"]])
    pipeline = make_pipeline(chosen, ChurnClassifier(rounds=10)).fit(X, y)
    assert pipeline[-1].feature_names_in_.tolist() == ["recency_days", "orders_total"]
    assert pipeline.predict_proba(X).shape == (len(X), 2)


def test_grid_search__compares_settings_on_later_origins(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    X, y = rows[0], ~rows[1]["bought"]
    pipeline = Pipeline([("churn", ChurnClassifier(rounds=20))])
    search: Any = GridSearchCV(
        pipeline, {"churn__max_depth": [1, 3]}, cv=RollingOrigin(HORIZON_DAYS, n_splits=3), scoring="neg_log_loss"
    )
    search.fit(X, y)
    assert search.n_splits_ == 3
    assert len(search.cv_results_["params"]) == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict_proba(X).shape == (len(X), 2)
