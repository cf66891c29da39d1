"""How a shop's log looks from outside, beside real logs: one-time buyers, gaps, concentration of spend.

``python -m tenure_simulator.realism FOLDER`` prints the table of ``docs/simulator.md``; FOLDER holds the real logs
``cdnow/CDNOW_master.txt`` and ``online_retail/online_retail_to_2011-09-09.parquet``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_simulator.memory import simulate_orders
from tenure_simulator.presets import preset


@dataclass(frozen=True, kw_only=True)
class LogShape:
    """What a log looks like from outside; returns are left out, orders of one day count as one.

    Attributes
    ----------
    customers
        How many bought.
    orders_per_customer
        Mean number of order days.
    one_time_share
        Share of customers with one order day.
    adbt_days
        Median over repeat buyers of the average days between transactions.
    adbt_spread
        90 % over 10 % quantile of the same.
    gap_variation
        Median coefficient of variation of the gaps of customers with at least four of them: how irregular they buy.
    top_fifth
        Share of revenue brought by the top 20 % of customers.
    gini
        Gini coefficient of revenue over customers.
    """

    customers: int
    orders_per_customer: float
    one_time_share: float
    adbt_days: float
    adbt_spread: float
    gap_variation: float
    top_fifth: float
    gini: float


_SHARED = {
    "adbt_days": (29.0, 83.0),
    "adbt_spread": (6.5, 14.2),
    "gap_variation": (0.60, 0.94),
    "top_fifth": (0.60, 0.74),
    "gini": (0.63, 0.70),
}
RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "shop": {"one_time_share": (0.36, 0.52), **_SHARED},
    "marketplace": {"one_time_share": (0.51, 0.97), **_SHARED},
}
"""Ranges that the presets must lie in; where each bound comes from is in ``docs/simulator.md``."""


def _gini(values: pd.Series[float]) -> float:
    """Return the Gini coefficient of non-negative values.

    Examples
    --------
    >>> _gini(pd.Series([1.0, 1.0, 1.0])), round(_gini(pd.Series([0.0, 0.0, 1.0])), 3)
    (0.0, 0.667)
    """
    ordered, n = np.sort(values.to_numpy(dtype=np.float64)), len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def log_shape(orders: pd.DataFrame) -> LogShape:
    """Describe a log with columns ``customer_id, ordered_at, revenue``; rows without positive revenue are left out."""
    sold = orders.loc[orders["revenue"] > 0]
    days = sold.assign(day=sold["ordered_at"].dt.normalize()).drop_duplicates(["customer_id", "day"])
    days = days.sort_values(["customer_id", "day"])
    by_customer = days.groupby("customer_id")["day"]
    count = by_customer.size()
    span = (by_customer.max() - by_customer.min()).dt.total_seconds() / 86_400
    adbt = (span / (count - 1))[count > 1]
    gaps = by_customer.diff().dt.total_seconds() / 86_400
    each = gaps.groupby(days["customer_id"])
    variation = (each.std() / each.mean())[count > 4]
    spent = sold.groupby("customer_id")["revenue"].sum().sort_values(ascending=False)
    return LogShape(
        customers=len(count),
        orders_per_customer=float(count.mean()),
        one_time_share=float((count == 1).mean()),
        adbt_days=float(adbt.median()),
        adbt_spread=float(adbt.quantile(0.9) / adbt.quantile(0.1)),
        gap_variation=float(variation.median()),
        top_fifth=float(spent.iloc[: round(len(spent) / 5)].sum() / spent.sum()),
        gini=_gini(spent),
    )


def read_cdnow(path: Path) -> pd.DataFrame:
    """Read the CDNOW master log (Fader & Hardie 2001)."""
    names = ["customer_id", "ordered_at", "pieces", "revenue"]
    log = pd.read_csv(path, sep=r"\s+", names=names, header=0, dtype={"customer_id": str})
    return log.assign(ordered_at=pd.to_datetime(log["ordered_at"].astype(str)))


def read_online_retail(path: Path) -> pd.DataFrame:
    """Read the Online Retail log (Chen 2012): invoice lines added up to invoices, cancellations negative."""
    lines = pd.read_parquet(path).dropna(subset=["CustomerID"])
    lines = lines.assign(revenue=lines["Quantity"] * lines["UnitPrice"])
    invoices = lines.groupby(["InvoiceNo", "CustomerID"], as_index=False).agg(
        ordered_at=("InvoiceDate", "min"), revenue=("revenue", "sum")
    )
    return invoices.rename(columns={"CustomerID": "customer_id"})


def shapes(folder: Path) -> Iterator[tuple[str, LogShape]]:
    """Yield the real logs in a folder and the presets, each with its shape."""
    yield "CDNOW", log_shape(read_cdnow(folder / "cdnow" / "CDNOW_master.txt"))
    retail = folder / "online_retail" / "online_retail_to_2011-09-09.parquet"
    yield "Online Retail", log_shape(read_online_retail(retail))
    for name in RANGES:
        orders, _ = simulate_orders(preset(name))
        yield name, log_shape(orders)


def shape_table(rows: Iterator[tuple[str, LogShape]]) -> str:
    """Return a Markdown table of shapes."""
    names = [each.name for each in fields(LogShape)]
    lines = ["| log | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for log, shape in rows:
        values = [f"{shape.customers:,}", *(f"{getattr(shape, name):.3g}" for name in names[1:])]
        lines.append(f"| {log} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _print_shapes() -> None:
    """Print the table for the folder named on the command line."""
    sys.stdout.write(shape_table(shapes(Path(sys.argv[1]))) + "\n")


if __name__ == "__main__":
    _print_shapes()
