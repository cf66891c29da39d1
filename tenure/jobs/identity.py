"""The jobs behind ``tenure identity``: link, and take a link back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.config_section import parse_moment
from tenure.jobs.customer_ids import write_guards
from tenure.jobs.exports import sources_of
from tenure.jobs.opening import engine_of, linking_of
from tenure.stages import Progress
from tenure_features.errors import UsageError
from tenure_features.identities import IDENTIFIER_TABLE, identifiers_of, link_identifiers
from tenure_features.identity import IdentityState, read_state, undo_merge
from tenure_features.tables.log import default_as_of
from tenure_features.tables.moment import moment_note
from tenure_features.tables.shop_table import open_table

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class IdentityResult:
    """What an identity run found and left behind.

    Attributes
    ----------
    map_path, history_path, apart_path
        ``identity_map.parquet`` and the tables that belong to it.
    as_of
        Only identifiers seen before it were read.
    source_ids, customers
        How many there are.
    match_reasons
        Source ids by what links them.
    events
        Merges, splits and undone merges of this run.
    guarded
        What is shared and did not link.
    problems
        Identifiers that were not used.
    notes
        Sentences a reader must know.
    """

    map_path: Path
    history_path: Path
    apart_path: Path
    as_of: dt.datetime
    source_ids: int
    customers: int
    match_reasons: dict[str, int]
    events: pd.DataFrame = field(repr=False)
    guarded: pd.DataFrame = field(repr=False)
    problems: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def identity_job(config: Config, out: Path, *, progress: Progress) -> IdentityResult:
    """Link the identifiers of a configuration and write the map.

    Raises
    ------
    TenureError
        With the exit code of its kind.
    """
    notes: tuple[str, ...] = ()
    engine = engine_of(config.engine)
    if config.run.as_of is None:
        with progress.stage("Reading the orders"):
            as_of = default_as_of(sources_of(config, only=()).orders, engine=engine)
        notes = (moment_note(as_of),)
    else:
        as_of = pd.Timestamp(config.run.as_of)
    with progress.stage("Linking the identifiers"):
        identifiers = identifiers_of(sources_of(config, only=(IDENTIFIER_TABLE,)).tables)
        table = open_table(IDENTIFIER_TABLE, identifiers, as_of=as_of, engine=engine)
        resolution = link_identifiers(table, linking_of(config.identity), as_of=as_of)
        state = resolution.state
    new = state.history[state.history["moment"] == as_of]
    write_guards(resolution, out)
    moment, guarded, problems = as_of.to_pydatetime(), resolution.guarded, resolution.problems
    return _result(state, out, moment, new, notes, guarded=guarded, problems=problems)


def undo_job(previous: Path | None, undo: Sequence[str], *, as_of: str | None, out: Path) -> IdentityResult:
    """Take merges back in a map and record what must stay apart.

    Raises
    ------
    UsageError
        When the map or the moment is not named, a pair cannot be read, or the two were never merged.
    """
    if previous is None:
        raise UsageError("No map is named to undo something in.", fix="Say --previous MAP.")
    if as_of is None:
        raise UsageError("No moment of the undo is named.", fix="Say --as-of DATE: from then on the two are apart.")
    try:
        moment = parse_moment(as_of)
    except ValueError as problem:
        raise UsageError(f"--as-of cannot be used: {problem}.") from None
    state = read_state(previous)
    for pair in undo:
        customer, _, other = (part.strip() for part in pair.partition("="))
        if not customer or not other:
            raise UsageError(f"--undo {pair!r} is not CUSTOMER=OTHER.", fix="Write it like --undo C1=C7.")
        state = undo_merge(state, customer_id=customer, other=other, as_of=moment)
    return _result(state, out, moment, state.history.tail(len(undo)), ())


def _result(
    state: IdentityState,
    out: Path,
    as_of: dt.datetime,
    events: pd.DataFrame,
    notes: tuple[str, ...],
    *,
    guarded: pd.DataFrame | None = None,
    problems: pd.DataFrame | None = None,
) -> IdentityResult:
    rows, history, apart = state.write(out)
    current = state.current
    return IdentityResult(
        map_path=rows,
        history_path=history,
        apart_path=apart,
        as_of=as_of,
        source_ids=len(current),
        customers=int(current["customer_id"].nunique()),
        match_reasons={str(reason): int(n) for reason, n in current["match_reason"].value_counts().items()},
        events=events,
        guarded=pd.DataFrame() if guarded is None else guarded,
        problems=pd.DataFrame() if problems is None else problems,
        notes=notes,
    )


def identity_lines(result: IdentityResult) -> list[str]:
    """Tell the result for people."""
    lines = [f"Note: {note}" for note in result.notes]
    lines += ["", f"{result.source_ids:,} source ids are {result.customers:,} customers as of {result.as_of:%Y-%m-%d}:"]
    lines += [f"  {count:>10,}  {reason}" for reason, count in result.match_reasons.items()]
    for row in result.problems.to_dict("records"):
        kind = row["kind"] if isinstance(row["kind"], str) else "of a kind that is not known"
        lines.append(f"Not used: {row['identifiers']:,} identifiers, {kind}: {row['problem']}.")
    for guard, rows in result.guarded.groupby("guard") if len(result.guarded) else ():
        shown = ", ".join(f"{kind} {value}".strip() for kind, value in rows[["kind", "value"]].head(_SHOWN).to_numpy())
        lines.append(f"Held back, {guard}: {len(rows):,} listed, such as {shown}".rstrip(", "))
    for event, rows in result.events.groupby("event") if len(result.events) else ():
        shown = "; ".join(
            f"{row['other_id']} {'into' if event == 'merge' else 'out of'} {row['customer_id']} ({row['reason']})"
            for row in rows.head(_SHOWN).to_dict("records")
        )
        lines.append(f"{event}: {len(rows):,}, such as {shown}")
    return [*lines[0 if result.notes else 1 :], "", f"Map: {result.map_path}"]
