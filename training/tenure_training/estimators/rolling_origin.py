"""Splitting rows of (customer, as_of) in time: no training row's window reaches into the test window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator

from tenure_features.errors import UsageError
from tenure_training.estimators.snapshot_matrix import moments_of

Places = tuple[NDArray[np.intp], NDArray[np.intp]]


class RollingOrigin(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn has no types
    """A cross-validator over rows of (customer, ``as_of``) whose labels tell of ``[as_of, as_of + horizon_days)``.

    Each split is judged on the rows of one origin and trained on rows whose windows had closed by then:
    ``as_of + horizon_days <= origin``. Test origins are at least a horizon apart, so no two test windows share a day.
    The latest origins are taken; splits come oldest first.

    Parameters
    ----------
    horizon_days
        Length of the label window of every row.
    n_splits
        Test origins.

    Examples
    --------
    >>> moments = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"])
    >>> cv = RollingOrigin(31, n_splits=2)
    >>> [(train.tolist(), test.tolist()) for train, test in cv.split(moments, groups=moments)]
    [([0], [2]), ([0, 1, 2], [3])]
    """

    def __init__(self, horizon_days: int, *, n_splits: int = 3) -> None:
        if horizon_days < 1 or n_splits < 1:
            raise UsageError(
                "RollingOrigin needs a horizon of at least one day and at least one split.",
                found=f"horizon_days={horizon_days}, n_splits={n_splits}",
            )
        self.horizon_days = horizon_days
        self.n_splits = n_splits

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of splits; scikit-learn's signature."""
        return self.n_splits

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[Places]:  # noqa: ARG002
        """Give positions of the training and test rows of every split, oldest origin first.

        Parameters
        ----------
        X
            Rows; a frame with a column ``as_of`` needs no ``groups``.
        y
            Not looked at.
        groups
            Moment of every row, shape (n,); the column ``as_of`` of the frame by default.

        Raises
        ------
        UsageError
            No row says its moment, a moment is missing, or there are too few origins for so many splits.
        """
        moments = _moments(X, groups)
        horizon = pd.Timedelta(days=self.horizon_days)
        for origin in self._origins(moments):
            closed = (moments + horizon <= origin).to_numpy()
            yield np.flatnonzero(closed), np.flatnonzero((moments == origin).to_numpy())

    def _origins(self, moments: pd.Series[pd.Timestamp]) -> list[pd.Timestamp]:
        """Choose test origins, latest first by the horizon, that have a closed window before them; oldest first."""
        horizon, chosen = pd.Timedelta(days=self.horizon_days), list[pd.Timestamp]()
        earliest = moments.min() + horizon
        for origin in sorted(moments.unique(), reverse=True):
            if origin >= earliest and (not chosen or origin + horizon <= chosen[-1]):
                chosen.append(pd.Timestamp(origin))
        if len(chosen) < self.n_splits:
            raise UsageError(
                f"There are too few origins for {self.n_splits} splits of {self.horizon_days} days.",
                found=f"{len(chosen)} with a closed window before them, a horizon apart, among {moments.nunique()}",
                fix="Give rows of more moments, ask for fewer splits, or shorten the horizon.",
            )
        return chosen[: self.n_splits][::-1]


def _moments(X: object, groups: object) -> pd.Series[pd.Timestamp]:
    """Take the moment of every row, by position."""
    as_of = pd.Series(np.asarray(groups)) if groups is not None else moments_of(X)
    if as_of is None or pd.api.types.is_numeric_dtype(as_of):  # numbers would be read as nanoseconds
        raise UsageError(
            "RollingOrigin splits by the moment of every row.",
            found="neither a column as_of nor groups" if as_of is None else "numbers",
            fix="Keep as_of in the frame, or pass it: split(X, y, groups=as_of).",
        )
    moments = pd.to_datetime(as_of)
    if moments.isna().any():
        raise UsageError("A row has no moment.", found=f"{int(moments.isna().sum())} missing as_of")
    return moments.reset_index(drop=True)
