"""The segmenter: every threshold, map and play it takes to give a customer one segment and one next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments.maps import RfmMap, load_map, parse_map
from tenure_serving.segments.playbook import Playbook, load_playbook, parse_playbook
from tenure_serving.segments.rfm import Mode, RfmScorer
from tenure_serving.segments.tiers import Lifecycle, RiskTiers, ValueTiers

COLUMNS = (
    "recency_score", "frequency_score", "monetary_score", "rfm_group", "rfm_relationship",
    "value_tier", "risk_tier", "lifecycle", "segment", "next_step",
)  # fmt: skip
"""What `Segmenter.assign` returns, in order."""


@dataclass(frozen=True)
class Segmenter:
    """RFM scores and groups, value and risk tiers, lifecycle, segment and next step, all from stored limits.

    Fit once with the model; `assign` then treats every later customer by the same limits, and `to_dict` carries all
    of them, maps and playbook included, in a bundle.

    Attributes
    ----------
    rfm, value, risk, lifecycle
        The fitted limits.
    group_map, relationship_map
        The maps behind ``rfm_group`` (map A) and ``rfm_relationship`` (map B).
    playbook
        What turns tiers and lifecycle into a segment and a next step.
    """

    rfm: RfmScorer
    value: ValueTiers
    risk: RiskTiers
    lifecycle: Lifecycle
    group_map: RfmMap
    relationship_map: RfmMap
    playbook: Playbook

    def __post_init__(self) -> None:
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
        mode: Mode = "quintile",
        scale: int = 5,
        thresholds: Mapping[str, Sequence[float]] | None = None,
        value_shares: tuple[float, float] = (0.5, 0.8),
        risk_cuts: tuple[float, float] | None = None,
        new_days: float | None = None,
        group_map: RfmMap | None = None,
        relationship_map: RfmMap | None = None,
        playbook: Playbook | None = None,
    ) -> Self:
        """Fit every limit on one snapshot and its predictions.

        Parameters
        ----------
        snapshot
            One row per customer: ``recency_days``, ``orders_total``, ``revenue_total``, ``tenure_days`` and
            ``adbt_days``.
        predictions
            Aligned with the snapshot row by row: ``churn_probability`` and ``expected_value``; a ``customer_id``
            column is compared with the snapshot's where both have one.
        mode, scale, thresholds
            See `RfmScorer.fit`.
        value_shares
            Shares of value that the high tier, and the high and medium tiers together, bring.
        risk_cuts
            Fixed churn probabilities (medium from, high from) instead of half and twice the shop's odds.
        new_days
            How long a customer is new; default the group's ADBT within 7 and 90 days.
        group_map, relationship_map, playbook
            Default: the ones that come with Tenure.

        Raises
        ------
        DataContractError
            Columns are missing or unusable, or the rows are not aligned.
        UsageError
            An option is impossible, or a map is not of the chosen scale.
        """
        _check_aligned(snapshot, predictions)
        return cls(
            rfm=RfmScorer.fit(snapshot, mode=mode, scale=scale, thresholds=thresholds),
            value=ValueTiers.fit(predictions, high_share=value_shares[0], medium_share=value_shares[1]),
            risk=RiskTiers.fit(predictions, cuts=risk_cuts),
            lifecycle=Lifecycle.fit(snapshot, predictions, new_days=new_days),
            group_map=group_map or load_map("common_eleven"),
            relationship_map=relationship_map or load_map("relationship"),
            playbook=playbook or load_playbook(),
        )

    def assign(self, snapshot: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
        """Give every row its scores, groups, tiers, lifecycle, segment and next step.

        Parameters
        ----------
        snapshot, predictions
            As in `fit`; any customers, at any later ``as_of``.

        Returns
        -------
        DataFrame
            Columns `COLUMNS` on the snapshot's index: the scores int64, the rest strings, nothing missing.
        """
        _check_aligned(snapshot, predictions)
        aligned = predictions.set_axis(snapshot.index, axis=0)
        out = self.rfm.score(snapshot)
        out["rfm_group"] = self.group_map.assign(out)
        out["rfm_relationship"] = self.relationship_map.assign(out)
        out["value_tier"] = self.value.assign(aligned)
        out["risk_tier"] = self.risk.assign(aligned)
        out["lifecycle"] = self.lifecycle.assign(snapshot, aligned)
        return out.join(self.playbook.assign(out))[list(COLUMNS)]

    def to_dict(self) -> dict[str, Any]:
        """Return every limit, map and play as JSON-ready values; `from_dict` reads them back."""
        return {
            "rfm": self.rfm.to_dict(),
            "value": asdict(self.value),
            "risk": asdict(self.risk),
            "lifecycle": asdict(self.lifecycle),
            "group_map": self.group_map.to_dict(),
            "relationship_map": self.relationship_map.to_dict(),
            "playbook": self.playbook.to_dict(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Build the segmenter that `to_dict` described."""
        return cls(
            rfm=RfmScorer.from_dict(stored["rfm"]),
            value=ValueTiers(**stored["value"]),
            risk=RiskTiers(**stored["risk"]),
            lifecycle=Lifecycle(**stored["lifecycle"]),
            group_map=parse_map(stored["group_map"]),
            relationship_map=parse_map(stored["relationship_map"]),
            playbook=parse_playbook(stored["playbook"]),
        )


def _check_aligned(snapshot: pd.DataFrame, predictions: pd.DataFrame) -> None:
    same = len(snapshot) == len(predictions)
    if same and "customer_id" in snapshot and "customer_id" in predictions:
        same = bool(np.array_equal(snapshot["customer_id"].astype("str"), predictions["customer_id"].astype("str")))
    if not same:
        raise DataContractError(
            "Snapshot and predictions must hold the same customers in the same order.",
            found=f"{len(snapshot)} and {len(predictions)} rows",
        )
