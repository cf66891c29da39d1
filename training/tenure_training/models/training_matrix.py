"""What the closed windows teach: the model matrix at every training origin, with what the rhythm expected there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from tenure_training.models.btyd.btyd_ensemble import MOST_AT_ORIGIN, OBSERVED, BtydEnsemble
from tenure_training.models.contract import Floats, TrainingFrame
from tenure_training.models.design import design, units_beside
from tenure_training.models.search_space import Settings

FEWEST = 30
"""With fewer purchases, or fewer customers who did not buy, nothing is learnt beyond the rhythm."""

_LEAST_SHARE = 1e-6
"""Of customers who are expected to buy; log-odds have no end otherwise."""

_ORDERS_RANGE = (0.5, 2.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingMatrix:
    """Training rows: model matrix, whether they bought, weights and what the rhythm expected.

    Parts fitted on them are kept, so that candidates that share a part fit it once.

    Attributes
    ----------
    X
        Shape (n, k).
    bought
        Shape (n,), 0 or 1.
    weight
        Shape (n,).
    rhythm
        Log-odds expected by the rhythm, shape (n,).
    rhythm_of_length
        What the rhythm expects of everybody together within as many days as the window of a row has, in log-odds of the
        share that buys, shape (n,). One moment says it for every length, so that it tells lengths apart and nothing
        else: who joins and who has left moves the mean of all customers from origin to origin, and says nothing of any.
    rhythm_of_horizon
        The same for the days that are predicted.
    log_severity
        Logarithm of the value the rhythm expects of those who buy, shape (n,).
    log_count
        Logarithm of the orders the rhythm expects of those who buy, shape (n,).
    settings
        Tuned settings for whoever learns; empty: each its own defaults.
    """

    X: pd.DataFrame
    bought: Floats
    weight: Floats
    rhythm: Floats
    rhythm_of_length: Floats
    log_severity: Floats
    log_count: Floats
    rhythm_of_horizon: float = 0.0
    settings: Settings = MappingProxyType({})
    _fitted: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False, init=False)

    @classmethod
    def without_rows(cls) -> Self:
        """Make the matrix of a log none of whose windows has closed."""
        nothing = np.empty(0)
        return cls(
            X=pd.DataFrame(),
            bought=nothing,
            weight=nothing,
            rhythm=nothing,
            rhythm_of_length=nothing,
            log_severity=nothing,
            log_count=nothing,
        )

    def once[Part](self, part: str, seed: int, fit: Callable[[], Part]) -> Part:
        """Fit a part, or return the one fitted before under this name and seed."""
        if (part, seed) not in self._fitted:
            self._fitted[part, seed] = fit()
        fitted: Part = self._fitted[part, seed]
        return fitted

    def with_settings(self, settings: Settings) -> TrainingMatrix:
        """Give the same rows to be learnt from with other settings; what was fitted before is not shared."""
        return replace(self, settings=settings) if settings else self

    @property
    def enough(self) -> bool:
        """Whether there is anything to learn from."""
        purchases = int(self.bought.sum())
        return purchases >= FEWEST and len(self.bought) - purchases >= FEWEST

    def orders_scale(self, orders: Floats) -> float:
        """Orders of buyers, shape (n,) of all rows, against what the rhythm expected of them."""
        expected = float((self.weight * self.bought) @ np.exp(self.log_count)) if len(orders) else 0.0
        seen = float((self.weight * self.bought) @ orders) if len(orders) else 0.0
        return float(np.clip(seen / expected, *_ORDERS_RANGE)) if expected > 0 else 1.0


_matrices: WeakKeyDictionary[TrainingFrame, TrainingMatrix] = WeakKeyDictionary()


def training_matrix_of(frame: TrainingFrame) -> TrainingMatrix:
    """Take the training of a frame, in the order of its rows; made once a frame.

    At every origin the rhythm is fitted to the snapshot of that origin alone.
    """
    if frame not in _matrices:
        _matrices[frame] = _make(frame)
    return _matrices[frame]


def _make(frame: TrainingFrame) -> TrainingMatrix:
    matrices, rhythm, severity, count = [], [], [], []
    units = units_beside(frame.features, frame.catalogue)
    keys = pd.DataFrame({"as_of": frame.rows["as_of"].to_numpy(), "days": frame.window_days})
    order: list[np.ndarray] = []
    for origin, at_origin in keys.groupby("as_of"):
        first_window = frame.rows.loc[at_origin.index[at_origin["days"] == at_origin["days"].iloc[0]]]
        fitted = _fit_at(frame, pd.Timestamp(origin), first_window)  # type: ignore[arg-type]
        for days in at_origin["days"].unique():
            rows = at_origin.index[at_origin["days"] == days]
            snapshot = frame.rows.loc[rows]
            expected = fitted.expect(snapshot, days=float(days))
            matrices.append(design(snapshot, expected, units=units))
            rhythm.append(expected.log_odds)
            severity.append(expected.log_severity)
            count.append(expected.log_count)
            order.append(rows.to_numpy())
    if not order:
        return TrainingMatrix.without_rows()
    back = np.argsort(np.concatenate(order), kind="stable")
    X = pd.concat(matrices, ignore_index=True).iloc[back].reset_index(drop=True)
    bought = frame.labels["bought"].to_numpy(dtype=np.float64)
    by_length = _expect_by_length(frame)
    odds, log_severity, log_count = (np.concatenate(parts)[back] for parts in (rhythm, severity, count))
    return TrainingMatrix(
        X=X,
        bought=bought,
        weight=frame.weight,
        rhythm=odds,
        rhythm_of_length=np.array([by_length[days] for days in frame.window_days], dtype=np.float64),
        log_severity=log_severity,
        log_count=log_count,
        rhythm_of_horizon=by_length[frame.horizon_days],
    )


def _expect_by_length(frame: TrainingFrame) -> dict[float, float]:
    """Log-odds of the share that buys within each length of a window and the horizon, as of the latest origin."""
    latest = frame.rows["as_of"].max()
    rows = frame.rows[frame.rows["as_of"] == latest]
    snapshot = rows[(frame.window_days == frame.window_days[rows.index[0]])[rows.index]]
    fitted = _fit_at(frame, pd.Timestamp(latest), snapshot)
    shares = {
        float(days): expit(fitted.expect(snapshot, days=float(days)).log_odds).mean()
        for days in np.unique([*frame.window_days, frame.horizon_days])
    }
    return {days: float(logit(np.clip(share, _LEAST_SHARE, 1 - _LEAST_SHARE))) for days, share in shares.items()}


def _fit_at(frame: TrainingFrame, origin: pd.Timestamp, snapshot: pd.DataFrame) -> BtydEnsemble:
    """Fit the rhythm to the snapshot of an origin, once for all frames that hold the same."""
    content = pd.util.hash_pandas_object(snapshot[list(OBSERVED)], index=False)
    key = f"btyd ensemble of {int(content.sum()):x}", origin
    before = frame.fitted_at.get(key)
    if isinstance(before, BtydEnsemble):
        return before
    fitted = BtydEnsemble.fit(snapshot, most=MOST_AT_ORIGIN)
    frame.fitted_at[key] = fitted
    return fitted
