from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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
