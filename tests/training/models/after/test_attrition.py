"""Drop-out: found where customers leave, called unknown where a shop that nobody leaves looks the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import nbinom

from tenure_features.stored import Stored
from tenure_training.models.after.attrition import LEAST_GAIN, Attrition
from tenure_training.models.btyd.summary import RepeatCounts


def shop(
    *, customers: int = 1500, days: float = 700.0, leaving_days: float = np.inf, unit: float = 1.0
) -> RepeatCounts:
    """Draw Poisson buyers of one rate per customer who leave after an exponential time."""
    rng = np.random.default_rng(8)
    T = np.floor(rng.uniform(30.0, days, customers))
    rate = rng.gamma(1.2, 1 / 40.0, customers)
    gone = rng.exponential(leaving_days, customers) if np.isfinite(leaving_days) else np.full(customers, np.inf)
    x, t_x = np.zeros(customers), np.zeros(customers)
    for row in range(customers):
        times = np.cumsum(rng.exponential(1 / rate[row], 400))
        times = times[times < min(T[row], gone[row])]
        x[row], t_x[row] = len(times), times[-1] if len(times) else 0.0
    return RepeatCounts.of(x, np.minimum(t_x, T) * unit, T * unit)


def test_attrition__drop_out_that_is_there_is_found_at_its_level():
    found = Attrition.fit(shop(leaving_days=250.0))
    assert found.identified
    assert found.longest_days == np.inf
    assert found.reason == ""
    assert found.model.beta / found.model.s == pytest.approx(250.0, rel=0.3)


def test_attrition__a_shop_nobody_leaves_says_that_it_cannot_tell():
    found = Attrition.fit(shop(days=180.0))
    assert not found.identified
    assert found.longest_days == found.observed_days == 179.0
    assert "cannot be told from 179 days" in found.reason
    assert found.model.s / found.model.beta > 1e-6  # the prior keeps it from running to its bound


def test_attrition__gain_is_over_the_likelihood_of_a_shop_without_leaving():
    data = shop(customers=400, leaving_days=250.0)
    found = Attrition.fit(data)

    def loss(theta: np.ndarray) -> float:
        r, alpha = np.exp(theta)
        # given their number the moments of repeats are uniform, so the counts alone tell r and alpha
        return -float(data.n @ nbinom.logpmf(data.x, r, alpha / (alpha + data.T)))

    best = minimize(loss, np.log([1.0, 40.0]), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9})
    r, alpha = np.exp(best.x)
    plain = gammaln(r + data.x) - gammaln(r) + r * np.log(alpha) - (r + data.x) * np.log(alpha + data.T)
    whole = found.model.log_likelihood(data.x, data.t_x, data.T)
    assert found.gain == pytest.approx(float(data.n @ (whole - plain)), abs=1e-3)
    assert found.gain > LEAST_GAIN


def test_attrition__does_not_depend_on_the_unit_of_time():
    days, weeks = (Attrition.fit(shop(customers=300, leaving_days=300.0, unit=unit)) for unit in (1.0, 1 / 7))
    assert weeks.model.beta * 7 == pytest.approx(days.model.beta, rel=1e-3)
    assert weeks.model.s == pytest.approx(days.model.s, rel=1e-3)
    assert weeks.gain == pytest.approx(days.gain, abs=1e-3)


@pytest.mark.parametrize("rows", [([0.0], [0.0], [0.0]), ([0.0] * 5, [0.0] * 5, [9.0] * 5), ([3.0], [10.0], [10.0])])
def test_attrition__any_shop_has_an_answer(rows):
    found = Attrition.fit(RepeatCounts.of(*rows))
    assert all(np.isfinite(list(found.model.parameters.values())))
    assert not found.identified


def test_attrition__comes_back_from_json():
    found = Attrition.fit(shop(customers=200))
    assert Attrition.from_stored(Stored(found.to_dict(), "x.json")) == found
