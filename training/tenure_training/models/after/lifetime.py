"""Customer lifetime value: what each customer has brought, and what is still to come, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored
from tenure_training.models.after.attrition import Attrition
from tenure_training.models.after.cohort_survival import CohortSurvival
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MoneyToDate
from tenure_training.models.after.spending_to_come import SpendingToCome, spending_to_come
from tenure_training.models.btyd.btyd_ensemble import MOST_SPENDERS, NOTHING_SPENT
from tenure_training.models.btyd.gammagamma import GammaGamma
from tenure_training.models.btyd.summary import RepeatCounts, distinct_rows, observations
from tenure_training.models.contract import MOST_DAYS, Floats, Prediction
from tenure_training.models.season import SeasonAhead

WINDOWS_DAYS: tuple[int, ...] = (90, 180, 365)
LIFETIME_LEVEL = 0.8
"""What the interval of what is to come should hold."""

DAYS_PER_YEAR = 365.0

_NO_COSTS = (
    "No costs are known, so CLV counts revenue: say margin or service_cost_per_order under [economics], or give the "
    "columns and tables they are measured in."
)
_NODES, _STEPS = 24, 400
_NOTHING = 1e-200
_FIRST_DAY = 0.5


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    r"""The curve of orders to come, at the level of the model that was chosen.

    With Y(t) the orders of the next t days under Pareto/NBD, D(t) = \int_0^t e^{-\delta u} dE[Y(u)] the discounted ones
    (Fader, Hardie & Lee 2005, eq. 2) and V the champion's expected value over its horizon H, the value of t days is
    V D(t) / E[Y(H)]: without discounting that of the horizon is V itself. V carries the customer's own rate, own
    spend and own chance of being there still; the curve carries on from there, and ends with the lifetime.

    Pareto/NBD, because its customers leave at any moment: BG/NBD and MBG/NBD, where only an order can be the last,
    agree with it over a year, but beyond it those who stay silent stay alive, at an ever lower rate.

    Attributes
    ----------
    attrition
        How customers leave, fitted at ``as_of``.
    spend
        What an order day is worth, for the interval.
    economics
        Discounting, costs, and where the lifetime ends.
    horizon_days
        The champion's horizon.
    survival
        Buyers of closed windows followed as far as they go, beside what the model of leaving expects of them; None
        where no two windows have closed.
    level
        Of the distribution, at which the interval is taken to hold `LIFETIME_LEVEL`: more where past ones held too
        little, see `tenure_training.models.after.past_forecast`.
    """

    attrition: Attrition
    spend: GammaGamma
    economics: Economics
    horizon_days: int
    survival: CohortSurvival | None = None
    level: float = LIFETIME_LEVEL

    @classmethod
    def fit(cls, present: pd.DataFrame, economics: Economics, *, horizon_days: int) -> Self:
        """Fit the models to the snapshot at ``as_of``."""
        return cls(
            attrition=Attrition.fit(RepeatCounts.of_snapshot(present)),
            spend=_fit_spend(present),
            economics=economics,
            horizon_days=horizon_days,
        )

    @property
    def days(self) -> float:
        """Where the lifetime ends, in days from ``as_of``."""
        return DAYS_PER_YEAR * self.economics.lifetime_years

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers must know: why some of them are left out, and that no costs are known."""
        unpriced = () if self.economics.costs_known else (_NO_COSTS,)
        left_out = [f"clv_{days}d" for days in WINDOWS_DAYS if days > self.attrition.longest_days]
        if self.days > self.attrition.longest_days:
            left_out += ["clv_to_come", "clv_before_cac", "clv_net"]
        unknown = [f"{self.attrition.reason} Left out: {', '.join(left_out)}."] if left_out else []
        doubted = (
            [] if self.survival is None or self.survival.agrees else [f"{self.survival.words}: doubt clv_to_come."]
        )
        return (*unpriced, *unknown, *doubted)

    def columns(self, snapshot: Table, prediction: Prediction) -> dict[str, Floats]:
        """Give the CLV columns of a score table.

        Parameters
        ----------
        snapshot
            Features of ``n`` customers; the columns of `MONEY_TO_DATE` and ``acquisition_cost`` (money, per customer)
            where they are known.
        prediction
            The champion's, over the horizon.

        Returns
        -------
        dict
            ``clv_90d``, ``clv_180d``, ``clv_365d``, ``clv_to_come``, ``clv_to_come_low`` and ``clv_to_come_high``;
            ``contribution_to_date`` and ``clv_before_cac`` where the past is known, ``clv_net`` where the cost of
            acquisition is too. Shape (n,) each, in the currency; NaN where the data do not support the number.
        """
        ends = self._grid.ends
        shares = self.shares(snapshot, ends, ahead=prediction.ahead)
        names = [*(f"clv_{days}d" for days in WINDOWS_DAYS), "clv_to_come"]
        money = MoneyToDate.of(snapshot)
        expected = self._contribution(prediction, money)
        out = {name: expected * share for name, share in zip(names, shares, strict=True)}
        spread = self.spread(snapshot, prediction, self.days)
        out["clv_to_come_low"], out["clv_to_come_high"] = spread.interval(out["clv_to_come"], self.level)
        for name, end in zip(
            (*names, "clv_to_come_low", "clv_to_come_high"), (*ends, self.days, self.days), strict=True
        ):
            if end > self.attrition.longest_days:
                out[name] = np.full(len(snapshot), np.nan)
        if money is not None:
            out["contribution_to_date"] = money.contribution(self.economics)
            out["clv_before_cac"] = out["contribution_to_date"] + out["clv_to_come"]
            cac = self._acquisition(snapshot)
            if cac is not None:
                out["clv_net"] = out["clv_before_cac"] - cac
        return out

    def shares(self, snapshot: Table, ends: tuple[float, ...], *, ahead: SeasonAhead | None = None) -> Floats:
        """Discounted orders up to each end, over the undiscounted ones of the horizon; shape (len(ends), n).

        Where the horizon counts a season in, what follows has the seasons of its own days.
        """
        model = self.attrition.model
        rows, back = distinct_rows(observations(snapshot))
        grid = self._grid if ends == self._grid.ends else self._grid_to(ends)
        expected = model.expected_orders_by(*rows, days=grid.days)
        nothing = np.zeros(len(rows[0]))
        curve = PchipInterpolator(grid.knots, np.column_stack([nothing, *expected]), axis=1)
        within = curve(np.log1p(self.horizon_days))
        seen = within > _NOTHING  # of those who are not expected at all, the horizon is all there is
        sums = [steps.discount(curve.c) for steps in grid.steps]
        shares = [np.divide(total, within, out=np.ones(len(nothing)), where=seen) for total in sums]
        if ahead is not None:
            shares = [
                share * ahead.growth(end, horizon_days=self.horizon_days)
                for share, end in zip(shares, ends, strict=True)
            ]
        return np.asarray(np.stack(shares)[:, back])

    @cached_property
    def _grid(self) -> _Grid:
        return self._grid_to((*(float(days) for days in WINDOWS_DAYS), self.days))

    def _grid_to(self, ends: tuple[float, ...]) -> _Grid:
        rate = np.log1p(self.economics.discount_rate_per_year) / DAYS_PER_YEAR
        return _Grid.of(ends, horizon_days=self.horizon_days, rate=float(rate))

    def _contribution(self, prediction: Prediction, money: MoneyToDate | None) -> Floats:
        """Value of the horizon after cost of goods and cost to serve, each customer's own as far as it is known."""
        margin, service = self.economics.margin, self.economics.service_cost_per_order
        value = prediction.expected_value
        if margin is not None:
            own = (
                margin.mean if money is None else margin.rates(money.priced_revenue - money.cost, money.priced_revenue)
            )
            value = np.minimum(own, 1.0) * value
        if service is not None:
            cost = service.mean if money is None else service.rates(money.service_cost, money.served_orders)
            value = value - cost * prediction.expected_orders
        return np.asarray(value)

    def spread(self, snapshot: Table, prediction: Prediction, days: float) -> SpendingToCome:
        """Tell how far what comes within some days scatters around what is expected, customer by customer."""
        return spending_to_come(
            self.attrition.model,
            self.spend,
            observations(snapshot),
            mean_spend=read_floats(snapshot, "value_mean"),
            days=days,
            buy_probability=prediction.buy_probability,
            horizon_days=float(self.horizon_days),
        )

    def _acquisition(self, snapshot: Table) -> Floats | None:
        if ACQUISITION_COST in snapshot:
            return read_floats(snapshot, ACQUISITION_COST)
        cac = self.economics.cac
        return None if cac is None else np.full(len(snapshot), cac)

    def definitions(self) -> dict[str, str]:
        """Say what the columns mean, for the metadata of a score table."""
        economics, years = self.economics, f"{self.economics.lifetime_years:g} years"
        sentence = "" if self.survival is None else f". {self.survival.words}"
        reasons = " ".join(("", *self.notes[0 if self.economics.costs_known else 1 :]))
        return {
            "clv": f"CLV counts {economics.measure}. clv_90d, clv_180d and clv_365d are what is expected of the days "
            f"from as_of on, {economics.discounting}; the value of the horizon is expected_value.{reasons}",
            "contribution_to_date": f"what the customer has brought until as_of, returns and discounts off: "
            f"{economics.measure}",
            "clv_to_come": f"the same, expected from as_of on over a lifetime of {years}, {economics.discounting}; "
            f"clv_to_come_low to clv_to_come_high holds it with probability 80 %{sentence}",
            "clv_before_cac": "contribution_to_date + clv_to_come, before the cost of acquisition (CAC)",
            "clv_net": "clv_before_cac less the cost of acquisition (CAC)",
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return {
            "attrition": self.attrition.to_dict(),
            "spend": {"p": self.spend.p, "q": self.spend.q, "gamma": self.spend.gamma},
            "economics": self.economics.to_dict(),
            "horizon_days": self.horizon_days,
            "survival": None if self.survival is None else self.survival.to_dict(),
            "level": self.level,
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("attrition", "spend", "economics", "horizon_days", "survival", optional=("level",))
        return cls(
            attrition=Attrition.from_stored(saved["attrition"]),
            spend=GammaGamma.from_stored(saved["spend"]),
            economics=Economics.from_stored(saved["economics"]),
            horizon_days=saved["horizon_days"].whole(1, MOST_DAYS),
            survival=None if saved["survival"].missing else CohortSurvival.from_stored(saved["survival"]),
            level=saved["level"].number(LIFETIME_LEVEL, 0.99) if "level" in saved else LIFETIME_LEVEL,
        )


def _fit_spend(present: pd.DataFrame) -> GammaGamma:
    """Fit what an order day is worth, to every so manieth customer by days and worth where there are many."""
    days, mean = (present[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("order_days", "value_mean"))
    some = np.flatnonzero(np.isfinite(mean) & (mean > 0) & (days > 0))
    if not len(some):
        return NOTHING_SPENT
    some = some[np.lexsort((mean[some], days[some]))][:: 1 + len(some) // MOST_SPENDERS]
    return GammaGamma.fit(days[some], mean[some]).model


@dataclass(frozen=True, eq=False)
class _Steps:
    """What each coefficient of a curve of expected orders counts in its discounted sum up to an end, shape (4, k).

    The curve is looked at in steps of log(1 + days), and what comes within a step is discounted by its middle. The sum
    of these is linear in the coefficients of the pieces between the knots, so that what depends on no customer is
    worked out once, instead of 400 values of each one's curve.
    """

    weights: Floats

    @classmethod
    def to(cls, end: float, *, rate: float, knots: Floats) -> Self:
        """Cut the days up to an end."""
        if rate == 0:
            return cls(_weigh(np.log1p([end]), np.ones(1), knots))
        edges = np.expm1(np.linspace(0.0, np.log1p(end), _STEPS))
        factors = np.exp(-rate * (edges[1:] + edges[:-1]) / 2)
        # sum of f_j (Y_j+1 - Y_j), by the Y_j
        return cls(_weigh(np.log1p(edges), np.append(0.0, factors) - np.append(factors, 0.0), knots))

    def discount(self, coefficients: Floats) -> Floats:
        """Integrate the discount factor over curves of expected orders.

        Parameters
        ----------
        coefficients
            Of their pieces, as `scipy.interpolate.PPoly` keeps them; shape (4, k, n).

        Returns
        -------
        ndarray
            Shape (n,). Term by term, so that no sum depends on how many rows there are.
        """
        total = np.zeros(coefficients.shape[2])
        for power, piece in zip(*np.nonzero(self.weights), strict=True):
            total += self.weights[power, piece] * coefficients[power, piece]
        return total


def _weigh(at: Floats, amounts: Floats, knots: Floats) -> Floats:
    """Sum amounts times the powers of the distance from the knot before, by power and piece; shape (4, k)."""
    pieces = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    weights = np.zeros((4, len(knots) - 1))
    for row, power in enumerate((3, 2, 1, 0)):
        np.add.at(weights[row], pieces, amounts * (at - knots[pieces]) ** power)
    return weights


@dataclass(frozen=True, eq=False)
class _Grid:
    """Where the curve of orders to come is worked out, and where it is looked at: nothing that depends on customers."""

    ends: tuple[float, ...]
    days: list[float]
    knots: Floats
    steps: tuple[_Steps, ...]

    @classmethod
    def of(cls, ends: tuple[float, ...], *, horizon_days: int, rate: float) -> Self:
        """Lay out the days of a curve that leads up to these ends."""
        days = np.geomspace(_FIRST_DAY, max(*ends, 2.0 * horizon_days), _NODES)
        days = np.unique(np.append(days, [horizon_days, *ends]))
        knots = np.log1p(np.append(0.0, days))
        return cls(ends, days.tolist(), knots, tuple(_Steps.to(end, rate=rate, knots=knots) for end in ends))
