"""Logs and oracles the BTYD tests share: the published sample, a process simulator, and integration over customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid
from scipy.special import expit, gammainc, gammaln, log_expit
from scipy.stats import gamma, poisson

from tenure_training.models.btyd import BGNBD, MBGCNBD, MBGNBD, BTYDModel, ParetoNBD, RepeatCounts


@dataclass(frozen=True)
class Sample:
    """The published CDNOW sample by the published convention, in days."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    repeat_spend: np.ndarray
    holdout_orders: np.ndarray

    @property
    def counts(self) -> RepeatCounts:
        return RepeatCounts.of(self.x, self.t_x, self.T)


@pytest.fixture(scope="session")
def cdnow_sample(cdnow: Path) -> Sample:
    names = ["master", "customer", "date", "units", "spend"]
    rows = pd.read_csv(cdnow / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype={"date": str})
    rows["date"] = pd.to_datetime(rows["date"], format="%Y%m%d")
    days = rows.groupby(["customer", "date"], as_index=False)["spend"].sum()
    end = pd.Timestamp("1997-09-30")
    calibration, holdout = days[days["date"] <= end], days[days["date"] > end]
    seen = calibration.groupby("customer")["date"].agg(["min", "max", "size"])
    repeat = calibration[calibration["date"] > calibration.groupby("customer")["date"].transform("min")]
    return Sample(
        x=(seen["size"] - 1).to_numpy(float),
        t_x=(seen["max"] - seen["min"]).dt.days.to_numpy(float),
        T=(end - seen["min"]).dt.days.to_numpy(float),
        repeat_spend=repeat.groupby("customer")["spend"].mean().reindex(seen.index).to_numpy(),
        holdout_orders=holdout.groupby("customer").size().reindex(seen.index, fill_value=0).to_numpy(float),
    )


@dataclass(frozen=True)
class Oracle:
    """A model integrated numerically over all customers on a grid of (order rate, readiness to leave).

    Everything is written from the story of one customer with known rate and known readiness to leave; no formula
    for the mixture is used. `leave` is p per order for the BG family and mu per unit of time for Pareto/NBD.
    """

    model: BTYDModel
    rate: np.ndarray
    leave: np.ndarray
    mass: np.ndarray

    @classmethod
    def of(cls, model: BTYDModel) -> Oracle:
        log_rate = np.linspace(-30.0 / min(model.r, 1.0), 6.0, 650)
        rate = np.exp(log_rate)
        rate_mass = gamma.pdf(rate, model.r, scale=1 / model.alpha) * rate
        if isinstance(model, ParetoNBD):
            grid = np.linspace(-40.0, 6.0, 650)
            leave = np.exp(grid)
            leave_mass = gamma.pdf(leave, model.s, scale=1 / model.beta) * leave
        else:
            grid = np.linspace(-45.0, 25.0, 650)
            leave = expit(grid)
            leave_mass = np.exp(model.a * log_expit(grid) + model.b * log_expit(-grid))
        mass = np.outer(rate_mass * _steps(log_rate), leave_mass * _steps(grid))
        return cls(model, rate[:, None], leave[None, :], mass / mass.sum())

    def alive_and_gone(self, x: float, t_x: float, T: float) -> tuple[np.ndarray, np.ndarray]:
        """Likelihood of a customer's history for every rate and readiness, alive at T and gone by T."""
        rate, leave = self.rate, self.leave
        if isinstance(self.model, ParetoNBD):
            together = rate + leave
            alive = rate**x * np.exp(-together * T)
            return alive, rate**x * leave / together * (np.exp(-together * t_x) - np.exp(-together * T))
        if isinstance(self.model, MBGCNBD):
            begun, timing = self._phases(T - t_x).sum(axis=0), self._timing(x, t_x)
            until = timing * (1 - leave) ** x * rate ** (self.model.k * x) * np.exp(-rate * t_x)
            return until * (1 - leave) * begun, until * leave
        chances = x + (1 if isinstance(self.model, MBGNBD) else 0)
        alive = (1 - leave) ** chances * rate**x * np.exp(-rate * T)
        if chances == 0:
            return alive, np.zeros_like(alive)
        return alive, leave * (1 - leave) ** (chances - 1) * rate**x * np.exp(-rate * t_x)

    def _phases(self, silent: float) -> np.ndarray:
        """P(j phases have passed) for j < k, by rate; shape (k, rates, 1)."""
        return np.array([poisson.pmf(j, self.rate * silent) for j in range(self.model.k)])

    def _timing(self, x: float, t_x: float) -> float:
        """Density of t_x at rate 1 without its exponential, less that of k = 1."""
        phases = self.model.k * x
        return float(np.exp((phases - x) * np.log(t_x) - gammaln(phases) + gammaln(x))) if x and t_x else 1.0

    def likelihood(self, x: float, t_x: float, T: float) -> float:
        return float(sum(self.alive_and_gone(x, t_x, T) * self.mass[None]).sum())

    def probability_alive(self, x: float, t_x: float, T: float) -> float:
        alive, _ = self.alive_and_gone(x, t_x, T)
        return float((alive * self.mass).sum()) / self.likelihood(x, t_x, T)

    def future(self, x: float, t_x: float, T: float, horizon: float) -> tuple[float, float]:
        """P(at least one order) and mean orders in the horizon."""
        rate, leave = self.rate, self.leave
        alive, _ = self.alive_and_gone(x, t_x, T)
        posterior = alive * self.mass / self.likelihood(x, t_x, T)
        if isinstance(self.model, MBGCNBD):
            k, n = self.model.k, np.arange(1, 500)
            begun = self._phases(T - t_x)
            begun = begun / np.maximum(begun.sum(axis=0), 1e-300)
            reach = sum(begun[j] * gammainc(k * n - j, rate * horizon) for j in range(k))
            stays = (1 - leave.T) ** (n - 1)
            return float((posterior * reach[:, :1]).sum()), float((posterior * (reach @ stays.T)).sum())
        if isinstance(self.model, ParetoNBD):
            buys = rate / (rate + leave) * -np.expm1(-(rate + leave) * horizon)
            orders = rate / leave * -np.expm1(-leave * horizon)
        else:
            buys = -np.expm1(-rate * horizon) + 0 * leave
            orders = -np.expm1(-rate * leave * horizon) / leave
        return float((posterior * buys).sum()), float((posterior * orders).sum())


