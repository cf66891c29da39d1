"""Likelihood and predictions of each order model against integration over customers, and against simulated lives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammainc, gammaln, hyperu

from tenure_features.errors import DataContractError, UsageError
from tenure_training.models.btyd import BGNBD, MBGCNBD, MBGNBD, ParetoNBD, paretonbd
from tenure_training.models.btyd.quadrature import log_concave_nodes

# x, t_x, T in the unit of the parameters
CUSTOMERS = np.array([
    [0, 0.0, 39.0],
    [0, 0.0, 2.5],
    [1, 0.5, 30.0],
    [1, 20.0, 20.0],
    [2, 30.43, 38.86],
    [4, 12.0, 38.0],
    [26, 30.86, 31.0],
]).T  # fmt: skip


def test_likelihood__is_the_integral_over_customers(model, oracle) -> None:
    truth = oracle(model)
    expected = [np.log(truth.likelihood(*customer)) for customer in CUSTOMERS.T]
    assert model.log_likelihood(*CUSTOMERS) == pytest.approx(expected, abs=1e-7)


def test_predictions__are_integrals_over_customers(model, oracle) -> None:
    truth = oracle(model)
    alive = [truth.probability_alive(*customer) for customer in CUSTOMERS.T]
    assert model.probability_alive(*CUSTOMERS) == pytest.approx(alive, abs=1e-7)
    for horizon in (0.5, 13.0, 150.0):
        buys, orders = np.array([truth.future(*customer, horizon) for customer in CUSTOMERS.T]).T
        assert model.buy_probability(*CUSTOMERS, horizon_days=horizon) == pytest.approx(buys, abs=1e-7)
        assert model.expected_orders(*CUSTOMERS, horizon_days=horizon) == pytest.approx(orders, rel=1e-6)


def test_predictions__hold_for_simulated_lives(model, simulated) -> None:
    generator = np.random.default_rng(5)
    x, t_x, T, later = simulated(model, generator.uniform(20, 40, 30_000), 26.0, generator)
    buys = model.buy_probability(x, t_x, T, horizon_days=26.0)
    orders = model.expected_orders(x, t_x, T, horizon_days=26.0)
    twice = model.order_count_survival(x, t_x, T, horizon_days=26.0, counts=[2])[:, 0]
    for group in (x == 0, x == 1, x > 1, buys > 0.5):
        error = 4 / np.sqrt(group.sum())
        assert (later[group] > 0).mean() == pytest.approx(buys[group].mean(), abs=error * 0.5)
        assert (later[group] > 1).mean() == pytest.approx(twice[group].mean(), abs=error * 0.5)
        assert later[group].mean() == pytest.approx(orders[group].mean(), abs=error * later[group].std())


def test_order_counts__add_up(model) -> None:
    counts = np.arange(1, 3000)
    reach = model.order_count_survival(*CUSTOMERS, horizon_days=26.0, counts=counts)
    assert reach[:, 0] == pytest.approx(model.buy_probability(*CUSTOMERS, horizon_days=26.0), abs=1e-9)
    assert reach.sum(axis=1) == pytest.approx(model.expected_orders(*CUSTOMERS, horizon_days=26.0), rel=1e-6)
    assert (np.diff(reach, axis=1) <= 1e-12).all()


def test_sampled_orders__follow_the_count_distribution(model) -> None:
    drawn = model.sample_orders(*CUSTOMERS, horizon_days=26.0, draws=20_000, generator=np.random.default_rng(3))
    again = model.sample_orders(*CUSTOMERS, horizon_days=26.0, draws=20_000, generator=np.random.default_rng(3))
    assert (drawn == again).all()
    reach = model.order_count_survival(*CUSTOMERS, horizon_days=26.0, counts=[1, 2, 5])
    assert np.stack([(drawn >= k).mean(axis=1) for k in (1, 2, 5)], axis=1) == pytest.approx(reach, abs=0.015)


def test_discounted_orders__are_the_discounted_stream(model) -> None:
    rate = np.log1p(0.4) / 365.0

    def stream(t: float) -> float:
        step = 1e-3 * (1 + t)
        ends = [float(model.expected_orders(2, 30.43, 38.86, horizon_days=at)[0]) for at in (t - step, t + step)]
        return float(np.exp(-rate * t) * (ends[1] - ends[0]) / (2 * step))

    for horizon in (90.0, 1500.0):
        expected = quad(stream, 0.01, horizon, limit=200)[0] + 0.01 * stream(0.01)
        found = model.discounted_orders(2, 30.43, 38.86, annual_rate=0.4, horizon_days=horizon)
        assert found == pytest.approx(expected, rel=1e-4)
    lifetime = model.discounted_orders(2, 30.43, 38.86, annual_rate=0.4)
    assert lifetime > found
    assert lifetime == pytest.approx(
        model.discounted_orders(2, 30.43, 38.86, annual_rate=0.4, horizon_days=44 / rate), rel=1e-3
    )


@pytest.mark.parametrize("kind", [BGNBD, MBGNBD, MBGCNBD, ParetoNBD])
def test_typical__shop_has_the_rate_that_was_seen_and_customers_who_differ(kind) -> None:
    model = kind.typical(0.2)
    assert model.r / model.alpha == pytest.approx(0.2)
    assert gammainc(model.r, 0.455 * model.r) == pytest.approx(0.5, abs=1e-3)  # half have less than .455 of the mean
    if kind is ParetoNBD:
        assert (model.beta / (model.beta + 1)) ** model.s == 0.5  # stay for the mean observed time
    else:
        assert model.a / (model.a + model.b) == 0.25  # leave after an order


def test_paretonbd__tells_the_quadrature_the_slope_of_its_integrand(monkeypatch) -> None:
    asked = []

    def listen(lower, upper, *, shift, decay):
        asked.append((lower, upper, shift, decay))
        return log_concave_nodes(lower, upper, shift=shift, decay=decay)

    monkeypatch.setattr(paretonbd, "log_concave_nodes", listen)
    ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669).log_likelihood(*CUSTOMERS)
    ((lower, upper, shift, decay),) = asked
    step = 1e-5
    for y in (lower + 0.01, (lower + upper) / 2, upper):
        up, down = (decay((shift + y) * np.exp(side * step) - shift)[0] for side in (1, -1))
        assert decay(y)[1] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-6)


def test_paretonbd__discounts_as_published() -> None:
    # Fader, Hardie & Lee (2005), "RFM and CLV", eq. 2: DERT by the confluent hypergeometric function of the second kind
    m, x, t_x, T, rate = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669), 7.0, 35.0, 38.0, np.log(1.15) / 52
    log_scale = m.r * np.log(m.alpha) + m.s * np.log(m.beta) + (m.s - 1) * np.log(rate)
    log_scale += gammaln(m.r + x + 1) - gammaln(m.r) - (m.r + x + 1) * np.log(m.alpha + T)
    dert = np.exp(log_scale - m.log_likelihood(x, t_x, T)) * hyperu(m.s, m.s, rate * (m.beta + T))
    per_year_of_365_units = np.expm1(365 * rate)
    assert m.discounted_orders(x, t_x, T, annual_rate=per_year_of_365_units) == pytest.approx(dert, rel=1e-7)


def test_models__agree_with_one_another_without_dropout() -> None:
    # nobody ever leaves: all three are the negative binomial distribution
    models = [
        BGNBD(r=0.7, alpha=20, a=1e-9, b=5),
        MBGNBD(r=0.7, alpha=20, a=1e-9, b=5),
        ParetoNBD(r=0.7, alpha=20, s=1e-9, beta=50),
    ]
    for m in models:
        assert m.expected_orders(3, 25, 30, horizon_days=10) == pytest.approx(3.7 / 50 * 10, rel=1e-6)
        assert m.buy_probability(3, 25, 30, horizon_days=10) == pytest.approx(1 - (50 / 60) ** 3.7, rel=1e-6)


positive = st.floats(1e-3, 1e3)
histories = st.tuples(st.integers(0, 3000), st.floats(0, 1), st.floats(0, 1e4))


@given(
    kind=st.sampled_from([BGNBD, MBGNBD, MBGCNBD, ParetoNBD]),
    parameters=st.tuples(positive, positive, positive, positive),
    history=histories,
    horizon=st.floats(1e-3, 1e4),
)
def test_predictions__are_sane_everywhere(kind, parameters, history, horizon) -> None:
    x, share, T = history
    t_x = T * share if x else 0.0
    model = kind(**dict(zip(kind.names(), parameters, strict=True)))
    assert np.isfinite(model.log_likelihood(x, t_x, T)).all()
    near, far = (model.buy_probability(x, t_x, T, horizon_days=h)[0] for h in (horizon, 2 * horizon))
    few, many = (model.expected_orders(x, t_x, T, horizon_days=h)[0] for h in (horizon, 2 * horizon))
    alive = model.probability_alive(x, t_x, T)[0]
    assert 0 <= near <= far + 1e-9 <= 1 + 2e-9
    assert far <= alive + 1e-6
    assert 0 <= few <= many * (1 + 1e-7) + 1e-12
    assert np.isfinite(many)
    assert few >= near * (1 - 1e-6) - 1e-9


@given(
    kind=st.sampled_from([BGNBD, MBGNBD, ParetoNBD]),
    history=histories,
    unit=st.sampled_from([1 / 24, 7.0, 365.0]),
)
def test_predictions__do_not_depend_on_the_unit_of_time(kind, history, unit) -> None:
    x, share, T = history
    assume(T > 1e-6)
    t_x = T * share if x else 0.0
    days = kind(0.6, 30.0, 0.9, 2.5) if kind is not ParetoNBD else kind(0.6, 30.0, 0.9, 40.0)
    other = days.in_unit(unit)
    assert other.in_unit(1 / unit).parameters == pytest.approx(days.parameters)
    for name in ("buy_probability", "expected_orders"):
        here = getattr(days, name)(x, t_x, T, horizon_days=90)
        assert getattr(other, name)(x, t_x / unit, T / unit, horizon_days=90 / unit) == pytest.approx(
            here, rel=1e-8, abs=1e-9
        )


def test_models__refuse_what_no_customer_looks_like(model) -> None:
    for x, t_x, T in ((-1, 0, 5), (1, 6, 5), (0, 2, 5), (1, np.nan, 5), (np.inf, 1, 5)):
        with pytest.raises(DataContractError, match="0 <= t_x <= T"):
            model.log_likelihood(x, t_x, T)
    with pytest.raises(UsageError, match="positive numbers"):
        model.at(-np.ones(4))
    with pytest.raises(UsageError, match="discount rate"):
        model.discounted_orders(1, 2, 3, annual_rate=0.0)
