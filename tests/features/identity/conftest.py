"""Identifiers of a few people in a row each, and shops whose truth says who is who."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tenure_features.identity import IdentitySettings, Resolution, resolve
from tenure_features.reading.engine import Engine
from tenure_simulator import preset
from tenure_simulator.behaviour import IdentityHabits
from tenure_simulator.block import draw_block
from tenure_simulator.identities import DOMAINS, identifiers_table, identities_table

COLUMNS = ["source", "source_id", "kind", "value", "seen_at"]


@pytest.fixture(scope="session")
def backend() -> Any:
    """One DuckDB for all: what is resolved on it has names of its own."""
    return Engine().connect()


@pytest.fixture(scope="session")
def table() -> Callable[..., Any]:
    """Rows ``source source_id kind value day`` (the day may be missing) as an Ibis table."""

    def make(rows: list[tuple[str, ...]]) -> Any:
        columns: dict[str, pa.Array] = {
            name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(COLUMNS[:4])
        }
        days = [pd.Timestamp(row[4]) if len(row) > 4 and row[4] else None for row in rows]
        return ibis.memtable(pa.table(columns | {"seen_at": pa.array(days, pa.timestamp("us"))}))

    return make


@pytest.fixture(scope="session")
def linked(table: Callable[..., Any], backend: Any) -> Callable[..., Resolution]:
    """Resolve rows; phone numbers without a country code are German."""

    def run(rows: list[tuple[str, ...]], as_of: str = "2025-01-01", **asked: Any) -> Resolution:
        rules = asked.pop("settings", IdentitySettings(default_region="DE"))
        return resolve(table(rows), as_of=as_of, backend=backend, settings=rules, **asked)

    return run


@pytest.fixture(scope="session")
def groups() -> Callable[[Resolution], set[frozenset[str]]]:
    """Which source ids are together, without their names."""

    def read(resolution: Resolution) -> set[frozenset[str]]:
        current = resolution.state.current
        return {frozenset(ids) for _, ids in current.groupby("customer_id")["source_id"]}

    return read


@pytest.fixture(scope="session")
def shop() -> Callable[..., tuple[pa.Table, pd.DataFrame]]:
    """Identifiers of a fragmented shop, and the truth about its accounts."""

    def make(seed: int, customers: int = 1500, **identities: Any) -> tuple[pa.Table, pd.DataFrame]:
        asked = IdentityHabits(fragmented=True, **identities)
        config = preset("shop", customers=customers, seed=seed).model_copy(update={"identities": asked})
        block = draw_block(config, 0)
        return identifiers_table(block), identities_table(block).to_pandas()

    return make


@pytest.fixture(scope="session")
def shop_settings() -> IdentitySettings:
    """The mail providers of the simulated shop ignore tags, as its ``tenure.toml`` says."""
    return IdentitySettings(default_region="DE", plus_domains=DOMAINS)


@pytest.fixture(scope="session")
def accuracy() -> Callable[..., tuple[float, float]]:
    """Pairwise precision and recall over pairs of accounts: of those linked, and of those that are one person."""

    def measure(found: pd.DataFrame, truth: pd.DataFrame) -> tuple[float, float]:
        both = truth.merge(found, on=["source", "source_id"], suffixes=("_true", "_found"))
        right = _pairs(both.groupby(["customer_id_true", "customer_id_found"]).size())
        return (
            right / _pairs(both.groupby("customer_id_found").size()),
            right / _pairs(both.groupby("customer_id_true").size()),
        )

    return measure


def _pairs(sizes: pd.Series) -> float:
    n = np.asarray(sizes, dtype=float)
    return float((n * (n - 1) / 2).sum())
