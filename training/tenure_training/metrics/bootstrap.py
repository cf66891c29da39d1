"""Is one candidate better than another, or was it luck: paired differences under resampled customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from tenure_training.metrics.case import Case
from tenure_training.metrics.ranking import Floats
from tenure_training.metrics.registry import metric
from tenure_training.models.contract import Prediction

PairVerdict = Literal["better", "worse", "no difference"]

GATE_METRICS: tuple[str, ...] = ("log_loss", "auroc", "normalised_gini", "decile_mape")


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """One metric of two candidates on the same customers.

    Attributes
    ----------
    metric
        Its name.
    a, b
        The metric of each, averaged over origins.
    difference
        ``a - b``; for a metric with a target in between, the difference of the distances to it.
    low, high
        Percentile interval of ``difference``.
    verdict
        Of ``a`` against ``b``: "better" or "worse" when the interval leaves zero out.
    """

    metric: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    verdict: PairVerdict


def paired_bootstrap(
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    outcomes: Sequence[pd.DataFrame],
    *,
    seed: int,
    metrics: Iterable[str] = GATE_METRICS,
    resamples: int = 200,
    level: float = 0.95,
) -> dict[str, PairedDifference]:
    """Compare two candidates over the origins of a backtest, metric by metric.

    Customers are drawn with replacement (Efron, 1979), each with all its origins, because the same customer at two
    origins is not two independent observations; both candidates see the same draw.

    Parameters
    ----------
    a, b
        One prediction per origin of each candidate.
    outcomes
        One table per origin, in the order of the rows predicted: ``customer_id``, ``orders``, ``value``.
    seed
        Of the resampling; the same seed compares every pair on the same draws.
    metrics
        Names to compare.
    resamples
        Number of draws.
    level
        Of the interval of the difference.

    Returns
    -------
    dict of str to PairedDifference
        By metric. A metric that does not exist for either has NaN numbers and the verdict "no difference".

    Raises
    ------
    ValueError
        If the numbers of origins differ or there is none.

    Examples
    --------
    >>> did = pd.DataFrame({"customer_id": list("abcdefgh"), "orders": [1, 0] * 4, "value": [9.0, 0.0] * 4})
    >>> n = np.ones(8)
    >>> sharp = Prediction(buy_probability=np.tile([0.9, 0.1], 4), expected_orders=n, expected_value=n)
    >>> vague = Prediction(buy_probability=n / 2, expected_orders=n, expected_value=n)
    >>> paired_bootstrap([sharp], [vague], [did], seed=7, metrics=["log_loss"])["log_loss"].verdict
    'better'
    """
    if not len(a) == len(b) == len(outcomes) > 0:
        raise ValueError(f"Origins must pair up: {len(a)}, {len(b)} predictions, {len(outcomes)} outcomes.")
    names = list(metrics)
    left = [Case(*pair) for pair in zip(a, outcomes, strict=True)]
    right = [Case(*pair) for pair in zip(b, outcomes, strict=True)]
    point = np.stack([_over_origins(cases, names, [None] * len(cases)) for cases in (left, right)])
    draws = np.array(
        [
            [_over_origins(cases, names, weights) for cases in (left, right)]
            for weights in _draws(outcomes, resamples, seed)
        ]
    )
    return {name: _difference(name, point[:, k], draws[:, :, k], level) for k, name in enumerate(names)}


def _draws(outcomes: Sequence[pd.DataFrame], resamples: int, seed: int) -> Iterator[list[Floats | None]]:
    """How often each customer of each origin is drawn."""
    ids = pd.concat([frame["customer_id"] for frame in outcomes], ignore_index=True)
    codes, customers = pd.factorize(ids, sort=True)
    parts = np.split(codes, np.cumsum([len(frame) for frame in outcomes])[:-1])
    generator = np.random.default_rng(seed)
    count = len(customers)
    for _ in range(resamples):
        times = np.bincount(generator.integers(0, count, count), minlength=count).astype(np.float64)
        yield [times[part] for part in parts]


def _over_origins(cases: Sequence[Case], names: Sequence[str], weights: Sequence[Floats | None]) -> Floats:
    per_origin = [[metric(name).measure(case, w) for name in names] for case, w in zip(cases, weights, strict=True)]
    return np.asarray(per_origin, dtype=np.float64).mean(axis=0)


def _difference(name: str, point: Floats, draws: Floats, level: float) -> PairedDifference:
    rule = metric(name)
    a, b = float(point[0]), float(point[1])
    targeted = rule.higher_is_better is None
    sign = -1.0 if rule.higher_is_better else 1.0
    apart = np.abs(draws - rule.optimum) if targeted else draws
    spread = apart[:, 0] - apart[:, 1]
    spread = spread[np.isfinite(spread)]
    difference = rule.loss(a) - rule.loss(b) if targeted else a - b
    if len(spread) == 0 or not np.isfinite(difference):
        nan = float("nan")
        return PairedDifference(metric=name, a=a, b=b, difference=nan, low=nan, high=nan, verdict="no difference")
    low, high = (float(q) for q in np.quantile(spread, [0.5 - level / 2, 0.5 + level / 2]))
    worst, best = sorted((sign * low, sign * high))[::-1]
    verdict: PairVerdict = "better" if worst < 0 else "worse" if best > 0 else "no difference"
    return PairedDifference(metric=name, a=a, b=b, difference=difference, low=low, high=high, verdict=verdict)
