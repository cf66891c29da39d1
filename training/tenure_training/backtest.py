"""Rolling-origin backtest: every candidate refitted at past origins and judged on what happened next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from tenure_training.frame import Frames
from tenure_training.metrics import METRICS, Campaign, Case, evaluate_metrics
from tenure_training.models.baselines.rules import StatusQuo
from tenure_training.models.contract import Evidence, Prediction
from tenure_training.models.hurdle.opinions import level_miss
from tenure_training.models.registry import BASELINES, CandidateName, candidates_by_name, new_candidate
from tenure_training.models.search_space import Settings
from tenure_training.next_order_evaluation import dates_table, judge_dates
from tenure_training.windows import Window

Advance = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
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
    costs
        ``contact_cost``, ``offer_cost`` and ``acceptance`` of a retention campaign, as far as they are known.
    dates
        How the date of the next order did, one row per window, see `tenure_training.next_order_evaluation.judge_dates`;
        no model is needed for it but the customers' own gaps, so it is the same whatever the candidates. Empty where
        snapshots do not hold the gaps.
    baselines
        Names of those that are baselines.
    """

    windows: Sequence[Window]
    predictions: Mapping[str, Sequence[Prediction]]
    outcomes: Sequence[pd.DataFrame]
    costs: Mapping[str, float | None] = field(default_factory=dict)
    dates: pd.DataFrame = field(default_factory=lambda: dates_table([], []))
    baselines: tuple[str, ...] = BASELINES

    def table(self) -> pd.DataFrame:
        """One row per candidate and window.

        Returns
        -------
        DataFrame
            ``candidate``, ``kind`` (baseline or model), ``origin``, ``window_days``, ``customers`` and one column per
            metric, with ``empc`` last (see `tenure_training.metrics.empc`); candidates in the order they were given,
            windows latest first.
        """
        rows = [
            {
                "candidate": name,
                "kind": "baseline" if name in self.baselines else "model",
                "origin": window.origin,
                "window_days": window.days,
                "customers": len(outcome),
                **evaluate_metrics(prediction, outcome),
                "empc": self._profit(prediction, outcome, number),
            }
            for name, predictions in self.predictions.items()
            for number, (window, prediction, outcome) in enumerate(
                zip(self.windows, predictions, self.outcomes, strict=True)
            )
        ]
        return pd.DataFrame(rows, columns=["candidate", "kind", "origin", "window_days", "customers", *METRICS, "empc"])

    def _profit(self, prediction: Prediction, outcome: pd.DataFrame, window: int) -> float:
        """Measure the expected maximum profit per customer of a campaign along a candidate's ranking.

        What a customer is worth is the same for all candidates, the status quo's value; costs that are not known are
        the published shares of its mean. NaN without the status quo.
        """
        if StatusQuo.name not in self.predictions:
            return float("nan")
        case, worth = Case(prediction, outcome), self.worth(window)
        return self.campaign(window).empc(case.by_churn, case.churned, clv=worth)

    def worth(self, window: int) -> np.ndarray:
        """Value lost with each customer of a window who leaves: what the status quo expects, at least nothing."""
        return np.maximum(self.predictions[StatusQuo.name][window].expected_value, 0.0)

    def campaign(self, window: int) -> Campaign:
        """Costs of a retention campaign in a window."""
        return Campaign.usual(self.worth(window), **self.costs)  # type: ignore[arg-type]

    def evidence(self, name: str) -> Evidence:
        """Pool a candidate's predictions and what happened over all windows."""
        return _pool_evidence(self.predictions[name], self.outcomes, self.windows[0].days)


def run_backtest(
    frames: Frames,
    windows: Sequence[Window],
    *,
    candidates: Sequence[CandidateName],
    seed: int,
    settings: Mapping[str, Settings] = MappingProxyType({}),
    advance: Advance | None = None,
) -> Backtest:
    """Fit each candidate on what was known at each window's origin, and predict the window.

    Windows are taken oldest first, and a candidate may calibrate itself on those that had closed by then: it is judged
    as it would have been delivered at that moment.

    Parameters
    ----------
    frames
        The order log, point in time.
    windows
        Closed windows to be judged on, such as `backtest_windows` gives.
    candidates
        Names, or classes of your own.
    seed
        Passed to every fit.
    settings
        Tuned settings by name; who is not named keeps the defaults.
    advance
        Called with (fits done, fits in all).
    """
    classes = candidates_by_name(candidates)
    total, done = len(windows) * len(classes), 0
    predictions: dict[str, list[Prediction]] = {name: [] for name in classes}
    seen: list[Window] = []
    outcomes: list[pd.DataFrame] = []
    judged: list[tuple[pd.Timestamp, dict[str, float]]] = []
    frames.prepare_frames(windows)
    for window in sorted(windows):
        frame = frames.frame(window.origin, horizon_days=window.days)
        closed = [number for number, earlier in enumerate(seen) if earlier.is_closed_by(window.origin)]
        for name, prediction in predictions.items():
            candidate = new_candidate(classes[name], settings).fit(frame, seed=seed)
            if closed:
                candidate = candidate.calibrate(
                    _pool_evidence(
                        [prediction[number] for number in closed], [outcomes[number] for number in closed], seen[0].days
                    )
                )
            prediction.append(candidate.predict(frame.present))
            done += 1
            if advance:
                advance(done, total)
        outcomes.append(frames.labels(window).assign(customer_id=frame.present["customer_id"]))
        seen.append(window)
        if "adbt_days" in frame.present:
            judged.append((window.origin, judge_dates(frame.present, outcomes[-1], days=window.days)))
    latest_first = {name: tuple(reversed(prediction)) for name, prediction in predictions.items()}
    dates = dates_table([measures for _, measures in reversed(judged)], [origin for origin, _ in reversed(judged)])
    baselines = tuple(name for name, candidate in classes.items() if candidate.baseline)
    return Backtest(
        windows=tuple(reversed(seen)),
        predictions=latest_first,
        outcomes=tuple(reversed(outcomes)),
        dates=dates,
        baselines=baselines,
    )


def _pool_evidence(predictions: Sequence[Prediction], outcomes: Sequence[pd.DataFrame], window_days: int) -> Evidence:
    sizes = [len(outcome) for outcome in outcomes]

    def did(column: str) -> np.ndarray:
        return np.concatenate([outcome[column].to_numpy() for outcome in outcomes])

    common = set.intersection(*(set(prediction.parts) for prediction in predictions)) if predictions else set()
    return Evidence(
        buy_probability=np.concatenate([prediction.buy_probability for prediction in predictions]),
        expected_value=np.concatenate([prediction.expected_value for prediction in predictions]),
        bought=did("bought").astype(bool),
        value=did("value").astype(np.float64),
        window=np.repeat(np.arange(len(sizes)), sizes),
        parts={name: np.concatenate([prediction.parts[name] for prediction in predictions]) for name in sorted(common)},
        window_days=window_days,
        misses=_misses(predictions, outcomes),
    )


def _misses(predictions: Sequence[Prediction], outcomes: Sequence[pd.DataFrame]) -> dict[str, np.ndarray]:
    """Compare what every source said of the level of a window with what happened."""
    judged = [
        (prediction.opinions, outcome["bought"], outcome["value"])
        for prediction, outcome in zip(predictions, outcomes, strict=True)
        if prediction.opinions
    ]
    names = set.intersection(*(set(opinions) for opinions, *_ in judged)) if judged else set()
    return {
        name: np.array([level_miss(opinions[name], bought=bought, value=value) for opinions, bought, value in judged])
        for name in sorted(names)
    }
