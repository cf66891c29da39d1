"""What was forecast of customers at past moments beside what came: whether intervals of what is to come hold enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit as inverse_logit
from scipy.special import logit

from tenure_training.models.after.lifetime import LIFETIME_LEVEL, Lifetime
from tenure_training.models.after.spending_to_come import SpendingToCome
from tenure_training.models.contract import Floats, Prediction

LIKELY_FROM = 0.2
"""Below this probability of an order within the horizon nearly all bring nothing, and an interval says little."""

_FEWEST = 50
"""Likely buyers whose intervals say something of those to come."""

_MOST, _STEP, _TOP = 2_000, 0.01, 0.95


@dataclass(frozen=True, kw_only=True)
class PastForecast:
    """A prediction made at a past moment, and the value that came within some days from it.

    Attributes
    ----------
    snapshot
        Features of ``n`` customers at that moment.
    prediction
        By a model fitted to what was known then, over the window of the backtest.
    horizon_days
        Length of that window.
    value
        Net revenue within ``days``, shape (n,).
    days
        From the moment on; longer than the window where later windows have closed, too.
    """

    snapshot: pd.DataFrame
    prediction: Prediction
    horizon_days: int
    value: Floats
    days: float


def find_level(lifetime: Lifetime, forecasts: Sequence[PastForecast]) -> float:
    r"""Find the level of the distribution at which intervals of likely buyers hold `LIFETIME_LEVEL`.

    The forecasts are those of the champion at past moments, carried as far as windows have closed since, and held
    against what came: the lowest level that held enough of it (conformal prediction; Vovk, Gammerman & Shafer 2005).
    What the models do not know of the shop adds up over time like a walk, so the way from the level that was said to
    the one that held, in log-odds, is as the square root of the days: it is made longer by the square root of lifetime
    over days of the forecasts. Intervals become wider by it, never narrower.

    Parameters
    ----------
    lifetime
        Fitted; what it says of the present plays no part.
    forecasts
        Of past moments; with few likely buyers in all of them the level stays as it is.
    """
    judged = [_LikelyBuyers.of(lifetime, forecast) for forecast in forecasts]
    customers = sum(len(buyers.value) for buyers in judged)
    if customers < _FEWEST:
        return LIFETIME_LEVEL
    enough = LIFETIME_LEVEL * customers
    levels = np.arange(LIFETIME_LEVEL, _TOP, _STEP)
    lowest = next((level for level in levels if sum(buyers.count_inside(level) for buyers in judged) >= enough), _TOP)
    days = sum(len(buyers.value) * forecast.days for buyers, forecast in zip(judged, forecasts, strict=True))
    farther = np.sqrt(max(lifetime.days * customers / days, 1.0))
    start = logit(LIFETIME_LEVEL)
    return float(min(inverse_logit(start + farther * (logit(lowest) - start)), _TOP))


@dataclass(frozen=True, kw_only=True)
class _LikelyBuyers:
    """What the likely buyers of a past forecast were expected to bring, how that scatters, and what they brought."""

    spread: SpendingToCome
    mean: Floats
    value: Floats

    @classmethod
    def of(cls, lifetime: Lifetime, forecast: PastForecast) -> Self:
        likely = np.flatnonzero(forecast.prediction.buy_probability >= LIKELY_FROM)
        likely = likely[:: 1 + len(likely) // _MOST]
        then = replace(
            lifetime,
            horizon_days=forecast.horizon_days,
            economics=replace(lifetime.economics, discount_rate_per_year=0.0),
        )
        rows = forecast.snapshot.iloc[likely]
        prediction = Prediction(
            buy_probability=forecast.prediction.buy_probability[likely],
            expected_orders=forecast.prediction.expected_orders[likely],
            expected_value=forecast.prediction.expected_value[likely],
            ahead=forecast.prediction.ahead,
        )
        return cls(
            spread=then.spread(rows, prediction, forecast.days),
            mean=prediction.expected_value * then.shares(rows, (forecast.days,), ahead=prediction.ahead)[0],
            value=forecast.value[likely],
        )

    def count_inside(self, level: float) -> int:
        """Count those who brought what the interval said."""
        low, high = self.spread.interval(self.mean, level)
        slack = 1e-9 * np.abs(self.mean)
        return int(((self.value >= low - slack) & (self.value <= high + slack)).sum())
