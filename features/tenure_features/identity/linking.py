# ruff: noqa: PD004  # Ibis has no isna and notna
"""Which source ids are one person: shared identifiers, guarded."""

from __future__ import annotations

from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.identity.components import components
from tenure_features.identity.kinds import PROBABILISTIC, IdentitySettings, kinds_text
from tenure_features.identity.oversized import split_oversized
from tenure_features.identity.separation import keep_apart
from tenure_features.identity.values import ACCOUNT_COLUMNS
from tenure_features.identity.weak import GUARD_COLUMNS, MOST_SHOWN, attach_weak
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import fetch

ALONE = "alone"
"""Match reason of a source id that shares nothing with another."""


@dataclass(frozen=True)
class Links:
    """Who belongs together.

    Attributes
    ----------
    accounts
        ``source, source_id, first_seen, last_seen, component`` (int64), ``match_reason``: the kinds through which a
        source id hangs together with others, most trusted first, such as ``email+phone``; else ``alone``.
    shared
        ``source, source_id, kind, value``: what links.
    guarded
        ``guard, kind, value, source_ids``: what did not link although it is shared, and components that were split.
    """

    accounts: ir.Table
    shared: ir.Table
    guarded: pd.DataFrame = field(repr=False)


def link(
    keys: ir.Table,
    *,
    settings: IdentitySettings,
    work: Workspace,
    separations: pd.DataFrame,
    probabilistic: float | None,
) -> Links:
    """Link source ids as `link_accounts` does, and where a probability is given, once more with what splink adds."""
    links = link_accounts(keys, settings=settings, work=work, separations=separations)
    if probabilistic is None:
        return links
    from tenure_features.identity.probabilistic import likely_pairs

    likely = likely_pairs(keys, links.accounts, threshold=probabilistic, work=work)
    return link_accounts(keys, settings=settings, work=work, likely=likely, separations=separations)


def link_accounts(
    keys: ir.Table,
    *,
    settings: IdentitySettings,
    work: Workspace,
    likely: ir.Table | None = None,
    separations: pd.DataFrame | None = None,
) -> Links:
    """Link source ids through the keys they share.

    Parameters
    ----------
    keys
        From `tenure_features.identity.values.keys_of`.
    settings
        Limits and priorities.
    work
        Where intermediate tables lie.
    likely
        ``source, source_id, value``: further links, such as those of `tenure_features.identity.probabilistic`.
    separations
        ``separation, source, source_id, side``: what must not be linked, from `tenure_features.identity.undo`.
    """
    accounts = work.keep(_number(keys))
    members = work.keep(_members(keys, accounts, likely))
    values = work.keep(members.group_by("kind", "value").aggregate(n=members.count()).filter(ibis._.n > 1))
    limits = {kind: rule.limit for kind, rule in settings.kinds.items()} | {PROBABILISTIC: 2}
    within = values.n <= values.kind.cases(*limits.items(), else_=0)
    shared = work.keep(members.join(values.filter(within), ["kind", "value"]).select("account", "kind", "value"))
    guarded = [_over_limit(values.filter(~within))]

    is_strong = shared.kind.isin([*settings.strong, PROBABILISTIC])
    strong = components(shared.filter(is_strong).select(node="account", value=_identifier_name(shared)), work=work)
    identified = members.filter(members.kind.isin(list(settings.strong))).select("account").distinct()
    labels, weak, ambiguous = attach_weak(strong, shared.filter(~is_strong), identified, work=work)
    guarded.append(ambiguous)
    linking = work.keep(shared.filter(is_strong).union(weak)) if weak is not None else shared.filter(is_strong)

    labels, split = split_oversized(labels, linking, settings=settings, work=work)
    guarded.append(split)
    if separations is not None and len(separations):
        labels, separated = keep_apart(labels, linking, separations, accounts=accounts, work=work)
        guarded.append(separated)
    reasons = _reasons(linking, labels, (*settings.by_trust, PROBABILISTIC))
    whole = accounts.left_join(labels, accounts.account == labels.node).drop("node")
    whole = whole.mutate(component=ibis.coalesce(whole.component, whole.account))
    whole = whole.left_join(reasons, "account").drop("account_right")
    named = whole.mutate(match_reason=ibis.coalesce(whole.match_reason, ALONE)).drop("account")
    names = accounts.select("account", *ACCOUNT_COLUMNS)
    return Links(
        work.keep(named), linking.join(names, "account").drop("account"), pd.concat(guarded, ignore_index=True)
    )


def _number(keys: ir.Table) -> ir.Table:
    """Give the source ids numbers in the order of their names, those without a usable identifier, too."""
    seen = keys.group_by(ACCOUNT_COLUMNS).aggregate(first_seen=keys.seen_at.min(), last_seen=keys.seen_at.max())
    return seen.mutate(account=ibis.row_number().over(ibis.window(order_by=ACCOUNT_COLUMNS)).cast("int64"))


def _members(keys: ir.Table, accounts: ir.Table, likely: ir.Table | None) -> ir.Table:
    usable = keys.filter(keys.key.notnull()).select(*ACCOUNT_COLUMNS, "kind", value="key")
    if likely is not None:
        usable = usable.union(likely.select(*ACCOUNT_COLUMNS, kind=ibis.literal(PROBABILISTIC), value="value"))
    numbers = accounts.select(*ACCOUNT_COLUMNS, "account")
    return usable.join(numbers, ACCOUNT_COLUMNS).select("account", "kind", "value").distinct()


def _identifier_name(rows: ir.Table) -> ir.StringValue:
    return rows.kind + ":" + rows.value


def _over_limit(values: ir.Table) -> pd.DataFrame:
    most = values.order_by([values.n.desc(), "kind", "value"]).limit(MOST_SHOWN)
    shared = fetch(most.select("kind", "value", source_ids="n"))
    return shared.assign(guard="over the limit of its kind").reindex(columns=GUARD_COLUMNS)


def _reasons(linking: ir.Table, labels: ir.Table, by_trust: tuple[str, ...]) -> ir.Table:
    """Kinds a source id shares with another of its component, as one text."""
    placed = linking.join(labels, linking.account == labels.node).select("account", "kind", "value", "component")
    together = placed.group_by("component", "kind", "value").having(ibis._.count() > 1).aggregate()
    inside = placed.semi_join(together, ["component", "kind", "value"])
    return kinds_text(inside, by=["account"], name="match_reason", by_trust=by_trust)
