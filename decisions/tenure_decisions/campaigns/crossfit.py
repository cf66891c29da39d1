"""Cross-fitting by customer and time: what a learner says of customers whose outcome it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.learners import (
    FEWEST_OF_ARM,
    LEARNERS,
    Randomised,
    fit_outcomes,
    score_doubly_robust,
)
from tenure_decisions.inputs import Bools, Floats, Ints
from tenure_features.errors import NothingToDoError

FOLDS = 5
MOST_BLOCKS = 3


@dataclass(frozen=True, kw_only=True)
class CrossFit:
    """Predictions for customers by models that saw neither them nor anything later; arrays are aligned.

    Attributes
    ----------
    uplift
        By learner, shape (n,) each.
    control, treated
        What a customer is expected to do when left alone and when contacted, shape (n,).
    scores
        Doubly robust scores of the outcome, shape (n,).
    """

    uplift: dict[str, Floats]
    control: Floats
    treated: Floats
    scores: Floats


@dataclass(frozen=True)
class Split:
    """Positions of customers to learn from and to predict."""

    train: Ints
    test: Ints


def split_time(assigned_at: pd.Series[pd.Timestamp], horizon_days: int) -> Ints:
    """Give each customer the number of the block of time they are predicted in, shape (n,); 0 is the earliest.

    A block begins no earlier than one horizon after the block before it did, so that windows can have closed in
    between; where everybody was assigned within a horizon there is one block.
    """
    days = ((assigned_at - assigned_at.min()).dt.total_seconds() / 86_400).to_numpy(dtype=np.float64)
    span = float(days.max()) if len(days) else 0.0
    blocks = min(MOST_BLOCKS, max(int(span // horizon_days), 1))
    width = max(span / blocks, 1.0)
    return np.minimum((days // width).astype(np.int64), blocks - 1)


def split_customers(assigned_at: pd.Series[pd.Timestamp], *, horizon_days: int, seed: int) -> list[Split]:
    """Split customers so that each is predicted once, from other customers and from no later window.

    Customers of a later block are predicted from those of other folds whose window had closed when the block began;
    customers of the first block, before whom nothing was assigned, from those of other folds in the same block.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2024-01-01"] * 5 + ["2024-03-01"] * 5))
    >>> later = [split for split in split_customers(at, horizon_days=30, seed=0) if split.test.max() >= 5]
    >>> max(int(split.train.max()) for split in later)
    4
    """
    block = split_time(assigned_at, horizon_days)
    fold = np.random.default_rng([seed, 3]).permutation(len(block)) % FOLDS
    closed = assigned_at + pd.Timedelta(days=horizon_days)
    splits = []
    for number in np.unique(block):
        begin = assigned_at[block == number].min()
        seen = block == number if number == block.min() else (closed <= begin).to_numpy()
        for turn in range(FOLDS):
            test = np.flatnonzero((block == number) & (fold == turn))
            if len(test):
                splits.append(Split(np.flatnonzero(seen & (fold != turn)), test))
    return splits


def cross_fit(data: Randomised, splits: Sequence[Split], *, seed: int) -> CrossFit:
    """Fit every learner on each split and predict the customers it left out.

    Raises
    ------
    NothingToDoError
        An arm of a split has too few customers to learn from.
    """
    n = len(data.outcome)
    uplift = {name: np.full(n, np.nan) for name in LEARNERS}
    control, treated = np.full(n, np.nan), np.full(n, np.nan)
    for split in splits:
        train = data.take(split.train)
        require_enough(train.treated)
        outcomes = fit_outcomes(train, seed=seed)
        control[split.test], treated[split.test] = outcomes.predict(data.X[split.test])
        for name, fit in LEARNERS.items():
            uplift[name][split.test] = fit(train, outcomes, seed)(data.X[split.test])
    scores = score_doubly_robust(data, control, treated)
    return CrossFit(uplift=uplift, control=control, treated=treated, scores=scores)


def require_enough(treated: Bools) -> None:
    """Raise `NothingToDoError` where an arm has too few customers to learn from."""
    few = min(int(treated.sum()), int((~treated).sum()))
    if few < FEWEST_OF_ARM:
        raise NothingToDoError(
            "Too few customers of an arm to learn an uplift from.",
            found=f"{few:,} with a closed window, where at least {FEWEST_OF_ARM} are needed",
            fix="Come back when more windows have closed.",
        )
