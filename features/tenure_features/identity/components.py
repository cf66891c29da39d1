"""Connected components on the engine, in few rounds however long the chains are.

Alternating large-star and small-star (Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii, "Connected components in
MapReduce and beyond", SoCC 2014): edges are rewired towards smaller nodes until every component is a star around its
smallest one. A chain of n nodes takes about log n rounds, the number of edges never grows, and each step is a group-by
and a join, so the engine may spill or spread.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import fetch


def components(pairs: ir.Table, *, work: Workspace) -> ir.Table:
    """Find the connected components of nodes that share values.

    Parameters
    ----------
    pairs
        ``node`` (int64) and ``value`` (anything that can be compared): nodes with a common value are connected.
    work
        Where intermediate tables lie.

    Returns
    -------
    Table
        ``node, component``, both int64; a component is named by its smallest node. Nodes that share no value are left
        out: each is a component of its own.
    """
    centre = pairs.group_by("value").aggregate(centre=pairs.node.min())
    spokes = pairs.join(centre, "value")
    return stars(spokes.filter(spokes.node > spokes.centre).select("node", component="centre").distinct(), work=work)


def stars(edges: ir.Table, *, work: Workspace) -> ir.Table:
    """Rewire edges ``node, component`` (node > component) until each component is a star around its smallest node."""
    labels = work.keep(edges)
    while not _is_star_forest(labels):
        labels = work.keep(_small_star(work.keep(_large_star(labels))))
    return labels


def _is_star_forest(edges: ir.Table) -> bool:
    """Every node hangs on one other, and none of those hangs on a third."""
    hanging = edges.select(node="component").intersect(edges.select("node"))
    rows = ibis.union(
        edges.aggregate(at=ibis.literal("edges"), n=edges.count()),
        edges.aggregate(at=ibis.literal("nodes"), n=edges.node.nunique()),
        hanging.aggregate(at=ibis.literal("hanging"), n=hanging.count()),
    )
    counts = fetch(rows).set_index("at")["n"]
    return bool(counts["hanging"] == 0 and counts["edges"] == counts["nodes"])


def _large_star(edges: ir.Table) -> ir.Table:
    """Connect the larger neighbours of every node with its smallest neighbour (or itself)."""
    both = edges.select(centre="node", other="component").union(edges.select(centre="component", other="node"))
    least = both.group_by("centre").aggregate(least=both.other.min())
    joined = both.join(least, "centre")
    larger = joined.filter(joined.other > joined.centre)
    return larger.select(node="other", component=ibis.least(larger.least, larger.centre)).distinct()


def _small_star(edges: ir.Table) -> ir.Table:
    """Connect every node and its smaller neighbours with the smallest of them."""
    least = edges.group_by("node").aggregate(least=edges.component.min())
    joined = edges.join(least, "node")
    others = joined.filter(joined.component > joined.least).select(node="component", component="least")
    return others.union(least.select("node", component="least")).distinct()
