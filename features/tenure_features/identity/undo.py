"""Taking back a merge, so that the next run keeps the two customers apart."""

from __future__ import annotations

import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import UsageError
from tenure_features.identity.assignment import HISTORY_COLUMNS, MAP
from tenure_features.identity.state import APART, IdentityState
from tenure_features.identity.values import ACCOUNT_COLUMNS


def undo_merge(state: IdentityState, *, customer_id: str, other: str, as_of: Moment) -> IdentityState:
    """Take ``other`` out of a customer again, and record that the two must not be linked.

    Parameters
    ----------
    state
        The map with its history.
    customer_id
        The customer that both are now.
    other
        The customer id that went away in a merge, or ``source:source_id`` of one source id that does not belong.
    as_of
        From when the two are apart.

    Returns
    -------
    IdentityState
        A merge undone at the moment it was made leaves the map of before the merge.

    Raises
    ------
    UsageError
        When the two were never merged, or ``as_of`` lies before the latest change.
    """
    moment = utc_naive(as_of)
    if state.moment is not None and moment < state.moment:
        raise UsageError(
            "The map has changed after the moment of the undo.",
            found=f"as_of {moment}, last change {state.moment}",
            fix="Use the moment of the last run or a later one.",
        )
    rows = state.rows.copy()
    current = rows["valid_to"].isna() & (rows["customer_id"] == customer_id)
    leaving, back = _leaving(rows, current, other, customer_id)
    if leaving.sum() == current.sum():
        raise UsageError(f"Nothing of {customer_id} would be left.", fix="Name the customer id that went away.")
    staying = rows[current & ~leaving]
    moved = rows[leaving].assign(customer_id=back, valid_from=moment, match_reason="told apart")
    moved["valid_to"] = pd.NaT
    rows.loc[leaving, "valid_to"] = moment
    event = {"moment": moment, "event": "undo", "customer_id": customer_id, "other_id": back,
             "source_ids": len(moved), "reason": "told apart"}  # fmt: skip
    return IdentityState(
        _join_up(pd.concat([rows, moved], ignore_index=True)),
        _append(state.history, pd.DataFrame([event]), list(HISTORY_COLUMNS)),
        _append(state.apart, _sides(staying, moved, f"{customer_id}|{back}", moment), list(APART)),
    )


def _leaving(rows: pd.DataFrame, current: pd.Series, other: str, customer_id: str) -> tuple[pd.Series, str]:
    """Which current rows leave, and the id they get."""
    closed = rows[rows["valid_to"].notna() & (rows["customer_id"] == other)]
    once = set(zip(*(closed[name] for name in ACCOUNT_COLUMNS), strict=True))
    keys = pd.Series(list(zip(*(rows[name] for name in ACCOUNT_COLUMNS), strict=True)), index=rows.index)
    leaving = current & keys.isin(once)
    if leaving.any():
        return leaving, other
    named = current & ((rows["source"] + ":" + rows["source_id"]) == other)
    if not named.any():
        merged = sorted(set(rows.loc[rows["valid_to"].notna() & keys.isin(set(keys[current])), "customer_id"]))
        inside = sorted(rows.loc[current, "source"] + ":" + rows.loc[current, "source_id"])
        raise UsageError(
            f"{other} was never merged into {customer_id}.",
            found=f"merged: {', '.join(merged) or 'none'}; source ids: {', '.join(inside[:5]) or 'none'}",
            fix="Name a customer id that was merged, or SOURCE:SOURCE_ID of one that does not belong.",
        )
    bare = str(rows.loc[named, "source_id"].iloc[0])
    return named, other if bare in set(rows.loc[rows["valid_to"].isna(), "customer_id"]) else bare


def _sides(staying: pd.DataFrame, moved: pd.DataFrame, separation: str, moment: pd.Timestamp) -> pd.DataFrame:
    sides = pd.concat([staying[ACCOUNT_COLUMNS].assign(side="kept"), moved[ACCOUNT_COLUMNS].assign(side="other")])
    return sides.assign(separation=separation, moment=moment)


def _join_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Drop rows that were never valid, and join rows of one customer that follow each other."""
    rows = rows[rows["valid_to"].isna() | (rows["valid_from"] < rows["valid_to"])]
    keys = [*ACCOUNT_COLUMNS, "customer_id"]
    rows = rows.sort_values([*ACCOUNT_COLUMNS, "valid_from"], ignore_index=True)
    before = rows.groupby(ACCOUNT_COLUMNS)[["customer_id", "valid_from", "valid_to", "match_reason"]].shift()
    follows = (before["customer_id"] == rows["customer_id"]) & (before["valid_to"] == rows["valid_from"])
    rows["valid_from"] = rows["valid_from"].mask(follows, before["valid_from"])
    rows["match_reason"] = rows["match_reason"].mask(follows, before["match_reason"])
    swallowed = rows.groupby(keys)["valid_from"].shift(-1) == rows["valid_from"]
    return rows[~swallowed].reset_index(drop=True)[list(MAP)]


def _append(before: pd.DataFrame, more: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    more = more[columns]
    return more if before.empty else pd.concat([before[columns], more], ignore_index=True)
