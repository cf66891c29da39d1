"""The timeline of a customer: orders, returns, tickets, complaints, answers and campaigns before a moment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from tenure_serving.language import ENGLISH, N_, Language

_COLUMNS = ("at", "kind", "what", "amount")
TOLD = {"ticket": N_("Ticket"), "complaint": N_("Complaint"), "unsubscribe": N_("Unsubscribed")}
"""Events worth a line of their own; visits and e-mails are counted instead."""


def timeline_of(
    tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp, language: Language = ENGLISH
) -> pd.DataFrame:
    """List what happened to one customer before ``as_of``.

    Parameters
    ----------
    tables
        Of the customer: ``orders``, one row each, and rows of ``events``, ``feedback`` and ``assignments``; others are
        ignored.
    as_of
        Only rows strictly before it are read.
    language
        Of the words.

    Returns
    -------
    DataFrame
        ``at``, ``kind`` (order, return, event, feedback, campaign), ``what`` in words and ``amount`` (money of orders
        and returns, score of feedback, else missing), the latest first.
    """
    parts = [_orders(tables.get("orders"), as_of, language), _events(tables.get("events"), as_of, language)]
    parts += [_feedback(tables.get("feedback"), as_of), _campaigns(tables.get("assignments"), as_of, language)]
    filled = [part for part in parts if len(part)]
    if not filled:
        return _rows([])
    return pd.concat(filled, ignore_index=True).sort_values(["at", "kind", "what"], ascending=False, ignore_index=True)


def _orders(table: pd.DataFrame | None, as_of: pd.Timestamp, language: Language) -> pd.DataFrame:
    if table is None:
        return _rows([])
    rows = table[table["ordered_at"] < as_of].sort_values("ordered_at", kind="stable")
    lines = []
    for row in rows.to_dict("records"):
        kind = "return" if row["revenue"] < 0 else "order"
        through = f" ({row['channel']})" if isinstance(row.get("channel"), str) else ""
        words = language.gettext(N_("Return") if kind == "return" else N_("Order"))
        lines.append((row["ordered_at"], kind, f"{words}{through}", row["revenue"]))
    return _rows(lines)


def _events(table: pd.DataFrame | None, as_of: pd.Timestamp, language: Language) -> pd.DataFrame:
    if table is None:
        return _rows([])
    rows = table[(table["occurred_at"] < as_of) & table["event"].isin(list(TOLD))]
    words = {name: language.gettext(words) for name, words in TOLD.items()}
    return _rows([(row["occurred_at"], "event", words[row["event"]], None) for row in rows.to_dict("records")])


def _feedback(table: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    if table is None:
        return _rows([])
    rows = table[table["answered_at"] < as_of]
    return _rows(
        [
            (row["answered_at"], "feedback", f"{str(row['kind']).upper()} {row['score']:g}", row["score"])
            for row in rows.to_dict("records")
        ]
    )


def _campaigns(table: pd.DataFrame | None, as_of: pd.Timestamp, language: Language) -> pd.DataFrame:
    if table is None:
        return _rows([])
    rows = table[table["assigned_at"] < as_of]
    return _rows([(row["assigned_at"], "campaign", _say_arm(row, language), None) for row in rows.to_dict("records")])


def _say_arm(row: Mapping[Hashable, object], language: Language) -> str:
    arm = f"{_capital(row['campaign'])}: {row['arm']}"
    outcome = row.get("outcome")
    if not isinstance(outcome, str):
        return arm
    return language.gettext("{arm} (measured: {outcome})", arm=arm, outcome=language.gettext(outcome))


def _rows(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.astype({"at": "datetime64[us]", "kind": "str", "what": "str", "amount": "float64"})


def _capital(text: object) -> str:
    words = str(text).replace("_", " ")
    return words[:1].upper() + words[1:]
