# ruff: noqa: PD003, PD004  # Ibis has no isna and notna
"""One customer out of many source ids: the whole way from identifiers to the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import UsageError
from tenure_features.identity.assignment import HISTORY_COLUMNS, MAP, assign
from tenure_features.identity.kinds import PROBABILISTIC, IdentitySettings
from tenure_features.identity.linking import link
from tenure_features.identity.state import APART, IdentityState, arrow_table, empty
from tenure_features.identity.timeline import Timeline
from tenure_features.identity.values import keys_at, normalise
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import fetch


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The map of a run. Made by `resolve`.

    Attributes
    ----------
    table
        The map as an Ibis table, see `tenure_features.identity.assignment.MAP`.
    history, apart
        As in `tenure_features.identity.state.IdentityState`, with the events of this run.
    guarded
        ``guard, kind, value, source_ids``: what is shared and did not link, and components that were split or set
        aside.
    problems
        Identifiers that were not used: ``kind, problem, identifiers``.
    as_of
        Only identifiers seen before it were read.
    source_ids, customers
        How many there are.
    timeline
        Who was who at earlier moments; None where it was not asked for.
    """

    table: ir.Table = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    apart: pd.DataFrame = field(repr=False)
    guarded: pd.DataFrame = field(repr=False)
    problems: pd.DataFrame = field(repr=False)
    as_of: pd.Timestamp
    source_ids: int
    customers: int
    timeline: Timeline | None = field(default=None, repr=False)

    @property
    def state(self) -> IdentityState:
        """What the next run needs, in memory."""
        rows = fetch(self.table.order_by(["source", "source_id", "valid_from"]))
        return IdentityState(_to_types(rows, MAP), self.history, self.apart)


def resolve(
    identifiers: ir.Table,
    *,
    as_of: Moment,
    backend: Any,  # noqa: ANN401  # the Ibis backend class is built dynamically
    settings: IdentitySettings | None = None,
    previous: IdentityState | None = None,
    probabilistic: float | None = None,
    timeline: bool = False,
) -> Resolution:
    """Link identifiers into customers.

    Parameters
    ----------
    identifiers
        ``source, source_id, kind, value`` and, where known, ``seen_at``; a table of ``backend``, such as
        `tenure_features.identity.reader.open_identifiers` gives.
    as_of
        Only identifiers seen strictly before it are read.
    backend
        An Ibis connection that can create tables: DuckDB or Spark.
    settings
        How identifiers are read and linked.
    previous
        The map of an earlier run: customer ids stay, merges and splits are recorded.
    probabilistic
        Also link pairs that splink gives at least this probability (extra ``identity``); None: do not.
    timeline
        Keep what it takes to say who was who at earlier moments, too.

    Raises
    ------
    UsageError
        When the previous map is of a later moment.
    DependencyUnavailableError
        When ``probabilistic`` is asked for and splink is not installed.
    """
    moment, rules = utc_naive(as_of), settings or IdentitySettings()
    _check_order(previous, moment)
    apart = empty(APART) if previous is None else previous.apart
    with Workspace(backend) as work:
        seen = _seen_until(identifiers, moment)
        normal = normalise(seen, settings=rules, work=work)
        normal = work.publish(normal) if timeline else normal
        keys = keys_at(normal, settings=rules, work=work)
        links = link(keys, settings=rules, work=work, separations=apart, probabilistic=probabilistic)
        before = None if previous is None else work.load(arrow_table(previous.rows, MAP))
        trust = (*rules.by_trust, PROBABILISTIC)
        assigned = assign(links.accounts, before, shared=links.shared, by_trust=trust, as_of=moment, work=work)
        table = work.publish(assigned.rows)
        events = None if assigned.events is None else _to_types(fetch(assigned.events), HISTORY_COLUMNS)
        earlier = None
        if timeline:
            earlier = Timeline(normal, backend, settings=rules, apart=apart, probabilistic=probabilistic, until=moment)
        source_ids, customers = _counts(table)
        return Resolution(
            table=table,
            history=_history(previous, events),
            apart=apart,
            guarded=links.guarded,
            problems=_problems(keys),
            as_of=moment,
            source_ids=source_ids,
            customers=customers,
            timeline=earlier,
        )


def _seen_until(identifiers: ir.Table, moment: pd.Timestamp) -> ir.Table:
    if "seen_at" not in identifiers.columns:
        return identifiers.mutate(seen_at=ibis.null("timestamp(6)"))
    rows = identifiers.mutate(seen_at=identifiers.seen_at.cast("timestamp(6)"))
    return rows.filter(rows.seen_at.isnull() | (rows.seen_at < moment.to_pydatetime()))


def _check_order(previous: IdentityState | None, moment: pd.Timestamp) -> None:
    if previous is not None and previous.moment is not None and previous.moment > moment:
        raise UsageError(
            "The previous identity map is of a later moment: it knows what was not known yet.",
            found=f"as_of {moment}, map changed at {previous.moment}",
            fix="Choose a later --as-of, or an earlier map.",
        )


def _problems(keys: ir.Table) -> pd.DataFrame:
    bad = keys.filter(keys.problem.notnull())
    counted = bad.group_by("kind", "problem").aggregate(identifiers=bad.count())
    return fetch(counted.order_by(["problem", "kind"]))


def _counts(table: ir.Table) -> tuple[int, int]:
    now = table.filter(table.valid_to.isnull())
    counts = fetch(now.aggregate(source_ids=now.count(), customers=now.customer_id.nunique())).iloc[0]
    return int(counts["source_ids"]), int(counts["customers"])


def _history(previous: IdentityState | None, events: pd.DataFrame | None) -> pd.DataFrame:
    if previous is None:
        return empty(HISTORY_COLUMNS)
    if events is None or events.empty:
        return previous.history
    return events if previous.history.empty else pd.concat([previous.history, events], ignore_index=True)


def _to_types(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    typed: pd.DataFrame = arrow_table(frame, columns).to_pandas()
    return typed
