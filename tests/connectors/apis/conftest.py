"""A pull from a server on loopback into a store, at moments that a test names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tenure_connectors.apis.source import ApiSource, Connection
from tenure_connectors.store.pull import Pulled, pull_source


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


@pytest.fixture
def pull(store: Path) -> Callable[..., Pulled]:
    def puller(source: ApiSource, url: str, *, at: dt.datetime, settings: dict[str, str] | None = None,
               secrets: dict[str, str] | None = None, full: bool = False) -> Pulled:  # fmt: skip
        connection = Connection(
            settings=settings or {}, secrets=secrets or {source.secrets[0][0]: "s3cret-s3cret"}, base_url=url, now=at,
            pause_s=0.001,
        )  # fmt: skip
        return pull_source(source, connection, into=str(store), full=full)

    return puller


@pytest.fixture
def rows(store: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    """Run a query on the store."""

    def reader(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(store), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return reader
