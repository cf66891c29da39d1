"""Checks of snapshots: nothing at or after the moment may reach a feature, and everything before it may."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tenure_training.audit.doctor import FUTURES, PLACES, at_the_boundary, doctor_tables, shuffle_tables
from tenure_training.audit.finding import Check, Finding
from tenure_training.audit.tables import BuildFrames, Tables
from tenure_training.frame import Frames
from tenure_training.windows import Window

LATER_ROWS = Check("later_rows", "Does a feature change when rows at or after the moment do?")
BOUNDARY = Check("boundary_rows", "Is a row at exactly the moment part of the future, and the one before of the past?")
ROW_ORDER = Check("row_order", "Does a feature change when the rows of the tables are shuffled?")

_POPULATION = "the population"
_TOLERANCE = 2e-6  # snapshots are rounded to six decimals, and sums of floats depend on their order


def differing(a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """Name the features that differ between two snapshots, and the population where the customers do.

    Examples
    --------
    >>> a = pd.DataFrame({"customer_id": ["x", "y"], "orders": [1.0, 2.0], "gap": [np.nan, 3.0]})
    >>> differing(a, a.assign(gap=[np.nan, 4.0])), differing(a, a[:1])
    (['gap'], ['the population'])
    """
    names = [str(name) for name in a if name not in ("customer_id", "as_of")]
    strange = [str(name) for name in b if name not in a]
    left, right = (table.sort_values("customer_id", ignore_index=True) for table in (a, b))
    if not left["customer_id"].equals(right["customer_id"]):
        return [_POPULATION, *strange]
    return [name for name in names if name not in right or not _same(left[name], right[name])] + strange


def _same(a: pd.Series, b: pd.Series) -> bool:
    left, right = (column.to_numpy(dtype=np.float64, na_value=np.nan) for column in (a, b))
    apart = np.abs(left - right) > _TOLERANCE * np.maximum(1.0, np.abs(left))
    return bool(not (apart | (np.isnan(left) != np.isnan(right))).any())


def later_rows(
    tables: Tables,
    build: BuildFrames,
    *,
    moments: Sequence[pd.Timestamp],
    seed: int,
    futures: Sequence[str] = tuple(FUTURES),
    untouched: Frames | None = None,
) -> Finding:
    """Delete, change and add rows at and after each moment: the snapshot at it must stay the same.

    ``untouched`` are frames of the tables as they are, built here where there are none.
    """
    suspects: list[str] = []
    untouched = untouched or build(tables)
    untouched.prepare(moments, [])
    for moment in moments:
        before = untouched.snapshot(moment)
        for future in futures:
            after = build(doctor_tables(tables, future, moment=moment, seed=seed)).snapshot(moment)
            suspects += differing(before, after)
    features, customers, dates = before.shape[1] - 2, len(before), " and ".join(f"{m:%Y-%m-%d}" for m in moments)
    return LATER_ROWS.conclude(
        suspects,
        good=f"None of {features} features of {customers:,} customers moved when rows at or after {dates} were "
        f"{' or '.join(futures)}.",
        bad=f"Rows at or after {dates} reach what is known before it",
    )


def boundary_rows(tables: Tables, build: BuildFrames, *, window: Window, untouched: Frames | None = None) -> Finding:
    """Give three customers an order just before, at the start and at the end of a window: who sees it must be right.

    Only what is told by the orders is looked at: rows at exactly the moment of the other tables are for `later_rows`.
    ``untouched`` are frames of the tables as they are, built here of the orders where there are none.
    """
    orders, when = tables["orders"], f"{window.origin:%Y-%m-%d}"
    before = untouched or build({"orders": orders})
    before.prepare([], [window])  # of the rows as they are, before others are written in their place
    snapshot = before.snapshot(window.origin)
    if len(snapshot) < len(PLACES):
        return BOUNDARY.skip(f"Fewer than {len(PLACES)} customers had ordered before {when}.")
    customers = snapshot["customer_id"].astype(str).tolist()[: len(PLACES)]
    after = build({"orders": at_the_boundary(orders, customers, moment=window.origin, days=window.days)})
    snapshot, suspects = snapshot[list(after.snapshot(window.origin))], []
    for place, customer, (in_features, in_label) in zip(PLACES, customers, _SEEN, strict=True):
        moved = bool(differing(_of(snapshot, customer), _of(after.snapshot(window.origin), customer)))
        counted = _orders(after, window, customer) > _orders(before, window, customer)
        suspects += _misplacements(place, "features", seen=moved, wanted=in_features)
        suspects += _misplacements(place, "labels", seen=counted, wanted=in_label)
    return BOUNDARY.conclude(
        suspects,
        good=f"An order just before {when} is seen by features only, one at exactly that moment by the label only, one "
        f"at exactly the end of the {window.days} days by neither.",
        bad=f"Around {when}",
    )


_SEEN = ((True, False), (False, True), (False, False))  # by features, by the label; one pair per place


def _of(snapshot: pd.DataFrame, customer: str) -> pd.DataFrame:
    return snapshot[snapshot["customer_id"] == customer]


def _misplacements(place: str, who: str, *, seen: bool, wanted: bool) -> list[str]:
    verb = "see" if seen else "miss"
    return [] if seen == wanted else [f"{who} {verb} a row {place}"]


def _orders(frames: Frames, window: Window, customer: str) -> float:
    """Orders of a customer in the window; the labels are in the order of the snapshot."""
    mine = (frames.snapshot(window.origin)["customer_id"] == customer).to_numpy()
    return float(frames.labels(window).loc[mine, "orders"].sum())


def row_order(tables: Tables, build: BuildFrames, *, moment: pd.Timestamp, seed: int) -> Finding:
    """Shuffle the rows of every table: the snapshot must stay the same."""
    before, after = build(tables).snapshot(moment), build(shuffle_tables(tables, seed=seed)).snapshot(moment)
    return ROW_ORDER.conclude(
        differing(before, after),
        good=f"None of {before.shape[1] - 2} features moved when the rows of {', '.join(tables)} were shuffled.",
        bad="Where a row stands in its table decides",
    )
