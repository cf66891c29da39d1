r"""The customer as a Markov chain, solved numerically: what to expect given the latent state.

A customer is engaged or cooling and has completed ``j`` of ``k`` stages towards the next order (an Erlang gap is ``k``
exponential stages), or is gone. With rate ``r``, shop speed ``s(t)``, personal boost ``m(t)``, cooling speed ``g``,
hazards ``mu`` (engaged to cooling) and ``nu`` (cooling to gone), P(stay after an order) ``q`` and P(cool after it)
``b``, the probabilities ``e_j``, ``c_j`` follow the forward equations

``e_j' = -(k r s m + mu) e_j + k r s m e_{j-1}``, ``e_0' += q (1 - b) k r s m e_{k-1}``,
``c_j' = -(k r s m g + nu) c_j + k r s m g c_{j-1} + mu e_j``, ``c_0' += q (k r s m g c_{k-1} + b k r s m e_{k-1})``.

They are integrated with the classical fourth-order Runge-Kutta method, with steps so short that rate times step stays
below 0.3; the speed is constant over a calendar day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints

LARGEST_STEP = 0.3


@dataclass(frozen=True)
class Chain:
    """Parameters of ``n`` customers; arrays have shape (n,).

    Attributes
    ----------
    rate, shape
        Orders per day while engaged, and number of Erlang stages of a gap.
    cooling_hazard, leaving_hazard
        Per day: engaged to cooling, cooling to gone.
    stay
        P(not gone right after an order).
    cools
        P(an engaged customer who stays starts cooling after an order).
    cooling_speed
        Purchase rate while cooling, relative to engaged.
    """

    rate: Floats
    shape: Ints
    cooling_hazard: Floats
    leaving_hazard: Floats
    stay: Floats
    cools: Floats
    cooling_speed: float

    def __len__(self) -> int:
        return len(self.rate)

    def take(self, who: Ints) -> Chain:
        """Return the customers at these positions."""
        arrays = {each.name: getattr(self, each.name)[who] for each in fields(self) if each.name != "cooling_speed"}
        return replace(self, **arrays)


@dataclass(frozen=True)
class Position:
    """Where customers stand: ``alive`` and ``cooling`` flags, ``elapsed`` purchase time since the last order."""

    alive: Bools
    cooling: Bools
    elapsed: Floats

    def take(self, who: Ints) -> Position:
        """Return the customers at these positions."""
        return Position(self.alive[who], self.cooling[who], self.elapsed[who])


@dataclass(frozen=True)
class Day:
    """What one calendar day adds; arrays have shape (n,).

    Attributes
    ----------
    bought
        P(at least one order from the start up to the end of this day).
    engaged, cooling
        Expected orders on this day placed while engaged, and while cooling.
    """

    bought: Floats
    engaged: Floats
    cooling: Floats


def stages(chain: Chain, elapsed: Floats) -> Floats:
    """P(j stages done | no order in ``elapsed`` purchase time), shape (max shape, n): a truncated Poisson.

    Examples
    --------
    >>> one = Chain(*(np.array([x]) for x in (0.1, 2, 0.0, 0.1, 1.0, 0.0)), 0.5)
    >>> stages(one, np.array([5.0])).round(2).ravel().tolist()
    [0.5, 0.5]
    """
    depth = int(chain.shape.max(initial=1))
    mean = chain.shape * chain.rate * np.maximum(elapsed, 0.0)
    weight = np.zeros((depth, len(chain)))
    weight[0] = 1.0
    for j in range(1, depth):
        weight[j] = np.where(j < chain.shape, weight[j - 1] * mean / j, 0.0)
        weight /= np.maximum(weight.sum(axis=0), 1e-300)
    return weight


def solve(
    chain: Chain, position: Position, speeds: Floats, boost: Callable[[int], Floats | float] | None = None
) -> Iterator[Day]:
    """Yield what each coming calendar day adds for every customer.

    Parameters
    ----------
    chain, position
        Parameters and present state of ``n`` customers.
    speeds
        The shop's purchase speed on each coming day, shape (days,).
    boost
        Factor on the purchase rate of each customer on day ``d`` (0 = the first); 1 when None.
    """
    fastest = (
        chain.shape * chain.rate * max(speeds.max(initial=0.0), 1e-9) + chain.cooling_hazard + chain.leaving_hazard
    )
    if boost is not None:
        fastest = fastest * np.max([np.max(boost(day)) for day in range(len(speeds))], initial=1.0)
    steps = 2 ** np.ceil(np.log2(np.maximum(fastest / LARGEST_STEP, 1))).astype(int)
    groups = [
        (who, _Group(chain.take(who), position.take(who), int(steps[who[0]])))
        for shape in np.unique(chain.shape)
        for step in np.unique(steps[chain.shape == shape])
        if len(who := np.flatnonzero((chain.shape == shape) & (steps == step)))
    ]
    for day, speed in enumerate(speeds):
        factor = np.broadcast_to(np.asarray(1.0 if boost is None else boost(day)), len(chain))
        bought, engaged, cooling = np.zeros((3, len(chain)))
        for who, group in groups:
            bought[who], engaged[who], cooling[who] = group.day(speed * factor[who])
        yield Day(bought, engaged, cooling)


class _Group:
    """Customers with one Erlang shape and one step length.

    ``first`` holds the probabilities of not having ordered yet, ``later`` those of having ordered and being alive:
    shape (2, stages, n), engaged then cooling.
    """

    def __init__(self, chain: Chain, position: Position, steps: int) -> None:
        self.chain, self.steps, self.k = chain, steps, int(chain.shape[0])
        start = stages(chain, position.elapsed) * position.alive
        self.first = np.stack([start * ~position.cooling, start * position.cooling])
        self.later = np.zeros_like(self.first)
        self.done = np.zeros(len(chain))

    def _slope(self, first: Floats, later: Floats, pace: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        chain = self.chain
        out = [self._within(states, pace) for states in (first, later)]
        (d_first, flow_first), (d_later, flow_later) = out
        flow = flow_first + flow_later
        d_later[0, 0] += chain.stay * (1 - chain.cools) * flow[0]
        d_later[1, 0] += chain.stay * (chain.cools * flow[0] + flow[1])
        return d_first, d_later, flow_first.sum(axis=0), flow

    def _within(self, states: Floats, pace: Floats) -> tuple[Floats, Floats]:
        """Slope without the return after an order, and the flow of orders from engaged and cooling, shape (2, n)."""
        moves = states * pace
        slope = -moves
        slope[:, 1:] += moves[:, :-1]
        turned = self.chain.cooling_hazard * states[0]
        slope[0] -= turned
        slope[1] += turned - self.chain.leaving_hazard * states[1]
        return slope, moves[:, -1]

    def day(self, speed: Floats) -> tuple[Floats, Floats, Floats]:
        """Advance one calendar day; return P(bought so far) and the day's orders from engaged and cooling."""
        rate = self.k * self.chain.rate * speed
        pace = np.stack([rate, rate * self.chain.cooling_speed])[:, None, :]
        h, orders = 1.0 / self.steps, np.zeros((2, len(self.chain)))
        for _ in range(self.steps):
            a = self._slope(self.first, self.later, pace)
            b = self._slope(self.first + h / 2 * a[0], self.later + h / 2 * a[1], pace)
            c = self._slope(self.first + h / 2 * b[0], self.later + h / 2 * b[1], pace)
            d = self._slope(self.first + h * c[0], self.later + h * c[1], pace)
            mean = [(a[i] + 2 * b[i] + 2 * c[i] + d[i]) * (h / 6) for i in range(4)]
            self.first, self.later = self.first + mean[0], self.later + mean[1]
            self.done = self.done + mean[2]
            orders += mean[3]
        return np.minimum(self.done, 1.0), orders[0], orders[1]


