"""The effect of an arm on a metric: difference, lift and intervals, with less variance by what was known before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.sequential import PLANNED, widening
from tenure_decisions.campaigns.trial import BEFORE_PREFIX, PAST, CampaignTrial

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

FEWEST_FITTED = 50
"""Customers below which the past is left out: its slopes would be noise."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Two arms compared.

    Attributes
    ----------
    control, treatment
        Mean of a customer, adjusted by the covariate.
    difference, low, high
        treatment - control, and its interval (Welch).
    lift, lift_low, lift_high
        treatment / control - 1; NaN where a mean is not positive.
    p_value
        Two-sided.
    error
        Standard error of the difference.
    variance_saved
        Share of the variance that the covariate explains.
    """

    control: float
    treatment: float
    difference: float
    low: float
    high: float
    lift: float
    lift_low: float
    lift_high: float
    p_value: float
    error: float
    variance_saved: float


def compare_arms(control: Floats, treatment: Floats, *covariates: Floats, level: float = 0.95) -> Effect:
    """Compare two arms by `tea_tasting`, with CUPED where a covariate is given.

    Parameters
    ----------
    control, treatment
        Values of a metric, one per customer.
    covariates
        None, or two: what was known of the same customers before, in control and in treatment. A value of the same
        metric makes it CUPED, a prediction CUPAC.
    level
        Of the intervals.

    Notes
    -----
    Deng, Xu, Kohavi and Walker (2013), Improving the Sensitivity of Online Controlled Experiments by Utilizing
    Pre-Experiment Data. The interval of the lift is that of the logarithm of the ratio (delta method).

    Examples
    --------
    >>> effect = compare_arms(np.array([0.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0]))
    >>> effect.difference, round(effect.error, 3)
    (1.0, 1.633)
    """
    from tea_tasting.metrics import Mean

    plain = _error(control, treatment)
    if plain == 0 or math.isnan(plain):
        return _without_interval(control, treatment)
    sides = [_aggregate(values, *covariates[place : place + 1]) for place, values in enumerate((control, treatment))]
    name = "before" if covariates else None
    result = Mean("value", name, confidence_level=level).analyze_aggregates(*sides)
    error = plain if not covariates else _adjusted_error(control, treatment, *covariates)
    positive = min(result.control, result.treatment) > 0
    return Effect(
        control=float(result.control),
        treatment=float(result.treatment),
        difference=float(result.effect_size),
        low=float(result.effect_size_ci_lower),
        high=float(result.effect_size_ci_upper),
        lift=float(result.rel_effect_size) if positive else math.nan,
        lift_low=float(result.rel_effect_size_ci_lower) if positive else math.nan,
        lift_high=float(result.rel_effect_size_ci_upper) if positive else math.nan,
        p_value=float(result.pvalue),
        error=error,
        variance_saved=1 - (error / plain) ** 2,
    )


def _aggregate(values: Floats, *before: Floats) -> object:
    from tea_tasting.aggr import Aggregates

    if not before:
        return Aggregates(len(values), {"value": float(values.mean())}, {"value": float(np.var(values, ddof=1))})
    matrix = np.cov(values, before[0])
    return Aggregates(
        len(values),
        {"value": float(values.mean()), "before": float(before[0].mean())},
        {"value": float(matrix[0, 0]), "before": float(matrix[1, 1])},
        {("value", "before"): float(matrix[0, 1])},
    )


def _error(control: Floats, treatment: Floats) -> float:
    if min(len(control), len(treatment)) < 2:
        return math.nan
    return math.sqrt(np.var(control, ddof=1) / len(control) + np.var(treatment, ddof=1) / len(treatment))


def _adjusted_error(control: Floats, treatment: Floats, *covariates: Floats) -> float:
    """Return the standard error of what the covariate leaves, with one slope over both arms."""
    matrix = np.cov(np.concatenate([control, treatment]), np.concatenate(covariates))
    slope = matrix[0, 1] / matrix[1, 1] if matrix[1, 1] > 0 else 0.0
    return _error(control - slope * covariates[0], treatment - slope * covariates[1])


def _without_interval(control: Floats, treatment: Floats) -> Effect:
    """Say two means alone, where no two customers of an arm differ or an arm has fewer than two."""
    means = [float(values.mean()) if len(values) else math.nan for values in (control, treatment)]
    nothing = math.nan
    return Effect(
        control=means[0], treatment=means[1], difference=means[1] - means[0], low=nothing, high=nothing, lift=nothing,
        lift_low=nothing, lift_high=nothing, p_value=nothing, error=nothing, variance_saved=0.0,
    )  # fmt: skip


def estimate_effects(
    trial: CampaignTrial,
    *,
    primary: str,
    predictions: pd.DataFrame | None = None,
    level: float = 0.95,
    planned: int = PLANNED,
) -> pd.DataFrame:
    """Estimate the effect of every arm on every metric.

    Parameters
    ----------
    trial
        A campaign.
    primary
        The metric the test was made for: its arms are a family of their own when p-values are adjusted
        (Benjamini and Hochberg 1995), and everything else is the other family.
    predictions
        ``customer_id`` and a column per metric, made no later than the first assignment; they join the
        days before (CUPAC).
    level
        Of the intervals. The ``always`` ones hold at every look and for all arms at once.
    planned
        How many customers an arm and control were planned to have, together.

    Returns
    -------
    pd.DataFrame
        A row per arm and metric, the primary metric first.
    """
    rows = [
        _row(trial, arm, metric, predictions, level=level, planned=planned)
        for metric in sorted(trial.metrics, key=lambda name: name != primary)
        for arm in trial.arms
    ]
    table = pd.DataFrame(rows)
    for family in (table["metric"] == primary, table["metric"] != primary):
        table.loc[family, "adjusted_p"] = adjust(table.loc[family, "p_value"].to_numpy(dtype=np.float64))
    return table


def adjust(p_values: Floats) -> Floats:
    """Adjust p-values for their number (Benjamini and Hochberg 1995); those that are missing stay so.

    Examples
    --------
    >>> adjust(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    finite = np.isfinite(p_values)
    adjusted = np.full(len(p_values), np.nan)
    if finite.any():
        adjusted[finite] = false_discovery_control(p_values[finite])
    return adjusted


@dataclass(frozen=True, kw_only=True)
class MeasuredMetric:
    """A metric of every customer of a trial, and what was known of it before.

    Attributes
    ----------
    values, before
        By row of ``trial.customers``.
    covariate
        How ``before`` is called.
    """

    trial: CampaignTrial = field(repr=False)
    values: Floats = field(repr=False)
    before: Floats = field(repr=False)
    covariate: str

    def compare(
        self, arm: str, *, inside: np.ndarray | None = None, level: float = 0.95, adjusted: bool = True
    ) -> Effect:
        """Compare an arm with control, among all customers or those ``inside``; adjusted where ``before`` varies."""
        arms = self.trial.customers["arm"].to_numpy()
        chosen = np.ones(len(arms), dtype=bool) if inside is None else inside
        sides = [chosen & (arms == side) for side in (self.trial.control, arm)]
        outcome = [self.values[side] for side in sides]
        past = [self.before[side] for side in sides]
        varied = adjusted and all(map(len, past)) and np.ptp(np.concatenate(past)) > 0
        return compare_arms(outcome[0], outcome[1], *(past if varied else []), level=level)


def measure_outcome(trial: CampaignTrial, metric: str, predictions: pd.DataFrame | None = None) -> MeasuredMetric:
    """Take a metric, and as its covariate what the past says of it.

    The covariate is the least squares fit of the metric, over all arms together, to its own value over the days
    before, orders and revenue of a year, the logarithm of the days since the last order and, where there is one, the
    prediction: one slope each, blind to the arms, so that no effect gets into it.
    """
    people = trial.customers
    predicted = predictions is not None and metric in predictions
    values = people[metric].to_numpy(dtype=np.float64)
    return MeasuredMetric(
        trial=trial,
        values=values,
        before=fit_past(values, past_of(people, metric, predictions)),
        covariate="days before, prediction" if predicted else "days before",
    )


def past_of(people: pd.DataFrame, metric: str, predictions: pd.DataFrame | None = None) -> np.ndarray:
    """Return the columns that are known of a metric before it happens, a row per customer."""
    money = "margin" if "margin" in people else "revenue"
    columns = [people[f"{BEFORE_PREFIX}{money if metric == 'profit' else metric}"], *(people[name] for name in PAST)]
    if predictions is not None and metric in predictions:
        series = people["customer_id"].map(predictions.set_index("customer_id")[metric])
        columns.append(series.fillna(series.mean()).fillna(0.0))
    return np.column_stack(columns)


def fit_past(values: Floats, past: np.ndarray) -> Floats:
    """Fit values to columns by least squares; a constant where there are too few customers for the columns.

    Examples
    --------
    >>> fit_past(np.arange(60.0), np.arange(60.0)[:, None]).round(6)[[1, -1]].tolist()
    [1.0, 59.0]
    """
    if len(values) < FEWEST_FITTED:
        return np.full(len(values), values.mean())
    # scaled, or money of a hundred thousand and a share are told apart by rounding alone
    spread = past.std(axis=0)
    scaled = (past[:, spread > 0] - past[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    slopes = np.linalg.lstsq(scaled, values - values.mean(), rcond=None)[0]
    return np.asarray(values.mean() + scaled @ slopes, dtype=np.float64)


def _row(
    trial: CampaignTrial, arm: str, metric: str, predictions: pd.DataFrame | None, *, level: float, planned: int
) -> dict[str, object]:
    outcome = measure_outcome(trial, metric, predictions)
    effect, plain = outcome.compare(arm, level=level), outcome.compare(arm, level=level, adjusted=False)
    counts = trial.customers["arm"].value_counts()
    customers, in_control = int(counts.get(arm, 0)), int(counts.get(trial.control, 0))
    half = half_width(effect, customers + in_control, arms=len(trial.arms), level=level, planned=planned)
    return {
        "metric": metric,
        "arm": arm,
        "customers": customers,
        "in_control": in_control,
        "control": effect.control,
        "treatment": effect.treatment,
        "difference": effect.difference,
        "difference_low": effect.low,
        "difference_high": effect.high,
        "always_low": effect.difference - half,
        "always_high": effect.difference + half,
        "lift": effect.lift,
        "lift_low": effect.lift_low,
        "lift_high": effect.lift_high,
        "p_value": effect.p_value,
        "adjusted_p": math.nan,
        "unadjusted": plain.difference,
        "unadjusted_low": plain.low,
        "unadjusted_high": plain.high,
        "error": effect.error,
        "covariate": outcome.covariate if effect.variance_saved else "none",
        "variance_saved": effect.variance_saved,
    }


def half_width(effect: Effect, customers: int, *, arms: int, level: float, planned: int) -> float:
    """Return half the width of the interval that holds at every look, for all arms at once (Bonferroni)."""
    return effect.error * widening(max(customers, 1), alpha=(1 - level) / arms, planned=planned)
