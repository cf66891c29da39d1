"""Groups of customers and single ones, from a score table."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.api.result import Result
from tenure.jobs.card import customer_rows
from tenure.jobs.segments import group_customers
from tenure_features import Shop
from tenure_features.errors import UsageError
from tenure_serving.card import CustomerCard
from tenure_serving.card.reader import build_from_scores
from tenure_serving.explanation import explanation_lines
from tenure_serving.language import load_language
from tenure_serving.score_tables import Scores, read_scores, scores_of_frame

ScoreTable = pd.DataFrame | str | Path
"""A score table, or where one lies: ``scores.parquet`` or the folder of a run."""


@dataclass(frozen=True)
class CustomerExplanation:
    """What was predicted for one customer, and why.

    Attributes
    ----------
    scores
        The row of the score table, by column.
    """

    scores: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        """Return what ``tenure explain`` prints."""
        return "\n".join(explanation_lines(self.scores))

    def _repr_html_(self) -> str:
        """Show the same lines in a notebook."""
        return f"<pre>{escape(str(self))}</pre>"


def explain(scores: ScoreTable, customer_id: str, *, currency: str | None = None) -> CustomerExplanation:
    """Say what was predicted for one customer, and why.

    Parameters
    ----------
    scores
        A score table, or where it lies.
    customer_id
        As the table spells it.
    currency
        Of the amounts, where the table is a frame.

    Raises
    ------
    UsageError
        There is no such table, or the customer is not in it.
    """
    scored = _read(scores, currency)
    rows = scored.table[scored.table["customer_id"].astype("str") == str(customer_id)]
    if rows.empty:
        raise UsageError(
            f"Customer {customer_id!r} is not among the scored customers.",
            fix="Check the id; customers without an order before as_of are not scored.",
        )
    row = {str(name): None if _is_missing(value) else value for name, value in rows.iloc[0].items()}
    return CustomerExplanation({**row, "currency": scored.currency, "definitions": scored.definitions})


def card(scores: ScoreTable, customer_id: str, *, shop: Shop | None = None, language: str = "en") -> CustomerCard:
    """Put together everything known of one customer.

    Parameters
    ----------
    scores
        A score table, or where it lies.
    customer_id
        As the table spells it.
    shop
        Opened at the moment of the scores; without it the card has no timeline and no experience.
    language
        ``en`` or ``ru``.

    Raises
    ------
    UsageError
        There is no such table, or the customer is not in it.
    """
    scored = _read(scores, None if shop is None else shop.currency)
    tables = None if shop is None else customer_rows(shop, customer_id)
    return build_from_scores(customer_id, scored, tables=tables, language=load_language(language))


def segments(
    scores: ScoreTable,
    shop: Shop | None = None,
    *,
    previous: ScoreTable | None = None,
    by: str = "segment",
    group: str | None = None,
    language: str = "en",
) -> Result:
    """Count customers and value by group, who moved between groups, and what sets one apart.

    Parameters
    ----------
    scores
        A score table, or where it lies.
    shop
        Opened at the moment of the scores: profiles ``group``. None: no profile.
    previous
        Scores of an earlier moment: who moved.
    by
        ``segment``, ``rfm_group``, ``rfm_relationship``, ``value_tier``, ``risk_tier`` or ``lifecycle``.
    group
        The group of ``by`` to profile; None: the high value tier.
    language
        ``en`` or ``ru``.

    Raises
    ------
    TenureError
        Scores are not there or cannot be compared, the grouping or the group is unknown.
    """
    currency = None if shop is None else shop.currency
    before = None if previous is None else _read(previous, currency)
    scored = _read(scores, currency)
    spoken = load_language(language)
    return Result(group_customers(scored, previous=before, shop=shop, by=by, group=group, language=spoken))


def _read(scores: ScoreTable, currency: str | None) -> Scores:
    if not isinstance(scores, pd.DataFrame):
        return read_scores(Path(scores))
    return scores_of_frame(scores, currency=currency)


def _is_missing(value: object) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]  # any cell
