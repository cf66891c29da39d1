"""The contract every candidate keeps: fit on a training frame, predict three numbers and a distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.float_table import FloatTable
from tenure_training.models.search_space import NOTHING, SearchSpace, Settings, check_settings
from tenure_training.models.season import NO_SEASON, Season, SeasonAhead, unseen_share, windows_of

Floats = NDArray[np.float64]

MOST_DAYS = 36_500
"""A window is no longer than a century."""

IF_BUYS_LEVELS: tuple[float, float] = (0.1, 0.9)
"""Probability levels of the interval of the value of those who buy: it holds 80 % of them."""

LEVELS: tuple[float, ...] = (0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975)
"""Probability levels at which a value distribution is given; .1 and .9 bound the 80 % interval."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingFrame:
    """What a candidate may learn from at ``as_of``: closed windows, and the present without labels.

    Attributes
    ----------
    rows
        Snapshots at the training origins stacked: ``customer_id``, ``as_of`` and one float64 column per feature.
    labels
        Aligned with ``rows``: ``bought`` (bool), ``orders`` (float64, orders with positive revenue), ``value``
        (float64, net revenue), each over ``[as_of, as_of + window_days)`` of its row, and ``wait_days`` (float64, from
        ``as_of`` to the first of the orders; NaN without one). Every window has closed.
    window_days
        Aligned with ``rows``: length of the label window of each row in days. Windows of several lengths are pooled;
        where the history is too short for a full horizon to have closed, all are shorter than ``horizon_days``.
    weight
        Aligned with ``rows``; older origins weigh less.
    present
        The snapshot at ``as_of`` itself: same columns as ``rows``. Nothing in it is a label.
    as_of
        The moment of the prediction; everything above lies strictly before it.
    horizon_days
        Length of the window that predictions are for.
    catalogue
        What the features mean.
    fitted_at
        What candidates fitted to the snapshot of an origin alone, by name and origin: frames of one log share it, for
        the snapshot of an origin is the same in each of them.
    season
        What is expected of times of the year: by somebody, else by what past years showed.
    """

    rows: pd.DataFrame
    labels: pd.DataFrame
    window_days: Floats
    weight: Floats
    present: pd.DataFrame
    as_of: pd.Timestamp
    horizon_days: int
    catalogue: Catalogue = BUILT_IN
    fitted_at: dict[tuple[str, pd.Timestamp], object] = field(default_factory=dict, repr=False)
    season: Season = NO_SEASON

    @property
    def closed(self) -> list[tuple[pd.Timestamp, int]]:
        """The windows that rows are of, each by its origin and its length in days."""
        return windows_of(self.rows["as_of"].to_numpy(), self.window_days)

    @property
    def unseen(self) -> float:
        """Share of the days to predict whose time of the year no closed window has shown."""
        return unseen_share(self.as_of, days=self.horizon_days, closed=self.closed)

    @property
    def features(self) -> list[str]:
        """Names of the feature columns, in order."""
        return [name for name in self.present.columns if name not in ("customer_id", "as_of")]

    @property
    def label_days(self) -> int:
        """Length of the longest closed window in days; 0 where none has closed."""
        return int(self.window_days.max(initial=0))

    @property
    def window(self) -> NDArray[np.int64]:
        """Number of the label window of each row, shape (n,)."""
        keys = pd.DataFrame({"as_of": self.rows["as_of"].to_numpy(), "days": self.window_days})
        return np.asarray(keys.groupby(["as_of", "days"]).ngroup(), dtype=np.int64)

    @property
    def origins(self) -> list[pd.Timestamp]:
        """The training origins, oldest first."""
        return sorted(pd.Timestamp(origin) for origin in self.rows["as_of"].unique())


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one source says of all customers of a prediction together: how many buy, and the total of their value."""

    buyers: float
    value: float


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a candidate says of ``n`` customers over the horizon.

    Attributes
    ----------
    buy_probability
        Shape (n,), in [0, 1]: P(at least one order with positive revenue in the horizon).
    expected_orders
        Shape (n,), >= 0.
    expected_value
        Shape (n,): net revenue, in the currency of the log. A net loss (returns) can make it negative.
    quantiles
        Shape (n, len(LEVELS)) of the value at ``LEVELS``, non-decreasing along the row; None where the candidate
        gives no distribution.
    if_buys
        Shape (n, 2) of the value of a customer who buys at ``IF_BUYS_LEVELS``: what is inside it does not depend on how
        likely they buy; None where the candidate gives no distribution.
    rank_score
        Shape (n,): breaks ties that calibration makes in ``buy_probability``; higher buys more likely.
    parts
        Log-odds of at least one order by part of a stack, shape (n,) each, before any calibration; empty where the
        candidate is none.
    opinions
        On the level, by source; empty where there is one source alone.
    ahead
        The season that the prediction counts in; None where it counts none.
    """

    buy_probability: Floats
    expected_orders: Floats
    expected_value: Floats
    quantiles: Floats | None = None
    if_buys: Floats | None = None
    rank_score: Floats | None = None
    parts: Mapping[str, Floats] = field(default_factory=dict)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    ahead: SeasonAhead | None = None

    def interval(self, level: float = 0.8) -> tuple[Floats, Floats] | None:
        """Return the value interval that holds the given probability; None without a distribution.

        The interval is central, except where the lower quantile already is zero: there all the probability of "buys
        nothing" lies inside whatever the upper end, so the interval is ``[0, quantile(level)]``. A central one would
        cover ``(1 + level) / 2`` and call itself ``level``. Where "buys nothing" alone is more probable than
        ``level``, the interval is the single point 0 and covers more than it says.

        Parameters
        ----------
        level
            Probability, such that ``level``, ``(1 - level) / 2`` and ``(1 + level) / 2`` are among ``LEVELS``.

        Returns
        -------
        tuple
            Low and high ends, shape (n,) each.

        Examples
        --------
        >>> flat = np.zeros((1, len(LEVELS)))
        >>> flat[:, LEVELS.index(0.8):] = 5.0
        >>> sure = Prediction(
        ...     buy_probability=np.ones(1), expected_orders=np.ones(1), expected_value=np.ones(1), quantiles=flat
        ... )
        >>> sure.interval(0.8)
        (array([0.]), array([5.]))
        """
        if self.quantiles is None:
            return None
        low, high, one_sided = (
            self.quantiles[:, level_index(wanted)] for wanted in ((1 - level) / 2, (1 + level) / 2, level)
        )
        return low, np.where(low == 0.0, np.maximum(one_sided, low), high)


