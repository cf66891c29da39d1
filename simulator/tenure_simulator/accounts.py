"""Accounts of a person in the shop's systems, and their ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tenure_simulator.arrays import Bools, Ints
from tenure_simulator.columns import CUSTOMER_DIGITS, prefix_ids
from tenure_simulator.config import ShopConfig
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.traits import ORDER_CHANNELS

SYSTEMS = ("shop", "app", "store", "marketplace")
"""Every person has a shop account; accounts in the other systems are for some."""

PREFIXES = ("SH", "AP", "ST", "MK")
MULTIPLIERS = np.array([38_710_483, 61_803_399, 27_182_819, 14_142_137])
"""Coprime to 10**8, so that ids are distinct and say nothing about who shares them."""


def account_ids(numbers: Ints, systems: Ints) -> pa.StringArray:
    """Return the id of customer ``numbers`` in ``systems``.

    Examples
    --------
    >>> account_ids(np.array([1, 1]), np.array([0, 2])).to_pylist()
    ['SH77420966', 'ST54365638']
    """
    letters: NDArray[np.uint8] = np.array([list(prefix.encode()) for prefix in PREFIXES], dtype=np.uint8)
    mixed = ((np.asarray(numbers) + 1) * MULTIPLIERS[systems]) % 10**CUSTOMER_DIGITS
    return prefix_ids(letters[systems], mixed, CUSTOMER_DIGITS)


def draw_accounts(config: ShopConfig, index: int) -> Bools:
    """Draw which accounts the customers of a block have, shape (block_customers, systems); always the same ones."""
    rng = stream(config.seed, Purpose.IDENTITIES, block=index)
    has = rng.random((config.block_customers, len(SYSTEMS))) < config.identities.second_account
    has[:, 0] = True
    return has


def account_used(has: Bools, who: Ints, order_channel: Ints) -> Ints:
    """Return the system whose account an order was placed with: that of its channel if there is one, else the shop."""
    system = np.array([SYSTEMS.index(name) if name in SYSTEMS else 0 for name in ORDER_CHANNELS])[order_channel]
    return np.where(has[who, system], system, 0)
