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


@dataclass(frozen=True, kw_only=True)
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


def _below(case: Case, w: Weight) -> float:
    ends = case.interval(0.8)
    return float("nan") if ends is None else i.share_below(ends[0], case.value, weight=w)


def _above(case: Case, w: Weight) -> float:
    ends = case.interval(0.8)
    return float("nan") if ends is None else i.share_above(ends[1], case.value, weight=w)


def _coverage_of_buyers(case: Case, w: Weight) -> float:
    ends, bought = case.prediction.if_buys, case.churned == 0
    if ends is None or not bought.any():
        return float("nan")
    weight = None if w is None else w[bought]
    return i.coverage(ends[bought, 0], ends[bought, 1], case.value[bought], weight=weight)


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
    Metric(
        name="auroc",
        higher_is_better=True,
        optimum=1.0,
        meaning="a churner is ranked above a stayer",
        measure=lambda c, w: p.auroc(c.by_churn, c.churned, weight=w),
    ),
    Metric(
        name="average_precision",
        higher_is_better=True,
        optimum=1.0,
        meaning="precision over all recalls",
        measure=lambda c, w: p.average_precision(c.by_churn, c.churned, weight=w),
    ),
    Metric(
        name="log_loss",
        higher_is_better=False,
        optimum=0.0,
        meaning="nats lost per customer",
        measure=lambda c, w: p.log_loss(c.churn, c.churned, weight=w),
    ),
    Metric(
        name="brier",
        higher_is_better=False,
        optimum=0.0,
        meaning="squared error of the probability",
        measure=lambda c, w: p.brier(c.churn, c.churned, weight=w),
    ),
    Metric(
        name="ece",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean gap between predicted and actual churn in ten bins",
        measure=lambda c, w: p.ece(c.by_probability, c.churned, predicted=c.churn, weight=w),
    ),
    Metric(
        name="calibration_slope",
        higher_is_better=None,
        optimum=1.0,
        meaning="below 1: too extreme",
        measure=lambda c, w: p.calibration_slope(c.churn, c.churned, weight=w),
    ),
    Metric(
        name="calibration_intercept",
        higher_is_better=None,
        optimum=0.0,
        meaning="above 0: churn underpredicted",
        measure=lambda c, w: p.calibration_intercept(c.churn, c.churned, weight=w),
    ),
    Metric(
        name="top_decile_lift",
        higher_is_better=True,
        optimum=10.0,
        meaning="churn among the 10 % ranked riskiest, times the average",
        measure=lambda c, w: p.top_decile_lift(c.by_churn, c.churned, weight=w),
    ),
    Metric(
        name="normalised_gini",
        higher_is_better=True,
        optimum=1.0,
        meaning="ranking by value, 0 random, 1 perfect",
        measure=lambda c, w: v.normalised_gini(c.by_value, c.value, best=c.by_actual, weight=w),
    ),
    Metric(
        name="spearman",
        higher_is_better=True,
        optimum=1.0,
        meaning="rank correlation of value",
        measure=lambda c, w: v.spearman(c.by_value, c.by_actual, weight=w),
    ),
    Metric(
        name="decile_mape",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean percentage error by predicted decile",
        measure=lambda c, w: v.decile_mape(c.expected_value, c.value, ranking=c.by_value, weight=w),
    ),
    Metric(
        name="total_bias",
        higher_is_better=None,
        optimum=0.0,
        meaning="total predicted over actual, minus one",
        measure=lambda c, w: v.total_bias(c.expected_value, c.value, weight=w),
    ),
    Metric(
        name="top20_captured",
        higher_is_better=True,
        optimum=1.0,
        meaning="share of value in the 20 % predicted best",
        measure=lambda c, w: v.top20_share(c.by_value, c.value, weight=w),
    ),
    Metric(
        name="wape",
        higher_is_better=False,
        optimum=0.0,
        meaning="total absolute error over total value; 1 for the zero forecast",
        measure=lambda c, w: v.wape(c.expected_value, c.value, weight=w),
    ),
    Metric(
        name="mae",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean absolute error, currency",
        measure=lambda c, w: v.mae(c.expected_value, c.value, weight=w),
    ),
    Metric(
        name="rmse",
        higher_is_better=False,
        optimum=0.0,
        meaning="root mean squared error, currency",
        measure=lambda c, w: v.rmse(c.expected_value, c.value, weight=w),
    ),
    Metric(
        name="coverage_50",
        higher_is_better=None,
        optimum=0.5,
        meaning="share of values inside the 50 % interval",
        measure=_coverage_of(0.5),
    ),
    Metric(
        name="coverage_80",
        higher_is_better=None,
        optimum=0.8,
        meaning="share of values inside the 80 % interval",
        measure=_coverage_of(0.8),
    ),
    Metric(
        name="coverage_95",
        higher_is_better=None,
        optimum=0.95,
        meaning="share of values inside the 95 % interval",
        measure=_coverage_of(0.95),
    ),
    Metric(
        name="below_80",
        higher_is_better=None,
        optimum=0.1,
        meaning="share of values below the 80 % interval; next to none where it begins at 0",
        measure=_below,
    ),
    Metric(
        name="above_80",
        higher_is_better=None,
        optimum=0.1,
        meaning="share of values above the 80 % interval; a fifth where it begins at 0",
        measure=_above,
    ),
    Metric(
        name="coverage_buyers",
        higher_is_better=None,
        optimum=0.8,
        meaning="share of those who bought inside the 80 % interval given a purchase",
        measure=_coverage_of_buyers,
    ),
    Metric(
        name="coverage_gap",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean distance from 80 % of the coverage in ten deciles",
        measure=_gap,
    ),
    Metric(
        name="interval_width",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean width of the 80 % interval, currency",
        measure=_width,
    ),
    Metric(
        name="winkler",
        higher_is_better=False,
        optimum=0.0,
        meaning="interval score of the 80 % interval, currency",
        measure=_winkler,
    ),
    Metric(
        name="crps",
        higher_is_better=False,
        optimum=0.0,
        meaning="error of the whole distribution, currency",
        measure=_crps,
    ),
    Metric(
        name="orders_mae",
        higher_is_better=False,
        optimum=0.0,
        meaning="mean absolute error of the number of orders",
        measure=lambda c, w: v.mae(c.expected_orders, c.orders, weight=w),
    ),
    Metric(
        name="orders_bias",
        higher_is_better=None,
        optimum=0.0,
        meaning="orders predicted over actual, minus one",
        measure=lambda c, w: v.total_bias(c.expected_orders, c.orders, weight=w),
    ),
)

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
    >>> said = Prediction(
    ...     buy_probability=np.array([0.8, 0.3, 0.1]),
    ...     expected_orders=np.array([2.0, 0.4, 0.1]),
    ...     expected_value=np.array([60.0, 9.0, 3.0]),
    ... )
    >>> did = pd.DataFrame({"orders": [3, 0, 0], "value": [90.0, 0.0, 0.0]})
    >>> values = evaluate_metrics(said, did, metrics=["auroc", "brier", "total_bias"])
    >>> {name: round(value, 3) for name, value in values.items()}
    {'auroc': 1.0, 'brier': 0.047, 'total_bias': -0.2}
    """
    case = Case(prediction, outcome)
    return {name: metric(name).measure(case, weight) for name in metrics}
