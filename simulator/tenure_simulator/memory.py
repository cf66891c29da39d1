"""A shop in memory: orders and truth, for tests, notebooks and the demo."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from tenure_simulator.block import count_blocks, draw_block, orders_table
from tenure_simulator.columns import to_frame
from tenure_simulator.config import ShopConfig
from tenure_simulator.truth import Truth, gather


def simulate_orders(config: ShopConfig) -> tuple[pd.DataFrame, Truth]:
    """Simulate the ``orders`` of a shop in memory, with the truth behind them.

    Parameters
    ----------
    config
        From `preset`, or your own.

    Returns
    -------
    orders
        All columns of the ``orders`` contract, by time within blocks of customers; returns are rows of their own.
    truth
        For `truth_at`, `realised` and the like.

    Examples
    --------
    >>> from tenure_simulator import preset
    >>> orders, truth = simulate_orders(preset("tiny", customers=50))
    >>> orders.customer_id.nunique(), len(truth.traits)
    (50, 50)
    """
    drawn = [draw_block(config, index) for index in range(count_blocks(config))]
    orders = to_frame(pa.concat_tables([orders_table(block) for block in drawn], promote_options="permissive"))
    return orders, gather(config, drawn)
