"""Who of those that ordered still orders later: observed in closed windows, beside what a model of leaving expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
import pandas as pd

from tenure_features.stored import Stored
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.btyd.summary import observations
from tenure_training.models.contract import MOST_DAYS, Floats, TrainingFrame

FEWEST_RETURNING = 100
"""Customers a cohort has at least, or nothing is said of it."""

_MOST, _DRAWS = 2_000, 128


@dataclass(frozen=True, kw_only=True)
class CohortSurvival:
    """Customers who ordered in a window, and the share of them who ordered in a later one of the same length.

    Attributes
    ----------
    window_days, later_days
        Length of both windows, and the days between their beginnings.
    customers
        In the cohort.
    observed, expected
        Share who ordered in the later window, and what the model expects of the same customers given that they ordered
        in the first.
    """

    window_days: int
    later_days: int
    customers: int
    observed: float
    expected: float

    @property
    def agrees(self) -> bool:
        """Whether both are within two standard errors, or within a tenth, of each other."""
        error = np.sqrt(max(self.expected * (1 - self.expected), 1e-9) / self.customers)
        return bool(abs(self.observed - self.expected) <= max(2 * error, 0.1))

    @property
    def words(self) -> str:
        """Say both shares in a sentence."""
        return (
            f"Of {self.customers:,} customers who ordered within {self.window_days} days, {self.observed:.0%} ordered "
            f"within the {self.window_days} days that began {self.later_days} days later; the model of leaving expects "
            f"{self.expected:.0%}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields(*(field.name for field in fields(cls)))
        return cls(
            window_days=saved["window_days"].whole(1, MOST_DAYS),
            later_days=saved["later_days"].whole(1, MOST_DAYS),
            customers=saved["customers"].whole(1, 10**12),
            observed=saved["observed"].number(0.0, 1.0),
            expected=saved["expected"].number(0.0, 1.0),
        )


def cohort_survival(model: ParetoNBD, frame: TrainingFrame) -> tuple[CohortSurvival, ...]:
    """Follow the buyers of every closed window through the later ones, one answer for each distance between them.

    Parameters
    ----------
    model
        Of leaving, in days.
    frame
        Closed windows; those of the longest length are used, and pairs that do not overlap.

    Returns
    -------
    tuple
        By distance, shortest first; empty where no two windows have closed.
    """
    days = frame.label_days
    of_length = frame.window_days == days
    columns = frame.rows.loc[of_length, ["customer_id", "as_of", "order_days", "tenure_days", "span_days"]]
    rows = columns.assign(bought=frame.labels.loc[of_length, "bought"].to_numpy(dtype=bool))
    pairs: dict[int, list[tuple[int, float, float]]] = {}
    for later_days, cohort in _pairs(rows, days):
        thin = cohort.iloc[:: 1 + len(cohort) // _MOST]
        expected = float(_expect_return(model, thin, days, later_days).mean())
        pairs.setdefault(later_days, []).append((len(cohort), float(cohort["again"].mean()), expected))
    return tuple(_pool(days, later_days, pairs[later_days]) for later_days in sorted(pairs))


def _pairs(rows: pd.DataFrame, days: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the days between two windows, and the buyers of the first with whether they bought ``again``."""
    windows = {pd.Timestamp(str(at)): part for at, part in rows.groupby("as_of", sort=True)}
    for first, members in windows.items():
        cohort = members[members["bought"]].sort_values("customer_id")
        for later, others in windows.items():
            gap = (later - first).days
            if gap >= days and len(cohort) >= FEWEST_RETURNING:
                again = others.set_index("customer_id")["bought"].reindex(cohort["customer_id"])
                yield gap, cohort.assign(again=again.fillna(value=False).to_numpy(dtype=bool))


def _expect_return(model: ParetoNBD, cohort: pd.DataFrame, days: int, later_days: int) -> Floats:
    """P(an order in the later window, given one in the first) of each customer, over draws of rate and leaving."""
    x, _, T = observations(cohort)
    generator, size = np.random.default_rng(0), (len(x), _DRAWS)
    rate = generator.gamma((model.r + x)[:, None], 1 / (model.alpha + T)[:, None], size)
    leaving = generator.gamma(model.s, 1 / (model.beta + T)[:, None], size)
    stays = generator.standard_exponential(size) / np.maximum(leaving, 1e-300)
    first = -np.expm1(-rate * np.minimum(stays, days))
    later = -np.expm1(-rate * np.clip(stays - later_days, 0.0, days))
    return np.asarray((first * later).sum(axis=1) / np.maximum(first.sum(axis=1), 1e-12))


def _pool(days: int, later_days: int, pairs: list[tuple[int, float, float]]) -> CohortSurvival:
    count, observed, expected = (np.array(column) for column in zip(*pairs, strict=True))
    return CohortSurvival(
        window_days=days,
        later_days=later_days,
        customers=int(count.sum()),
        observed=float(np.average(observed, weights=count)),
        expected=float(np.average(expected, weights=count)),
    )
