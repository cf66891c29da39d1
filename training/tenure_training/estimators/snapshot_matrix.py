"""Rows of snapshots as the columns a model reads: as they are, or beside what the buying rhythm expects of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_training.models.btyd.btyd_ensemble import BtydEnsemble
from tenure_training.models.contract import Floats
from tenure_training.models.design import design, units_beside

ROW_IDS = ("customer_id", "as_of")
"""Columns that say whose a row is and when; they are never learnt from."""

RHYTHM_READS = ("order_days", "orders_total", "span_days", "tenure_days", "value_mean")
"""Features of a snapshot that the buying rhythm is fitted to."""


@dataclass(frozen=True)
class SnapshotMatrix:
    """How a snapshot becomes a model matrix.

    Attributes
    ----------
    rhythm
        The BTYD models fitted to the latest snapshot; None: features enter as they are.
    horizon_days
        Length of the window whose outcome is learnt.
    """

    rhythm: BtydEnsemble | None = None
    horizon_days: float = 0.0

    @classmethod
    def of(cls, features: pd.DataFrame, as_of: pd.Series[pd.Timestamp], *, horizon_days: int) -> Self:
        """Fit the rhythm to the latest snapshot among the rows.

        Raises
        ------
        UsageError
            The frame lacks features that the rhythm is fitted to.
        """
        missing = [name for name in RHYTHM_READS if name not in features]
        if missing:
            raise UsageError(
                "With horizon_days, the buying rhythm is fitted to the snapshot, and it lacks columns.",
                found=f"no {', '.join(missing)}",
                fix="Keep these columns, or leave horizon_days out to learn from the features alone.",
            )
        latest = features[(as_of == as_of.max()).to_numpy()]
        return cls(BtydEnsemble.fit(latest), float(horizon_days))

    def learnt_from(self, features: pd.DataFrame, as_of: pd.Series[pd.Timestamp] | None) -> tuple[pd.DataFrame, Floats]:
        """Build the matrix of training rows, each origin with the rhythm of its own snapshot; see `of_rows`."""
        if self.rhythm is None or as_of is None:
            return self.of_rows(features)
        matrices, severities, places = [], [], []
        for _, places_at in pd.Series(np.arange(len(features))).groupby(as_of.to_numpy()):
            snapshot = features.iloc[places_at.to_numpy()]
            here = SnapshotMatrix(BtydEnsemble.fit(snapshot), self.horizon_days)
            matrix, severity = here.of_rows(snapshot)
            matrices.append(matrix)
            severities.append(severity)
            places.append(places_at.to_numpy())
        back = np.argsort(np.concatenate(places), kind="stable")
        return pd.concat(matrices, ignore_index=True).iloc[back].reset_index(drop=True), np.concatenate(severities)[
            back
        ]

    def of_rows(self, features: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
        """Build the matrix of ``n`` rows.

        Returns
        -------
        tuple
            The matrix, shape (n, k), and the logarithm of the value the rhythm expects of those who buy, shape (n,);
            zeros without a rhythm.
        """
        if self.rhythm is None:
            return features, np.zeros(len(features))
        expected = self.rhythm.expect(features, days=self.horizon_days)
        units = units_beside(map(str, features.columns), BUILT_IN)
        return design(features, expected, units=units), expected.log_severity


def moments_of(X: object) -> pd.Series[pd.Timestamp] | None:
    """Take the column ``as_of`` of a frame; None where there is none."""
    return X["as_of"] if isinstance(X, pd.DataFrame) and "as_of" in X else None


def without_ids(X: object) -> object:
    """Leave out the columns that say whose a row is and when; anything but a frame stays as it is.

    Examples
    --------
    >>> without_ids(pd.DataFrame({"customer_id": ["a"], "orders_total": [2.0]})).columns.tolist()
    ['orders_total']
    """
    return X.drop(columns=[name for name in ROW_IDS if name in X]) if isinstance(X, pd.DataFrame) else X