def level_index(level: float) -> int:
    """Column of the quantiles that holds a probability level."""
    return LEVELS.index(round(level, 6))  # of sums of floats


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Additive explanation of ``n`` predictions.

    Attributes
    ----------
    features
        Names of the ``f`` terms: feature columns, and named model terms such as ``calibration``.
    churn
        Shape (n, f): log-odds of churn each term adds; ``churn_base + churn.sum(axis=1)`` is exactly the log-odds
        of the predicted churn probability.
    churn_base
        Log-odds of churn before any term.
    value
        Shape (n, f): what each term adds to the logarithm of the expected value of those who buy.
    value_base
        The logarithm before any term.
    """

    features: list[str]
    churn: Floats
    churn_base: float
    value: Floats
    value_base: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Predictions for closed windows later than any the model had been fitted on, and what happened in them.

    Attributes
    ----------
    buy_probability, expected_value
        What was predicted, shape (n,).
    bought, value
        What happened, shape (n,): bool and net revenue.
    window
        Number of the window each row belongs to, shape (n,), int.
    parts
        Log-odds by part of a stack, shape (n,) each; see `Prediction`.
    window_days
        Length of the windows in days; None: that of the window to predict.
    misses
        Honest misses of the level by source: what it said of a window less what happened, shape (m, 2), in log-odds of
        the share that bought and in the logarithm of the total; empty where no window has them from every source.
    """

    buy_probability: Floats
    expected_value: Floats
    bought: NDArray[np.bool_]
    value: Floats
    window: NDArray[np.int64]
    parts: Mapping[str, Floats] = field(default_factory=dict)
    window_days: int | None = None
    misses: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Basis:
    """What predictions rest on where outcomes are short, in words; ``{label}`` and ``{horizon}`` stand for days.

    Attributes
    ----------
    no_window
        Where no window has closed.
    short_windows
        Where only windows shorter than the horizon have.
    """

    no_window: str
    short_windows: str


LEARNT_FROM_RHYTHM = Basis(
    "Predictions rest on the buying rhythm (BG/NBD, MBG/NBD and Pareto/NBD) alone.",
    "The model learnt on closed windows of up to {label} days and is carried to {horizon} days by the growth the "
    "BTYD models expect of each customer between the two lengths.",
)


class Fitted(ABC):
    """What a candidate has learnt: it predicts, explains itself and can be stored, and does not change any more."""

    @abstractmethod
    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict for every row of a snapshot; the order of rows does not matter to any row's answer."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write it into a folder as JSON and UBJ files only."""

    def calibrate(self, evidence: Evidence) -> Self:  # noqa: ARG002  # for those that can
        """Give the model with levels and intervals from later windows than `fit` saw; the default learns nothing."""
        return self

    def flatten(self) -> Self:
        """Draw chances to buy to their mean, where closed windows showed no signal; the default stays as it is."""
        return self

    def looking_from(self, as_of: pd.Timestamp) -> Self:  # noqa: ARG002  # likewise
        """Give the model for predictions from a later moment than it was fitted at; the default knows no season."""
        return self

    def contributions(self, snapshot: pd.DataFrame) -> Contributions | None:  # noqa: ARG002  # likewise
        """Explain each prediction additively; None where the model has no additive form."""
        return None

    def answer(self, rows: FloatTable, *, explain: bool = True) -> tuple[Prediction, Contributions | None]:
        """Predict, and explain where asked: both at once where a model can share the work between them."""
        snapshot = rows.to_frame()
        return self.predict(snapshot), self.contributions(snapshot) if explain else None


class Candidate(ABC):
    """A model that can compete in the backtest and be served from a bundle, before it has learnt anything.

    Parameters
    ----------
    settings
        Those that differ from the defaults of the search space.

    Raises
    ------
    UsageError
        There is no such setting, or its value lies outside the search space.
    """

    name: ClassVar[str]
    basis: ClassVar[Basis] = LEARNT_FROM_RHYTHM
    """What its predictions rest on where outcomes are short."""

    simple: ClassVar[bool] = False
    """Whether a few hundred customers determine it: small shops prefer such a model."""

    baseline: ClassVar[bool] = False
    """Whether it is shown beside the models and not chosen while there is one."""

    search_space: ClassVar[SearchSpace] = NOTHING
    """What may be tuned, beside the model; budget, splits and the choice are the harness'."""

    servable: ClassVar[bool] = True
    """Whether what it learns can be written: only then may it be champion."""

    def __init__(self, settings: Settings = MappingProxyType({})) -> None:
        self.settings: Settings = MappingProxyType(check_settings(settings, self.search_space, candidate=self.name))

    @abstractmethod
    def fit(self, frame: TrainingFrame, *, seed: int) -> Fitted:
        """Learn from the closed windows (and the unlabelled present) of a training frame."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Fitted:
        """Read what the fitted model's `save` wrote; what it says is checked, not trusted."""
