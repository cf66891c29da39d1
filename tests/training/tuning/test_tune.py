"""Settings are chosen on earlier origins and used only where they win on the latest."""

from __future__ import annotations

import numpy as np
import pytest

from tenure_features.errors import UsageError
from tenure_training.models.hurdle.blend import Blend
from tenure_training.training import train
from tenure_training.tuning import tune
from tenure_training.windows import backtest_windows


@pytest.fixture(scope="module")
def tuned(frames, as_of, tmp_path_factory):
    return tune(frames, candidate="logistic", as_of=as_of, horizon_days=60, seed=7, trials=4,
                journal=tmp_path_factory.mktemp("tuning") / "j")  # fmt: skip


def test_tune__chooses_on_the_earlier_origins_and_confirms_on_the_latest(tuned, frames, as_of):
    latest, *earlier = backtest_windows(frames.first_order, as_of, horizon_days=60, most=4)
    assert tuned.gains["origin"].tolist() == [latest.origin, *(window.origin for window in earlier)]
    assert tuned.gains["role"].tolist() == ["confirmed on"] + ["chosen on"] * len(earlier)
    best = min(tuned.trials, key=lambda trial: trial.score.loss)
    assert tuned.settings == best.settings
    np.testing.assert_allclose(tuned.gains["relative"][1:], best.score.relative)
    assert tuned.used == (tuned.gains["relative"].iloc[0] < 1 and "significantly" not in tuned.reason)
    assert "on the latest origin" in tuned.reason


def test_tune__is_measured_as_the_candidate_with_these_settings(tuned, frames):
    from tenure_training.metrics import evaluate_metrics
    from tenure_training.models.hurdle.logistic import Logistic
    from tenure_training.windows import Window

    row = tuned.gains.iloc[0]
    frame = frames.frame(row["origin"], horizon_days=int(row["window_days"]))
    did = frames.labels(Window(row["origin"], int(row["window_days"])))
    did = did.assign(customer_id=frame.present["customer_id"])
    for settings, suffix in ((tuned.settings, ""), ({}, "_untuned")):
        said = evaluate_metrics(Logistic(settings).fit(frame, seed=7).predict(frame.present), did)
        assert row[f"log_loss{suffix}"] == pytest.approx(said["log_loss"], rel=1e-9)


def test_tune__needs_two_windows(shop, open_log, tmp_path):
    import pandas as pd

    from tenure_training.frame import Frames

    frames = Frames(open_log(shop(60, days=60, seed=2)))
    done = tune(frames, candidate="blend", as_of=pd.Timestamp("2020-01-20"), horizon_days=60, seed=7, trials=3,
                journal=tmp_path / "j")  # fmt: skip
    assert (done.used, done.settings, len(done.trials)) == (False, {}, 0)
    assert "two closed windows" in done.reason


def test_tune__refuses_what_has_nothing_to_tune(frames, as_of, tmp_path):
    with pytest.raises(UsageError, match="'bgnbd' has nothing to tune"):
        tune(frames, candidate="bgnbd", as_of=as_of, horizon_days=60, seed=7, trials=3, journal=tmp_path / "j")


def test_train__uses_tuned_settings_in_the_backtest_and_for_the_champion(frames, as_of):
    settings = {"blend": {"rounds": 50, "max_depth": 2, "linear_penalty": 1000.0}}
    plain, done = (
        train(frames, as_of=as_of, horizon_days=60, seed=7, candidates=["blend"], settings=each)
        for each in ({}, settings)
    )
    assert not np.array_equal(
        done.backtest.predictions["blend"][0].buy_probability, plain.backtest.predictions["blend"][0].buy_probability
    )
    by_hand = Blend(settings["blend"]).fit(done.frame, seed=7).calibrate(done.backtest.evidence("blend"))
    one, other = (model.predict(done.frame.present).expected_value for model in (by_hand, done.champion))
    np.testing.assert_allclose(one, other, rtol=1e-9)
