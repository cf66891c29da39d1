from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.economics import response
from tenure_decisions.economics.response import Response, fit_response
from tenure_decisions.economics.weeks import Weeks, count_weeks

END = pd.Timestamp("2024-12-30")


def simulated(*, weeks: int = 156, level: float = 60.0, seed: int = 0, sigma: float = 0.5) -> Weeks:
    """Two paid channels of known curves and one without spend, all with the same season."""
    generator = np.random.default_rng(seed)
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(weeks) / 52.18)
    spend = np.stack([1000 * generator.lognormal(0, sigma, weeks), 200 * generator.lognormal(0, sigma, weeks)])
    x = spend / np.array([[1000.0], [200.0]])
    base, half = np.array([[0.2], [0.6]]), np.array([[1.2], [0.5]])
    means = level * season * (base + (1 - base) * (1 + half) * x / (x + half))
    counts = generator.poisson(np.vstack([means, level * season]))
    return Weeks(("search", "email", "organic"), END, np.vstack([spend, np.zeros(weeks)]), counts.astype(float))


def test_fit_response__recovers_slopes_and_levels() -> None:
    spend = np.array([1000.0, 200.0])
    truth = np.array([60 * 0.8 * 1.2 / 2.2 / 1000, 60 * 0.4 * 0.5 / 1.5 / 200])
    inside, ratios = [], []
    for seed in range(6):
        found = fit_response(simulated(seed=seed), seed=seed)
        low, high = np.quantile(found.slope(spend)[1:], [0.05, 0.95], axis=0)
        inside.append((low <= truth) & (truth <= high))
        ratios.append(found.slope(spend)[0] / truth)
        assert found.customers(spend)[0] == pytest.approx([60, 60], rel=0.06)
    assert np.mean(inside) > 0.7
    assert np.mean(ratios, axis=0) == pytest.approx([1, 1], abs=0.25)


def test_fit_response__curves_are_concave_and_not_negative() -> None:
    found = fit_response(simulated(weeks=30, level=3.0), draws=50)
    grid = np.linspace(0.0, 5000.0, 40)
    bought = np.stack([found.customers(np.array([spend, spend])) for spend in grid])
    assert (bought >= 0).all()
    assert (np.diff(bought, axis=0) >= 0).all()
    assert (np.diff(bought, n=2, axis=0) <= 1e-9).all()


def test_fit_response__slope_is_the_derivative() -> None:
    found = Response(
        channels=("a",),
        scale=np.array([100.0]),
        level=np.array([[10.0]]),
        base=np.array([[0.3]]),
        half=np.array([[0.8]]),
        dispersion=1.0,
    )
    at, step = np.array([70.0]), 1e-3
    numeric = (found.customers(at + step) - found.customers(at - step)) / (2 * step)
    assert found.slope(at) == pytest.approx(numeric, rel=1e-6)


def test_fit_response__knows_less_of_fewer_weeks() -> None:
    spend = np.array([1000.0, 200.0])
    spread = [np.log(fit_response(simulated(weeks=weeks)).slope(spend)[1:]).std(axis=0).mean() for weeks in (20, 156)]
    assert spread[0] > 1.5 * spread[1]


