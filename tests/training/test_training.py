"""Training end to end: the same every time, honest about short histories, whole on any log."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError, UsageError
from tenure_training.frame import Frames
from tenure_training.models.registry import BASELINES, CANDIDATES
from tenure_training.models.season import Season
from tenure_training.training import NO_SIGNAL, Training, train
from tenure_training.windows import backtest_windows

START = pd.Timestamp("2020-01-01")


def _bytes(training: Training, folder: Path) -> dict[str, bytes]:
    training.champion.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _train(frames: Frames, *, days: int, horizon_days: int, **options) -> Training:
    as_of = START + pd.Timedelta(days=days)
    return train(frames, as_of=as_of, horizon_days=horizon_days, **{"seed": 7, "candidates": ["bgnbd"]} | options)


@pytest.fixture(scope="module")
def small(shop, open_log) -> Frames:
    """Sixty customers over four months."""
    return Frames(open_log(shop(75, days=120, seed=9), START + pd.Timedelta(days=120)))


def test_train__gives_a_champion_fitted_on_all_that_has_closed(training, frame, as_of):
    assert training.choice.name == training.candidate.name
    assert training.frame.as_of == as_of
    pd.testing.assert_frame_equal(training.frame.rows, frame.rows)
    assert set(training.backtest.predictions) == {*BASELINES, "blend"}
    assert all(window.is_closed_by(as_of) for window in training.backtest.windows)
    assert [note.split(":")[0] for note in training.notes] == [  # but for the 15 days nearby
        "75% of the 60 days ahead fall into a time of the year that no closed window has shown",
    ]


def test_train__calibrates_the_champion_on_the_backtest(training):
    """The champion answers as a fresh fit, but for its level and its spread, which the later windows taught."""
    fresh = CANDIDATES[training.choice.name]().fit(training.frame, seed=7)
    said, calibrated = (model.predict(training.frame.present) for model in (fresh, training.champion))
    assert np.abs(said.buy_probability - calibrated.buy_probability).max() > 1e-6
    learnt = fresh.calibrate(training.backtest.evidence(training.choice.name)).predict(training.frame.present)
    np.testing.assert_array_equal(learnt.buy_probability, calibrated.buy_probability)
    np.testing.assert_array_equal(learnt.quantiles, calibrated.quantiles)


def test_train__is_the_same_every_time(open_log, shop, tmp_path):
    """Whatever the order of the rows in the file."""
    orders = shop(70, days=80, seed=9)
    logs = [open_log(rows, START + pd.Timedelta(days=80)) for rows in (orders, orders.sample(frac=1, random_state=1))]
    one, two = (_train(Frames(log), days=80, horizon_days=30, candidates=["blend"]) for log in logs)
    assert one.frame.labels["bought"].sum() > 30
    assert one.choice == two.choice
    assert _bytes(one, tmp_path / "one") == _bytes(two, tmp_path / "two")
    pd.testing.assert_frame_equal(one.backtest.table(), two.backtest.table())


def test_train__compares_the_baselines_with_what_is_asked_for(small):
    training = _train(small, days=120, horizon_days=30, candidates=["bgnbd", "recency"])
    assert list(training.backtest.predictions) == [*BASELINES, "bgnbd"]
    assert [candidate.name for candidate in training.competitors] == [*BASELINES, "bgnbd"]
    assert training.choice.name == "bgnbd"


def test_train__says_that_windows_were_carried(small):
    training = _train(small, days=120, horizon_days=180, candidates=["blend"])
    carried, backtested, _season = training.notes
    assert "too short for a window of 180 days" in carried
    assert f"up to {training.frame.label_days} days" in carried
    assert 0 < training.frame.label_days < 180
    assert f"windows of {training.backtest.windows[0].days} days" in backtested


@pytest.mark.parametrize(
    ("candidate", "customers", "said"),
    [
        ("bgnbd", 75, "fitted to the order history itself; 180 days are its extrapolation"),
        ("blend", 20, "carried to 180 days at a constant rate"),
    ],
)
def test_train__speaks_of_the_champion_it_has(shop, open_log, candidate, customers, said):
    frames = Frames(open_log(shop(customers, days=120, seed=9), START + pd.Timedelta(days=120)))
    training = _train(frames, days=120, horizon_days=180, candidates=[candidate])
    assert training.choice.name == ("recency" if customers < 50 else candidate)
    assert said in training.notes[0]
    assert "rhythm" not in training.notes[0]
    assert "BTYD" not in training.notes[0]


def test_train__says_that_only_the_backtest_is_shorter(small):
    training = _train(small, days=120, horizon_days=50)
    note, season = training.notes
    assert training.frame.label_days == 50
    assert "that no closed window has shown: the total may be off" in season  # a history of four months
    assert f"windows of {training.backtest.windows[0].days} days: fewer than two of 50" in note


def test_train__tells_what_past_years_showed_from_what_somebody_said(shop, open_log):
    """Most orders outside December are taken away; on top of what that shows somebody expects three tenths more."""
    orders, as_of = shop(300, days=1065, seed=3), pd.Timestamp("2022-12-01")
    kept = (orders["ordered_at"].dt.month == 12) | (np.random.default_rng(1).random(len(orders)) < 0.35)
    frames = Frames(open_log(orders[kept], as_of), season=Season(expected=1.3, ahead_of=as_of))
    notes = train(frames, as_of=as_of, horizon_days=30, seed=7, candidates=["recency"]).notes
    text = " ".join(notes)
    assert float(re.search(r"showed, ([\d.]+)", text)[1]) > 1.2
    assert "By [season], 1.30 times" in text


def test_train__says_that_nothing_could_be_learnt_or_compared(shop, open_log):
    frames = Frames(open_log(shop(60, days=12, seed=5), START + pd.Timedelta(days=12)))
    training = _train(frames, days=12, horizon_days=90)
    assert training.backtest is None
    assert [note.split(":")[0] for note in training.notes] == [
        "No window has closed in 12 days of history", "No backtest was possible",
    ]  # fmt: skip
    assert training.signal  # nothing says that there is none


def test_train__finds_no_signal_where_orders_are_dealt_out_to_customers(shop, open_log):
    """Every order goes to anybody: nothing before as_of says who will order after it, so scores are near their mean."""
    orders = shop(150, days=150, seed=9)
    generator = np.random.default_rng(1)
    dealt = orders.assign(customer_id=generator.choice(orders["customer_id"].unique(), len(orders)))
    found, lost = (
        _train(Frames(open_log(log)), days=120, horizon_days=30, candidates=["blend"]) for log in (orders, dealt)
    )
    assert (found.signal, lost.signal) == (True, False)
    assert NO_SIGNAL in lost.notes
    spread = [np.std(training.champion.predict(training.frame.present).rank_score) for training in (found, lost)]
    assert spread[1] < 0.2 * spread[0]


def test_train__falls_back_on_a_rule_for_a_handful(shop, open_log):
    training = _train(Frames(open_log(shop(20, days=120, seed=2))), days=110, horizon_days=30)
    assert training.choice.name == training.candidate.name == "recency"


def test_train__refuses_an_unknown_candidate_before_it_computes(small, monkeypatch):
    monkeypatch.setattr(small, "frame", None)
    with pytest.raises(UsageError, match="no candidate named 'blennd'"):
        _train(small, days=120, horizon_days=30, candidates=["blennd"])


def test_train__refuses_a_moment_before_the_first_order(small):
    with pytest.raises(DataContractError, match="Nobody ordered"):
        _train(small, days=0, horizon_days=30)


def test_train__leaves_out_windows_in_which_nobody_was_active(shop, open_log):
    """A shop that was shut for five months has origins without a population."""
    early, late = shop(80, days=60, seed=1), shop(80, days=60, seed=2)
    late = late.assign(ordered_at=late["ordered_at"] + pd.Timedelta(days=200), customer_id="n" + late["customer_id"])
    log = open_log(pd.concat([early, late]), START + pd.Timedelta(days=265))
    frames = Frames(log, active_days=30)
    training = _train(frames, days=265, horizon_days=30)
    possible = backtest_windows(frames.first_order, training.frame.as_of, horizon_days=30)
    populated = [window for window in possible if not frames.snapshot(window.origin).empty]
    assert 0 < len(populated) < len(possible)
    assert list(training.backtest.windows) == populated
    assert np.isfinite(training.champion.predict(training.frame.present).buy_probability).all()


def test_train__survives_a_degenerate_log(degenerate, tmp_path):
    training = train(degenerate.frames, as_of=degenerate.as_of, horizon_days=30, seed=7, candidates=["blend"])
    said = training.champion.predict(training.frame.present)
    assert np.isfinite(said.buy_probability).all()
    assert np.isfinite(said.expected_value).all()
    assert said.quantiles is None or np.isfinite(said.quantiles).all()
    assert _bytes(training, tmp_path / "model")
    if training.backtest is not None:
        assert np.isfinite(training.backtest.table()["log_loss"]).all()


def test_log__of_returns_only_is_refused(open_log):
    returns = pd.DataFrame({"customer_id": ["a", "b"], "ordered_at": [START, START], "revenue": [-5.0, -7.0]})
    with pytest.raises(DataContractError):
        Frames(open_log(returns))
