"""How good a churn probability is: does it rank (AUROC, lift), is it sharp and true (log-loss), is it calibrated.

Every function takes the predicted probability ``p`` (or any score, where only the order counts) and the outcome ``y``
(1 churned, 0 did not), both of shape (n,), and an optional non-negative ``weight`` of shape (n,). A metric that does
not exist for the data given (no customers, only one class) is NaN, never a warning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tenure_training.metrics.ranking import Floats, Ranking, mean, to_column

CLIP = 1e-4
"""Probabilities are moved this far away from 0 and 1 before a logarithm: one certain error must not decide alone."""

ECE_BINS = 10


def auroc(score: ArrayLike | Ranking, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Probability that a churner is ranked above a customer who stays; ties count one half.

    In [0, 1], .5 for a constant score, higher is better; NaN when only one class is present. The Mann-Whitney
    statistic (Hanley & McNeil, 1982).

    Examples
    --------
    >>> auroc([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0])
    0.875
    """
    ranking = Ranking.of(score)
    positive = ranking.sums(y, weight)
    negative = ranking.mass(weight) - positive
    pairs = positive.sum() * negative.sum()
    if not pairs > 0:
        return float("nan")
    below = negative.sum() - np.cumsum(negative)
    return float(positive @ (below + negative / 2) / pairs)


def average_precision(score: ArrayLike | Ranking, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Area under the precision-recall steps: precision at each distinct score, weighted by the recall it adds.

    In (0, 1], higher is better; its value under a random ranking is the churn rate. NaN when nobody churned. Tied
    customers are taken together, as scikit-learn does.

    Examples
    --------
    >>> round(average_precision([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0]), 4)
    0.8333
    """
    ranking = Ranking.of(score)
    positive, mass = ranking.sums(y, weight), ranking.mass(weight)
    total = positive.sum()
    if not total > 0:
        return float("nan")
    reached = np.cumsum(mass)
    precision = np.divide(np.cumsum(positive), reached, out=np.zeros_like(reached), where=reached > 0)
    return float(positive @ precision / total)


def top_decile_lift(score: ArrayLike | Ranking, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Churn rate among the 10 % ranked highest over the churn rate of everybody.

    In [0, 10], 1 for a random ranking, higher is better, at most 1 / churn rate; NaN when nobody churned.

    Examples
    --------
    >>> top_decile_lift(list(range(10)), [0, 0, 0, 0, 0, 0, 0, 1, 0, 1])
    5.0
    """
    rate = mean(to_column(y), weight)
    if not rate > 0:
        return float("nan")
    (means,) = Ranking.of(score).bins(10, y, weight=weight)
    return float(means[0] / rate)


def log_loss(p: ArrayLike, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Mean negative log-likelihood of the outcomes, in nats; probabilities are first clipped to [CLIP, 1 - CLIP].

    In [0, 9.21], lower is better; a proper score: only the true probabilities minimise it.

    Examples
    --------
    >>> round(log_loss([0.5, 0.5], [1, 0]), 4)
    0.6931
    """
    q, churned = np.clip(to_column(p), CLIP, 1 - CLIP), to_column(y)
    return mean(-(churned * np.log(q) + (1 - churned) * np.log1p(-q)), weight)


def brier(p: ArrayLike, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Mean squared distance between probability and outcome (Brier, 1950); in [0, 1], lower is better.

    Examples
    --------
    >>> brier([1.0, 0.5], [1, 0])
    0.125
    """
    return mean((to_column(p) - to_column(y)) ** 2, weight)


def ece(
    p: ArrayLike | Ranking,
    y: ArrayLike,
    *,
    predicted: ArrayLike | None = None,
    bins: int = ECE_BINS,
    weight: Floats | None = None,
) -> float:
    """Mean distance of predicted and actual churn over bins of equal mass: the expected calibration error.

    In [0, 1], lower is better. Bins hold equal numbers of customers, not equal ranges of probability, so that every
    bin is measured equally well (Nguyen & O'Connor, 2015). Chance makes it positive even for true
    probabilities: about .8 sqrt(rate (1 - rate) bins / n), .016 for 5,000 customers of whom half churn.

    Parameters
    ----------
    p
        Probability, or a ranking by it when ``predicted`` holds the probability.
    predicted
        The probability, when ``p`` is a ranking.

    Examples
    --------
    >>> round(ece([0.2] * 5 + [0.6] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]), 4)
    0.1
    """
    probability = p if predicted is None else predicted
    if isinstance(probability, Ranking):
        raise TypeError("A ranking alone carries no probability: pass it as `predicted`.")
    expected, actual = Ranking.of(p).bins(bins, probability, y, weight=weight)
    return float(np.abs(expected - actual).mean())


def calibration_slope(p: ArrayLike, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Slope of a logistic regression of the outcome on the log-odds predicted (Cox, 1958).

    1 is calibrated; below 1 the predictions are too extreme, above 1 too timid. NaN when only one class is present,
    when the prediction is constant, or when it separates the classes (the maximum likelihood lies at infinity).

    Examples
    --------
    >>> round(calibration_slope([0.2] * 5 + [0.8] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]), 4)
    1.0
    """
    z, churned = _log_odds(p), to_column(y)
    w = np.ones(len(z)) if weight is None else weight
    seen, gone = z[(w > 0) & (churned < 0.5)], z[(w > 0) & (churned >= 0.5)]
    if len(seen) == 0 or len(gone) == 0 or gone.min() >= seen.max() or gone.max() <= seen.min():
        return float("nan")
    design = np.column_stack([np.ones(len(z)), z])
    return _newton(design, np.zeros(len(z)), churned, w)[1]


def calibration_intercept(p: ArrayLike, y: ArrayLike, *, weight: Floats | None = None) -> float:
    """Calibration in the large: log-odds to add to every prediction so that the total of churners is met.

    0 is calibrated; above 0 churn is underpredicted. The slope is held at 1 (Van Calster et al., 2019), so that the
    number does not depend on where log-odds are zero. NaN when only one class is present.

    Examples
    --------
    >>> round(calibration_intercept([0.5] * 4, [1, 1, 1, 0]), 4)
    1.0986
    """
    z, churned = _log_odds(p), to_column(y)
    w = np.ones(len(z)) if weight is None else weight
    if not 0 < churned @ w < w.sum():
        return float("nan")
    return _newton(np.ones((len(z), 1)), z, churned, w)[0]


def _log_odds(p: ArrayLike) -> Floats:
    q = np.clip(to_column(p), CLIP, 1 - CLIP)
    return np.asarray(np.log(q) - np.log1p(-q), dtype=np.float64)


def _newton(design: Floats, offset: Floats, y: Floats, w: Floats, *, steps: int = 100) -> list[float]:
    """Weighted logistic regression; NaN where it does not settle."""
    beta = np.zeros(design.shape[1])
    for _ in range(steps):
        fitted = 1 / (1 + np.exp(-np.clip(design @ beta + offset, -30, 30)))
        gradient = design.T @ (w * (y - fitted))
        information = (design * (w * fitted * (1 - fitted))[:, None]).T @ design
        if np.linalg.det(information) <= 0:
            break
        # a step longer than 2 log-odds is cut: far from the optimum the quadratic model overshoots
        step = np.linalg.solve(information, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        if float(np.abs(step).max()) < 1e-10:
            return [float(b) for b in beta]
    return [float("nan")] * len(beta)