def test_fit_response__is_the_same_every_time() -> None:
    one, two = (fit_response(simulated(weeks=60), seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.level, two.level)


def spend_of(levels: list[float], start: str) -> pd.DataFrame:
    """One channel whose spend changes every seven days from the start."""
    at = pd.date_range(start, periods=7 * len(levels), unit="us")
    return pd.DataFrame({"at": at, "channel": "search", "cost": np.repeat(levels, 7)})


def test_weeks__begin_where_spend_changes() -> None:
    spend = spend_of([1.0, 5.0, 2.0, 9.0, 3.0, 4.0], "2024-01-03")  # a Wednesday
    acquired = pd.DataFrame(
        {"first_order_at": pd.to_datetime(["2024-01-10T00", "2024-01-16T23", "2024-01-17T00", "2024-02-16T00"]),
         "first_touch": "search"}
    )  # fmt: skip
    found = count_weeks(acquired, spend, rule="first_touch", as_of=pd.Timestamp("2024-02-17"))
    assert found.end == pd.Timestamp("2024-02-14")
    assert (found.spend[0] / 7).tolist() == [1.0, 5.0, 2.0, 9.0, 3.0, 4.0]
    assert found.customers[0].tolist() == [0, 2, 1, 0, 0, 0]  # the last customer came after the last whole week


def test_weeks__end_at_as_of_where_spend_is_level() -> None:
    spend = spend_of([1.0] * 6, "2024-01-03")
    acquired = pd.DataFrame({"first_order_at": pd.to_datetime(["2024-02-12"]), "first_touch": ["other"]})
    found = count_weeks(acquired, spend, rule="first_touch", as_of=pd.Timestamp("2024-02-13"))
    assert found.end == pd.Timestamp("2024-02-13")
    assert found.channels == ("other", "search")
    assert found.customers.sum() == 1
    assert found.paid.tolist() == [False, True]


def log_posterior(theta: np.ndarray, weeks: Weeks, *, dispersion: float) -> float:
    """The model of `fit_response` once more, a week and a channel at a time; two of the three channels are paid."""
    split = np.split(theta, [3, 6, 10, 12, 14])
    level, trend, season, base, half, centre = (part.tolist() for part in split)

    def log_normal(value: float, mean: float, spread: float) -> float:
        return -0.5 * ((value - mean) / spread) ** 2

    total = 0.0
    for c in range(3):
        weights = [0.5 ** ((weeks.number - 1 - t) / 104) for t in range(weeks.number)]
        usual = sum(w * n for w, n in zip(weights, weeks.customers[c], strict=True)) / sum(weights)
        total += log_normal(level[c], np.log(usual), 5.0) + log_normal(trend[c], 0.0, 0.25)
        for t, (weight, count) in enumerate(zip(weights, weeks.customers[c], strict=True)):
            years = (t + 0.5 - weeks.number) * 7 / 365.25
            waves = [np.sin(2 * np.pi * years), np.sin(4 * np.pi * years), np.cos(2 * np.pi * years)]
            waves.append(np.cos(4 * np.pi * years))
            log = level[c] + trend[c] * years + sum(a * b for a, b in zip(season, waves, strict=True))
            if c < 2:
                spent = weeks.spend[c]
                x, s, b = spent[t] / spent[-13:].mean(), np.exp(half[c]), 1 / (1 + np.exp(-base[c]))
                log += np.log(b + (1 - b) * (1 + s) * x / (x + s))
            total += weight * (count * log - np.exp(log)) / dispersion
    for c in range(2):
        total += log_normal(base[c], centre[0], 1.2) + log_normal(half[c], centre[1], 0.7)
    total += sum(log_normal(wave, 0.0, 0.5) for wave in season)
    return total + log_normal(centre[0], -0.7, 1.0) + log_normal(centre[1], 0.0, 0.7)


@pytest.mark.parametrize("dispersion", [1.0, 2.5])
def test_fit_response__is_at_the_mode_of_its_posterior(dispersion: float) -> None:
    weeks = simulated(weeks=60)
    model = response._model(weeks, np.array([0, 1]))
    mean, prior = model.prior()
    theta = response._mode(model, mean, prior, dispersion)
    assert len(theta) == 16
    step = 1e-4

    def slope(at: np.ndarray, unit: np.ndarray) -> float:
        up, down = (log_posterior(at + side * step * unit, weeks, dispersion=dispersion) for side in (1, -1))
        return (up - down) / (2 * step)

    assert [slope(theta, unit) for unit in np.eye(16)] == pytest.approx(np.zeros(16), abs=2e-3)
    # away from the mode the prior alone: what two points of theta differ by, but for the counts
    away = theta + np.linspace(0.1, 0.4, 16)
    log, slopes = model.log_mean(away)
    likelihood = np.einsum("ct,ctp->p", model.weight * (model.counts - np.exp(log)) / dispersion, slopes)
    gradient = likelihood - prior @ (away - mean)
    assert [slope(away, unit) for unit in np.eye(16)] == pytest.approx(gradient, rel=1e-4, abs=1e-3)


def test_fit_response__dispersion_is_pearsons_statistic_per_degree_of_freedom() -> None:
    weeks = simulated(weeks=60, level=20.0)
    model = response._model(weeks, np.array([0, 1]))
    theta = model.prior()[0]  # no fit: counts vary about it by more than chance
    log, _ = model.log_mean(theta)
    chi = sum(
        0.5 ** ((59 - t) / 104) * (weeks.customers[c, t] - np.exp(log[c, t])) ** 2 / np.exp(log[c, t])
        for c in range(3)
        for t in range(60)
    )
    weight = 3 * sum(0.5 ** (t / 104) for t in range(60))
    assert response._dispersion(model, theta) == pytest.approx(chi / (weight * (1 - 16 / 180)))
    assert chi > weight


def test_fit_response__learns_a_season_from_a_year_of_weeks_on() -> None:
    assert [response._season(simulated(weeks=weeks)).shape[1] for weeks in (51, 52)] == [0, 4]
