"""RFM scores: recency, frequency and monetary value on a small scale, by thresholds that are fitted once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import Table, read_floats
from tenure_features.stored import Stored, positive
from tenure_serving.segments.hysteresis import hold_level, raise_borders

Mode = Literal["quintile", "adbt", "fixed"]
_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]

RFM_SCORES = ("recency_score", "frequency_score", "monetary_score")
SCALES = (3, 4, 5)
_ONE_DAY = 1.0
_RFM_AXES = {"recency": "recency_days", "frequency": "orders_total", "monetary": "revenue_total"}


@dataclass(frozen=True, kw_only=True)
class RfmScorer:
    """Scores 1..scale (scale is best) for recency, frequency and monetary value.

    Attributes
    ----------
    mode
        ``quintile``: thresholds are quantiles of the values the scorer was fitted on. ``adbt``: recency is judged
        by lateness (days since the last order / average days between the customer's own orders), the other two by
        quantiles. ``fixed``: thresholds are given.
    scale
        Number of scores: 5, or 4 (usual up to 200,000 customers) or 3 (usual under 30,000).
    recency
        ``scale - 1`` ascending upper limits of the better scores, in days (in multiples of ADBT for ``adbt``):
        a value at or under the first scores ``scale``.
    frequency
        ``scale - 1`` ascending upper limits of the worse scores, in orders: at or under the first scores 1.
    monetary
        The same in money (net revenue).
    group_adbt
        Mean ADBT in days over the customers it was fitted on; stands in for customers with one order.

    Notes
    -----
    Equal values always share a score, so the order of rows never matters; the score is monotone in the value; a
    customer with one order always scores 1 for frequency. Scores of later customers use the stored thresholds.

    Examples
    --------
    >>> snapshot = pd.DataFrame({"recency_days": [3.0, 40.0, 90.0], "orders_total": [9.0, 2.0, 1.0],
    ...                          "revenue_total": [900.0, 80.0, 20.0], "adbt_days": [10.0, 30.0, np.nan]})
    >>> RfmScorer.fit(snapshot, mode="adbt").score(snapshot)["recency_score"].tolist()
    [5, 4, 1]
    """

    mode: Mode
    scale: int
    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]
    group_adbt: float

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise UsageError(f"There is no RFM mode '{self.mode}'.", fix=f"Use one of {', '.join(get_args(Mode))}.")
        if self.scale not in SCALES:
            raise UsageError("An RFM scale has 3, 4 or 5 scores.", found=str(self.scale), fix="Choose one of them.")
        for axis in _RFM_AXES:
            _check_thresholds(axis, getattr(self, axis), scale=self.scale)

    @classmethod
    def fit(
        cls,
        snapshot: pd.DataFrame,
        *,
        mode: Mode = "quintile",
        scale: int = 5,
        thresholds: Mapping[str, Sequence[float]] | None = None,
    ) -> Self:
        """Fit the thresholds on a snapshot.

        Parameters
        ----------
        snapshot
            Columns ``recency_days``, ``orders_total``, ``revenue_total`` and ``adbt_days`` (NaN for one order).
        mode, scale
            See the class.
        thresholds
            For ``fixed`` only: ``recency``, ``frequency`` and ``monetary``, each ``scale - 1`` ascending numbers.

        Raises
        ------
        UsageError
            Unknown mode or scale; thresholds missing, unwanted, of the wrong number or not ascending.
        DataContractError
            A column is missing or holds missing or infinite values, or the snapshot is empty.
        """
        if scale not in SCALES:
            raise UsageError("An RFM scale has 3, 4 or 5 scores.", found=str(scale), fix="Choose one of them.")
        if (mode == "fixed") != (thresholds is not None):
            raise UsageError("Thresholds belong to the mode 'fixed', and only to it.", found=f"mode '{mode}'")
        if thresholds is None:
            cuts = {axis: _quantiles(_axis(snapshot, axis), scale) for axis in _RFM_AXES}
        else:
            cuts = {axis: tuple(float(cut) for cut in thresholds.get(axis, ())) for axis in _RFM_AXES}
        if mode == "adbt":
            cuts["recency"] = tuple(float(times) for times in range(1, scale))
        return cls(mode=mode, scale=scale, group_adbt=group_adbt(snapshot), **cuts)

    def score(
        self, snapshot: pd.DataFrame, *, previous: pd.DataFrame | None = None, margin: float = 0.0
    ) -> pd.DataFrame:
        """Score every row of a snapshot with the stored thresholds.

        Parameters
        ----------
        snapshot
            As in `fit`; any customers, at any later ``as_of``.
        previous
            The three scores of an earlier run on the same index, missing for newcomers: a score changes only where
            the value lies beyond a threshold by more than ``margin`` times the threshold.
        margin
            In [0, 1); without ``previous`` it does nothing.

        Returns
        -------
        DataFrame
            ``recency_score``, ``frequency_score``, ``monetary_score``, int64 in 1..scale, on the snapshot's index.

        Raises
        ------
        DataContractError
            A column is missing or holds missing or infinite values.
        """
        before = None if previous is None else previous.reindex(snapshot.index)
        return pd.DataFrame(self.rate(snapshot, previous=before, margin=margin), index=snapshot.index)

    def rate(
        self, snapshot: Table, *, previous: pd.DataFrame | None = None, margin: float = 0.0
    ) -> dict[str, _Integers]:
        """Score as `score` does, earlier scores in the order of the rows; shape (n,) each, by name."""
        recency = _axis(snapshot, "recency")
        if self.mode == "adbt":
            recency = np.round(lateness_of(snapshot, group_adbt=self.group_adbt), 6)
        orders = _axis(snapshot, "frequency")
        before = dict.fromkeys(RFM_SCORES) if previous is None else _levels(previous)
        late = before["recency_score"]
        silence = _hold_scores(
            recency, self.recency, None if late is None else np.where(late < 0, -1, self.scale - 1 - late), margin
        )
        often = _hold_scores(orders, self.frequency, before["frequency_score"], margin)
        much = _hold_scores(_axis(snapshot, "monetary"), self.monetary, before["monetary_score"], margin)
        columns = (self.scale - silence, np.where(orders <= 1, 1, 1 + often), 1 + much)
        return dict(zip(RFM_SCORES, columns, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values; `from_stored` reads it back."""
        cuts = {axis: list(getattr(self, axis)) for axis in _RFM_AXES}
        return {"mode": self.mode, "scale": self.scale, "group_adbt": self.group_adbt, **cuts}

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("mode", "scale", "group_adbt", *_RFM_AXES)
        scale = saved["scale"].whole(min(SCALES), max(SCALES))
        recency, frequency, monetary = (tuple(saved[axis].numbers(count=scale - 1, rising=True)) for axis in _RFM_AXES)
        mode, usual = cast("Mode", saved["mode"].one_of(get_args(Mode))), positive(saved["group_adbt"])
        return cls(mode=mode, scale=scale, recency=recency, frequency=frequency, monetary=monetary, group_adbt=usual)


def group_adbt(snapshot: Table) -> float:
    """Mean ADBT in days over the customers whose ADBT is a day or more.

    Where nobody's is, the mean of the positive ones; where nobody has ordered twice, the mean tenure.

    Examples
    --------
    >>> group_adbt(pd.DataFrame({"adbt_days": [10.0, 30.0, np.nan, 0.0], "tenure_days": 99.0}))
    20.0
    """
    adbt = _column(snapshot, "adbt_days")
    usual = adbt[adbt >= _ONE_DAY] if (adbt >= _ONE_DAY).any() else adbt[adbt > 1e-6]
    if usual.size == 0:
        usual = np.maximum(_column(snapshot, "tenure_days" if "tenure_days" in snapshot else "recency_days"), _ONE_DAY)
    # numpy sums in row order: sorting makes the last digit independent of it
    return float(np.mean(np.sort(usual))) if usual.size else _ONE_DAY


def lateness_of(snapshot: Table, *, group_adbt: float) -> _Floats:
    """Days since the last order in multiples of ADBT, the group's ADBT standing in where there is none.

    Orders minutes apart are one purchase in two parcels, not a rhythm: an ADBT under one day gives way to the
    group's, if that is longer.

    Parameters
    ----------
    snapshot
        Columns ``recency_days`` and ``adbt_days``.
    group_adbt
        Days; see `group_adbt`.

    Returns
    -------
    ndarray
        Shape (n,), >= 0.
    """
    adbt = np.nan_to_num(_column(snapshot, "adbt_days"), nan=0.0)
    usual = np.where(adbt >= _ONE_DAY, adbt, np.maximum(adbt, group_adbt))
    return np.asarray(_axis(snapshot, "recency") / usual, dtype=np.float64)


def suggested_scale(customers: int) -> int:
    """Return the usual number of scores for a customer base of this size (3 under 30,000, 4 up to 200,000, else 5).

    Examples
    --------
    >>> suggested_scale(5_000), suggested_scale(100_000), suggested_scale(1_000_000)
    (3, 4, 5)
    """
    return 3 if customers < 30_000 else 4 if customers <= 200_000 else 5


def _quantiles(values: _Floats, scale: int) -> tuple[float, ...]:
    """Inverted-CDF quantiles: each threshold is a value that occurs, so ties fall on one side together."""
    levels = np.arange(1, scale) / scale
    return tuple(float(cut) for cut in np.quantile(values, levels, method="inverted_cdf"))


def _above(values: _Floats, thresholds: Sequence[float]) -> _Integers:
    """Return how many thresholds lie strictly below each value."""
    return np.searchsorted(np.asarray(thresholds), values, side="left").astype(np.int64)


def _hold_scores(
    values: _Floats, thresholds: tuple[float, ...], previous: _Integers | None, margin: float
) -> _Integers:
    """Return how many thresholds lie below each value, holding on to the previous number within the margin."""
    return hold_level(lambda moved: _above(values, raise_borders(thresholds, moved)), previous=previous, margin=margin)


def _levels(previous: pd.DataFrame) -> dict[str, _Integers | None]:
    """Turn earlier scores into levels from 0; -1 where there was none."""
    return {name: previous[name].fillna(0).to_numpy(dtype=np.int64) - 1 for name in RFM_SCORES}


def _column(snapshot: Table, name: str) -> _Floats:
    if name not in snapshot:
        raise DataContractError(
            f"RFM needs the feature '{name}'.",
            found=", ".join(map(str, snapshot.columns)),
            fix="Build the snapshot with it.",
        )
    return read_floats(snapshot, name)


def _axis(snapshot: Table, axis: str) -> _Floats:
    """Values of one axis, rounded to a millionth: sums that differ only in the order of adding must tie."""
    name = _RFM_AXES[axis]
    values = _column(snapshot, name)
    broken = int((~np.isfinite(values)).sum())
    if broken or values.size == 0:
        problem = f"{broken} missing or infinite values in {values.size} rows" if values.size else "no rows"
        raise DataContractError(f"RFM cannot score '{name}'.", found=problem, fix="Check the snapshot it came from.")
    return np.round(values, 6)


def _check_thresholds(axis: str, thresholds: tuple[float, ...], *, scale: int) -> None:
    cuts = np.asarray(thresholds, dtype=np.float64)
    if cuts.size == scale - 1 and np.isfinite(cuts).all() and (np.diff(cuts) >= 0).all():
        return
    raise UsageError(
        f"The {axis} thresholds must be {scale - 1} ascending numbers.",
        found=", ".join(f"{cut:g}" for cut in thresholds) or "none",
        fix="Give one number fewer than there are scores, smallest first.",
    )
