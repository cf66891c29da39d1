"""What all buy-till-you-die models share: a customer is alive or gone, and only the two probabilities differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from tenure_features.errors import UsageError
from tenure_features.stored import Stored

from .estimation import Estimate, Prior, _Objective, maximise
from .summary import Floats, RepeatCounts, check_history

COARSE_ABOVE = 4_000
"""Unique rows above which the search starts on binned rows."""

_SMALLEST, _LARGEST = 1e-9, 1e12
"""Parameters lie within, whatever the data: the region that is searched is some orders of magnitude wide."""

DAYS_WITHOUT_HISTORY = 365.0
"""Time scale assumed where no customer has been observed for any time at all."""


@dataclass(frozen=True)
class Standing:
    """The likelihood of each row as two terms.

    ``log_alive`` is log P(data, alive at T), shape (n,); ``log_odds_gone`` the log of P(data, gone) / P(data, alive),
    shape (n,), ``-inf`` where nobody can have gone.
    """

    log_alive: Floats
    log_odds_gone: Floats

    @cached_property
    def log_likelihood(self) -> Floats:
        """Log-likelihood of each row."""
        return np.asarray(self.log_alive + np.logaddexp(0.0, self.log_odds_gone))


@dataclass(frozen=True)
class Terms(Standing):
    """Both terms with gradients by natural parameter, shape (parameters, n)."""

    d_log_alive: Floats
    d_log_odds_gone: Floats

    @property
    def gradient(self) -> Floats:
        """Gradient of each row's log-likelihood."""
        return np.asarray(self.d_log_alive + expit(self.log_odds_gone) * self.d_log_odds_gone)


