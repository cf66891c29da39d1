"""The metrics by name, each with its direction, and `evaluate_metrics`: all for a prediction and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from tenure_training.metrics import interval as i
from tenure_training.metrics import probability as p
from tenure_training.metrics import value as v
from tenure_training.metrics.case import Case
from tenure_training.metrics.ranking import Floats
from tenure_training.models.contract import Prediction, level_index

Weight = Floats | None
Measure = Callable[[Case, Weight], float]


@dataclass(frozen=True)
class Metric:
    """A number that says how good a prediction was, and which way is better.

    Attributes
    ----------
    name
        Key in results.
    higher_is_better
        True or False; None where the best is a target in between (a bias, a coverage).
    optimum
        The value of a perfect prediction.
    meaning
        One line for people.
    measure
        Computes it from a case and optional customer weights; NaN where it does not exist.
    """

    name: str
    higher_is_better: bool | None
    optimum: float
    meaning: str
    measure: Measure

    def loss(self, value: float) -> float:
        """Turn a value into a number that is smaller for a better prediction.

        Examples
        --------
        >>> METRICS["auroc"].loss(0.8), METRICS["total_bias"].loss(-0.25)
        (-0.8, 0.25)
        """
        if self.higher_is_better is None:
            return abs(value - self.optimum)
        return -value if self.higher_is_better else value


def _coverage_of(level: float) -> Measure:
    def measure(case: Case, w: Weight) -> float:
        ends = case.interval(level)
        return float("nan") if ends is None else i.coverage(*ends, case.value, weight=w)

    return measure


def _gap(case: Case, w: Weight) -> float:
    ends = case.interval(0.8)
    return float("nan") if ends is None else i.coverage_gap(case.by_value, *ends, case.value, level=0.8, weight=w)


def _width(case: Case, w: Weight) -> float:
    ends = case.interval(0.8)
    return float("nan") if ends is None else i.interval_width(*ends, weight=w)


def _winkler(case: Case, w: Weight) -> float:
    ends = case.interval(0.8)
    return float("nan") if ends is None else i.winkler(*ends, case.value, level=0.8, weight=w)


def _crps(case: Case, w: Weight) -> float:
    quantiles = case.prediction.quantiles
    if quantiles is None:
        return float("nan")
    deciles = quantiles[:, [level_index(level) for level in i.CRPS_LEVELS]]
    return i.crps_from_quantiles(deciles, case.value, weight=w)


_ALL = (
    Metric("auroc", True, 1.0, "a churner is ranked above a stayer",
           lambda c, w: p.auroc(c.by_churn, c.churned, weight=w)),
    Metric("average_precision", True, 1.0, "precision over all recalls",
           lambda c, w: p.average_precision(c.by_churn, c.churned, weight=w)),
    Metric("log_loss", False, 0.0, "nats lost per customer", lambda c, w: p.log_loss(c.churn, c.churned, weight=w)),
    Metric("brier", False, 0.0, "squared error of the probability", lambda c, w: p.brier(c.churn, c.churned, weight=w)),
    Metric("ece", False, 0.0, "mean gap between predicted and actual churn in ten bins",
           lambda c, w: p.ece(c.by_probability, c.churned, predicted=c.churn, weight=w)),
    Metric("calibration_slope", None, 1.0, "below 1: too extreme",
           lambda c, w: p.calibration_slope(c.churn, c.churned, weight=w)),
    Metric("calibration_intercept", None, 0.0, "above 0: churn underpredicted",
           lambda c, w: p.calibration_intercept(c.churn, c.churned, weight=w)),
    Metric("top_decile_lift", True, 10.0, "churn among the 10 % ranked riskiest, times the average",
           lambda c, w: p.top_decile_lift(c.by_churn, c.churned, weight=w)),
    Metric("normalised_gini", True, 1.0, "ranking by value, 0 random, 1 perfect",
           lambda c, w: v.normalised_gini(c.by_value, c.value, best=c.by_actual, weight=w)),
    Metric("spearman", True, 1.0, "rank correlation of value",
           lambda c, w: v.spearman(c.by_value, c.by_actual, weight=w)),
    Metric("decile_mape", False, 0.0, "mean percentage error by predicted decile",
           lambda c, w: v.decile_mape(c.expected_value, c.value, ranking=c.by_value, weight=w)),
    Metric("total_bias", None, 0.0, "total predicted over actual, minus one",
           lambda c, w: v.total_bias(c.expected_value, c.value, weight=w)),
    Metric("top20_captured", True, 1.0, "share of value in the 20 % predicted best",
           lambda c, w: v.top20_share(c.by_value, c.value, weight=w)),
    Metric("wape", False, 0.0, "total absolute error over total value; 1 for the zero forecast",
           lambda c, w: v.wape(c.expected_value, c.value, weight=w)),
    Metric("mae", False, 0.0, "mean absolute error, currency",
           lambda c, w: v.mae(c.expected_value, c.value, weight=w)),
    Metric("rmse", False, 0.0, "root mean squared error, currency",
           lambda c, w: v.rmse(c.expected_value, c.value, weight=w)),
    Metric("coverage_50", None, 0.5, "share of values inside the 50 % interval", _coverage_of(0.5)),
    Metric("coverage_80", None, 0.8, "share of values inside the 80 % interval", _coverage_of(0.8)),
    Metric("coverage_95", None, 0.95, "share of values inside the 95 % interval", _coverage_of(0.95)),
    Metric("coverage_gap", False, 0.0, "mean distance from 80 % of the coverage in ten deciles", _gap),
    Metric("interval_width", False, 0.0, "mean width of the 80 % interval, currency", _width),
    Metric("winkler", False, 0.0, "interval score of the 80 % interval, currency", _winkler),
    Metric("crps", False, 0.0, "error of the whole distribution, currency", _crps),
    Metric("orders_mae", False, 0.0, "mean absolute error of the number of orders",
           lambda c, w: v.mae(c.expected_orders, c.orders, weight=w)),
    Metric("orders_bias", None, 0.0, "orders predicted over actual, minus one",
           lambda c, w: v.total_bias(c.expected_orders, c.orders, weight=w)),
)  # fmt: skip

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric of the backtest by name; add one by adding a line to the table above."""


