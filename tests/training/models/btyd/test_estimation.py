"""Fits: they find the parameters, do not depend on units or order, and survive any log."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize

from tenure_training.models.btyd import BGNBD, MBGCNBD, MBGNBD, ParetoNBD, RepeatCounts
from tenure_training.models.btyd.estimation import Prior, _descent, maximise

KINDS = [BGNBD, MBGNBD, MBGCNBD, ParetoNBD]
TRUTH = {
    BGNBD: BGNBD(r=0.5, alpha=30.0, a=0.8, b=2.5),
    MBGNBD: MBGNBD(r=0.6, alpha=40.0, a=0.7, b=1.8),
    MBGCNBD: MBGCNBD(r=0.6, alpha=20.0, a=0.7, b=1.8, k=2),
    ParetoNBD: ParetoNBD(r=0.6, alpha=40.0, s=0.7, beta=60.0),
}


@pytest.fixture(scope="module", params=KINDS)
def log(request, simulated):
    kind, generator = request.param, np.random.default_rng(11)
    x, t_x, T, _ = simulated(TRUTH[kind], np.floor(generator.uniform(60, 365, 8_000)), 1.0, generator)
    return kind, RepeatCounts.of(x, t_x, T)


def test_fit__finds_the_parameters_of_simulated_lives(log) -> None:
    kind, counts = log
    fit = kind.fit(counts)
    assert fit.converged
    assert fit.message == "gradient vanished"
    for name, true in TRUTH[kind].parameters.items():
        assert abs(getattr(fit.model, name) - true) < 3.5 * fit.standard_errors[name], name
        assert fit.standard_errors[name] < true
    assert fit.log_likelihood >= counts.n @ TRUTH[kind].log_likelihood(counts.x, counts.t_x, counts.T)


def test_fit__is_where_a_derivative_free_search_ends(log) -> None:
    kind, counts = log
    if kind is ParetoNBD:
        counts = counts.merge_into_cells(cells=12)

    def loss(theta):
        model = TRUTH[kind].at(np.exp(theta))
        return -counts.n @ model.log_likelihood(counts.x, counts.t_x, counts.T)

    fit = kind.fit(counts)
    assert getattr(fit.model, "k", 1) == getattr(TRUTH[kind], "k", 1)
    start = np.log(list(TRUTH[kind].parameters.values()))
    found = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000})
    assert -found.fun <= fit.log_likelihood + 1e-6
    assert np.exp(found.x) == pytest.approx(list(fit.model.parameters.values()), rel=1e-3)


def test_gradient__is_the_derivative_of_the_likelihood(model) -> None:
    counts = RepeatCounts.of([0, 1, 3, 9, 40], [0, 0, 20, 30.5, 39], [39, 5, 21, 38, 39])
    values = np.array(list(model.parameters.values()))

    def total(at):
        return float(model.at(at).terms(counts).log_likelihood.sum())

    assert model.terms(counts).gradient.sum(axis=1) == pytest.approx(approx_fprime(values, total, 1e-7), rel=2e-4)


def test_standard_errors__are_those_of_the_bootstrap(simulated) -> None:
    generator = np.random.default_rng(2)
    x, t_x, T, _ = simulated(TRUTH[BGNBD], np.floor(generator.uniform(60, 365, 3_000)), 1.0, generator)
    fit = BGNBD.fit(RepeatCounts.of(x, np.floor(t_x), T))
    draws = []
    for _ in range(100):
        pick = generator.integers(0, len(x), len(x))
        draws.append(list(BGNBD.fit(RepeatCounts.of(x[pick], np.floor(t_x[pick]), T[pick])).model.parameters.values()))
    logs = np.log(draws).std(axis=0)
    relative = [fit.standard_errors[name] / value for name, value in fit.model.parameters.items()]
    assert relative == pytest.approx(logs, rel=0.3)


def test_fit__does_not_depend_on_the_unit_of_time(log) -> None:
    kind, counts = log
    days = kind.fit(counts)
    for unit in (1 / 24, 7.0, 30.0):
        other = kind.fit(counts.in_unit(unit))
        assert other.model.in_unit(1 / unit).parameters == pytest.approx(days.model.parameters, rel=1e-6)


def test_fit__does_not_depend_on_the_order_of_customers() -> None:
    generator = np.random.default_rng(1)
    x = generator.integers(0, 5, 400)
    T = generator.integers(0, 200, 400)
    t_x = np.where(x > 0, np.floor(T * generator.random(400)), 0)
    pick = generator.permutation(400)
    for kind in KINDS:
        one = kind.fit(RepeatCounts.of(x, t_x, T))
        assert kind.fit(RepeatCounts.of(x[pick], t_x[pick], T[pick])) == one


def test_coarse_start__leads_to_the_same_optimum(simulated, monkeypatch) -> None:
    generator = np.random.default_rng(4)
    x, t_x, T, _ = simulated(TRUTH[MBGNBD], np.floor(generator.uniform(60, 365, 20_000)), 1.0, generator)
    counts = RepeatCounts.of(x, np.floor(t_x), T)
    assert len(counts.x) > 4_000
    binned = MBGNBD.fit(counts)
    monkeypatch.setattr("tenure_training.models.btyd.base.COARSE_ABOVE", 10**9)
    assert MBGNBD.fit(counts).model.parameters == pytest.approx(binned.model.parameters, rel=1e-5)


NOBODY = ([], [], [])
DEGENERATE = {
    "nobody": NOBODY,
    "one customer today": ([0], [0], [0]),
    "everybody today": ([0] * 50, [0] * 50, [0] * 50),
    "five one-time buyers": ([0] * 5, [0] * 5, [3, 30, 60, 90, 200]),
    "5000 one-time buyers": ([0] * 5000, [0] * 5000, list(range(5000))),
    "one daily buyer of 20 years": ([7000], [7000], [7000]),
    "the same regular customer 1000 times": ([3] * 1000, [75] * 1000, [100] * 1000),
    "everybody stopped on the second day": ([3] * 1000, [1] * 1000, [1000] * 1000),
    "all repeat orders on the first day": ([3] * 1000, [0] * 1000, [1000] * 1000),
    "a huge buyer among one-time buyers": ([0] * 30 + [4000], [0] * 30 + [4100], [300] * 30 + [4100]),
    "everybody bought yesterday": ([5] * 700, [99] * 700, [100] * 700),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DEGENERATE)
def test_fit__survives(kind, name) -> None:
    counts = RepeatCounts.of(*DEGENERATE[name])
    fit = kind.fit(counts)
    assert all(0 < value < np.inf for value in fit.model.parameters.values())
    assert not np.isnan(list(fit.standard_errors.values())).any()
    assert np.isfinite(fit.log_likelihood)
    at = RepeatCounts.of([*DEGENERATE[name][0], 0], [*DEGENERATE[name][1], 0], [*DEGENERATE[name][2], 10])
    buys = fit.model.buy_probability(at.x, at.t_x, at.T, horizon_days=90)
    orders = fit.model.expected_orders(at.x, at.t_x, at.T, horizon_days=90)
    assert ((buys >= 0) & (buys <= 1) & np.isfinite(orders) & (orders >= 0)).all()


def test_fit__says_when_the_data_hold_nothing_back() -> None:
    regular = BGNBD.fit(RepeatCounts.of(*DEGENERATE["the same regular customer 1000 times"]))
    assert "held at the edge of the sensible range: r" in regular.message
    assert regular.standard_errors["r"] == np.inf
    # the daily rate is known all the same
    assert regular.model.expected_orders(3, 75, 100, horizon_days=100) == pytest.approx(3.0, rel=0.02)
    alone = BGNBD.fit(RepeatCounts.of([0], [0], [0]))
    assert alone.prior_weight == 1
    assert set(alone.standard_errors.values()) == {np.inf}


def test_prior__fades_out_with_repeat_customers() -> None:
    weights = [BGNBD.fit(RepeatCounts.of([1] * n, [5] * n, [30] * n)).prior_weight for n in (1, 250, 499, 500, 900)]
    assert weights == pytest.approx([0.998, 0.5, 0.002, 0, 0])


@given(
    kind=st.sampled_from(KINDS),
    rows=st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1), st.integers(0, 3000)), min_size=1, max_size=40),
    copies=st.sampled_from([1, 100]),
)
def test_fit__is_never_nan(kind, rows, copies) -> None:
    x, share, T = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    x = np.minimum(x, T)
    t_x = np.where(x > 0, np.floor(share * T), 0.0)
    fit = kind.fit(RepeatCounts.of(*(np.tile(column, copies) for column in (x, t_x, T))))
    assert np.isfinite(list(fit.model.parameters.values())).all()
    assert np.isfinite(fit.log_likelihood)
    assert np.isfinite(fit.model.expected_orders(x, t_x, T, horizon_days=90)).all()


def test_prior__is_a_normal_distribution_about_its_centre() -> None:
    prior = Prior(np.array([1.0, -2.0]), weight=0.5, half_width=np.array([3.0, 4.0]))
    value, slope = prior.penalty(np.array([2.0, -4.0]))
    assert value == pytest.approx(0.5 * (1 + 4) / 2 / 2.5**2)  # half of the squares over the variance, half of that
    assert slope == pytest.approx([0.5 / 2.5**2, -1.0 / 2.5**2])
    lower, upper = prior.edges
    assert (lower.tolist(), upper.tolist()) == ([-2.0, -6.0], [4.0, 2.0])


def test_newton__goes_at_most_one_unit_and_downhill_whatever_the_curvature() -> None:
    bowl = np.diag([2.0, 4.0])
    assert _descent(bowl, np.array([1.0, 1.0])) == pytest.approx([0.5, 0.25])
    assert _descent(bowl, np.array([2.4, 2.4])) == pytest.approx([1.0, 0.5])  # shortened as a whole
    assert _descent(np.diag([-2.0, 4.0]), np.array([1.0, -1.0])) == pytest.approx([0.5, -0.25])


def peak(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """A likelihood that is highest at (0.5, 9) and has curvatures of 3 and 0.2."""
    away = theta - [0.5, 9.0]
    return -0.5 * (3 * away[0] ** 2 + 0.2 * away[1] ** 2), -np.array([3.0, 0.2]) * away


def test_maximise__ends_at_the_peak_or_at_the_edge_before_it() -> None:
    best = maximise(peak, prior=Prior(np.zeros(2), half_width=np.array([12.0, 12.0])), customers=1)
    assert best.theta == pytest.approx([0.5, 9.0])
    assert best.converged
    assert best.log_standard_errors == pytest.approx([3**-0.5, 0.2**-0.5], rel=1e-4)
    assert best.message(("a", "b")) == "gradient vanished"
    held = maximise(peak, prior=Prior(np.zeros(2), half_width=np.array([12.0, 8.0])), customers=1)
    assert held.theta == pytest.approx([0.5, 8.0])
    assert held.converged
    assert held.log_standard_errors == pytest.approx([3**-0.5, np.inf], rel=1e-4)
    assert held.message(("a", "b")) == "gradient vanished; held at the edge of the sensible range: b"


def test_maximise__holds_at_a_lower_edge_what_the_likelihood_pushes_below_it() -> None:
    def below(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = peak(-theta)
        return value, -slope

    held = maximise(below, prior=Prior(np.zeros(2), half_width=np.array([12.0, 8.0])), customers=1)
    assert held.theta == pytest.approx([-0.5, -8.0])
    assert held.converged
    assert held.at_bound.tolist() == [0.0, 1.0]


def test_maximise__weighs_the_prior_against_the_likelihood() -> None:
    prior = Prior(np.zeros(2), weight=1.0, half_width=np.array([12.0, 12.0]))
    best = maximise(peak, prior=prior, customers=1)
    precision = 1 / 2.5**2
    assert best.theta == pytest.approx([0.5 * 3 / (3 + precision), 9 * 0.2 / (0.2 + precision)])


def test_maximise__tries_other_starts_where_the_first_ends_in_nothing() -> None:
    def two_hills(theta: np.ndarray) -> tuple[float, np.ndarray]:  # so flat at 0 that a search begun there stays
        hill = np.exp(-0.5 * ((theta[0] - 1.5) / 0.1) ** 2)
        return float(hill), np.array([-hill * (theta[0] - 1.5) / 0.01 + 1e-3])

    best = maximise(two_hills, prior=Prior(np.zeros(1)), customers=1)
    assert best.theta == pytest.approx([1.5], abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_fit__of_one_customer_of_today_is_the_typical_shop_of_half_an_order_a_year(kind) -> None:
    fit = kind.fit(RepeatCounts.of([0], [0], [0]))  # no time has passed: the likelihood says nothing
    typical = kind.typical(0.5 / 365)
    time = {name: 365 if name == "beta" else 1 for name in typical.parameters}
    expected = {name: value * time[name] for name, value in typical.parameters.items()}
    assert fit.model.parameters == pytest.approx(expected, rel=1e-4)
