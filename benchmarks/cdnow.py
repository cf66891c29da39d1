"""CDNOW: `tenure run` as of 1997-10-01 for 273 days, against what the 23,570 customers then bought.

    python benchmarks/cdnow.py [--sample] [--check-repeat] [--out DIR]

Customers of the first quarter of 1997 (Fader & Hardie, 2001). The history is exactly as long as the horizon, so no
full window has closed: models learn on shorter ones and are carried to the horizon.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from scoring import Limit, Split, data_folder, main

AS_OF = pd.Timestamp("1997-10-01")
HORIZON_DAYS = 273
LIMITS = (
    Limit("auroc", low=0.762),
    Limit("log_loss", high=0.510),
    Limit("ece", high=0.05),
    Limit("normalised_gini", low=0.705),
    Limit("decile_mape", high=0.30),
    Limit("total_bias", low=-0.20, high=0.20),
    Limit("coverage_80", low=0.76, high=0.90),
    Limit("wall seconds", high=120),
    Limit("peak memory, GB", high=2.0),
)


def read_cdnow(path: Path) -> pd.DataFrame:
    """Read a CDNOW text file.

    Parameters
    ----------
    path
        ``CDNOW_master.txt`` (id, yyyymmdd, CDs, dollars, with a header) or ``CDNOW_sample.txt`` (with the id within the
        sample as second column, and no header).

    Returns
    -------
    DataFrame
        ``customer_id`` (str), ``ordered_at`` (datetime64[us]) and ``revenue`` (dollars), one row per purchase.
    """
    words = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    rows = [row for row in words if row and row[0].isdigit()]
    return pd.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "ordered_at": pd.to_datetime([row[-3] for row in rows], format="%Y%m%d").as_unit("us"),
            "revenue": [float(row[-1]) for row in rows],
        }
    )


def split(work: Path, sample: bool) -> Split:
    """Write the purchases as Parquet and cut them at the moment; the command is told it and reads no later row."""
    file = "CDNOW_sample.txt" if sample else "CDNOW_master.txt"
    purchases = read_cdnow(data_folder() / "cdnow" / file)
    orders = work / "cdnow.parquet"
    purchases.to_parquet(orders, index=False)
    rows = purchases.assign(order_id=range(len(purchases)))
    return Split(file.removesuffix(".txt"), orders, {}, rows, AS_OF, HORIZON_DAYS, () if sample else LIMITS)


if __name__ == "__main__":
    sys.exit(main("CDNOW", split))
