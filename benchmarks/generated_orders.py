"""Orders made up for measuring: many, fast, and the same every time; they teach nothing about customers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = "2024-07-01"
STEP = 2_000_000


def generated(rows: int, customers: int) -> Path:
    """Write orders of three years from 2022 on to a Parquet file, unless it is there already.

    Customers are texts and order more or less often; one row in twenty is a return; every row is an order of its own.
    """
    path = Path(tempfile.gettempdir()) / "tenure-benchmarks" / f"orders-{rows}-{customers}.parquet"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    random, unfinished = np.random.default_rng(0), path.with_suffix(".part")
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, STEP):
        count = min(STEP, rows - start)
        who = np.minimum((random.random(count) ** 1.5 * customers).astype("int64"), customers - 1)
        second = (random.random(count) * 3 * 365 * 86400).astype("int64")
        sign = np.where(random.random(count) < 0.05, -1, 1)
        table = pa.table(
            {
                "customer_id": pa.array(who).cast(pa.string()),
                "order_id": pa.array(np.arange(start, start + count)).cast(pa.string()),
                "ordered_at": np.datetime64("2022-01-01", "us") + (second * 1_000_000).astype("timedelta64[us]"),
                "revenue": np.round(random.gamma(2, 15, count), 2) * sign,
            }
        )
        writer = writer or pq.ParquetWriter(unfinished, table.schema)
        writer.write_table(table, row_group_size=250_000)
    if writer is not None:
        writer.close()
    unfinished.rename(path)
    return path
