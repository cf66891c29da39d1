"""The numerics of the truth against formulas and matrices written another way."""

import numpy as np
import pytest
from scipy.linalg import expm

from tenure_simulator.chain import Chain, Position, lifetime_orders, solve, stages


def one(rate, shape, cool, leave, stay, cools, speed=0.5):
    return Chain(
        rate=np.array([rate]), shape=np.array([shape]), cooling_hazard=np.array([cool]),
        leaving_hazard=np.array([leave]), stay=np.array([stay]), cools=np.array([cools]), cooling_speed=speed,
    )  # fmt: skip


def at(*, cooling=False, elapsed=0.0, alive=True):
    return Position(np.array([alive]), np.array([cooling]), np.array([elapsed]))


def generator(chain, speed, *, again):
    """Rate matrix over engaged stages, cooling stages, gone and ordered; `again` sends orders back to stage 0."""
    k, q = int(chain.shape[0]), np.zeros((2 * int(chain.shape[0]) + 2,) * 2)
    gone, ordered = 2 * k, 2 * k + 1
    pace = k * chain.rate[0] * speed
    for j in range(k):
        for state, rate in ((j, pace), (k + j, pace * chain.cooling_speed)):
            if j < k - 1:
                q[state, state + 1] += rate
            elif not again:
                q[state, ordered] += rate
            else:
                engaged = state < k
                to_cooling = chain.cools[0] if engaged else 1.0
                q[state, 0] += rate * chain.stay[0] * (1 - to_cooling)
                q[state, k] += rate * chain.stay[0] * to_cooling
                q[state, gone] += rate * (1 - chain.stay[0])
        q[j, k + j] += chain.cooling_hazard[0]
        q[k + j, gone] += chain.leaving_hazard[0]
    q -= np.diag(q.sum(axis=1))
    return q


@pytest.mark.parametrize("cooling", [False, True])
@pytest.mark.parametrize(
    ("rate", "shape", "cools"),
    [(0.02, 1, 0.0), (0.1, 3, 0.1), (0.2, 3, 0.0), (0.3, 4, 0.3), (0.5, 4, 0.3), (0.5, 6, 0.1)],
)
def test_solve__agrees_with_matrix_exponential_on_a_quarter(rate, shape, cools, cooling):
    chain, speeds = one(rate, shape, 0.01, 0.02, 0.9, cools), np.array([1.0] * 30 + [1.6] * 60)
    start = np.zeros(2 * shape + 2)
    start[shape if cooling else 0] = 1.0
    first, alive, orders, bought = start.copy(), start.copy(), 0.0, []
    fine = 60  # the integral of the order flow by the midpoint rule
    steps = {}
    for speed in (1.0, 1.6):
        q = generator(chain, speed, again=True)
        steps[speed] = expm(generator(chain, speed, again=False)), expm(q / (2 * fine)), expm(q / fine)
    for speed in speeds:
        day, half, whole = steps[speed]
        first = first @ day
        bought.append(first[-1])
        flow = np.zeros(2 * shape + 2)
        flow[shape - 1], flow[2 * shape - 1] = shape * rate * speed, shape * rate * speed * chain.cooling_speed
        for _ in range(fine):
            orders += (alive @ half) @ flow / fine
            alive = alive @ whole
    days = list(solve(chain, at(cooling=cooling), speeds))
    assert [float(day.bought[0]) for day in days] == pytest.approx(bought, abs=2e-6)
    assert sum(float(day.engaged[0] + day.cooling[0]) for day in days) == pytest.approx(orders, rel=1e-5)


def test_solve__is_exponential_for_a_poisson_buyer_who_never_leaves():
    chain = one(0.03, 1, 0.0, 0.0, 1.0, 0.0)
    days = list(solve(chain, at(elapsed=50.0), np.ones(90)))
    assert days[-1].bought[0] == pytest.approx(1 - np.exp(-0.03 * 90), abs=1e-8)
    assert sum(day.engaged[0] for day in days) == pytest.approx(0.03 * 90, rel=1e-8)


def test_solve__gives_the_gone_nothing_and_boosts_the_boosted():
    chain = one(0.03, 2, 0.01, 0.02, 0.9, 0.1)
    gone = list(solve(chain, at(alive=False), np.ones(30)))
    assert gone[-1].bought[0] == 0
    plain = list(solve(chain, at(), np.ones(30)))[-1].bought[0]
    faster = list(solve(chain, at(), np.ones(30), lambda day: np.array([2.0 if day < 10 else 1.0])))[-1].bought[0]
    assert faster > plain * 1.2


def test_stages__are_the_posterior_of_a_gamma_gap():
    chain, elapsed = one(0.05, 3, 0.0, 0.0, 1.0, 0.0), 30.0
    rng = np.random.default_rng(0)
    clocks = rng.exponential(1 / 0.15, (200_000, 3)).cumsum(axis=1)
    silent = clocks[clocks[:, 2] > elapsed]
    done = (silent[:, :2] < elapsed).sum(axis=1)
    share = np.bincount(done, minlength=3) / len(done)
    assert stages(chain, np.array([elapsed])).ravel() == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize("cooling", [False, True])
def test_lifetime_orders__is_the_limit_of_a_long_horizon(cooling):
    chain, position = one(0.05, 3, 0.004, 0.02, 0.95, 0.05), at(cooling=cooling, elapsed=12.0)
    days = list(solve(chain, position, np.ones(2500)))
    engaged, cold = lifetime_orders(chain, position)
    assert engaged[0] == pytest.approx(sum(day.engaged[0] for day in days), rel=1e-4, abs=1e-12)
    assert cold[0] == pytest.approx(sum(day.cooling[0] for day in days), rel=1e-4)