def lifetime_orders(chain: Chain, position: Position) -> tuple[Floats, Floats]:
    """Return the expected further orders until gone, at the mean speed of a year.

    Closed form: with ``f = k r g / (k r g + nu)`` a cooling customer with ``i`` stages to go orders with probability
    ``f ** i``; with ``a = k r / (k r + mu)`` an engaged one orders while engaged with probability ``a ** i``.

    Returns
    -------
    engaged, cooling
        Orders placed while engaged, and while cooling; shape (n,) each.
    """
    n, depth = len(chain), int(chain.shape.max(initial=1))
    pace = chain.shape * chain.rate
    a = pace / (pace + chain.cooling_hazard)
    f = pace * chain.cooling_speed / (pace * chain.cooling_speed + chain.leaving_hazard)
    weight = stages(chain, position.elapsed)
    cold_start = f**chain.shape / (1 - chain.stay * f**chain.shape)
    again_engaged = chain.stay * (1 - chain.cools)
    again_cooling = chain.stay * chain.cools
    cold = np.zeros((depth + 1, n))  # orders while cooling, by stages still to go
    turned = np.zeros((depth + 1, n))  # the same for an engaged customer, if the next order never comes while engaged
    for to_go in range(1, depth + 1):
        cold[to_go] = f**to_go * (1 + chain.stay * cold_start)
        turned[to_go] = (1 - a) * cold[to_go] + a * turned[to_go - 1]
    k = chain.shape
    column = np.arange(n)
    full = 1 - a**k * again_engaged
    engaged_start = a**k / full
    cooling_start = (turned[k, column] + a**k * again_cooling * cold_start) / full
    to_go = np.maximum(k - np.arange(depth)[:, None], 0)
    reach = a**to_go * (to_go > 0)
    engaged = reach * (1 + again_engaged * engaged_start)
    cooling = turned[to_go, column] + reach * (again_engaged * cooling_start + again_cooling * cold_start)
    engaged_orders = np.where(position.cooling, 0.0, (weight * engaged).sum(axis=0))
    cooling_orders = np.where(
        position.cooling, (weight * cold[to_go, column]).sum(axis=0), (weight * cooling).sum(axis=0)
    )
    return engaged_orders * position.alive, cooling_orders * position.alive
