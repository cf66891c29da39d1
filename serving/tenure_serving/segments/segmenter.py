"""The segmenter: every threshold, map and play it takes to give a customer one segment and one next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import FloatTable, Table
from tenure_features.stored import Stored
from tenure_serving.score_columns import ScoreColumn, frame_of
from tenure_serving.segments.hysteresis import check_margin
from tenure_serving.segments.lifecycle import Lifecycle
from tenure_serving.segments.maps import RfmMap, load_map, parse_map
from tenure_serving.segments.playbook import Playbook, load_playbook, parse_playbook
from tenure_serving.segments.rfm import RFM_SCORES, Mode, RfmScorer
from tenure_serving.segments.tiers import (
    Floats,
    Predictions,
    RiskBasis,
    RiskTiers,
    ValueBasis,
    ValueBy,
    ValueTiers,
    prediction,
)
from tenure_serving.segments.value_if_buys import ClosedWindows, ValueIfBuys
from tenure_serving.segments.warning_signs import WarningSigns
from tenure_training.models.after.economics import Economics

SEGMENT_COLUMNS = (
    "recency_score", "frequency_score", "monetary_score", "rfm_group", "rfm_relationship",
    "value_tier", "risk_tier", "lifecycle", "segment", "next_step", "warnings",
)  # fmt: skip
"""What `Segmenter.assign` returns, in order."""

STEADY = (*RFM_SCORES, "value_tier", "risk_tier", "lifecycle")
"""Columns of earlier scores that hysteresis holds on to; groups and segments follow from them."""

MARGIN = 0.1


@dataclass(frozen=True, kw_only=True)
class Segmenter:
    """RFM scores and groups, value and risk tiers, lifecycle, segment and next step, all from stored limits.

    Fit once with the model; `assign` then treats every later customer by the same limits, and `to_dict` carries all
    of them, maps and playbook included, in a bundle.

    Attributes
    ----------
    rfm, value, risk, lifecycle
        The fitted limits.
    if_buys
        What a customer is worth who does order.
    signs
        What warns of leaving beside the churn probability.
    group_map, relationship_map
        The maps behind ``rfm_group`` (map A) and ``rfm_relationship`` (map B).
    playbook
        What turns tiers and lifecycle into a segment and a next step.
    margin
        How far beyond a border a customer of an earlier run must be to change the group, as a share of the border.
    """

    rfm: RfmScorer
    value: ValueTiers
    risk: RiskTiers
    lifecycle: Lifecycle
    if_buys: ValueIfBuys
    signs: WarningSigns
    group_map: RfmMap
    relationship_map: RfmMap
    playbook: Playbook
    margin: float = MARGIN

    def __post_init__(self) -> None:
        check_margin(self.margin)
        for rfm_map in (self.group_map, self.relationship_map):
            if rfm_map.scale != self.rfm.scale:
                raise UsageError(
                    f"The map '{rfm_map.id}' and the scores are on different scales.",
                    found=f"1 to {rfm_map.scale} and 1 to {self.rfm.scale}",
                    fix="Give maps of the scorer's scale.",
                )

    @classmethod
    def fit(
        cls,
        snapshot: pd.DataFrame,
        predictions: pd.DataFrame,
        *,
        horizon_days: int,
        closed: ClosedWindows | None = None,
        economics: Economics | None = None,
        mode: Mode = "quintile",
        scale: int = 5,
        thresholds: Mapping[str, Sequence[float]] | None = None,
        value_shares: tuple[float, float] = (0.5, 0.8),
        value_basis: ValueBasis = "if_buys",
        value_by: ValueBy | None = None,
        risk_cuts: tuple[float, float] | None = None,
        risk_odds_ratio: float = 2.0,
        risk_basis: RiskBasis = "probability",
        loss_shares: tuple[float, float] = (0.5, 0.8),
        new_days: float | None = None,
        late: float = 2.0,
        gone: float = 4.0,
        group_map: RfmMap | None = None,
        relationship_map: RfmMap | None = None,
        playbook: Playbook | None = None,
        margin: float = MARGIN,
    ) -> Self:
        """Fit every limit on one snapshot and its predictions.

        Parameters
        ----------
        snapshot
            One row per customer: ``recency_days``, ``orders_total``, ``revenue_total``, ``tenure_days`` and
            ``adbt_days``; of what `WarningSigns` reads, what there is.
        predictions
            Aligned with the snapshot row by row: ``churn_probability`` and ``expected_value``; a ``customer_id``
            column is compared with the snapshot's where both have one.
        horizon_days
            Of the predictions.
        closed, economics
            See `ValueIfBuys.fit`.
        mode, scale, thresholds
            See `RfmScorer.fit`.
        value_shares
            Shares of value that the high tier, and the high and medium tiers together, bring.
        value_basis, value_by
            See `ValueTiers`; by contribution where costs are known, unless told otherwise.
        risk_cuts
            Fixed limits (medium from, high from) in the unit of the basis, instead of fitted ones.
        risk_odds_ratio, risk_basis, loss_shares
            See `RiskTiers.fit`.
        new_days
            How long a customer is new; default the group's ADBT within 7 and 90 days.
        late, gone
            Usual gaps of silence after which a customer is late, and gone: see `Lifecycle`.
        group_map, relationship_map, playbook
            Default: the ones that come with Tenure, on the chosen scale.
        margin
            See the class.

        Raises
        ------
        DataContractError
            Columns are missing or unusable, or the rows are not aligned.
        UsageError
            An option is impossible, or a map is not of the chosen scale.
        """
        _check_aligned(snapshot, predictions)
        if_buys = ValueIfBuys.fit(snapshot, horizon_days=horizon_days, closed=closed, economics=economics)
        priced = predictions.assign(value_if_buys=if_buys.value(snapshot, predictions))
        by: ValueBy = value_by or ("contribution" if if_buys.economics.costs_known else "revenue")
        return cls(
            rfm=RfmScorer.fit(snapshot, mode=mode, scale=scale, thresholds=thresholds),
            value=ValueTiers.fit(
                _worth(if_buys, snapshot, priced, basis=value_basis, by=by),
                high_share=value_shares[0],
                medium_share=value_shares[1],
                basis=value_basis,
                by=by,
            ),
            risk=RiskTiers.fit(
                priced, cuts=risk_cuts, odds_ratio=risk_odds_ratio, loss_shares=loss_shares, basis=risk_basis
            ),
            if_buys=if_buys,
            signs=WarningSigns.fit(snapshot),
            lifecycle=Lifecycle.fit(snapshot, predictions, new_days=new_days, late=late, gone=gone),
            group_map=group_map or load_map("common_eleven", scale=scale),
            relationship_map=relationship_map or load_map("relationship", scale=scale),
            playbook=playbook or load_playbook(),
            margin=margin,
        )

    def assign(
        self, snapshot: pd.DataFrame, predictions: pd.DataFrame, *, previous: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Give every row its scores, groups, tiers, lifecycle, segment and next step.

        Parameters
        ----------
        snapshot, predictions
            As in `fit`; any customers, at any later ``as_of``.
        previous
            Earlier scores with ``customer_id`` and the columns of `STEADY`: who was scored then changes a score, a
            tier or the lifecycle only beyond the border by more than the margin (hysteresis). Without it everybody is
            judged by the borders alone.

        Returns
        -------
        DataFrame
            Columns `SEGMENT_COLUMNS` on the snapshot's index: the scores int64, ``warnings`` lists of
            sentences, the rest strings, nothing missing.

        Raises
        ------
        DataContractError
            Columns are missing, rows are not aligned, or the earlier scores hold a customer twice.
        """
        _check_aligned(snapshot, predictions)
        if previous is not None and "customer_id" not in snapshot:
            raise DataContractError("Earlier scores cannot be held on to.", found="no customer_id in the snapshot")
        priced = self.price(snapshot, predictions)
        before = None if previous is None else find_earlier(snapshot["customer_id"], previous)
        columns = self.place(snapshot, priced, previous=before, beside=snapshot)
        return frame_of(columns).set_axis(snapshot.index, axis=0)

    def place(
        self,
        snapshot: Table,
        priced: Predictions,
        *,
        previous: pd.DataFrame | None = None,
        beside: pd.DataFrame | None = None,
    ) -> dict[str, ScoreColumn]:
        """Give what `assign` gives, as columns without an index.

        Parameters
        ----------
        snapshot
            Numbers of ``n`` customers.
        priced
            Predictions for them, ``value_if_buys`` among them (see `price`).
        previous
            Their earlier scores, in the same order (`find_earlier`).
        beside
            What else conditions of plays may ask for, in the same order.
        """

        def earlier(name: str) -> pd.Series | None:
            return None if previous is None else previous[name]

        scores = self.rfm.rate(snapshot, previous=previous, margin=self.margin)
        worth = _worth(self.if_buys, snapshot, priced, basis=self.value.basis, by=self.value.by)
        signs = self.signs.list_signs(snapshot)
        out: dict[str, ScoreColumn] = {
            **scores,
            "rfm_group": self.group_map.name_cells(scores),
            "rfm_relationship": self.relationship_map.name_cells(scores),
            "value_tier": self.value.place(worth, previous=earlier("value_tier"), margin=self.margin),
            "risk_tier": self.risk.place(priced, previous=earlier("risk_tier"), margin=self.margin),
            "lifecycle": self.lifecycle.place(
                snapshot,
                priced,
                warned=np.array([bool(row) for row in signs], dtype=bool),
                previous=earlier("lifecycle"),
                margin=self.margin,
            ),
            "warnings": signs,
        }
        out["segment"], out["next_step"] = self._play(out, snapshot, priced, beside)
        return {name: out[name] for name in SEGMENT_COLUMNS}

    def _play(
        self, out: Mapping[str, ScoreColumn], snapshot: Table, priced: Predictions, beside: pd.DataFrame | None
    ) -> tuple[ScoreColumn, ScoreColumn]:
        """Choose segment and next step of every row; only conditions need a table of everything."""
        if not self.playbook.columns:
            plays = self.playbook.choose({name: out[name] for name in ("lifecycle", "value_tier", "risk_tier")})
            return [play.name for play in plays], [play.next_steps[0] for play in plays]
        numbers = snapshot.to_frame() if isinstance(snapshot, FloatTable) else snapshot
        tables = [frame_of(out), pd.DataFrame(dict(priced)), numbers, beside]
        everything = _beside(*(table.reset_index(drop=True) for table in tables if table is not None))
        chosen = self.playbook.assign(everything)
        return chosen["segment"].tolist(), chosen["next_step"].tolist()

    def price(self, snapshot: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
        """Add ``value_if_buys`` to predictions that are aligned with a snapshot."""
        return predictions.assign(value_if_buys=self.if_buys.value(snapshot, predictions))

    def to_dict(self) -> dict[str, Any]:
        """Return every limit, map and play as JSON-ready values; `from_stored` reads them back."""
        return {
            "rfm": self.rfm.to_dict(),
            "value": asdict(self.value),
            "risk": asdict(self.risk),
            "lifecycle": asdict(self.lifecycle),
            "if_buys": self.if_buys.to_dict(),
            "signs": asdict(self.signs),
            "group_map": self.group_map.to_dict(),
            "relationship_map": self.relationship_map.to_dict(),
            "playbook": self.playbook.to_dict(),
            "margin": self.margin,
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        DataContractError
            A field is missing, unknown or not what it must be, or the limits do not go together.
        """
        saved = stored.fields(
            "rfm",
            "value",
            "risk",
            "lifecycle",
            "if_buys",
            "signs",
            "group_map",
            "relationship_map",
            "playbook",
            "margin",
        )
        try:
            return cls(
                rfm=RfmScorer.from_stored(saved["rfm"]),
                value=ValueTiers.from_stored(saved["value"]),
                risk=RiskTiers.from_stored(saved["risk"]),
                lifecycle=Lifecycle.from_stored(saved["lifecycle"]),
                if_buys=ValueIfBuys.from_stored(saved["if_buys"]),
                signs=WarningSigns.from_stored(saved["signs"]),
                group_map=parse_map(_values(saved["group_map"])),
                relationship_map=parse_map(_values(saved["relationship_map"])),
                playbook=parse_playbook(_values(saved["playbook"])),
                margin=saved["margin"].number(0.0, 1.0),
            )
        except UsageError as problem:  # of an option, were it one
            raise DataContractError(problem.problem, found=problem.found, fix=problem.fix) from problem


def _values(stored: Stored) -> dict[str, object]:
    return {name: part.value for name, part in stored.read_named(most=20).items()}


def _worth(if_buys: ValueIfBuys, snapshot: Table, priced: Predictions, *, basis: ValueBasis, by: ValueBy) -> Floats:
    """Give the value that tiers are made of, in money over the horizon."""
    value = prediction(priced, "value_if_buys")
    worth = if_buys.contribute(value, snapshot) if by == "contribution" else value
    if basis == "if_buys":
        return worth
    expected = prediction(priced, "expected_value")
    if by == "revenue":
        return expected
    stay = 1.0 - prediction(priced, "churn_probability")
    return if_buys.contribute(expected, snapshot, orders_share=stay)


def _check_aligned(snapshot: pd.DataFrame, predictions: pd.DataFrame) -> None:
    same = len(snapshot) == len(predictions)
    if same and "customer_id" in snapshot and "customer_id" in predictions:
        same = bool(np.array_equal(snapshot["customer_id"].astype("str"), predictions["customer_id"].astype("str")))
    if not same:
        raise DataContractError(
            "Snapshot and predictions must hold the same customers in the same order.",
            found=f"{len(snapshot)} and {len(predictions)} rows",
        )


def _beside(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put tables of the same rows side by side; of columns with one name the first counts."""
    together = pd.concat(tables, axis=1)
    return together.loc[:, ~together.columns.duplicated()]


def find_earlier(customer_ids: pd.Series, previous: pd.DataFrame) -> pd.DataFrame:
    """Find the earlier scores of customers, in their order; missing for newcomers.

    Raises
    ------
    DataContractError
        They are not such scores, or hold a customer twice.
    """
    missing = [name for name in ("customer_id", *STEADY) if name not in previous]
    if missing:
        raise DataContractError(
            "Earlier scores cannot be held on to.",
            found=f"no {', '.join(missing)}",
            fix="Give scores made by tenure.",
        )
    by_id = previous.set_index(previous["customer_id"].astype("str"))[list(STEADY)]
    if by_id.index.has_duplicates:
        twice = by_id.index[by_id.index.duplicated()][0]
        raise DataContractError("Earlier scores have one row per customer.", found=f"{twice} more than once")
    return by_id.reindex(customer_ids.astype("str")).reset_index(drop=True)
