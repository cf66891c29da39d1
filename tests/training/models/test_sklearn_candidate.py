"""A user's own estimators compete like any other candidate, and say why they cannot be champion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tenure_features.errors import UsageError
from tenure_training.metrics import evaluate_metrics
from tenure_training.models.search_space import Integer
from tenure_training.models.sklearn_candidate import SklearnCandidate, sklearn_candidate
from tenure_training.training import train

plain = sklearn_candidate("plain", make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)), Ridge())


def test_sklearn_candidate__says_possible_things_of_each_customer_alone(frame):
    model = plain().fit(frame, seed=7)
    said = model.predict(frame.present)
    assert np.isfinite([said.buy_probability, said.expected_orders, said.expected_value, said.rank_score]).all()
    assert ((said.buy_probability > 0) & (said.buy_probability < 1)).all()
    assert (said.expected_orders >= said.buy_probability).all()
    alone = model.predict(frame.present.iloc[[3]])
    np.testing.assert_allclose(alone.expected_value, said.expected_value[[3]], rtol=1e-9)
    assert len(model.predict(frame.present.iloc[:0]).buy_probability) == 0


def test_sklearn_candidate__ranks_customers_as_they_buy(judged):
    frame, did = judged
    said = plain().fit(frame, seed=7).predict(frame.present)
    assert evaluate_metrics(said, did, metrics=["auroc"])["auroc"] > 0.6


def test_sklearn_candidate__without_closed_windows_is_the_rhythm(frame):
    nothing = replace(
        frame,
        rows=frame.rows[:0],
        labels=frame.labels[:0],
        window_days=np.empty(0),
        weight=np.empty(0),
        horizon_days=60,
    )
    said = plain().fit(nothing, seed=7).predict(frame.present)
    assert np.isfinite(said.expected_value).all()


def test_sklearn_candidate__is_seeded_and_weighted_where_the_estimator_can_be(frame):
    forest = sklearn_candidate(
        "forest", RandomForestClassifier(n_estimators=5), KNeighborsRegressor(),
        search_space={"n_estimators": Integer(2, 9, 5)},
    )  # fmt: skip
    one, same, other = (forest().fit(frame, seed=seed).predict(frame.present) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.buy_probability, same.buy_probability)
    assert not np.array_equal(one.buy_probability, other.buy_probability)
    tuned = forest({"n_estimators": 2}).fit(frame, seed=1)
    assert len(tuned.buys.estimators_) == 2
    assert forest.classifier.n_estimators == 5  # what the user gave is not touched


def test_sklearn_candidate__refuses_what_gives_no_probability():
    with pytest.raises(UsageError, match=r"Ridge.* cannot be part of the candidate 'odd'.*no predict_proba"):
        sklearn_candidate("odd", Ridge(), Ridge())
    with pytest.raises(UsageError, match="no fit, get_params, predict"):
        sklearn_candidate("odd", LogisticRegression(), "ridge")


def test_train__lets_it_compete_but_not_win(frames, as_of):
    done = train(frames, as_of=as_of, horizon_days=60, seed=7, candidates=[plain, "logistic"])
    assert "plain" in done.backtest.predictions
    assert done.choice.name == "logistic"


def test_train__refuses_when_nobody_could_be_champion(frames, as_of):
    with pytest.raises(UsageError, match=r"None of the candidates could be champion.*plain.*blend"):
        train(frames, as_of=as_of, horizon_days=60, seed=7, candidates=[plain])


def test_sklearn_candidate__cannot_be_saved_unless_it_says_how(frame, tmp_path):
    with pytest.raises(UsageError, match=r"'plain' cannot be written into a bundle.*pickled.*Define save and load"):
        plain().fit(frame, seed=7).save(tmp_path)
    with pytest.raises(UsageError, match="never written"):
        plain.load(tmp_path)

    class Own(SklearnCandidate):
        name, classifier, regressor, servable = "own", KNeighborsClassifier(), KNeighborsRegressor(), True

    assert (plain.servable, Own.servable) == (False, True)
