"""Online Retail: `tenure run` as of 2011-06-11 for 90 days, against what its customers then bought.

    python benchmarks/online_retail.py [--check-repeat] [--out DIR]

Invoice lines of a British gift shop with cancellations, lines without a customer and wholesale buyers (Chen, 2012).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from scoring import Limit, Split, data_folder, main

COLUMNS = {
    "customer_id": "CustomerID",
    "order_id": "InvoiceNo",
    "ordered_at": "InvoiceDate",
    "revenue": "Quantity * UnitPrice",
}
LIMITS = (Limit("ece", high=0.05), Limit("total_bias", low=-0.20, high=0.20), Limit("coverage_80", low=0.76, high=0.90))


def split(work: Path, sample: bool) -> Split:  # noqa: ARG001  # the log is read where it lies, and there is no sample
    """Cut the log at the moment; the command is told the moment and reads no later row."""
    orders = data_folder() / "online_retail" / "online_retail_to_2011-09-09.parquet"
    lines = pd.read_parquet(orders).dropna(subset="CustomerID")
    rows = pd.DataFrame(
        {
            "customer_id": lines["CustomerID"].astype(int).astype(str),
            "order_id": lines["InvoiceNo"],
            "ordered_at": lines["InvoiceDate"],
            "revenue": lines["Quantity"] * lines["UnitPrice"],
        }
    )
    return Split("Online Retail", orders, COLUMNS, rows, pd.Timestamp("2011-06-11"), 90, LIMITS)


if __name__ == "__main__":
    sys.exit(main("Online Retail", split))
