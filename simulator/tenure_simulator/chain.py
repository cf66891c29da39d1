r"""The customer as a Markov chain, solved numerically: what to expect given the latent state.

A customer is engaged or cooling and has completed ``j`` of ``k`` stages towards the next order (an Erlang gap is ``k``
exponential stages), or is gone. With rate ``r``, shop speed ``s(t)``, personal boost ``m(t)``, cooling speed ``g``,
hazards ``mu`` (engaged to cooling) and ``nu`` (cooling to gone), P(stay after an order) ``q`` and P(cool after it)
``b``, the probabilities ``e_j``, ``c_j`` follow the forward equations

``e_j' = -(k r s m + mu) e_j + k r s m e_{j-1}``, ``e_0' += q (1 - b) k r s m e_{k-1}``,
``c_j' = -(k r s m g + nu) c_j + k r s m g c_{j-1} + mu e_j``, ``c_0' += q (k r s m g c_{k-1} + b k r s m e_{k-1})``.

The speed is constant over a calendar day, so that a day multiplies the state by a matrix exponential. It is summed as
a Taylor series (Moler & Van Loan 2003, method 1) whose degree grows with the fastest rate, so that the first term left
out stays below 1e-6; very fast customers are advanced in parts of a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from tenure_simulator.arrays import Bools, Floats, Ints

DEGREES = ((0.25, 5), (0.5, 7), (1.0, 9), (2.0, 13), (4.0, 19))
"""(largest fastest-rate-times-step, degree of the Taylor series): the first term left out is below 1e-6."""


@dataclass(frozen=True, kw_only=True)
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
    >>> never, always = np.zeros(1), np.ones(1)
    >>> chain = Chain(rate=np.array([0.1]), shape=np.array([2]), cooling_hazard=never, leaving_hazard=np.array([0.1]),
    ...               stay=always, cools=never, cooling_speed=0.5)
    >>> stages(chain, np.array([5.0])).round(2).ravel().tolist()
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
    top: Floats = np.full(len(chain), max(speeds.max(initial=0.0), 1e-9))
    if boost is not None:
        top = top * np.max([np.broadcast_to(boost(day), len(chain)) for day in range(len(speeds))], axis=0)
    fastest = chain.shape * chain.rate * top + chain.cooling_hazard + chain.leaving_hazard
    groups = [(who, _Group(chain.take(who), position.take(who), **how)) for who, how in _plan(fastest)]
    for day, speed in enumerate(speeds):
        factor = np.broadcast_to(np.asarray(1.0 if boost is None else boost(day)), len(chain))
        bought, engaged, cooling = np.zeros((3, len(chain)))
        for who, group in groups:
            bought[who], engaged[who], cooling[who] = group.day(speed * factor[who])
        yield Day(bought, engaged, cooling)


def _plan(fastest: Floats) -> Iterator[tuple[Ints, dict[str, int]]]:
    """Split customers by how fast they move: steps a day and degree of the series for each group."""
    edges = np.array([edge for edge, _ in DEGREES])
    steps = np.maximum(np.ceil(fastest / edges[-1]), 1).astype(int)
    bucket = np.where(steps > 1, len(DEGREES) - 2 + steps, np.searchsorted(edges, fastest))
    for number in np.unique(bucket):
        who = np.flatnonzero(bucket == number)
        yield who, {"steps": int(steps[who[0]]), "degree": DEGREES[min(number, len(DEGREES) - 1)][1]}


class _Group:
    """Customers advanced with one step length and one degree.

    ``states`` has shape (2, 2, stages, n): not yet ordered and ordered; engaged and cooling. Stages are aligned at the
    end, so that every order leaves the last one; customers with fewer stages enter further on (``entry``).
    """

    def __init__(self, chain: Chain, position: Position, *, steps: int, degree: int) -> None:
        self.chain, self.steps, self.degree = chain, steps, degree
        depth, k = int(chain.shape.max()), chain.shape
        start = stages(chain, position.elapsed) * position.alive
        place = np.arange(depth)[:, None] - (depth - k)
        aligned = np.where(place >= 0, np.take_along_axis(start, np.maximum(place, 0), axis=0), 0.0)
        self.entry = (place == 0).astype(np.float64)
        self.states = np.zeros((2, 2, depth, len(chain)))
        self.states[0, 0], self.states[0, 1] = aligned * ~position.cooling, aligned * position.cooling
        self.done = np.zeros(len(chain))

    def _slope(self, states: Floats, pace: Floats) -> tuple[Floats, Floats]:
        """Return the slope of the states, and the flow of orders, of the states' shape without stages."""
        chain, moves = self.chain, states * pace
        slope = -moves
        slope[:, :, 1:] += moves[:, :, :-1]
        turned = chain.cooling_hazard * states[:, 0]
        slope[:, 0] -= turned
        slope[:, 1] += turned - chain.leaving_hazard * states[:, 1]
        flow = moves[:, :, -1]
        engaged, cooling = chain.stay * flow.sum(axis=0)
        slope[1, 0] += self.entry * ((1 - chain.cools) * engaged)
        slope[1, 1] += self.entry * (cooling + chain.cools * engaged)
        return slope, flow

    def day(self, speed: Floats) -> tuple[Floats, Floats, Floats]:
        """Advance one calendar day; return P(bought so far) and the day's orders from engaged and cooling."""
        rate = self.chain.shape * self.chain.rate * speed
        pace = np.stack([rate, rate * self.chain.cooling_speed])[:, None, :]
        orders = np.zeros((2, 2, len(self.chain)))
        for _ in range(self.steps):
            term = self.states
            for power in range(1, self.degree + 1):
                slope, flow = self._slope(term, pace)
                weight = 1 / (self.steps * power)
                orders += weight * flow
                term = weight * slope
                self.states = self.states + term
        self.done += orders[0].sum(axis=0)
        engaged, cooling = orders.sum(axis=0)
        return np.clip(self.done, 0.0, 1.0), engaged, cooling


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
