"""The next step made personal: the customer's own category, usual day, next order, and the most an offer may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.attributes import purchases
from tenure_decisions.customers.matrix import main_levels
from tenure_serving.language import N_, Language
from tenure_serving.report.cell import is_missing
from tenure_training.models.after.economics import Economics

_WEEKDAYS = (
    N_("Mondays"), N_("Tuesdays"), N_("Wednesdays"), N_("Thursdays"), N_("Fridays"), N_("Saturdays"), N_("Sundays"),
)  # fmt: skip
_CHANCE = 0.1
"""Most that a day of the week may be chance, the busiest of seven, to be called usual."""


@dataclass(frozen=True, kw_only=True)
class PersonalStep:
    """What makes the playbook's step this customer's; None where nothing tells.

    Attributes
    ----------
    category
        On which most of their money went.
    weekday
        On which they order more often than chance, 0 for Mondays.
    next_order_at
        When half of such customers have ordered again.
    offer_limit
        The most an offer may cost them and the shop, in money: see `personal_step`.
    """

    category: str | None = None
    weekday: int | None = None
    next_order_at: pd.Timestamp | None = None
    offer_limit: float | None = None

    def words(self, language: Language, currency: str) -> tuple[str, ...]:
        """Say each part that is known in a phrase."""
        say = language.gettext
        parts = []
        if self.category is not None:
            parts.append(say("mostly buys {category}", category=language.translate(self.category)))
        if self.weekday is not None:
            parts.append(say("usually orders on {weekday}", weekday=say(_WEEKDAYS[self.weekday])))
        if self.next_order_at is not None:
            parts.append(say("next order around {day}", day=language.day(self.next_order_at)))
        if self.offer_limit is not None:
            amount = language.exact_money(self.offer_limit, currency)
            parts.append(say("an offer of {amount} at most", amount=amount))
        return tuple(parts)


def personal_step(
    row: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: pd.Timestamp,
    money_at_risk: float,
    economics: Economics | None,
) -> PersonalStep:
    """Find what makes a step personal.

    The offer is limited twice: by ``clv_90d``, what the customer is expected to contribute in 90 days after every cost
    (an offer above it makes them a loss even where it works), and by the contribution of the money at risk (no more
    can be saved, were the offer to keep everybody it is made to). Without known costs nothing is said of it.

    Parameters
    ----------
    row
        Of the score table.
    tables
        Rows of the customer: ``orders``, ``order_lines``; only what lies strictly before ``as_of`` is read.
    as_of
        The moment of the scores.
    money_at_risk
        Revenue that the risk of leaving takes.
    economics
        What the model knows of costs.
    """
    when = row.get("next_order_at")
    bought = purchases(tables["orders"], as_of) if "orders" in tables else None
    return PersonalStep(
        category=None if bought is None else _category(bought, tables.get("order_lines"), as_of),
        weekday=None if bought is None else usual_weekday(bought["ordered_at"]),
        next_order_at=None if is_missing(when) else pd.Timestamp(str(when)),
        offer_limit=_offer_limit(row.get("clv_90d"), money_at_risk, economics),
    )


def usual_weekday(moments: pd.Series) -> int | None:
    """Return the weekday of most orders where it is no chance (binomial, times seven), else None.

    Examples
    --------
    >>> usual_weekday(pd.Series(pd.date_range("2024-01-05", periods=4, freq="7D")))
    4
    >>> usual_weekday(pd.Series(pd.date_range("2024-01-05", periods=8, freq="5D")))
    """
    if not len(moments):
        return None
    counts = np.bincount(moments.dt.day_of_week, minlength=7)
    most = int(counts.argmax())
    return most if 7 * float(stats.binom.sf(counts[most] - 1, counts.sum(), 1 / 7)) < _CHANCE else None


def _category(bought: pd.DataFrame, lines: pd.DataFrame | None, as_of: pd.Timestamp) -> str | None:
    if lines is None or "category" not in lines or "order_id" not in bought:
        return None
    levels = main_levels(bought, lines.drop(columns="customer_id"), as_of=as_of, column="category")
    return None if levels.empty else str(levels["level"].iloc[0])


def _offer_limit(expected: object, money_at_risk: float, economics: Economics | None) -> float | None:
    if economics is None or not economics.costs_known or not isinstance(expected, (int, float)) or is_missing(expected):
        return None
    margin = 1.0 if economics.margin is None else economics.margin.mean
    return max(min(float(expected), margin * money_at_risk), 0.0)
