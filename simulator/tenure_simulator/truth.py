"""What was drawn: latent customers, every order (also the future ones) and every assignment; and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_simulator.arrays import Bools, Floats, Ints
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import customer_ids, microseconds, time_column
from tenure_simulator.config import ShopConfig
from tenure_simulator.traits import Traits

MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, kw_only=True)
class OrderTruth:
    """Every order of the shop, hidden future included, by customer and time; arrays are aligned.

    Attributes
    ----------
    customer
        Position of the customer in `Truth.traits`.
    number
        Order number, see `order_ids`.
    day
        Days since the shop's start, to the second.
    revenue, cost, first_revenue, first_cost
        Money of the order and of its first line, which a partial return gives back.
    bad, cooling
        Whether the order went wrong, and whether the customer was cooling.
    returned_day, refund, recovered
        When and how much came back; infinite and 0 where nothing did.
    """

    customer: Ints
    number: Ints
    day: Floats
    revenue: Floats
    cost: Floats
    first_revenue: Floats
    first_cost: Floats
    bad: Ints
    cooling: Ints
    returned_day: Floats
    refund: Floats
    recovered: Floats


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """Every assignment of every campaign, lost ones too, see `Assigned`; ``customer`` is as in the ledger."""

    campaign: Ints
    customer: Ints
    arm: Ints
    recorded: Ints
    alive: Ints
    cooling: Ints
    elapsed: Floats
    log_boost: Floats


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What was drawn, as arrays.

    Attributes
    ----------
    config
        The shop.
    traits
        Latent traits of all customers.
    cooled, left
        When each customer started cooling and left, days since the shop's start; infinite if not before the
        simulated end (history plus hidden future).
    ledger, contacts
        Every order and every assignment.
    """

    config: ShopConfig
    traits: Traits
    cooled: Floats
    left: Floats
    ledger: OrderTruth
    contacts: Contacts

    @property
    def customer_id(self) -> pd.Series[str]:
        """Ids of all customers, in the order of `traits`."""
        return pd.Series(customer_ids(self.traits.number).to_pandas())


def to_second(day: Floats, config: ShopConfig) -> Floats:
    """Round times to whole seconds, as the tables do."""
    origin = pd.Timestamp(config.start).value // 1000
    finite = np.isfinite(day)
    seconds = (microseconds(np.where(finite, day, 0.0), config.start) - origin) / MICROSECONDS
    return np.where(finite, seconds, np.inf)


def timestamps(day: Floats, config: ShopConfig) -> pd.Series[pd.Timestamp]:
    """Return times as pandas timestamps in microseconds, NaT where infinite."""
    return pd.Series(time_column(day, config.start).to_pandas()).astype("datetime64[us]")


def block_ledger(block: CustomerBlock, offset: int) -> OrderTruth:
    """Return the ledger of one block whose first customer stands at ``offset``."""
    n, baskets, returns = len(block.purchases.day), block.baskets, block.returns
    returned, refund, recovered = np.full(n, np.inf), np.zeros(n), np.zeros(n)
    returned[returns.order] = to_second(returns.day, block.config)
    refund[returns.order], recovered[returns.order] = returns.refund / 100, returns.recovered / 100
    return OrderTruth(
        customer=block.purchases.customer + offset,
        number=block.order_number,
        day=to_second(block.purchases.day, block.config),
        revenue=baskets.revenue / 100,
        cost=baskets.cost / 100,
        first_revenue=baskets.first_revenue / 100,
        first_cost=baskets.first_cost / 100,
        bad=block.purchases.bad.astype(np.int64),
        cooling=block.purchases.cooling.astype(np.int64),
        returned_day=returned,
        refund=refund,
        recovered=recovered,
    )


def block_contacts(block: CustomerBlock, offset: int) -> Contacts:
    """Return the assignments of one block whose first customer stands at ``offset``."""
    parts = block.purchases.assigned

    def whole(values: Sequence[Ints | Bools]) -> Ints:
        return np.concatenate([np.zeros(0, dtype=np.int64), *values]).astype(np.int64)

    return Contacts(
        campaign=whole([np.full(len(part.customer), part.campaign) for part in parts]),
        customer=whole([part.customer + offset for part in parts]),
        arm=whole([part.arm for part in parts]),
        recorded=whole([part.recorded for part in parts]),
        alive=whole([part.alive for part in parts]),
        cooling=whole([part.cooling for part in parts]),
        elapsed=np.concatenate([np.zeros(0), *(part.elapsed for part in parts)]),
        log_boost=np.concatenate([np.zeros(0), *(part.log_boost for part in parts)]),
    )


def gather(config: ShopConfig, blocks: Sequence[CustomerBlock]) -> Truth:
    """Put the truth of all blocks together."""
    offsets = np.cumsum([0, *(len(block.traits) for block in blocks)])
    pairs = list(zip(blocks, offsets, strict=False))
    return Truth(
        config=config,
        traits=_stack([block.traits for block in blocks]),
        cooled=to_second(np.concatenate([block.purchases.cooled for block in blocks]), config),
        left=to_second(np.concatenate([block.purchases.left for block in blocks]), config),
        ledger=_stack([block_ledger(block, int(offset)) for block, offset in pairs]),
        contacts=_stack([block_contacts(block, int(offset)) for block, offset in pairs]),
    )


def _stack[T](parts: Sequence[T]) -> T:
    names = parts[0].__dataclass_fields__  # type: ignore[attr-defined]
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def day_of(config: ShopConfig, as_of: str | pd.Timestamp) -> int:
    """Return ``as_of`` in days since the shop's start.

    Raises
    ------
    UsageError
        When it is not a midnight inside the simulated time.
    """
    moment = pd.Timestamp(as_of)
    days = (moment - pd.Timestamp(config.start)) / pd.Timedelta(days=1)
    last = config.days + config.future_days
    if days != int(days) or not 0 < days <= last:
        end = pd.Timestamp(config.start) + pd.Timedelta(days=last)
        raise UsageError(
            "The truth is known at midnights within the simulated time.",
            found=f"as_of {moment}",
            fix=f"Choose a day after {config.start} and up to {end.date()}.",
        )
    return int(days)