def _steps(grid: np.ndarray) -> np.ndarray:
    return np.full(len(grid), trapezoid(np.ones(2), grid[:2]))


@pytest.fixture(scope="session")
def oracle() -> Callable[[BTYDModel], Oracle]:
    return Oracle.of


def simulate(model: BTYDModel, T: np.ndarray, horizon: float, generator: np.random.Generator) -> np.ndarray:
    """Let customers live one order at a time; rows x, t_x, T and orders in (T, T + horizon]."""
    size, end = len(T), T + horizon
    rate = generator.gamma(model.r, 1 / model.alpha, size)
    clock, last, x, later = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    alive = np.ones(size, dtype=bool)
    if isinstance(model, ParetoNBD):
        death = generator.exponential(1 / generator.gamma(model.s, 1 / model.beta, size))
    else:
        death, leave = np.full(size, np.inf), generator.beta(model.a, model.b, size)
        if isinstance(model, MBGNBD | MBGCNBD):
            alive = generator.random(size) > leave
    while alive.any():
        clock = clock + generator.gamma(getattr(model, "k", 1), 1 / rate)
        alive &= (clock <= end) & (clock <= death)
        seen, future = alive & (clock <= T), alive & (clock > T)
        x, later, last = x + seen, later + future, np.where(seen, clock, last)
        if not isinstance(model, ParetoNBD):
            alive &= generator.random(size) > leave
    return np.array([x, last, T, later])


@pytest.fixture(scope="session")
def simulated() -> Callable[..., np.ndarray]:
    return simulate


MODELS = (
    BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426),
    BGNBD(r=1.4, alpha=9.0, a=1.0, b=4.0),
    MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614),
    MBGCNBD(r=0.7, alpha=2.5, a=0.6, b=2.0, k=3),
    ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669),
    ParetoNBD(r=1.2, alpha=5.0, s=1.0, beta=20.0),
    ParetoNBD(r=0.8, alpha=12.0, s=1.7, beta=6.0),
)


@pytest.fixture(scope="session", params=MODELS, ids=lambda model: f"{type(model).__name__}-{model.r}")
def model(request: pytest.FixtureRequest) -> BTYDModel:
    return request.param
