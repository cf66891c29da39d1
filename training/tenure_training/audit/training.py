"""Checks of a finished training that need nothing doctored: its windows, its rows, its features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from tenure_training.audit.finding import Check, Finding
from tenure_training.frame import Frames
from tenure_training.metrics import evaluate_metrics
from tenure_training.models.baselines.rules import RecencyRule
from tenure_training.models.contract import Floats, TrainingFrame
from tenure_training.training import Training

_CLOSED_WINDOWS = Check("closed_windows", "Had every window a model learnt from, or was judged on, closed by then?")
_ORIGIN_ORDER = Check("origin_order", "Does every model learn only from windows before the one it is judged on?")
UNIQUE = Check("one_row_per_customer", "Is a customer once in the rows of an origin and window?")
TWINS = Check("twin_customers", "Is the same history there under several customer ids?")
LABELS = Check("labels_as_features", "Is a feature the label itself?")
TELLING = Check("telling_features", "Does a single feature predict too well?")

TWIN_ORDERS = 3
TWIN_SHARE = 0.01
"""Share of customers with three orders or more that may have a twin by chance, in logs of dates and round prices."""

SAME_RANK = 0.99
"""Rank correlation with a label, among rows where it is not zero, from which a feature counts as the label."""

TOO_GOOD = 0.97
AHEAD = 0.15
"""A feature is suspect with an AUROC of .97 or more alone, or .15 more than the recency rule on the same window.

