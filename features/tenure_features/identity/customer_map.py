"""Putting the map to use: source ids become customers before anything is counted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.engine import keep
from tenure_features.errors import DataContractError, UsageError

_loaded = itertools.count()


@dataclass(frozen=True)
class CustomerMap:
    """Who a source id is. Made by `customer_map`.

    Attributes
    ----------
    rows
        ``source_id, customer_id``, one row per source id.
    """

    rows: pa.Table = field(repr=False)

    def applied(self, table: ir.Table, column: str, *, backend: Any) -> ir.Table:  # noqa: ANN401
        """Replace the source ids of a column by customer ids; an id that the map does not know stays.

        Parameters
        ----------
        table
            Any table of the backend.
        column
            Its column of source ids.
        backend
            The connection the table lives on.
        """
        known = keep(backend, f"customer_map_{next(_loaded)}", ibis.memtable(self.rows))
        known = known.rename({"tenure:source_id": "source_id", "tenure:customer_id": "customer_id"})
        joined = table.left_join(known, table[column] == known["tenure:source_id"])
        found = joined.mutate({column: ibis.coalesce(joined["tenure:customer_id"], joined[column])})
        return found.select(*table.columns)


def customer_map(current: pd.DataFrame, *, source: str | None = None) -> CustomerMap:
    """Make the current rows of an identity map ready for use.

    Parameters
    ----------
    current
        ``source, source_id, customer_id``, one row per source id, such as `IdentityState.current`.
    source
        The system whose ids the tables carry; None: of any system, as long as no id means two customers.

    Raises
    ------
    UsageError
        When no source is called that.
    DataContractError
        When one id belongs to different customers in different systems.

    Examples
    --------
    >>> ids = {"source": ["shop", "app"], "source_id": ["S1", "A7"], "customer_id": ["S1", "S1"]}
    >>> customer_map(pd.DataFrame(ids)).rows.to_pylist()[1]
    {'source_id': 'A7', 'customer_id': 'S1'}
    """
    if source is not None:
        known = sorted(current["source"].unique())
        current = current[current["source"] == source]
        if current.empty:
            raise UsageError(f"There is no source {source!r} among the identifiers.", found=", ".join(known))
    pairs = current[["source_id", "customer_id"]].drop_duplicates()
    twice = pairs["source_id"][pairs["source_id"].duplicated()]
    if len(twice):
        raise DataContractError(
            f"{len(twice):,} ids belong to different customers in different systems.",
            found=", ".join(sorted(twice)[:3]),
            fix="Say whose ids the orders carry: source under [identity].",
        )
    text = pa.schema([("source_id", pa.string()), ("customer_id", pa.string())])
    return CustomerMap(pa.Table.from_pandas(pairs, schema=text, preserve_index=False))
