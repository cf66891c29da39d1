# ruff: noqa: PD003, PD004, PD101  # Ibis has no isna and notna, and counts of distinct values run in the engine
"""Customer ids that stay: from components to the map, given the map of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.identity.kinds import kinds_text
from tenure_features.identity.values import ACCOUNT_COLUMNS
from tenure_features.identity.workspace import Workspace

MAP: Mapping[str, str] = {
    "source": "string",
    "source_id": "string",
    "customer_id": "string",
    "match_reason": "string",
    "first_seen": "timestamp(6)",
    "last_seen": "timestamp(6)",
    "valid_from": "timestamp(6)",
    "valid_to": "timestamp(6)",
}
"""Columns of the map. A row without ``valid_to`` is the current one of its source id."""

HISTORY_COLUMNS: Mapping[str, str] = {
    "moment": "timestamp(6)",
    "event": "string",
    "customer_id": "string",
    "other_id": "string",
    "source_ids": "int64",
    "reason": "string",
}
"""Columns of the history: ``merge`` (other_id became customer_id), ``split`` (other_id left customer_id), ``undo``."""


@dataclass(frozen=True)
class AssignedIds:
    """The map, and what changed since the one before."""

    rows: ir.Table
    events: ir.Table | None


def assign(
    accounts: ir.Table,
    previous: ir.Table | None,
    *,
    shared: ir.Table,
    by_trust: Sequence[str],
    as_of: pd.Timestamp,
    work: Workspace,
) -> AssignedIds:
    """Give every component a customer id.

    A new customer is called after their oldest source id. Where a map of an earlier run is given, ids stay: the
    component with the oldest source id of an earlier customer keeps their id, and where several earlier customers have
    become one, the id of the oldest.

    Parameters
    ----------
    accounts
        ``source, source_id, first_seen, last_seen, component, match_reason``.
    previous
        The map before, with the columns of `MAP`.
    shared
        ``source, source_id, kind, value``: what links, for the reasons of merges.
    by_trust
        The kinds, most trusted first.
    as_of
        The moment of this map: changed rows are valid from here.
    work
        Where intermediate tables lie.
    """
    named = accounts.join(work.keep(_fresh_names(accounts)), "component")
    moment = ibis.literal(as_of.to_pydatetime(), type="timestamp(6)")
    if previous is None:
        rows = named.mutate(customer_id="plain", valid_from=ibis.coalesce(named.first_seen, moment))
        return AssignedIds(_as_map(rows.mutate(valid_to=ibis.null("timestamp(6)"))), None)
    current = work.keep(previous.filter(previous.valid_to.isnull()))
    met = work.keep(_match_earlier(named, current))
    winners = work.keep(_winners(met))
    final = work.keep(_final_names(named, current, winners))
    placed = work.keep(named.join(final, "component").select(*accounts.columns, "customer_id"))
    rows = [
        previous.filter(previous.valid_to.notnull()),
        *_now(placed, current, moment),
        *_close_vanished(current, placed, winners.join(final, "component"), moment),
    ]
    whole = ibis.union(*(_as_map(part) for part in rows))
    real = whole.filter(whole.valid_to.isnull() | (whole.valid_from < whole.valid_to))
    return AssignedIds(real, _events(met, winners, final, _crossing(met, shared, by_trust), moment))


def _as_map(rows: ir.Table) -> ir.Table:
    return rows.select(**{name: rows[name].cast(kind) for name, kind in MAP.items()})


def _oldest_first(rows: ir.Table) -> list[ir.Value]:
    # Engines differ in where they put missing moments, so that is said, too.
    return [rows.first_seen.isnull(), rows.first_seen, rows.source, rows.source_id]


def _fresh_names(accounts: ir.Table) -> ir.Table:
    """Name of each component were it new: its oldest source id, with the source where other sources use it, too."""
    place = ibis.row_number().over(ibis.window(group_by="component", order_by=_oldest_first(accounts)))
    shared = accounts.group_by("source_id").aggregate(uses=accounts.count())
    oldest = accounts.mutate(place=place).filter(ibis._.place == 0).join(shared, "source_id")
    long = oldest.source + ":" + oldest.source_id
    return oldest.select("component", plain=(oldest.uses == 1).ifelse(oldest.source_id, long), long=long)


def _match_earlier(named: ir.Table, current: ir.Table) -> ir.Table:
    """Source ids of this run that the map before knows, with their earlier customer."""
    before = current.select(*ACCOUNT_COLUMNS, old_id="customer_id")
    return named.join(before, ACCOUNT_COLUMNS).select(
        *ACCOUNT_COLUMNS, "component", "first_seen", "match_reason", "old_id"
    )


def _winners(met: ir.Table) -> ir.Table:
    """Which component each earlier customer goes on in: that of their oldest source id."""
    place = ibis.row_number().over(ibis.window(group_by="old_id", order_by=_oldest_first(met)))
    return met.mutate(place=place).filter(ibis._.place == 0).select("old_id", "component", age="first_seen")


def _final_names(named: ir.Table, current: ir.Table, winners: ir.Table) -> ir.Table:
    oldest = [winners.age.isnull(), winners.age, winners.old_id]
    place = ibis.row_number().over(ibis.window(group_by="component", order_by=oldest))
    inherited = winners.mutate(place=place).filter(ibis._.place == 0).select("component", kept="old_id")
    taken = current.select(taken="customer_id").distinct()
    names = (
        named.select("component", "plain", "long").distinct().left_join(inherited, "component").drop("component_right")
    )
    free = names.left_join(taken, names.plain == taken.taken)
    fresh = free.taken.isnull().ifelse(free.plain, free.long)
    return free.select("component", customer_id=ibis.coalesce(free.kept, fresh))


def _now(placed: ir.Table, current: ir.Table, moment: ir.TimestampScalar) -> list[ir.Table]:
    """Rows of source ids of this run: the current ones, and the ones that end."""
    before = current.select(
        *ACCOUNT_COLUMNS, old_id="customer_id", old_from="valid_from", old_reason="match_reason",
        old_first="first_seen", old_last="last_seen",
    )  # fmt: skip
    rows = placed.left_join(before, ACCOUNT_COLUMNS)
    since = ibis.cases(
        (rows.old_id.isnull(), ibis.coalesce(rows.first_seen, moment)),
        (rows.old_id == rows.customer_id, rows.old_from),
        else_=moment,
    )
    now = rows.mutate(valid_from=since, valid_to=ibis.null("timestamp(6)"))
    ended = rows.filter(rows.old_id != rows.customer_id).select(
        *ACCOUNT_COLUMNS, customer_id="old_id", match_reason="old_reason", first_seen="old_first", last_seen="old_last",
        valid_from="old_from", valid_to=moment,
    )  # fmt: skip
    return [now, ended]


def _close_vanished(current: ir.Table, placed: ir.Table, homes: ir.Table, moment: ir.TimestampScalar) -> list[ir.Table]:
    """Rows of source ids that this run no longer sees: they stay with their customer, wherever that one went."""
    gone = current.anti_join(placed, ACCOUNT_COLUMNS)
    going = homes.select("old_id", new_id="customer_id")
    rows = gone.left_join(going, gone.customer_id == going.old_id)
    moved = rows.filter(rows.new_id.notnull() & (rows.new_id != rows.customer_id))
    stays = rows.filter(rows.new_id.isnull() | (rows.new_id == rows.customer_id))
    return [stays, moved.mutate(valid_to=moment), moved.mutate(customer_id=moved.new_id, valid_from=moment)]


def _crossing(met: ir.Table, shared: ir.Table, by_trust: Sequence[str]) -> ir.Table:
    """Kinds through which an earlier customer shares something with another one, as one text."""
    placed = met.join(shared, ACCOUNT_COLUMNS).select("old_id", "component", "kind", "value").distinct()
    between = placed.group_by("component", "kind", "value").having(ibis._.old_id.nunique() > 1).aggregate()
    kinds = placed.semi_join(between, ["component", "kind", "value"]).select("old_id", "component", "kind").distinct()
    named = kinds_text(kinds, by=["old_id", "component"], name="reason", by_trust=by_trust)
    return named.rename(crossing_id="old_id", crossing="component")


def _events(
    met: ir.Table, winners: ir.Table, final: ir.Table, reasons: ir.Table, moment: ir.TimestampScalar
) -> ir.Table:
    """List merges and splits: which earlier customers are not what they were."""
    parts = met.group_by("old_id", "component").aggregate(source_ids=met.count())
    homes = winners.select(winner="old_id", home="component")
    parts = parts.join(final, "component").left_join(homes, [("old_id", "winner"), ("component", "home")])
    merged = parts.filter(parts.home.notnull() & (parts.customer_id != parts.old_id))
    merged = merged.left_join(reasons, [("old_id", "crossing_id"), ("component", "crossing")])
    common = {"moment": moment, "source_ids": "source_ids"}
    merges = merged.select(
        **common, event=ibis.literal("merge"), customer_id="customer_id", other_id="old_id",
        reason=ibis.coalesce(merged.reason, "a source id in between"),
    )  # fmt: skip
    gone = parts.filter(parts.home.isnull())
    splits = gone.select(
        **common, event=ibis.literal("split"), customer_id="old_id", other_id="customer_id",
        reason=ibis.literal("no longer linked"),
    )  # fmt: skip
    return merges.union(splits).order_by(["event", "customer_id", "other_id"])
