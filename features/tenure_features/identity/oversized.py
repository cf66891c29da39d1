"""Components too large to be one person: the least trusted kinds are dropped inside them until they are not."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.identity.components import components
from tenure_features.identity.kinds import PROBABILISTIC, IdentitySettings
from tenure_features.identity.weak import GUARD_COLUMNS, MOST_SHOWN, all_labels
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import count, fetch


def split_oversized(
    labels: ir.Table, linking: ir.Table, *, settings: IdentitySettings, work: Workspace
) -> tuple[ir.Table, pd.DataFrame]:
    """Split components of more than ``settings.largest`` source ids.

    Parameters
    ----------
    labels
        ``node, component`` of every source id in a component of two or more.
    linking
        ``account, kind, value``: what made them.
    settings
        The trust in kinds, and the largest size.
    work
        Where intermediate tables lie.

    Returns
    -------
    tuple
        Labels as before, and a row per component that was too large. Where even the most trusted kind alone holds
        too many together, its source ids are set aside: each stays alone.
    """
    large = work.keep(_larger(labels, settings.largest))
    if not count(large):
        return labels, pd.DataFrame(columns=GUARD_COLUMNS)
    largest = fetch(large.order_by([large.size.desc(), "component"]).limit(MOST_SHOWN))
    inside = work.keep(labels.semi_join(large, "component"))
    done = [labels.anti_join(large, "component")]
    for kinds in _shrinking((*settings.by_trust, PROBABILISTIC)):
        allowed = linking.filter(linking.kind.isin(kinds))
        rows = work.keep(allowed.semi_join(inside.select(account="node"), "account"))
        parts = components(rows.select(node="account", value=rows.kind + ":" + rows.value), work=work)
        parts = work.keep(all_labels(parts))
        still = work.keep(_larger(parts, settings.largest))
        done.append(parts.anti_join(still, "component"))
        inside = work.keep(parts.semi_join(still, "component"))
        if not count(inside.limit(1)):
            break
    aside = set(fetch(inside.select("node"))["node"])
    guard = ["too large: set aside" if root in aside else "too large: split" for root in largest["component"]]
    listed = largest.rename(columns={"size": "source_ids"}).assign(guard=guard, kind="", value="")
    return work.keep(ibis.union(*done)), listed.reindex(columns=GUARD_COLUMNS)


def _larger(labels: ir.Table, largest: int) -> ir.Table:
    sizes = labels.group_by("component").aggregate(size=labels.count())
    return sizes.filter(sizes["size"] > largest)


def _shrinking(kinds: tuple[str, ...]) -> list[list[str]]:
    """All but the least trusted kind, then all but two, ... down to the most trusted one.

    Examples
    --------
    >>> _shrinking(("card", "email", "phone"))
    [['card', 'email'], ['card']]
    """
    return [list(kinds[:n]) for n in range(len(kinds) - 1, 0, -1)]
