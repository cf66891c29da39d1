"""Putting the map to use: source ids become customers before anything is counted."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.timeline import Timeline
from tenure_features.reading.engine import keep

_loaded = itertools.count()


@dataclass(frozen=True)
class CustomerMap:
    """Who a source id is. Made by `customer_map`.

    Attributes
    ----------
    rows
        ``source_id, customer_id``, one row per source id.
    timeline
        Who was who at earlier moments; None where the map is taken as always known.
    source
        The system whose ids the tables carry; None: of any.
    """

    rows: pa.Table = field(repr=False)
    timeline: Timeline | None = field(default=None, repr=False, compare=False)
    source: str | None = None

    def is_known_at(self, moment: pd.Timestamp) -> bool:
        """Say whether this very map is what is known at a moment."""
        return self.timeline is None or moment >= self.timeline.until

    def at(self, moment: pd.Timestamp) -> CustomerMap:
        """Give the map of an earlier moment, by what had been seen strictly before it."""
        if self.timeline is None or self.is_known_at(moment):
            return self
        rows = self.timeline.at(moment)
        if self.source is not None:
            rows = rows[rows["source"] == self.source]
        # What tells two systems' equal ids apart or together may come later: until then they are the older one's.
        return CustomerMap(_text(rows.drop_duplicates("source_id")))

    def until(self, moment: pd.Timestamp) -> CustomerMap:
        """Give the map of an earlier moment with those of the moments before it."""
        if self.timeline is None or self.is_known_at(moment):
            return self
        return CustomerMap(self.at(moment).rows, self.timeline.ending(moment), self.source)

    def over(self, origin: pd.Timestamp, end: pd.Timestamp, *, ordered: Collection[str]) -> CustomerMap:
        """Give the map by which orders of a window are counted: customers of its origin, known by all of its end.

        A source id that was known at the origin stays with its customer of then. One that came up in the window goes
        to the customer it has turned out to be by the end; where that are several who became one, to the one whose
        source id is the oldest.

        Parameters
        ----------
        origin, end
            The window ``[origin, end)``.
        ordered
            Source ids with an order before the origin; those without identifiers are customers, too.
        """
        start, close = self.at(origin).rows.to_pandas(), self.at(end).rows.to_pandas()
        bare = sorted(set(ordered) - set(start["source_id"]))
        pairs = pd.concat([start, pd.DataFrame({"source_id": bare, "customer_id": bare}, dtype="str")])
        turned = close.rename(columns={"customer_id": "turned_out"})
        # The first of each in the order of the map at the origin, the oldest first.
        homes = pairs.merge(turned, on="source_id").drop_duplicates("turned_out")[["turned_out", "customer_id"]]
        new = turned[~turned["source_id"].isin(pairs["source_id"])].merge(homes, on="turned_out")
        return CustomerMap(_text(pd.concat([pairs, new])))

    def load_into(self, backend: Any) -> ir.Table:  # noqa: ANN401
        """Bring the map into a backend, for `replace_ids`."""
        return keep(backend, f"customer_map_{next(_loaded)}", ibis.memtable(self.rows))

    def apply(self, table: ir.Table, column: str, *, backend: Any) -> ir.Table:  # noqa: ANN401
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
        return replace_ids(table, column, self.load_into(backend))


def replace_ids(table: ir.Table, column: str, customers: ir.Table) -> ir.Table:
    """Replace source ids as `CustomerMap.applied` does, by a map that lies in the backend."""
    customers = customers.rename({"tenure:source_id": "source_id", "tenure:customer_id": "customer_id"})
    joined = table.left_join(customers, table[column] == customers["tenure:source_id"])
    mapped = joined.mutate({column: ibis.coalesce(joined["tenure:customer_id"], joined[column])})
    return mapped.select(*table.columns)


def customer_map(current: pd.DataFrame, *, source: str | None = None, timeline: Timeline | None = None) -> CustomerMap:
    """Make the current rows of an identity map ready for use.

    Parameters
    ----------
    current
        ``source, source_id, customer_id``, one row per source id, such as `IdentityState.current`.
    source
        The system whose ids the tables carry; None: of any system, as long as no id means two customers.
    timeline
        Who was who at earlier moments (`Resolution.timeline`), so that older history is grouped by what was known
        then.

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
        sources = sorted(current["source"].unique())
        current = current[current["source"] == source]
        if current.empty:
            raise UsageError(f"There is no source {source!r} among the identifiers.", found=", ".join(sources))
    pairs = current[["source_id", "customer_id"]].drop_duplicates()
    twice = pairs["source_id"][pairs["source_id"].duplicated()]
    if len(twice):
        raise DataContractError(
            f"{len(twice):,} ids belong to different customers in different systems.",
            found=", ".join(sorted(twice)[:3]),
            fix="Say whose ids the orders carry: source under [identity].",
        )
    return CustomerMap(_text(pairs), timeline, source)


def _text(pairs: pd.DataFrame) -> pa.Table:
    text = pa.schema([("source_id", pa.string()), ("customer_id", pa.string())])
    return pa.Table.from_pandas(pairs[["source_id", "customer_id"]], schema=text, preserve_index=False)