def metric(name: str) -> Metric:
    """Look a metric up by name.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    """
    if name not in METRICS:
        raise KeyError(f"No metric {name!r}; there are {', '.join(METRICS)}.")
    return METRICS[name]


def evaluate_metrics(
    prediction: Prediction,
    outcome: pd.DataFrame,
    *,
    metrics: Iterable[str] = tuple(METRICS),
    weight: Floats | None = None,
) -> dict[str, float]:
    """Measure a prediction against what happened.

    Parameters
    ----------
    prediction
        What a candidate said of n customers.
    outcome
        What they did, row by row in the same order: ``orders`` (with positive revenue) and ``value`` (net), optionally
        ``bought``.
    metrics
        Names to compute; all by default.
    weight
        Shape (n,), >= 0: how often each customer counts; once by default.

    Returns
    -------
    dict of str to float
        One entry per metric. NaN says that it does not exist here: one class only, no money spent, a candidate without
        a distribution.

    Raises
    ------
    ValueError
        If lengths differ or a prediction is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> said = Prediction(np.array([0.8, 0.3, 0.1]), np.array([2.0, 0.4, 0.1]), np.array([60.0, 9.0, 3.0]))
    >>> did = pd.DataFrame({"orders": [3, 0, 0], "value": [90.0, 0.0, 0.0]})
    >>> values = evaluate_metrics(said, did, metrics=["auroc", "brier", "total_bias"])
    >>> {name: round(value, 3) for name, value in values.items()}
    {'auroc': 1.0, 'brier': 0.047, 'total_bias': -0.2}
    """
    case = Case(prediction, outcome)
    return {name: metric(name).measure(case, weight) for name in metrics}
