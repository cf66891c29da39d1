"""Frames in plain pandas whose leaks are planted, and trainings made from them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tenure_features.families.catalogue import BUILT_IN
from tenure_training.audit import BuildFrames, Tables
from tenure_training.frame import Frames
from tenure_training.models.season import Season
from tenure_training.training import Training, train
from tenure_training.windows import Window

START, AS_OF, HORIZON = pd.Timestamp("2021-01-01"), pd.Timestamp("2021-11-01"), 60
NEVER = pd.Timedelta(days=10_000)


class Shelf(Frames):
    """Snapshots and labels of one table of orders; each leak is a name."""

    def __init__(self, orders: pd.DataFrame, leaks: frozenset[str] = frozenset()) -> None:
        self._orders, self._leaks = orders, leaks
        self._shop, self._profiles = SimpleNamespace(tables={}, calendar=None), {}
        self._catalogue, self._fitted_at, self._season = BUILT_IN, {}, Season(months=(1.0,) * 12)  # as each other
        self._taught, self.sample = self, None  # few enough to learn from all
        self.first_order = orders["ordered_at"].min().normalize()
        self._shown: dict[pd.Timestamp, pd.DataFrame] = {}

    def prepare(self, moments, windows) -> None:
        """Everything is at hand."""

    def prepare_frames(self, windows) -> None:
        """Everything is at hand."""

    def snapshot(self, as_of: pd.Timestamp) -> pd.DataFrame:
        if as_of not in self._shown:
            self._shown[as_of] = self._at(as_of)
        return self._shown[as_of]

    def _at(self, at: pd.Timestamp) -> pd.DataFrame:
        orders = self._orders
        known = orders[orders["ordered_at"] <= at if "<= as_of" in self._leaks else orders["ordered_at"] < at]
        groups = known.groupby("customer_id")
        first, last = groups["ordered_at"].min(), groups["ordered_at"].max()
        table = pd.DataFrame({"recency_days": (at - last) / pd.Timedelta(days=1)})
        table["tenure_days"] = (at - first) / pd.Timedelta(days=1)
        table["orders_total"] = groups.size().astype(float)
        table["revenue_total"] = groups["revenue"].sum()
        table["value_mean"] = groups["revenue"].mean()
        table["value_std"] = groups["revenue"].std()
        if "orders ever" in self._leaks:
            table["orders_ever"] = orders.groupby("customer_id").size().astype(float)
        if "recency ever" in self._leaks:
            table["recency_days"] = (at - orders.groupby("customer_id")["ordered_at"].max()) / pd.Timedelta(days=1)
        if "value of the window" in self._leaks:
            table["value_next"] = self._window(Window(at, HORIZON)).groupby("customer_id")["revenue"].sum()
            table["value_next"] = table["value_next"].fillna(0.0)
        if "row number" in self._leaks:
            numbered = orders.assign(n=np.arange(float(len(orders))))
            table["row_number"] = numbered.groupby("customer_id")["n"].min()
        table = table.reset_index()
        table.insert(1, "as_of", at.as_unit("us"))
        return table.sort_values("customer_id", ignore_index=True)

    def labels(self, window: Window) -> pd.DataFrame:
        happened = self._window(window).groupby("customer_id")["revenue"]
        customers = self.snapshot(window.origin)["customer_id"]
        orders = happened.size().reindex(customers).fillna(0.0).to_numpy(dtype=float)
        value = happened.sum().reindex(customers).fillna(0.0).to_numpy(dtype=float)
        return pd.DataFrame({"bought": orders > 0, "orders": orders, "value": value})

    def _window(self, window: Window) -> pd.DataFrame:
        at = self._orders["ordered_at"]
        started = at > window.origin if "label from after as_of" in self._leaks else at >= window.origin
        closed = at <= window.closes if "label to the end" in self._leaks else at < window.closes
        return self._orders[started & closed]


def _orders() -> pd.DataFrame:
    """A hundred and fifty customers who buy at their own rate, and go on after the moment."""
    generator, rows = np.random.default_rng(5), []
    for number in range(150):
        at, gap = generator.uniform(0, 200), generator.gamma(2, 20)
        while at < 400:
            moment = START + pd.Timedelta(seconds=int(at * 86400))
            rows.append((f"c{number:03d}", moment, round(generator.gamma(2, 20), 2)))
            at += generator.exponential(gap)
            if generator.random() < 0.15:
                break
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"])
    table = table.astype({"ordered_at": "datetime64[us]"}).sort_values("ordered_at", ignore_index=True)
    return table.assign(order_id=[f"o{number}" for number in range(len(table))])


@pytest.fixture(scope="package")
def tables() -> Tables:
    """The orders, later ones too."""
    return {"orders": _orders()}


@pytest.fixture(scope="package")
def building() -> Callable[..., BuildFrames]:
    """``building("<= as_of", ...)`` gives a way from tables to frames with these leaks."""

    def with_leaks(*leaks: str) -> BuildFrames:
        return lambda tables: Shelf(tables["orders"], frozenset(leaks))

    return with_leaks


@pytest.fixture(scope="package")
def trained(tables: Tables, building: Callable[..., BuildFrames]) -> Callable[..., tuple[Training, Frames]]:
    """``trained("<= as_of", ...)`` gives a training of the recency rule, and its frames."""

    @cache
    def with_leaks(*leaks: str) -> tuple[Training, Frames]:
        frames = building(*leaks)(tables)
        return train(frames, as_of=AS_OF, horizon_days=HORIZON, seed=1, candidates=["recency"]), frames

    return with_leaks
