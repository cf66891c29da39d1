"""Every published figure of the CDNOW sample, to the printed digits."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tenure_training.models.btyd import BGNBD, MBGNBD, GammaGamma, ParetoNBD

WEEK = 7.0
WEEKS_39 = 273.0


@pytest.mark.parametrize(
    ("model", "parameters", "log_likelihood"),
    [
        (BGNBD, {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, -9582.43),  # Fader, Hardie & Lee 2005
        (ParetoNBD, {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9594.98),  # the same, table 2
        (MBGNBD, {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, None),  # Batislam et al. 2007
    ],
)
def test_cdnow_sample__gives_the_published_fit(cdnow_sample, model, parameters, log_likelihood) -> None:
    days = model.fit(cdnow_sample.counts)
    weeks = days.model.in_unit(WEEK)
    for name, published in parameters.items():
        digits = len(str(published).split(".")[1])
        assert round(getattr(weeks, name), digits) == published, name
    assert days.converged
    assert days.prior_weight == 0
    # a density per day to the power of the orders becomes one per week
    in_weeks = days.log_likelihood + cdnow_sample.x.sum() * np.log(WEEK)
    if log_likelihood is not None:
        assert round(in_weeks, 2) == log_likelihood
    assert in_weeks == pytest.approx(model.fit(cdnow_sample.counts.in_unit(WEEK)).log_likelihood, abs=1e-6)


@pytest.mark.parametrize(("model", "correlation"), [(BGNBD, 0.626), (ParetoNBD, 0.630)])
def test_cdnow_sample__gives_the_published_holdout_correlation(cdnow_sample, model, correlation) -> None:
    s = cdnow_sample
    expected = model.fit(s.counts).model.expected_orders(s.x, s.t_x, s.T, horizon_days=WEEKS_39)
    assert round(float(np.corrcoef(expected, s.holdout_orders)[0, 1]), 3) == correlation


@pytest.mark.parametrize(
    ("model", "bias", "error", "auroc"),
    [(BGNBD, -0.121, 0.7855, 0.757), (MBGNBD, -0.162, 0.7648, 0.760), (ParetoNBD, -0.115, 0.7545, None)],
)
def test_cdnow_sample__is_forecast_as_other_implementations_do(cdnow_sample, model, bias, error, auroc) -> None:
    # total bias and mean absolute error of orders, and how buying is ranked, measured with the packages users have
    s = cdnow_sample
    fit = model.fit(s.counts).model
    orders = fit.expected_orders(s.x, s.t_x, s.T, horizon_days=WEEKS_39)
    assert round(float(orders.sum() / s.holdout_orders.sum() - 1), 3) == bias
    assert np.abs(orders - s.holdout_orders).mean() == pytest.approx(error, abs=2e-4)
    if auroc is not None:
        buys = fit.buy_probability(s.x, s.t_x, s.T, horizon_days=WEEKS_39)
        assert round(float(roc_auc_score(s.holdout_orders > 0, buys)), 3) == auroc


def test_cdnow_sample__gives_the_published_gamma_gamma(cdnow_sample) -> None:
    fit = GammaGamma.fit(cdnow_sample.x, cdnow_sample.repeat_spend)
    assert (round(fit.model.p, 2), round(fit.model.q, 2), round(fit.model.gamma, 2)) == (6.25, 3.74, 15.44)


def test_bgnbd__gives_the_published_expectations() -> None:
    # Fader & Hardie's spreadsheet for the paper (customer 0001), and the BTYD package's walkthrough (customer 1516)
    paper = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
    assert paper.expected_orders(2, 30.43, 38.86, horizon_days=39).round(3) == 1.226
    assert paper.expected_orders(26, 30.86, 31, horizon_days=52).round(2) == 25.76
    assert paper.probability_alive(26, 30.86, 31).round(4) == 0.9689


def test_paretonbd__gives_the_published_expectations() -> None:
    # the BTYD package's walkthrough
    paper = ParetoNBD(r=0.5533971, alpha=10.5801985, s=0.6060625, beta=11.6562237)
    assert paper.expected_orders(0, 0, 0, horizon_days=52).round(3) == 1.473
    assert paper.expected_orders(26, 30.86, 31, horizon_days=52).round(2) == 25.46
    assert paper.probability_alive(26, 30.86, 31).round(4) == 0.9979
