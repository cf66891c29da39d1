"""Warning signs beside the churn probability: spend or visits that fell for certain, complaints, detractors."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import betainc

from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored
from tenure_serving.segments.tiers import Floats

RECENT_DAYS = 90.0
FALSE_SHARE = 0.1
"""Of the falls that are named, at most so many by chance (false discovery rate)."""

SMALLEST_FALL = 1 / 3
"""A fall is named from this share on: with thousands of visits even a small one is certain."""

COMPLAINT_DAYS, ANSWER_DAYS = 180.0, 365.0
"""How long a complaint without an order after it, and a detractor's answer, count."""

_KNOWN_ORDERS = 3
"""Orders from which the spread of a customer's own orders, and the scatter of counts, say something."""

_FEWEST = 30
"""Customers from whom a spread is taken."""

_LEAST_SPREAD, _MOST_SPREAD, _LEAST_CV, _MOST_CV = 0.1, 1e6, 0.05, 100.0


@dataclass(frozen=True, kw_only=True)
class WarningSigns:
    """Who warns of leaving by what they do and say, whatever the model expects.

    Orders, the size of orders and visits of the last 90 days are compared with the customer's own past. Of the n events
    of a customer, the last 90 days hold Binomial(n, 90 / days known) where nothing has changed (the exact test of two
    Poisson rates, Przyborowski & Wilenski 1940); where the rises of the shop scatter more or less than that, counts
    are divided by the spread (quasi-Poisson; rises only, so that those who fall do not hide themselves). Sizes of
    orders are gamma: the share of the last ones in the sum is beta, with no currency in it. Spend fell where both
    together say so (Fisher's combination of the two p-values) and its pace is at most two thirds. The first order, with
    which the time begins, is not counted.

    The limits of the p-values are those of Benjamini and Hochberg (1995) over the customers of the shop who could pass
    at all (Tarone 1990); they are stored, so that a customer's signs do not depend on who else is scored.

    Attributes
    ----------
    orders_spread, visits_spread
        Variance of counts over that of Poisson.
    size_cv
        Coefficient of variation of the orders of a customer, of whom it is not known.
    spend_from, visits_from
        p-values up to which a fall is named.
    """

    orders_spread: float = 1.0
    visits_spread: float = 1.0
    size_cv: float = 1.0
    spend_from: float = 0.0
    visits_from: float = 0.0

    @classmethod
    def fit(cls, snapshot: pd.DataFrame) -> Self:
        """Fit spreads and limits to the customers of a snapshot."""
        orders, visits, cv = _orders(snapshot), _visits(snapshot), _column(snapshot, "value_cv")
        often = cv[(_column(snapshot, "orders_total") >= _KNOWN_ORDERS) & (cv > 0)]
        plain = cls(
            orders_spread=_spread(orders),
            visits_spread=_spread(visits),
            size_cv=float(np.clip(np.median(often), _LEAST_CV, _MOST_CV)) if len(often) else 1.0,
        )
        none = np.zeros(len(snapshot))
        lowest = {name: replace(counts, recent=none) for name, counts in (("spend", orders), ("visits", visits))}
        return replace(
            plain,
            spend_from=_benjamini_hochberg(plain._p_of_spend(snapshot), lowest["spend"].p_of_fall(plain.orders_spread)),
            visits_from=_benjamini_hochberg(
                visits.p_of_fall(plain.visits_spread), lowest["visits"].p_of_fall(plain.visits_spread)
            ),
        )

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what was stored by name."""
        saved = stored.fields(*(field.name for field in fields(cls)))
        orders, visits = (saved[f"{name}_spread"].number(_LEAST_SPREAD, _MOST_SPREAD) for name in ("orders", "visits"))
        return cls(
            orders_spread=orders,
            visits_spread=visits,
            size_cv=saved["size_cv"].number(_LEAST_CV, _MOST_CV),
            spend_from=saved["spend_from"].number(0.0, 1.0),
            visits_from=saved["visits_from"].number(0.0, 1.0),
        )

    def say(self, snapshot: pd.DataFrame) -> pd.Series:
        """Return the signs of every row in words, a list each, on the snapshot's index."""
        return pd.Series(self.list_signs(snapshot), index=snapshot.index, dtype="object")

    def list_signs(self, snapshot: Table) -> list[list[str]]:
        """List the signs of every row in words."""
        sentences: list[list[str]] = [[] for _ in range(len(snapshot))]
        visits = _visits(snapshot)
        for what, p, pace, limit in (
            ("spend", self._p_of_spend(snapshot), _spend_pace(snapshot), self.spend_from),
            ("visits", visits.p_of_fall(self.visits_spread), visits.pace, self.visits_from),
        ):
            for row in np.flatnonzero((p <= limit) & (pace <= 1 - SMALLEST_FALL)):
                sentences[row].append(
                    f"{what} of the last 90 days at {pace[row]:.0%} of the customer's own pace before"
                )
        since, ago = _column(snapshot, "complaints_since_order"), _column(snapshot, "complaint_recency_days")
        for row in np.flatnonzero((since > 0) & (ago <= COMPLAINT_DAYS)):
            sentences[row].append(f"complained {ago[row]:.0f} days ago and has not ordered since")
        last, when = _column(snapshot, "nps_last"), _column(snapshot, "nps_recency_days")
        for row in np.flatnonzero((last <= 6) & (when <= ANSWER_DAYS)):
            sentences[row].append(f"detractor: {last[row]:.0f} of 10 in the last NPS answer, {when[row]:.0f} days ago")
        return sentences

    def _p_of_spend(self, snapshot: Table) -> Floats:
        """Fisher's combination of fewer and of smaller orders; shape (n,)."""
        fewer, smaller = _orders(snapshot).p_of_fall(self.orders_spread), _p_of_smaller(snapshot, self.size_cv)
        both = np.maximum(fewer * np.where(np.isfinite(smaller), smaller, 1.0), 1e-300)
        return np.where(np.isfinite(smaller) & (fewer < 1), both * (1 - np.log(both)), fewer)


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """Events of the last 90 days and of all days after the first, and the share of the days that is recent."""

    recent: Floats
    total: Floats
    share: Floats

    @property
    def pace(self) -> Floats:
        """Recent rate over the rate before."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.recent * (1 - self.share) / ((self.total - self.recent) * self.share))

    def p_of_fall(self, spread: float) -> Floats:
        """P(no more recent events | all events, same rate), shape (n,); 1 where nothing can be said."""
        p = np.ones(len(self.recent))
        usable = np.isfinite(self.total) & (self.total > self.recent)
        recent, rest = self.recent[usable] / spread, (self.total[usable] - self.recent[usable]) / spread
        # the binomial's distribution function as an incomplete beta takes counts that are no whole numbers
        p[usable] = betainc(rest, recent + 1.0, 1.0 - self.share[usable])
        return p


def _column(snapshot: Table, name: str) -> Floats:
    """Take a column, missing everywhere where the snapshot has none: no table says anything of it."""
    if name not in snapshot:
        return np.full(len(snapshot), np.nan)
    return read_floats(snapshot, name)


def _orders(snapshot: Table) -> _Counts:
    return _count_since(snapshot, _column(snapshot, "orders_90d"), _column(snapshot, "orders_total") - 1.0)


def _visits(snapshot: Table) -> _Counts:
    return _count_since(snapshot, _column(snapshot, "visits_90d"), _column(snapshot, "visits_total"))


def _count_since(snapshot: Table, recent: Floats, total: Floats) -> _Counts:
    """Leave out customers known for less than twice the recent days: they have no pace before."""
    days = _column(snapshot, "tenure_days")
    usable = np.isfinite(recent) & np.isfinite(total) & (days >= 2 * RECENT_DAYS)
    return _Counts(
        recent=np.where(usable, recent, np.nan),
        total=np.where(usable, np.maximum(total, recent), np.nan),
        share=RECENT_DAYS / np.where(usable, days, np.nan),
    )


def _spend_pace(snapshot: Table) -> Floats:
    """Pace of spend against the own pace before, the first order left out."""
    recent, total = _column(snapshot, "revenue_90d"), _column(snapshot, "revenue_total")
    return _count_since(snapshot, np.maximum(recent, 0.0), total - _column(snapshot, "value_first")).pace


def _p_of_smaller(snapshot: Table, size_cv: float) -> Floats:
    """P(recent orders no larger on average | same mean), shape (n,); NaN where there are none to compare."""
    orders, recent = _column(snapshot, "orders_total"), _column(snapshot, "orders_90d")
    revenue, lately = _column(snapshot, "revenue_total"), _column(snapshot, "revenue_90d")
    cv = _column(snapshot, "value_cv")
    own = np.where(np.isfinite(cv), orders - 1.0, 0.0)
    squared = (_KNOWN_ORDERS * size_cv**2 + own * np.nan_to_num(cv) ** 2) / (_KNOWN_ORDERS + own)
    p = np.full(len(orders), np.nan)
    # money that came back can leave less than nothing; then no size is to be told
    usable = (recent > 0) & (orders > recent) & (lately > 0) & (revenue > lately)
    shape = 1.0 / np.maximum(squared, _LEAST_CV**2)
    # the share of gamma sums is beta, whatever the scale
    p[usable] = betainc((shape * recent)[usable], (shape * (orders - recent))[usable], lately[usable] / revenue[usable])
    return p


def _spread(counts: _Counts) -> float:
    """Mean squared Pearson residual of the rises, of customers with enough events to tell; 1 of too few of them."""
    expected = counts.total * counts.share
    rose = np.isfinite(expected) & (expected >= _KNOWN_ORDERS) & (counts.recent > expected)
    if rose.sum() < _FEWEST:
        return 1.0
    variance = expected[rose] * (1 - counts.share[rose])
    return float(
        np.clip(np.mean(np.sort((counts.recent[rose] - expected[rose]) ** 2 / variance)), _LEAST_SPREAD, _MOST_SPREAD)
    )


def _benjamini_hochberg(p: Floats, lowest: Floats) -> float:
    """Return the largest p-value that is named; the first step of the procedure where none is.

    Parameters
    ----------
    p
        By customer, shape (n,).
    lowest
        What the p-values would be without a single recent event.
    """
    tested = np.sort(p[lowest <= FALSE_SHARE])
    if not len(tested):
        return 0.0
    steps = FALSE_SHARE * np.arange(1, len(tested) + 1) / len(tested)
    passed = np.flatnonzero(tested <= steps)
    return float(tested[passed[-1]]) if len(passed) else float(steps[0])
