"""Rolling-origin backtest: every candidate refitted at past origins and judged on what happened next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_training.frame import Frames
from tenure_training.metrics import METRICS, evaluate
from tenure_training.models.contract import Evidence, Prediction
from tenure_training.models.registry import BASELINES, candidate_class
from tenure_training.windows import Window

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Backtest:
    """Predictions of several candidates for the same closed windows, and what happened in them.

    Attributes
    ----------
    windows
        Latest first.
    predictions
        By candidate, one per window.
    outcomes
        One per window: ``customer_id``, ``bought``, ``orders``, ``value``.
    """

    windows: Sequence[Window]
    predictions: Mapping[str, Sequence[Prediction]]
    outcomes: Sequence[pd.DataFrame]

    def table(self) -> pd.DataFrame:
        """One row per candidate and window.

        Returns
        -------
        DataFrame
            ``candidate``, ``kind`` (baseline or model), ``origin``, ``window_days``, ``customers`` and one column per
            metric; candidates in the order they were given, windows latest first.
        """
        rows = [
            {
                "candidate": name,
                "kind": "baseline" if name in BASELINES else "model",
                "origin": window.origin,
                "window_days": window.days,
                "customers": len(outcome),
                **evaluate(prediction, outcome),
            }
            for name, predictions in self.predictions.items()
            for window, prediction, outcome in zip(self.windows, predictions, self.outcomes, strict=True)
        ]
        return pd.DataFrame(rows, columns=["candidate", "kind", "origin", "window_days", "customers", *METRICS])

    def evidence(self, name: str) -> Evidence:
        """Pool a candidate's predictions and what happened over all windows."""
        said = self.predictions[name]
        sizes = [len(outcome) for outcome in self.outcomes]

        def did(column: str) -> np.ndarray:
            return np.concatenate([outcome[column].to_numpy() for outcome in self.outcomes])

        return Evidence(
            buy_probability=np.concatenate([prediction.buy_probability for prediction in said]),
            expected_value=np.concatenate([prediction.expected_value for prediction in said]),
            bought=did("bought").astype(bool),
            value=did("value").astype(np.float64),
            window=np.repeat(np.arange(len(sizes)), sizes),
        )


def backtest(
    frames: Frames, windows: Sequence[Window], *, candidates: Sequence[str], seed: int, advance: Advance | None = None
) -> Backtest:
    """Fit each candidate on what was known at each window's origin, and predict the window.

    Parameters
    ----------
    frames
        The order log, point in time.
    windows
        Closed windows to be judged on, such as `backtest_windows` gives.
    candidates
        Names in the registry.
    seed
        Passed to every fit.
    advance
        Called with (fits done, fits in all).
    """
    total, done = len(windows) * len(candidates), 0
    predictions: dict[str, list[Prediction]] = {name: [] for name in candidates}
    outcomes: list[pd.DataFrame] = []
    for window in windows:
        frame = frames.frame(window.origin, horizon_days=window.days)
        outcomes.append(frames.labels(window).assign(customer_id=frame.present["customer_id"]))
        for name in candidates:
            predictions[name].append(candidate_class(name)().fit(frame, seed=seed).predict(frame.present))
            done += 1
            if advance:
                advance(done, total)
    return Backtest(tuple(windows), predictions, tuple(outcomes))
