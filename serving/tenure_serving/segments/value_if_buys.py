"""What a customer spends over the horizon if an order comes: their own past, shrunk towards the shop's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored
from tenure_serving.segments.tiers import Floats, Predictions, prediction
from tenure_training.models.after.economics import Economics
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.contract import MOST_DAYS

PAST_COLUMNS = ("orders_total", "revenue_total", "recency_days", "tenure_days")
_SHORTEST_GAP = 1 / 24  # days: two orders within the hour are one visit, not a rhythm of dozens a day
_FEWEST_BUYERS = 50
"""Effective number of unlikely buyers from which pace and level are taken: their mean is then good to a sixth or so."""
_MOST_LEVEL = 1e3


@dataclass(frozen=True, kw_only=True, eq=False)
class ClosedWindows:
    """What customers did in windows that have closed; rows are aligned.

    Attributes
    ----------
    snapshot
        At the beginning of the windows; the columns of `PAST_COLUMNS`.
    buy_probability
        P(order) as the model says it at the beginning, shape (n,).
    window_days
        Length of each window, shape (n,).
    orders, value
        What came, shape (n,): orders with positive revenue, and net revenue.
    weight
        Shape (n,); older windows weigh less.
    """

    snapshot: pd.DataFrame
    buy_probability: Floats
    window_days: Floats
    orders: Floats
    value: Floats
    weight: Floats


@dataclass(frozen=True, kw_only=True)
class ValueIfBuys:
    r"""Value over the horizon of a customer who does order in it.

    The expected value of a model already holds the risk of leaving, and to divide it by a small P(order) divides one
    small error by another. So the customer's own past says what an order brings, and how many come once one does:

    - **spend per order** is Gamma-Gamma (Fader & Hardie 2013, eq. 5): the mean of their orders, pulled towards the
      shop's the more the fewer there were;
    - the **gap** between orders is a gamma gap with a gamma rate of the customer, which is the same mathematics: the
      mean of their gaps pulled towards the shop's. With a gap g and a horizon H, :math:`\lambda = H / g` orders are to
      be expected of somebody as active as ever, :math:`n = \lambda / (1 - e^{-\lambda})` once there is at least one;
    - who comes back comes back to ``pace`` of that, :math:`1 + pace (n - 1)` orders, each worth ``level`` of what
      orders were worth: both learnt from who did order in closed windows though it was unlikely.

    With P = P(order) and V the expected value, the value if they buy is ``max(V, 0) + (1 - P) * own``: the
    model's V / P with weight P and their own past with weight 1 - P. Who surely orders is worth what the model says,
    who hardly will what their past says; nothing is divided by a probability, and nothing has a floor.

    Attributes
    ----------
    spend
        Of net revenue per order, in the currency.
    gaps
        Of days between orders.
    horizon_days
        Of the predictions.
    pace, level
        Factors, >= 0.
    economics
        Margin and cost to serve, for contribution.

    Examples
    --------
    >>> model = ValueIfBuys(spend=GammaGamma(6.25, 3.74, 15.44), gaps=GammaGamma(1.0, 3.0, 120.0), horizon_days=90)
    >>> often, once = [10.0, 1000.0, 400.0, 670.0], [1.0, 100.0, 10.0, 10.0]
    >>> model.own(pd.DataFrame([often, once], columns=PAST_COLUMNS)).round().tolist()
    [268.0, 155.0]
    """

    spend: GammaGamma
    gaps: GammaGamma
    horizon_days: int
    pace: float = 1.0
    level: float = 1.0
    economics: Economics = field(default_factory=Economics)

    @classmethod
    def fit(
        cls,
        snapshot: pd.DataFrame,
        *,
        horizon_days: int,
        closed: ClosedWindows | None = None,
        economics: Economics | None = None,
    ) -> Self:
        """Fit to the customers of a snapshot and to windows that have closed.

        Parameters
        ----------
        snapshot
            One row per customer, with the columns of `PAST_COLUMNS`.
        horizon_days
            Of the predictions.
        closed
            What came in closed windows; without, or with too few unlikely buyers in them, pace and level are 1 (level 0
            where nobody has spent anything).
        economics
            What the shop keeps of revenue; None: nothing is known.

        Raises
        ------
        DataContractError
            A column is missing.
        """
        orders, mean, gaps, gap = _past(snapshot)
        model = cls(
            spend=_fit(orders, mean, unknown=1.0),
            gaps=_fit(gaps, gap, unknown=float(horizon_days)),
            horizon_days=horizon_days,
            level=1.0 if (mean > 0).any() else 0.0,
            economics=economics or Economics(),
        )
        if closed is None:
            return model
        pace, level = _comeback(model, closed)
        return replace(model, pace=pace, level=level)

    def orders(self, snapshot: Table, *, days: Floats | None = None) -> Floats:
        """Orders over the horizon (or over so many days) once there is one; shape (n,), >= 1."""
        _, _, gaps, gap = _past(snapshot)
        window = float(self.horizon_days) if days is None else days
        rate = window / np.maximum(self.gaps.expected_spend(gaps, gap), _SHORTEST_GAP)
        return np.asarray(1.0 + self.pace * (rate / -np.expm1(-rate) - 1.0))

    def own(self, snapshot: Table) -> Floats:
        """Value over the horizon of who orders, by the customer's own past alone; shape (n,), money, >= 0."""
        return self._order_value(snapshot) * self.orders(snapshot)

    def value(self, snapshot: Table, predictions: Predictions) -> Floats:
        """Value over the horizon of who orders; shape (n,), money, >= 0."""
        churn = prediction(predictions, "churn_probability")
        return np.maximum(prediction(predictions, "expected_value"), 0.0) + churn * self.own(snapshot)

    def contribute(self, value: Floats, snapshot: Table, *, orders_share: Floats | float = 1.0) -> Floats:
        """Contribution of a value: its margin, less the cost to serve the orders (or a share of them); shape (n,)."""
        margin, service = self.economics.margin, self.economics.service_cost_per_order
        earned = value if margin is None else margin.mean * value
        served = 0.0 if service is None else service.mean
        return np.asarray(earned - served * orders_share * self.orders(snapshot))

    def _order_value(self, snapshot: Table) -> Floats:
        orders, mean, _, _ = _past(snapshot)
        return self.level * self.spend.expected_spend(orders, mean)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values; `from_stored` reads them back."""
        return {
            "spend": asdict(self.spend),
            "gaps": asdict(self.gaps),
            "horizon_days": self.horizon_days,
            "pace": self.pace,
            "level": self.level,
            "economics": self.economics.to_dict(),
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("spend", "gaps", "horizon_days", "pace", "level", "economics")
        return cls(
            spend=GammaGamma.from_stored(saved["spend"]),
            gaps=GammaGamma.from_stored(saved["gaps"]),
            horizon_days=saved["horizon_days"].whole(1, MOST_DAYS),
            pace=saved["pace"].number(0.0, _MOST_LEVEL),
            level=saved["level"].number(0.0, _MOST_LEVEL),
            economics=Economics.from_stored(saved["economics"]),
        )


def _past(snapshot: Table) -> tuple[Floats, Floats, Floats, Floats]:
    """Orders and their mean value, gaps and their mean length (NaN without one); shape (n,) each."""
    missing = [name for name in PAST_COLUMNS if name not in snapshot]
    if missing:
        raise DataContractError("The snapshot lacks the past of its customers.", found=f"no {', '.join(missing)}")
    orders, revenue, recency, tenure = (read_floats(snapshot, name) for name in PAST_COLUMNS)
    gaps = orders - 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(gaps > 0, np.maximum((tenure - recency) / gaps, _SHORTEST_GAP), np.nan)
        return orders, revenue / orders, gaps, gap


def _fit(count: Floats, mean: Floats, *, unknown: float) -> GammaGamma:
    """Fit Gamma-Gamma; where nobody has what it describes, a spread-out prior around ``unknown``."""
    try:
        return GammaGamma.fit(count, mean).model
    except UsageError:
        return GammaGamma(1.0, 3.0, 2.0 * unknown)


def _comeback(model: ValueIfBuys, closed: ClosedWindows) -> tuple[float, float]:
    """Learn pace and level from those who ordered, weighted by how unlikely it was."""
    bought = closed.orders > 0
    weight = np.where(bought, closed.weight * (1.0 - closed.buy_probability), 0.0)
    if weight.sum() ** 2 < _FEWEST_BUYERS * np.square(weight).sum() or not weight.sum() > 0:
        return model.pace, model.level
    more = weight @ (model.orders(closed.snapshot, days=closed.window_days) - 1.0)
    pace = float(np.clip(weight @ (closed.orders - 1.0) / more, 0.0, _MOST_LEVEL)) if more > 0 else model.pace
    paced = replace(model, pace=pace)
    by_past = paced._order_value(closed.snapshot) * paced.orders(closed.snapshot, days=closed.window_days)
    # values beyond the 99.5th percentile count as that much, on both sides: one wholesale order is not a level
    came, expected = (np.minimum(side, np.quantile(side[bought], 0.995)) for side in (closed.value, by_past))
    total = weight @ expected
    level = float(np.clip(weight @ np.maximum(came, 0.0) / total, 0.0, _MOST_LEVEL)) if total > 0 else model.level
    return pace, level
