"""The lifecycle: new, active, leaving or lost, from silence against the usual gap and the risk of leaving."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import UsageError
from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored, positive
from tenure_serving.segments.hysteresis import hold_level, raise_borders
from tenure_serving.segments.rfm import group_adbt, lateness_of
from tenure_serving.segments.tiers import Floats, Integers, Predictions, odds, prediction, scaled_odds

LIFECYCLES = ("new", "active", "leaving", "lost")


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Where a customer stands: new, active, leaving or lost, by the first rule that holds.

    1. ``new``: first order at most ``new_days`` ago.
    2. ``lost``: silent for more than ``gone`` usual gaps, and leaving with at least ``lost_from``.
    3. ``leaving``: leaving with at least ``leaving_from``; or silent for more than ``late`` usual gaps, and leaving
       with at least ``watch_from``; or warned of (`tenure_serving.segments.warning_signs.WarningSigns`).
    4. ``active``: everybody else.

    Attributes
    ----------
    new_days
        Days; default the group's ADBT within 7..90: the time a repeat customer takes to come back.
    group_adbt
        Days; the usual gap of customers with one order.
    leaving_from, watch_from, lost_from
        Churn probabilities; defaults: twice the shop's odds, the shop's mean, twice those odds within .5 and .9.
    late, gone
        Multiples of the usual gap (2 and 4).
    """

    new_days: float
    group_adbt: float
    leaving_from: float
    watch_from: float
    lost_from: float
    late: float = 2.0
    gone: float = 4.0

    @classmethod
    def fit(
        cls,
        snapshot: pd.DataFrame,
        predictions: pd.DataFrame,
        *,
        new_days: float | None = None,
        late: float = 2.0,
        gone: float = 4.0,
    ) -> Self:
        """Fit the limits on aligned rows of a snapshot (``adbt_days``, ``tenure_days``) and predictions.

        Raises
        ------
        UsageError
            Not 0 < ``late`` <= ``gone``.
        """
        if not 0 < late <= gone:
            raise UsageError(
                "A customer is late before being gone: 0 < late <= gone.", found=f"late {late:g}, gone {gone:g}"
            )
        adbt = group_adbt(snapshot)
        base = float(np.mean(np.sort(prediction(predictions, "churn_probability"))))
        high = scaled_odds(base, 2.0)
        return cls(
            new_days=float(np.clip(adbt, 7.0, 90.0)) if new_days is None else new_days,
            group_adbt=adbt,
            leaving_from=high,
            watch_from=base,
            lost_from=min(max(high, 0.5), 0.9),
            late=late,
            gone=gone,
        )

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read the limits that were stored by name."""
        saved = stored.fields(*(field.name for field in fields(cls)))
        leaving, watch, lost = (saved[name].number(0.0, 1.0) for name in ("leaving_from", "watch_from", "lost_from"))
        new_days, usual = saved["new_days"].number(0.0), positive(saved["group_adbt"])
        late = positive(saved["late"])
        return cls(
            new_days=new_days,
            group_adbt=usual,
            leaving_from=leaving,
            watch_from=watch,
            lost_from=lost,
            late=late,
            gone=saved["gone"].number(late, 1e18),
        )

    def assign(
        self,
        snapshot: pd.DataFrame,
        predictions: pd.DataFrame,
        *,
        warned: pd.Series | None = None,
        previous: pd.Series | None = None,
        margin: float = 0.0,
    ) -> pd.Series:
        """Return ``new``, ``active``, ``leaving`` or ``lost`` for every row, on the snapshot's index.

        With the ``previous`` lifecycle (missing for newcomers), a customer moves between active, leaving and lost only
        where the rules still say so with every limit moved by ``margin`` against the move: silences by that share,
        probabilities by that share of their odds. Who is new is a matter of days alone.
        """
        signs = np.zeros(len(snapshot), dtype=bool) if warned is None else warned.to_numpy(dtype=bool)
        before = None if previous is None else previous.reindex(snapshot.index)
        states = self.place(snapshot, predictions, warned=signs, previous=before, margin=margin)
        return pd.Series(states, index=snapshot.index, dtype="str")

    def place(
        self,
        snapshot: Table,
        predictions: Predictions,
        *,
        warned: NDArray[np.bool_],
        previous: pd.Series | None = None,
        margin: float = 0.0,
    ) -> NDArray[np.object_]:
        """Name the lifecycle as `assign` does, the earlier one in the order of the rows; shape (n,)."""
        late = np.round(lateness_of(snapshot, group_adbt=self.group_adbt), 6)
        churn = odds(np.round(prediction(predictions, "churn_probability"), 6))
        levels = hold_level(
            lambda moved: self._levels(late, churn, warned, moved), previous=_levels(previous), margin=margin
        )
        states = np.asarray(LIFECYCLES, dtype=object)[levels]
        return np.where(read_floats(snapshot, "tenure_days") <= self.new_days, LIFECYCLES[0], states)

    def _levels(self, late: Floats, churn: Floats, warned: NDArray[np.bool_], margin: float) -> Integers:
        """Positions in `LIFECYCLES` with every limit raised by the margin; churn is in odds."""
        late_from, gone_from = raise_borders((self.late, self.gone), margin)
        probabilities = (self.leaving_from, self.watch_from, self.lost_from)
        leaving, watch, lost = raise_borders([float(odds(round(limit, 6))) for limit in probabilities], margin)
        gone = (late > gone_from) & (churn >= lost)
        going = (churn >= leaving) | ((late > late_from) & (churn >= watch)) | warned
        not_gone = np.where(going, LIFECYCLES.index("leaving"), LIFECYCLES.index("active"))
        return np.where(gone, LIFECYCLES.index("lost"), not_gone)


def _levels(previous: pd.Series | None) -> Integers | None:
    """Positions in `LIFECYCLES`; -1 where there was none, or the customer was new."""
    if previous is None:
        return None
    levels = previous.map({state: level for level, state in enumerate(LIFECYCLES) if state != "new"})
    return np.asarray(levels.fillna(-1), dtype=np.int64)