@dataclass(frozen=True)
class BTYDModel(ABC):
    """A buy-till-you-die model at given parameters.

    Subclasses are frozen dataclasses whose fields are the parameters, positive numbers. Those named in
    ``time_parameters`` are measured in the unit of time of the data (days in Tenure); to convert published weeks
    to days multiply them by 7, the others have no unit.

    All methods take x, t_x and T (numbers or arrays that broadcast; see `RepeatCounts`) and return one float64 per
    customer, computed from that customer's row alone.
    """

    time_parameters: ClassVar[frozenset[str]]
    structure: ClassVar[frozenset[str]] = frozenset()
    """Fields that are chosen, not estimated."""

    def __post_init__(self) -> None:
        """Refuse parameters outside the model."""
        bad = {name: value for name, value in self.parameters.items() if not (np.isfinite(value) and value > 0)}
        if bad:
            raise UsageError(
                f"Parameters of {type(self).__name__} are positive numbers.", found=str(bad), fix="Fit the model again."
            )

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name."""
        return {name: getattr(self, name) for name in self.names()}

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the estimated parameters, in order."""
        return tuple(item.name for item in fields(cls) if item.name not in cls.structure)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read parameters that were stored by name."""
        saved = stored.fields(*(item.name for item in fields(cls)))
        values = np.array([saved[name].number(_SMALLEST, _LARGEST) for name in cls.names()])
        return cls.typical(1.0).at(values)

    def at(self, values: Floats) -> Self:
        """Give the same model at other values of its parameters."""
        return replace(self, **dict(zip(self.names(), values.tolist(), strict=True)))

    def in_unit(self, unit: float) -> Self:
        """Express the time parameters in another unit, given as its length in the present one (7 for weeks)."""
        scale = dict.fromkeys(self.time_parameters, 1 / unit)
        return replace(self, **{name: value * scale.get(name, 1.0) for name, value in self.parameters.items()})

    @classmethod
    @abstractmethod
    def typical(cls, rate: float) -> Self:
        """Parameters to start from and to fall back on, for a mean order rate in units of the mean observed time."""

    @abstractmethod
    def terms(self, data: RepeatCounts) -> Terms:
        """Likelihood terms of each row."""

    def standing(self, data: RepeatCounts) -> Standing:
        """Likelihood terms of each row without their gradients, which only a fit asks for."""
        return self.terms(data)

    @abstractmethod
    def _orders_while_alive(self, data: RepeatCounts, horizon: float) -> Floats:
        """Mean orders in the horizon of a customer alive at T."""

    @abstractmethod
    def _reach_while_alive(self, data: RepeatCounts, horizon: float, counts: Floats) -> Floats:
        """P(at least k orders in the horizon) of a customer alive at T, for every k >= 1 in counts."""

    @abstractmethod
    def _draw_while_alive(
        self, data: RepeatCounts, horizon: float, draws: int, generator: np.random.Generator
    ) -> Floats:
        """Orders in the horizon drawn for a customer alive at T; shape (n, draws)."""

    @classmethod
    def fit(cls, data: RepeatCounts) -> Estimate[Self]:
        """Fit by maximum likelihood.

        The answer does not depend on the unit of time nor on the order of customers. Any data gives finite
        parameters: with less than a few hundred repeat customers a weak prior centred on the observed order rate
        takes part, and far outside the range of any shop the likelihood is bent back (the message says so).
        """
        return cls._fit_at(data)

    @classmethod
    def _fit_at(cls, data: RepeatCounts, **structure: int) -> Estimate[Self]:
        """Fit the parameters at given values of the chosen fields."""
        unit = float(data.n @ data.T / max(data.customers, 1)) or DAYS_WITHOUT_HISTORY
        scaled = data.in_unit(unit)
        rate = float((scaled.n @ scaled.x + 0.5) / (scaled.n @ scaled.T + 1.0))
        repeaters = float(scaled.n @ (scaled.x > 0))
        start = replace(cls.typical(rate), **structure)
        prior = Prior(np.log(list(start.parameters.values())), weight=Prior.fading(repeaters))
        coarse = start._objective(scaled.merge_into_cells(cells=60)) if len(scaled.x) > COARSE_ABOVE else None
        best = maximise(start._objective(scaled), prior=prior, customers=max(data.customers, 1), coarse=coarse)
        model = start.at(np.exp(best.theta)).in_unit(1 / unit)
        errors = np.array(list(model.parameters.values())) * best.log_standard_errors
        return Estimate(
            model=model,
            log_likelihood=float(data.n @ model.log_likelihood(data.x, data.t_x, data.T)),
            standard_errors=dict(zip(cls.names(), errors.tolist(), strict=True)),
            converged=best.converged,
            message=best.message(cls.names()),
            prior_weight=prior.weight,
        )

    def _objective(self, data: RepeatCounts) -> _Objective:
        def log_likelihood(theta: Floats) -> tuple[float, Floats]:
            natural = np.exp(theta)
            terms = self.at(natural).terms(data)
            return float(data.n @ terms.log_likelihood), (terms.gradient @ data.n) * natural

        return log_likelihood

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Log-likelihood of each customer."""
        return self.terms(_rows(x, t_x, T)).log_likelihood

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """P(alive at T): a statement about a hidden state; for buying in a window see `buy_probability`."""
        return np.asarray(expit(-self.standing(_rows(x, t_x, T)).log_odds_gone))

    def buy_probability(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, horizon_days: float) -> Floats:
        """P(at least one order in (T, T + horizon]).

        Staying silent is being seen with the same x and t_x at a later T, so in every model of the family this is
        1 - L(x, t_x, T + t) / L(x, t_x, T).
        """
        return self.outlook(x, t_x, T, days=[horizon_days])[1][0]

    def outlook(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, days: Sequence[float]
    ) -> tuple[Floats, list[Floats]]:
        """Both `probability_alive` and `buy_probability` over several horizons; the present is looked at once."""
        now, moments = _rows(x, t_x, T), 1 + len(days)
        # all moments in one go: of a single customer most of the time is that of calls
        then = np.concatenate([now.T, *(now.T + horizon for horizon in days)])
        x_, t_x_, n = (np.tile(column, moments) for column in (now.x, now.t_x, now.n))
        rows = RepeatCounts(x_, t_x_, then, n)
        standing, present = self.standing(rows), slice(len(now.T))
        likelihood = standing.log_likelihood.reshape(moments, -1)
        buys = np.clip(-np.expm1(likelihood[1:] - likelihood[0]), 0.0, 1.0) + 0.0
        return expit(-standing.log_odds_gone[present]), list(buys)

    def expected_orders(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, horizon_days: float) -> Floats:
        """Mean number of orders in (T, T + horizon]."""
        return self.expected_orders_by(x, t_x, T, days=[horizon_days])[0]

    def expected_orders_by(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, days: Sequence[float]) -> list[Floats]:
        """Mean number of orders in (T, T + horizon] for several horizons; whether one is alive is asked once."""
        data = _rows(x, t_x, T)
        alive = expit(-self.standing(data).log_odds_gone)
        return [alive * orders for orders in self._orders_by(data, days)]

    def _orders_by(self, data: RepeatCounts, days: Sequence[float]) -> Iterable[Floats]:
        """Mean orders in each of the horizons of a customer alive at T, shape (n,) each."""
        return (self._orders_while_alive(data, horizon) for horizon in days)

    def orders_while_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, horizon_days: float) -> Floats:
        """Mean number of orders in (T, T + horizon] of a customer alive at T."""
        return self._orders_while_alive(_rows(x, t_x, T), horizon_days)

    def order_count_survival(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, horizon_days: float, counts: ArrayLike
    ) -> Floats:
        """P(at least k orders in (T, T + horizon]) for each k >= 1 in `counts`; shape (n, len(counts))."""
        data, at = _rows(x, t_x, T), np.atleast_1d(np.asarray(counts, dtype=np.float64))
        reach = self._reach_while_alive(data, horizon_days, at)
        return np.clip(expit(-self.terms(data).log_odds_gone)[:, None] * reach, 0.0, 1.0)

    def sample_orders(
        self,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        *,
        horizon_days: float,
        draws: int,
        generator: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Draw order counts in (T, T + horizon] from the posterior predictive distribution; shape (n, draws)."""
        data = _rows(x, t_x, T)
        alive = expit(-self.terms(data).log_odds_gone)
        stays = generator.random((len(alive), draws)) < alive[:, None]
        return np.asarray(stays * self._draw_while_alive(data, horizon_days, draws, generator), dtype=np.int64)

    def discounted_orders(
        self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, annual_rate: float, horizon_days: float = np.inf
    ) -> Floats:
        r"""Mean number of future orders, each discounted to T at a continuously compounded annual rate.

        With the infinite default horizon this is the discounted expected residual transactions (DERT; Fader, Hardie &
        Lee 2005). Integrated by parts, :math:`\delta\int_0^H e^{-\delta t} E[Y(t)] dt + e^{-\delta H} E[Y(H)]`: over
        all time by the trapezoidal rule in log t, where the integrand falls off exponentially on both sides.

        Raises
        ------
        UsageError
            The rate is not positive: without discounting residual orders are infinite in this family.
        """
        if not annual_rate > 0:
            raise UsageError("Residual orders need a positive annual discount rate.", found=str(annual_rate))
        data, rate = _rows(x, t_x, T), np.log1p(annual_rate) / 365.0
        end = min(horizon_days, 45.0 / rate)
        grid = np.log(end) - 0.25 * np.arange(120)
        if horizon_days < 45.0 / rate:
            nodes, share = np.polynomial.legendre.leggauss(48)
            times, weights = end * (nodes + 1) / 2, end * share / 2
        else:
            times, weights = np.exp(grid), 0.25 * np.exp(grid)
        total = sum(
            weight * rate * np.exp(-rate * time) * self._orders_while_alive(data, float(time))
            for time, weight in zip(times, weights, strict=True)
        )
        if np.isfinite(horizon_days):
            total = total + np.exp(-rate * horizon_days) * self._orders_while_alive(data, horizon_days)
        return np.asarray(expit(-self.terms(data).log_odds_gone) * total)


def _rows(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> RepeatCounts:
    """Rows as they come: one per customer, in the caller's order."""
    columns = check_history(x, t_x, T)
    return RepeatCounts(*columns, np.ones(len(columns[0])))
