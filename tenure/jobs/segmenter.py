"""The segmenter a configuration describes, fitted on the customers of a run."""

from __future__ import annotations

import pandas as pd

from tenure.config import SegmentsConfig
from tenure_serving.segments import Segmenter, load_map, load_playbook, suggested_scale


def fit_segmenter(config: SegmentsConfig, snapshot: pd.DataFrame, predictions: pd.DataFrame) -> Segmenter:
    """Fit every limit of the segments as configured.

    Parameters
    ----------
    config
        ``[segments]`` of ``tenure.toml``.
    snapshot, predictions
        As `tenure_serving.segments.Segmenter.fit` takes them.

    Raises
    ------
    TenureError
        A map or a playbook cannot be used, a limit is impossible, or a map is not of the chosen scale.
    """
    scale = suggested_scale(len(snapshot)) if config.rfm_scale == "auto" else config.rfm_scale
    return Segmenter.fit(
        snapshot,
        predictions,
        mode=config.rfm_mode,
        scale=scale,
        thresholds=config.rfm_thresholds,
        value_shares=config.value_shares,
        value_basis=config.value_basis,
        risk_cuts=config.risk_cuts,
        risk_odds_ratio=config.risk_odds_ratio,
        risk_basis=config.risk_basis,
        loss_shares=config.loss_shares,
        new_days=config.new_days,
        late=config.late,
        gone=config.gone,
        group_map=load_map(config.rfm_map, scale=scale),
        relationship_map=load_map(config.relationship_map, scale=scale),
        playbook=load_playbook(config.playbook),
        margin=config.margin,
    )
