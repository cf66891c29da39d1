"""Exports as their systems document them, a few rows each, written by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenure_connectors.conversion import Conversion, convert


@pytest.fixture
def read_export(tmp_path: Path) -> Callable[..., Conversion]:
    """Write rows under a header, and read the file by the preset that knows it."""

    def reader(header: str, *rows: str, name: str = "export.csv", encoding: str = "utf-8") -> Conversion:
        path = tmp_path / name
        path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
        converted = convert(str(path))
        assert converted is not None
        return converted

    return reader


@pytest.fixture
def wide(read_export: Callable[..., Conversion]) -> Callable[..., Conversion]:
    """Write rows that name only some columns of a header."""

    def reader(header: list[str], *rows: dict[str, Any], **options: str) -> Conversion:
        text = io.StringIO()
        writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
        writer.writerows(rows)
        first = io.StringIO()
        csv.writer(first, lineterminator="").writerow(header)
        return read_export(first.getvalue(), *text.getvalue().splitlines(), **options)

    return reader


@pytest.fixture
def orders() -> Callable[[Conversion], dict[str, tuple[Any, ...]]]:
    """Customer and revenue by order id; lines of an order are added up."""

    def summed(converted: Conversion) -> dict[str, tuple[Any, ...]]:
        rows: pd.DataFrame = converted.tables["orders"].to_pandas()
        by_id = rows.groupby("order_id").agg(customer_id=("customer_id", "first"), revenue=("revenue", "sum"))
        people = [one if isinstance(one, str) else None for one in by_id["customer_id"]]
        return dict(zip(by_id.index.astype(str), zip(people, by_id["revenue"].round(2), strict=True), strict=True))

    return summed