On the sample of CDNOW (as of 1998-01-01) the best feature is level with the rule, on Online Retail (2011-06-11) .07
ahead of it.
"""

_FEWEST = 30


def inspect(training: Training, frames: Frames) -> tuple[Finding, ...]:
    """Check a finished training where it stands; a fraction of a second.

    Parameters
    ----------
    training
        As `tenure_training.training.train` returned it.
    frames
        The frames it was made from.
    """
    learnt = [(training.frame, "the champion"), *_backtest_frames(training, frames)]
    return (
        _check_closed_windows(training, learnt),
        _origin_order(training, learnt),
        _unique(learnt),
        _twins(training.frame.present),
        _labels_as_features(training.frame),
        _telling(training, frames),
    )


def _backtest_frames(training: Training, frames: Frames) -> Iterator[tuple[TrainingFrame, str]]:
    for window in training.backtest.windows if training.backtest else ():
        yield (
            frames.frame(window.origin, horizon_days=window.days),
            f"the models judged from {window.origin:%Y-%m-%d} on",
        )


def _closes(frame: TrainingFrame) -> pd.Series:
    at = pd.Series(frame.rows["as_of"].to_numpy(), dtype="datetime64[us]")
    return at + pd.to_timedelta(pd.Series(frame.window_days), unit="D")


def _check_closed_windows(training: Training, learnt: list[tuple[TrainingFrame, str]]) -> Finding:
    late = [f"a training window of {who}" for frame, who in learnt if (_closes(frame) > frame.as_of).any()]
    judged = training.backtest.windows if training.backtest else ()
    late += [
        f"the backtest window from {window.origin:%Y-%m-%d}"
        for window in judged
        if not window.is_closed_by(training.frame.as_of)
    ]
    rows = sum(len(frame.rows) for frame, _ in learnt)
    if not rows and not judged:
        return _CLOSED_WINDOWS.skip("No window has closed, so none was used.")
    return _CLOSED_WINDOWS.conclude(
        late,
        good=f"All windows of {rows:,} training rows closed by the moment of their model, and all "
        f"{len(judged)} backtest windows by {training.frame.as_of:%Y-%m-%d}.",
        bad="Labels were taken from windows that had not closed",
    )


def _origin_order(training: Training, learnt: list[tuple[TrainingFrame, str]]) -> Finding:
    if training.backtest is None:
        return _ORIGIN_ORDER.skip("There was no backtest.")
    late = [who for frame, who in learnt if len(frame.rows) and (frame.rows["as_of"] >= frame.as_of).any()]
    moments = [window.origin for window in training.backtest.windows]
    return _ORIGIN_ORDER.conclude(
        late,
        good=f"Every training origin lies before the origin its model was judged from, at {len(moments)} origins.",
        bad="A training origin lies at or after the moment of prediction for",
    )


def _unique(learnt: list[tuple[TrainingFrame, str]]) -> Finding:
    double = []
    for frame, who in learnt:
        keys = frame.rows[["customer_id", "as_of"]].assign(days=frame.window_days)
        if keys.duplicated().any() or frame.present["customer_id"].duplicated().any():
            double.append(f"rows of {who}")
    return UNIQUE.conclude(
        double,
        good=f"No customer is twice in any of {sum(len(frame.origins) + 1 for frame, _ in learnt)} snapshots.",
        bad="A customer is there more than once in",
    )


def _twins(present: pd.DataFrame) -> Finding:
    names = ["orders_total", "revenue_total", "recency_days", "tenure_days", "value_std"]
    if not set(names) <= set(present):
        return TWINS.skip("The snapshot lacks the columns that would show it.")
    regular = present[present["orders_total"] >= TWIN_ORDERS]
    if len(regular) < _FEWEST:
        return TWINS.skip(f"Only {len(regular)} customers have {TWIN_ORDERS} orders or more.")
    twins = regular[regular.duplicated(names, keep=False)]
    share = len(twins) / len(regular)
    seen = f"{len(twins):,} of {len(regular):,} customers with {TWIN_ORDERS} orders or more share times and amounts"
    return TWINS.conclude(
        twins["customer_id"].astype(str) if share > TWIN_SHARE else (),
        good=f"{seen} with another one ({share:.1%}; {TWIN_SHARE:.0%} may by chance).",
        bad=f"{seen} with another one: the same person under several ids",
    )


def _labels_as_features(frame: TrainingFrame) -> Finding:
    suspects = []
    for label in ("orders", "value"):
        target = frame.labels[label].to_numpy(dtype=np.float64)
        for days in np.unique(frame.window_days):
            rows = (target != 0) & (frame.window_days == days)
            suspects += [
                name
                for name in frame.features
                if _same_rank(frame.rows[name].to_numpy(dtype=np.float64)[rows], target[rows])
            ]
    if not len(frame.labels):
        return LABELS.skip("No window has closed, so there are no labels.")
    return LABELS.conclude(
        suspects,
        good=f"None of {len(frame.features)} features goes with orders or value of the window at a rank correlation of "
        f"{SAME_RANK} or more.",
        bad="The label, or a copy of it, is among the features",
    )


def _same_rank(feature: Floats, target: Floats) -> bool:
    finite = np.isfinite(feature)
    if finite.sum() < _FEWEST or np.ptp(feature[finite]) == 0 or np.ptp(target[finite]) == 0:
        return False
    return abs(float(spearmanr(feature[finite], target[finite]).statistic)) >= SAME_RANK


def _telling(training: Training, frames: Frames) -> Finding:
    """Measure every feature alone on the latest window of the backtest, in its better direction."""
    if training.backtest is None:
        return TELLING.skip("There was no backtest.")
    window, outcome = training.backtest.windows[0], training.backtest.outcomes[0]
    bought = outcome["bought"].to_numpy(dtype=bool)
    if min(bought.sum(), (~bought).sum()) < _FEWEST:
        return TELLING.skip(f"Fewer than {_FEWEST} customers bought, or did not, in the latest window.")
    snapshot = frames.snapshot(window.origin)
    names = [name for name in training.frame.features if name in snapshot]
    alone = {name: single_auroc(snapshot[name].to_numpy(dtype=np.float64), bought) for name in names}
    rule = evaluate_metrics(training.backtest.predictions[RecencyRule.name][0], outcome, metrics=["auroc"])["auroc"]
    limit = min(TOO_GOOD, rule + AHEAD)
    best = max(alone, key=lambda name: alone[name])
    return TELLING.conclude(
        [f"{name} ({alone[name]:.3f})" for name in sorted(alone, key=lambda n: -alone[n]) if alone[name] >= limit],
        good=f"The best feature alone, {best}, has an AUROC of {alone[best]:.3f} from {window.origin:%Y-%m-%d} on; the "
        f"recency rule has {rule:.3f}, and {limit:.3f} would be suspect.",
        bad=f"Alone they reach an AUROC of {limit:.3f} or more, where the recency rule has {rule:.3f}; was the value "
        "known at the time",
    )


def single_auroc(feature: Floats, bought: NDArray[np.bool_]) -> float:
    """AUROC of one feature in its better direction; missing values stand at either end, whichever tells more.

    Examples
    --------
    >>> single_auroc(np.array([1.0, 2.0, 3.0, np.nan]), np.array([True, True, False, False]))
    1.0
    """
    inside = np.where(np.isfinite(feature), feature, np.nan)
    ends = (np.nan_to_num(inside, nan=np.nanmin(inside, initial=0.0) - 1),
            np.nan_to_num(inside, nan=np.nanmax(inside, initial=0.0) + 1))  # fmt: skip
    yes, no = float(bought.sum()), float((~bought).sum())
    areas = [(rankdata(values)[bought].sum() - yes * (yes + 1) / 2) / (yes * no) for values in ends]
    return float(max(max(area, 1 - area) for area in areas))
