# ruff: noqa: PD004  # Ibis has no isna and notna
"""Weak identifiers, such as devices, which families share: they bring the anonymous home and never join two people."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.identity.components import components
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import count, fetch

GUARD_COLUMNS = ["guard", "kind", "value", "source_ids"]
MOST_SHOWN = 100


def all_labels(labels: ir.Table) -> ir.Table:
    """Add to components ``node, component`` the smallest node of each, which names it."""
    roots = labels.select(node="component", component="component").distinct()
    return labels.select("node", "component").union(roots)


def attach_weak(
    strong: ir.Table, shared: ir.Table, identified: ir.Table, *, work: Workspace
) -> tuple[ir.Table, ir.Table | None, pd.DataFrame]:
    """Attach source ids without strong identifiers through weak ones.

    A weak value links the source ids that carry it when at most one person with strong identifiers is among them. If
    a chain of weak values would still bring two such people together, none of its values links.

    Parameters
    ----------
    strong
        ``node, component``: what strong identifiers link.
    shared
        ``account, kind, value``: weak values within their limits that several source ids carry.
    identified
        ``account``: source ids with a strong identifier of any value.
    work
        Where intermediate tables lie.

    Returns
    -------
    tuple
        ``node, component`` of every source id in a component of two or more; the weak rows that link; and what was
        ambiguous.
    """
    labels = work.keep(all_labels(strong))
    if not count(shared.limit(1)):
        return labels, None, pd.DataFrame(columns=GUARD_COLUMNS)
    clusters = work.keep(_clusters(shared, labels, identified))
    people = clusters.group_by("kind", "value").aggregate(
        people=clusters.cluster.nunique(where=clusters.identified), clusters=clusters.cluster.nunique()
    )
    plain = clusters.join(people.filter(people.people <= 1), ["kind", "value"])
    joined = components(plain.select(node="cluster", value=plain.kind + ":" + plain.value).distinct(), work=work)
    homes = work.keep(all_labels(joined))
    placed = plain.left_join(homes, plain.cluster == homes.node)
    placed = placed.mutate(component=ibis.coalesce(placed.component, placed.cluster))
    crowds = placed.group_by("component").aggregate(people=placed.cluster.nunique(where=placed.identified))
    alone = work.keep(crowds.filter(crowds.people <= 1).select("component"))
    weak = work.keep(placed.semi_join(alone, "component").select("account", "kind", "value"))
    moves = homes.semi_join(alone, "component")
    return _move(labels, moves, work), weak, _ambiguous(clusters, weak)


def _clusters(shared: ir.Table, labels: ir.Table, identified: ir.Table) -> ir.Table:
    """Give the carriers of weak values the component they are in so far, and whether that is a person known."""
    placed = shared.left_join(labels, shared.account == labels.node).drop("node")
    identified_accounts = identified.select(known="account")
    whole = placed.left_join(identified_accounts, placed.account == identified_accounts.known)
    rows = whole.select(
        "account", "kind", "value", cluster=ibis.coalesce(whole.component, whole.account), known=whole.known.notnull()
    )
    # A component is one person known as soon as one of its source ids is.
    return rows.mutate(identified=rows.known.any().over(ibis.window(group_by="cluster"))).drop("known")


def _move(labels: ir.Table, moves: ir.Table, work: Workspace) -> ir.Table:
    moved = labels.left_join(moves, labels.component == moves.node)
    targets = moved.select(node=moved.node, component=ibis.coalesce(moved.component_right, moved.component))
    new = moves.anti_join(labels, "node").select("node", "component")
    return work.keep(targets.union(new))


def _ambiguous(clusters: ir.Table, weak: ir.Table) -> pd.DataFrame:
    left = clusters.anti_join(weak, ["kind", "value"])
    values = left.group_by("kind", "value").aggregate(source_ids=left.account.nunique(), people=left.cluster.nunique())
    shared = fetch(
        values.filter(values.people > 1).order_by([values.source_ids.desc(), "kind", "value"]).limit(MOST_SHOWN)
    )
    return shared.assign(guard="shared by several people").reindex(columns=GUARD_COLUMNS)
