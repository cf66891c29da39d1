# ruff: noqa: PD003, PD004, PD101  # Ibis has no isna and notna, and counts of distinct values run in the engine
"""What must not be linked: source ids that a person has told apart stay apart, whatever they share."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.identity.components import components
from tenure_features.identity.values import ACCOUNT_COLUMNS
from tenure_features.identity.weak import GUARD_COLUMNS, all_labels
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import count, fetch


def keep_apart(
    labels: ir.Table, linking: ir.Table, separations: pd.DataFrame, *, accounts: ir.Table, work: Workspace
) -> tuple[ir.Table, pd.DataFrame]:
    """Split every component that holds both sides of a separation.

    Inside such a component a value links source ids of the same side only. Source ids of no side go with the side
    they share something with; those that share something with both stay out of it.

    Parameters
    ----------
    labels
        ``node, component`` of every source id in a component of two or more.
    linking
        ``account, kind, value``: what made them.
    separations
        ``separation, source, source_id, side``.
    accounts
        ``account, source, source_id``.
    work
        Where intermediate tables lie.
    """
    sides = work.load(_table(separations, ["separation", "source", "source_id", "side"]))
    sided = work.keep(sides.join(accounts, ACCOUNT_COLUMNS).select("account", "separation", "side"))
    torn = work.keep(_torn(labels, sided))
    if not count(torn):
        return labels, pd.DataFrame(columns=GUARD_COLUMNS)
    listed = fetch(torn.order_by("component")).assign(guard="told apart", kind="")
    marks = work.load(_table(_marks(separations), ["source", "source_id", "mark"]))
    mark = work.keep(marks.join(accounts, ACCOUNT_COLUMNS).select("account", "mark"))
    untouched = labels.anti_join(torn, "component")
    rows = work.keep(_within(linking, labels.semi_join(torn, "component")))
    loose = work.keep(all_labels(components(_loose(rows, mark), work=work)))
    still = work.keep(_torn(loose, sided))
    parts = loose.anti_join(still, "component")
    if count(still):
        left = work.keep(_within(rows, loose.semi_join(still, "component")))
        parts = parts.union(work.keep(all_labels(components(_strict(left, mark), work=work))))
    return work.keep(untouched.union(parts)), listed.reindex(columns=GUARD_COLUMNS)


def _within(rows: ir.Table, labels: ir.Table) -> ir.Table:
    return rows.semi_join(labels, rows.account == labels.node)


def _torn(labels: ir.Table, sided: ir.Table) -> ir.Table:
    placed = labels.join(sided, labels.node == sided.account)
    both = placed.group_by("component", "separation").having(ibis._.side.nunique() > 1).aggregate()
    first = both.group_by("component").aggregate(value=both.separation.min())
    size = labels.group_by("component").aggregate(source_ids=labels.count())
    return first.join(size, "component")


def _marks(separations: pd.DataFrame) -> pd.DataFrame:
    """One text per source id that says all its sides."""
    text = separations["separation"].astype(str) + "=" + separations["side"].astype(str)
    rows = separations[ACCOUNT_COLUMNS].assign(mark=text).drop_duplicates().sort_values("mark")
    return rows.groupby(ACCOUNT_COLUMNS)[["mark"]].agg(";".join).reset_index()


def _mark(rows: ir.Table, mark: ir.Table) -> ir.Table:
    joined = rows.left_join(mark, "account").drop("account_right")
    return joined.select("account", "mark", value=joined.kind + ":" + joined.value)


def _loose(rows: ir.Table, mark: ir.Table) -> ir.Table:
    """Let source ids of no side link with every side."""
    marked = _mark(rows, mark)
    sides = marked.filter(marked.mark.notnull()).select("value", "mark").distinct()
    free = marked.filter(marked.mark.isnull())
    guests = free.select("account", "value").join(sides, "value").select("account", "value", "mark")
    bare = free.mutate(mark=ibis.literal(""))
    every = marked.filter(marked.mark.notnull()).union(guests.select(marked.columns)).union(bare)
    return every.select(node="account", value=every.value + "#" + every.mark)


def _strict(rows: ir.Table, mark: ir.Table) -> ir.Table:
    marked = _mark(rows, mark)
    return marked.select(node="account", value=marked.value + "#" + ibis.coalesce(marked.mark, ""))


def _table(frame: pd.DataFrame, columns: list[str]) -> pa.Table:
    return pa.table({name: pa.array(frame[name].astype(str).tolist(), pa.string()) for name in columns})
