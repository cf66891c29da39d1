"""The ``order_lines`` table: products of every order, and of every return with negative quantity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tenure_simulator.arrays import expand_ragged
from tenure_simulator.block import CustomerBlock
from tenure_simulator.catalogue import BRANDS, CATEGORIES, make_catalogue
from tenure_simulator.columns import money_column, order_ids, text_column


def order_lines_table(block: CustomerBlock) -> pa.Table:
    """Return the visible ``order_lines`` of a block, orders before returns."""
    config, lines, returns, catalogue = block.config, block.baskets.lines, block.returns, make_catalogue(block.config)
    n = len(block.purchases.day)
    first = np.searchsorted(lines.order, np.arange(n + 1))
    back = np.flatnonzero(returns.day < config.days)
    owner, position = expand_ragged(np.where(returns.whole, np.diff(first)[returns.order], 1)[back])
    sold = np.flatnonzero(block.purchases.day[lines.order] < config.days)
    line = np.concatenate([sold, first[returns.order[back]][owner] + position])
    is_return = np.arange(len(line)) >= len(sold)
    product = lines.product[line]
    return pa.table(
        {
            "order_id": order_ids(block.order_number[lines.order[line]], is_return),
            "product_id": text_column(product, catalogue.product_ids),
            "category": text_column(catalogue.category[product], CATEGORIES),
            "brand": text_column(catalogue.brand[product], BRANDS),
            "quantity": pa.array(np.where(is_return, -1.0, 1.0) * lines.quantity[line]),
            "unit_price": money_column(lines.price[line]),
        }
    )
