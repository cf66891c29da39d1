"""Checks that train again: the same model must come out, and nothing may be learnt from shuffled outcomes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_training.audit.doctor import FUTURES, doctor_tables
from tenure_training.audit.finding import Check, Finding
from tenure_training.audit.tables import BuildFrames, Tables
from tenure_training.backtest import run_backtest
from tenure_training.frame import Frames
from tenure_training.metrics import evaluate_metrics
from tenure_training.models.contract import Fitted, Prediction, TrainingFrame
from tenure_training.models.registry import CandidateName, candidate_class
from tenure_training.training import train
from tenure_training.windows import Window, backtest_windows

SAME_MODEL = Check("same_model", "Is the model the same, to the last bit, when rows at or after as_of are not?")
LEARNING_ORDER = Check("learning_order", "Is the model the same when its training rows come in another order?")
PERMUTED = Check("permuted_outcomes", "Is a model without skill when outcomes are dealt out at random?")

_NOISE = 4.0
"""Standard errors above .5 that chance is given: one audit in thirty thousand is wrong by it."""

PERMUTATIONS = 2
_FEWEST = 30


def same_model(
    tables: Tables, build: BuildFrames, *, as_of: pd.Timestamp, horizon_days: int, candidate: CandidateName, seed: int
) -> Finding:
    """Train with rows at and after ``as_of`` doctored; compare every byte and every score."""
    names = ["untouched", *FUTURES]
    digests = {}
    for name in names:
        rows = tables if name == "untouched" else doctor_tables(tables, name, moment=as_of, seed=seed)
        made = train(build(rows), as_of=as_of, horizon_days=horizon_days, seed=seed, candidates=[candidate])
        digests[name] = (model_digest(made.champion), made.champion.predict(made.frame.present), made.choice.name)
    base = digests["untouched"]
    moved = [
        f"the {what} with rows {name}"
        for name in FUTURES
        for what, same in (
            ("model", digests[name][0] == base[0] and digests[name][2] == base[2]),
            ("scores", _same_scores(digests[name][1], base[1])),
        )
        if not same
    ]
    return SAME_MODEL.conclude(
        moved,
        good=f"Trained {len(names)} times as of {as_of:%Y-%m-%d}, {base[2]} is the same to the byte ({base[0][:12]}), "
        f"and so are the scores of {len(base[1].buy_probability):,} customers.",
        bad="Later rows change what is trained",
    )


def model_digest(model: Fitted) -> str:
    """Hash every file a model is saved as."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        total = hashlib.sha256()
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
        return total.hexdigest()


def _same_scores(a: Prediction, b: Prediction) -> bool:
    return np.array_equal(a.buy_probability, b.buy_probability) and np.array_equal(a.expected_value, b.expected_value)


def learning_order(frame: TrainingFrame, *, candidate: CandidateName, seed: int) -> Finding:
    """Fit on the training rows in another order, and on origins in another order: the predictions must stay."""
    if frame.rows.empty:
        return LEARNING_ORDER.skip("No window has closed, so there are no training rows.")
    model = candidate_class(candidate)
    base = model().fit(frame, seed=seed).predict(frame.present)
    backwards = np.arange(len(frame.rows))[::-1]
    mixed = np.random.default_rng(seed).permutation(len(frame.rows))
    moved = []
    for name, order in (("origins backwards", backwards), ("rows shuffled", mixed)):
        other = model().fit(_reorder(frame, order), seed=seed).predict(frame.present)
        apart = max(
            float(np.abs(other.buy_probability - base.buy_probability).max()),
            float(np.abs(other.expected_value / np.where(base.expected_value == 0, 1, base.expected_value) - 1)[
                base.expected_value != 0
            ].max(initial=0.0)),
        )  # fmt: skip
        moved += [f"{name} ({apart:.2g})"] if apart > 1e-6 else []
    return LEARNING_ORDER.conclude(
        moved,
        good=f"{model.name} says the same from {len(frame.rows):,} rows of {len(frame.origins)} origins in any order.",
        bad="Predictions depend on the order of rows",
    )


def _reorder(frame: TrainingFrame, order: np.ndarray) -> TrainingFrame:
    return replace(
        frame,
        rows=frame.rows.iloc[order].reset_index(drop=True),
        labels=frame.labels.iloc[order].reset_index(drop=True),
        window_days=frame.window_days[order],
        weight=frame.weight[order],
    )


class Dealt(Frames):
    """Frames whose outcomes are dealt out at random among the customers of each window."""

    def __init__(self, frames: Frames, *, seed: int) -> None:
        vars(self).update(vars(frames))
        self._frames, self._seed = frames, seed
        self._taught = self  # what is learnt from is dealt out, too: no sample with the real outcomes

    def snapshot(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """Return the snapshot as it is."""
        return self._frames.snapshot(as_of)

    def prepare(self, moments: Sequence[pd.Timestamp], windows: Sequence[Window]) -> None:  # type: ignore[override]
        """Compute what will be asked for."""
        self._frames.prepare(moments, windows)

    def prepare_frames(self, windows: Iterable[Window]) -> None:
        """Compute what will be asked for, where one query can hold it."""
        self._frames.prepare_frames(windows)

    def labels(self, window: Window) -> pd.DataFrame:
        """Return the labels of the window in an order of its own, the same one every time."""
        real = self._frames.labels(window)
        generator = np.random.default_rng([self._seed, window.origin.value // 10**9, window.days])
        return real.iloc[generator.permutation(len(real))].reset_index(drop=True)


def permuted_outcomes(
    frames: Frames, *, as_of: pd.Timestamp, horizon_days: int, candidate: CandidateName, seed: int
) -> Finding:
    """Deal the outcomes of every window out at random, train, and judge on the dealt outcomes of the backtest.

    Features know nothing of the deal, so the AUROC is .5 within its noise, unless a model has seen the very outcomes
    it is judged on.
    """
    windows = [
        window
        for window in backtest_windows(frames.first_order, as_of, horizon_days=horizon_days)
        if not frames.snapshot(window.origin).empty
    ]
    statistics, variance, name = [], [], candidate_class(candidate).name
    for number in range(PERMUTATIONS):
        dealt = Dealt(frames, seed=seed + number)
        result = run_backtest(dealt, windows, candidates=[candidate], seed=seed)
        for prediction, outcome in zip(result.predictions[name], result.outcomes, strict=True):
            yes, no = int(outcome["bought"].sum()), int((~outcome["bought"]).sum())
            if min(yes, no) >= _FEWEST:
                statistics.append(evaluate_metrics(prediction, outcome, metrics=["auroc"])["auroc"])
                variance.append((yes + no + 1) / (12 * yes * no))  # Mann & Whitney (1947), no ties
    if not statistics:
        return PERMUTED.skip(f"No backtest window has {_FEWEST} customers who bought and as many who did not.")
    mean, error = float(np.mean(statistics)), float(np.sqrt(np.sum(variance)) / len(statistics))
    limit = 0.5 + _NOISE * error
    return PERMUTED.conclude(
        [name] if mean > limit else [],
        good=f"On outcomes dealt out at random {name} has an AUROC of {mean:.3f}; up to {limit:.3f} is noise.",
        bad=f"On outcomes dealt out at random the AUROC is {mean:.3f}, where chance gives {limit:.3f} at most; they "
        "were seen by",
    )
