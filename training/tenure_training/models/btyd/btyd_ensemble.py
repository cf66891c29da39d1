"""The buying rhythm: what the BTYD models together expect of a customer, given order days, recency and age alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from tenure_features.float_table import Table, fill_missing, read_floats
from tenure_features.stored import Stored, positive
from tenure_training.models.btyd.base import BTYDModel
from tenure_training.models.btyd.bgnbd import BGNBD
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.mbgnbd import MBGNBD
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.btyd.summary import RepeatCounts, distinct_rows, observations
from tenure_training.models.contract import Floats

_FAMILY: Mapping[str, type[BTYDModel]] = {"bgnbd": BGNBD, "mbgnbd": MBGNBD, "paretonbd": ParetoNBD}

OBSERVED = ("order_days", "tenure_days", "span_days", "orders_total", "value_mean")
"""All that is read of a snapshot."""

MOST_AT_ORIGIN = 3_000
"""Customers the models are fitted to at a training origin: four parameters at most, fitted a dozen times and more."""

MOST_SPENDERS = 5_000
"""Customers the Gamma-Gamma is fitted to: its fit is three parameters, and is repeated at every training origin."""

SURE_CUSTOMERS = 1e-5
"""Probabilities are kept this far from 0 and 1, so that log-odds stay finite."""

NOTHING_SPENT = GammaGamma(p=1e6, q=1e6 + 1, gamma=SURE_CUSTOMERS)
"""Spend where nobody has spent anything: next to nothing, with a logarithm."""


@dataclass(frozen=True)
class Expectation:
    """What the rhythm expects of ``n`` customers over a window.

    Attributes
    ----------
    odds
        Log-odds of at least one order by model name, shape (n,) each.
    orders
        Expected orders by model name, shape (n,) each, > 0.
    spend
        Expected value of an order day, shape (n,), > 0.
    typical_spend
        Median value of an order day over customers: the yardstick for money.
    """

    odds: Mapping[str, Floats]
    orders: Mapping[str, Floats]
    spend: Floats
    typical_spend: float

    @cached_property
    def log_odds(self) -> Floats:
        """Mean of the models' log-odds of at least one order, shape (n,)."""
        return np.mean(list(self.odds.values()), axis=0)

    @cached_property
    def log_orders(self) -> Floats:
        """Logarithm of the geometric mean of the models' expected orders, shape (n,)."""
        return np.mean([np.log(orders) for orders in self.orders.values()], axis=0)

    @cached_property
    def log_count(self) -> Floats:
        """Logarithm of the orders expected of those who buy, shape (n,); at least one, so never negative."""
        return np.maximum(self.log_orders - np.log(expit(self.log_odds)), 0.0)

    @cached_property
    def log_severity(self) -> Floats:
        """Logarithm of the value expected of those who buy, shape (n,)."""
        return np.asarray(self.log_count + np.log(self.spend))


@dataclass(frozen=True)
class BtydEnsemble:
    """BG/NBD, MBG/NBD and Pareto/NBD with Gamma-Gamma, fitted to one snapshot.

    Three models that differ only in when customers may leave are averaged, in log-odds: none of them wins on every
    log. On nine splits of CDNOW and Online Retail the mean log-loss of their average was below that of each.

    Attributes
    ----------
    models
        Fitted models by name.
    spend
        The fitted Gamma-Gamma.
    orders_per_day
        Orders per order day in the snapshot: the models count days with an order.
    typical_spend
        Median over customers of the mean value of an order day; 1 where nobody spent anything.
    """

    models: Mapping[str, BTYDModel]
    spend: GammaGamma
    orders_per_day: float
    typical_spend: float

    @classmethod
    def fit(cls, snapshot: pd.DataFrame, *, most: int | None = None) -> Self:
        """Fit to the snapshot of everybody at one moment, or to at most so many of them; it needs no labels."""
        if most is not None and len(snapshot) > most:
            x, t_x, T = observations(snapshot)
            snapshot = snapshot.iloc[_spread(np.lexsort((T, t_x, x)), most)]
        counts = RepeatCounts.of_snapshot(snapshot)
        days, mean = _spend(snapshot)
        return cls(
            {name: model.fit(counts).model for name, model in _FAMILY.items()},
            GammaGamma.fit(*_spread_sample(days, mean)).model if np.any(mean > 0) else NOTHING_SPENT,
            float(snapshot["orders_total"].sum() / max(snapshot["order_days"].sum(), 1.0)),
            float(np.median(mean[mean > 0])) if np.any(mean > 0) else 1.0,
        )

    def expect(self, snapshot: Table, *, days: float) -> Expectation:
        """Say what the models expect of each row over a window of so many days."""
        rows, back = distinct_rows(observations(snapshot))
        odds, orders = {}, {}
        for name, model in self.models.items():
            alive, (bought,) = model.outlook(*rows, days=[days])
            count = alive * model.orders_while_alive(*rows, horizon_days=days) * self.orders_per_day
            odds[name] = logit(np.clip(bought, SURE_CUSTOMERS, 1 - SURE_CUSTOMERS))[back]
            orders[name] = np.maximum(count, SURE_CUSTOMERS)[back]
        if self.spend == NOTHING_SPENT:  # they count orders of any revenue, a purchase is one with money
            odds = {name: np.full(len(snapshot), logit(SURE_CUSTOMERS)) for name in odds}
            orders = {name: np.full(len(snapshot), SURE_CUSTOMERS) for name in orders}
        spend = np.maximum(self.spend.expected_spend(*_spend(snapshot)), SURE_CUSTOMERS * self.typical_spend)
        return Expectation(odds, orders, spend, self.typical_spend)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return {
            "models": {name: model.parameters for name, model in self.models.items()},
            "spend": asdict(self.spend),
            "orders_per_day": self.orders_per_day,
            "typical_spend": self.typical_spend,
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("models", "spend", "orders_per_day", "typical_spend")
        models = saved["models"].fields(*_FAMILY)
        return cls(
            {name: _FAMILY[name].from_stored(models[name]) for name in _FAMILY},
            GammaGamma.from_stored(saved["spend"]),
            saved["orders_per_day"].number(1e-6, 1e6),
            positive(saved["typical_spend"]),
        )


def _spread_sample(days: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Take at most so many customers, evenly along the order of their mean value: three parameters need no more."""
    if len(mean) <= MOST_SPENDERS:
        return days, mean
    chosen = _spread(np.lexsort((days, mean)), MOST_SPENDERS)
    return days[chosen], mean[chosen]


def _spread(order: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Take so many of an order, evenly along it."""
    return order[np.linspace(0, len(order) - 1, most).round().astype(np.intp)]


def _spend(snapshot: Table) -> tuple[Floats, Floats]:
    """Order days and mean value of each row; both zero where the mean is not positive: nothing was learnt of spend."""
    days = read_floats(snapshot, "order_days")
    mean = fill_missing(read_floats(snapshot, "value_mean"))
    spending = mean > 0
    return np.where(spending, days, 0.0), np.where(spending, mean, 0.0)
