"""How good a predicted value is: does it rank customers (Gini, Spearman), does it add up, who holds the money.

Every function takes the prediction and the actual net value, both of shape (n,), in the currency of the log, and an
optional non-negative ``weight`` of shape (n,). Where shares of the total are asked for and the total is not positive
(nobody bought, or returns ate everything) the answer is NaN, never a warning.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tenure_training.metrics.ranking import Floats, Ranking, mean, to_column

DECILES = 10


def gini(score: ArrayLike | Ranking, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Twice the area between the curve of value gained by best-first order and the diagonal.

    In (-1, 1) for values >= 0, 0 for a constant score; NaN when the total is not positive.

    Examples
    --------
    >>> gini([3, 2, 1, 0], [8, 0, 0, 0])
    0.75
    """
    ranking = Ranking.of(score)
    mass, gained = ranking.mass(weight), ranking.sums(actual, weight)
    total = float(gained.sum())
    if not total > 0:
        return float("nan")
    before = np.cumsum(gained) - gained
    return float(2 * (mass @ (before + gained / 2)) / (mass.sum() * total) - 1)


def normalised_gini(
    score: ArrayLike | Ranking, actual: ArrayLike, *, weight: Floats | None = None, best: Ranking | None = None
) -> float:
    """Gini of the predicted order over the Gini of the true order (Wang, Liu & Miao, 2019).

    1 for the true order, 0 for a constant or random one, -1 for the reverse; higher is better. NaN when the total is
    not positive or every customer has the same value.

    Parameters
    ----------
    best
        The ranking by ``actual``, when the caller has it already.

    Examples
    --------
    >>> round(normalised_gini([1, 3, 2, 0], [8, 4, 0, 0]), 4)
    0.1429
    """
    perfect = gini(Ranking.of(actual) if best is None else best, actual, weight=weight)
    if not perfect > 1e-12:
        return float("nan")
    return gini(score, actual, weight=weight) / perfect


def spearman(score: ArrayLike | Ranking, actual: ArrayLike | Ranking, *, weight: Floats | None = None) -> float:
    """Rank correlation with average ranks for ties; in [-1, 1], higher is better.

    Ties at zero value inflate or cap it: read it beside the Gini. NaN when either side is constant.

    Examples
    --------
    >>> round(spearman([1, 2, 3, 4], [10, 20, 20, 40]), 4)
    0.9487
    """
    a, b = Ranking.of(score).midranks(weight), Ranking.of(actual).midranks(weight)
    a, b = a - mean(a, weight), b - mean(b, weight)
    w = np.ones(len(a)) if weight is None else weight
    spread = float(np.sqrt((w * a) @ a * ((w * b) @ b)))
    return float((w * a) @ b / spread) if spread > 0 else float("nan")


def decile_mape(
    predicted: ArrayLike, actual: ArrayLike, *, ranking: Ranking | None = None, weight: Floats | None = None
) -> float:
    """Mean over deciles of predicted value of |predicted - actual| / actual (Wang, Liu & Miao, 2019).

    In [0, inf), lower is better. Deciles whose actual value is not positive have no percentage and are left out; NaN
    when all are.

    Examples
    --------
    >>> round(decile_mape([float(v) for v in range(1, 11)], [v * 1.25 for v in range(1, 11)]), 4)
    0.2
    """
    expected, got = (Ranking(predicted) if ranking is None else ranking).bins(DECILES, predicted, actual, weight=weight)
    some = got > 1e-9
    return float((np.abs(expected - got)[some] / got[some]).mean()) if some.any() else float("nan")


def total_bias(predicted: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Total predicted over total actual, minus one: -.16 says the forecast is 16 % short. 0 is best.

    NaN when the actual total is not positive.

    Examples
    --------
    >>> round(total_bias([1.0, 2.0], [2.0, 2.0]), 4)
    -0.25
    """
    total = mean(to_column(actual), weight)
    return mean(to_column(predicted), weight) / total - 1 if total > 0 else float("nan")


def top20_share(score: ArrayLike | Ranking, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Share of the total value held by the 20 % of customers ranked highest; higher is better.

    .2 for a random ranking; NaN when the total is not positive.

    Examples
    --------
    >>> round(top20_share([5, 4, 3, 2, 1], [60, 10, 10, 10, 10]), 4)
    0.6
    """
    (means,) = Ranking.of(score).bins(5, actual, weight=weight)
    return float(means[0] / means.sum()) if means.sum() > 0 else float("nan")


def wape(predicted: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Total absolute error over the actual total; in [0, inf), lower is better, 1 for the all-zero forecast.

    It rewards forecasting the median, which is often zero: never read it alone. NaN when the total is not positive.

    Examples
    --------
    >>> wape([0.0, 0.0], [1.0, 3.0])
    1.0
    """
    total = mean(to_column(actual), weight)
    return mae(predicted, actual, weight=weight) / total if total > 0 else float("nan")


def mae(predicted: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Mean absolute error, in the unit of the values; lower is better. The all-zero forecast often wins it.

    Examples
    --------
    >>> mae([0.0, 2.0], [1.0, 3.0])
    1.0
    """
    return mean(np.abs(to_column(predicted) - to_column(actual)), weight)


def rmse(predicted: ArrayLike, actual: ArrayLike, *, weight: Floats | None = None) -> float:
    """Root of the mean squared error, in the unit of the values; lower is better; minimised by the true mean.

    Examples
    --------
    >>> rmse([0.0, 2.0], [2.0, 4.0])
    2.0
    """
    return float(np.sqrt(mean((to_column(predicted) - to_column(actual)) ** 2, weight)))
