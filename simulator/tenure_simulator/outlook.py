"""What to expect of every customer given the latent state at a moment: computed, not read from what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_simulator.arrays import Floats
from tenure_simulator.chain import solve
from tenure_simulator.clock import make_clock
from tenure_simulator.economics import OrderSums, amounts, order_means, paid_share
from tenure_simulator.present import Present, make_chain, present, running
from tenure_simulator.returns import return_probability_by, return_shares
from tenure_simulator.truth import Truth, day_of, timestamps


def _integrate(
    truth: Truth, now: Present, day: int, horizons: Sequence[int]
) -> Iterator[tuple[int, Floats, OrderSums]]:
    """Yield (horizon, P(bought), sums) of the customers who are alive, shortest horizon first."""
    config, clock, alive = truth.config, make_clock(truth.config), np.flatnonzero(now.position.alive)
    who = now.who[alive]
    traits, log_boost, offer = truth.traits.take(who), now.log_boost[alive], now.offer[alive]
    means = order_means(config, traits)

    def boost(ahead: int) -> Floats | float:
        live = running(config, day + ahead)
        return np.asarray(np.exp(log_boost @ live)) if live.any() else 1.0

    sums = {horizon: OrderSums(len(who)) for horizon in horizons}
    speeds = clock.speeds(day, max(horizons))
    steps = solve(make_chain(config, traits), now.position.take(alive), speeds, boost)
    for ahead, step in enumerate(steps):
        paid = clock.prices[day + ahead] * paid_share(traits, means, offer, running(config, day + ahead))
        orders = np.stack([step.engaged, step.cooling])
        for horizon in (h for h in horizons if h > ahead):
            back = float(return_probability_by(config, np.array(horizon - ahead - 0.5)))
            sums[horizon].add(orders, paid=paid, back=back)
        if ahead + 1 in sums:
            yield ahead + 1, step.bought, sums[ahead + 1]


def _pending(truth: Truth, now: Present, day: int, horizon: int) -> tuple[Floats, Floats]:
    """Return expected refunds and recovered cost, within the horizon, of orders placed before."""
    config, ledger, whole = truth.config, truth.ledger, truth.config.experience.whole_order
    young = (ledger.day < day) & (ledger.day >= day - config.experience.return_after_days[1])
    young &= ledger.returned_day >= day
    order = np.flatnonzero(young)
    who, age = ledger.customer[order], day - ledger.day[order]
    share = np.stack(return_shares(config, truth.traits))[ledger.bad[order], who]
    so_far, later = return_probability_by(config, age), return_probability_by(config, age + horizon)
    chance = share * (later - so_far) / (1 - share * so_far)
    refund = chance * (whole * ledger.revenue[order] + (1 - whole) * ledger.first_revenue[order])
    cost = chance * (whole * ledger.cost[order] + (1 - whole) * ledger.first_cost[order])
    n = len(truth.traits)
    refunds, costs = (np.bincount(who, weights=amount, minlength=n)[now.who] for amount in (refund, cost))
    return refunds, config.experience.resold * costs


def _spread(now: Present, values: Floats) -> Floats:
    """Put values of the customers who are alive among zeros for those who are gone."""
    full = np.zeros(len(now.who))
    full[now.position.alive] = values
    return full


def _amounts(truth: Truth, now: Present, day: int, horizon: int, sums: OrderSums) -> dict[str, Floats]:
    means = order_means(truth.config, truth.traits.take(now.who[now.position.alive]))
    money = amounts(truth.config, means, sums)
    pending_refund, pending_cost = _pending(truth, now, day, horizon)
    value = _spread(now, money.value) - pending_refund
    margin = _spread(now, money.margin) - pending_refund + pending_cost
    service = _spread(now, money.service)
    return {
        "expected_orders": _spread(now, sums.orders.sum(axis=0)),
        "expected_value": value,
        "expected_margin": margin,
        "expected_service_cost": service,
        "expected_contribution": margin - service,
    }


def truth_at(truth: Truth, as_of: str | pd.Timestamp, horizon_days: int | Sequence[int]) -> pd.DataFrame:
    """Return what to expect of every customer of the population over one or several horizons.

    Everything is conditional on the latent state at ``as_of`` (traits, engaged / cooling / gone, purchase time since
    the last order, running campaigns, returns under way) and on no campaign starting later. It is computed with the
    equations of `tenure_simulator.chain`, not from what happened afterwards.

    Parameters
    ----------
    truth
        From `simulate_orders` or `read_truth`.
    as_of
        A midnight within the simulated time.
    horizon_days
        Length of the window ``[as_of, as_of + horizon_days)``, or several.

    Returns
    -------
    DataFrame
        One row per horizon and customer with an order before ``as_of``: ``customer_id``, ``as_of``,
        ``horizon_days``, ``alive``, ``cooling``, ``left_at`` (NaT when after the simulated end), ``buy_probability``
        (at least one order in the window), ``expected_orders``, ``expected_value`` (revenue less refunds falling in
        the window), ``expected_margin`` (value less cost of goods), ``expected_service_cost`` (of the orders in the
        window) and ``expected_contribution`` (margin less service cost).

    Raises
    ------
    UsageError
        When ``as_of`` or a horizon is outside the simulated time.

    Examples
    --------
    >>> from tenure_simulator import preset, simulate_orders
    >>> orders, truth = simulate_orders(preset("tiny"))
    >>> known = truth_at(truth, "2023-01-01", 90)
    >>> bool(known.buy_probability.between(0, 1).all()), bool((known.expected_orders[~known.alive] == 0).all())
    (True, True)
    """
    config = truth.config
    day = day_of(config, as_of)
    horizons = [horizon_days] if isinstance(horizon_days, int) else sorted(set(horizon_days))
    if not horizons or min(horizons) < 1 or day + max(horizons) > make_clock(config).days:
        raise UsageError("A horizon must be at least a day and end within the shop's clock.", found=str(horizons))
    now = present(truth, day)
    frames = []
    for horizon, bought, sums in _integrate(truth, now, day, horizons):
        columns = {
            "customer_id": truth.customer_id.to_numpy()[now.who],
            "as_of": pd.Timestamp(as_of).as_unit("us"),
            "horizon_days": horizon,
            "alive": now.position.alive,
            "cooling": now.position.cooling,
            "left_at": timestamps(truth.left[now.who], config),
            "buy_probability": _spread(now, bought),
        }
        frames.append(pd.DataFrame(columns | _amounts(truth, now, day, horizon, sums)))
    return pd.concat(frames, ignore_index=True)
