"""The segmenter a configuration describes, fitted on the customers of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure.config import SegmentsConfig
from tenure_features.errors import UsageError
from tenure_serving.segments import ClosedWindows, Segmenter, load_map, load_playbook, suggested_scale
from tenure_training.models.after.economics import Economics
from tenure_training.models.contract import Fitted, TrainingFrame

_MOST_ROWS = 50_000
"""Rows of closed windows that value given a purchase is learnt from; of more, evenly spaced ones."""


def closed_windows(frame: TrainingFrame, model: Fitted) -> ClosedWindows | None:
    """Take what came in the closed windows of a training, beside what its model says; None where none has closed."""
    rows = np.arange(0, len(frame.rows), max(1, -(-len(frame.rows) // _MOST_ROWS)))
    if not len(rows):
        return None
    snapshot, labels = frame.rows.iloc[rows].reset_index(drop=True), frame.labels.iloc[rows]
    return ClosedWindows(
        snapshot=snapshot,
        buy_probability=model.predict(snapshot).buy_probability,
        window_days=frame.window_days[rows],
        orders=labels["orders"].to_numpy(dtype=np.float64),
        value=labels["value"].to_numpy(dtype=np.float64),
        weight=frame.weight[rows],
    )


def fit_segmenter(
    config: SegmentsConfig,
    snapshot: pd.DataFrame,
    predictions: pd.DataFrame,
    *,
    horizon_days: int,
    closed: ClosedWindows | None = None,
    economics: Economics | None = None,
) -> Segmenter:
    """Fit every limit of the segments as configured.

    Parameters
    ----------
    config
        ``[segments]`` of ``tenure.toml``.
    snapshot, predictions, horizon_days, closed, economics
        As `tenure_serving.segments.Segmenter.fit` takes them.

    Raises
    ------
    TenureError
        A map or a playbook cannot be used, a limit is impossible, a map is not of the chosen scale, or value is to be
        counted by a contribution of which nothing is known.
    """
    if config.value_by == "contribution" and not (economics and economics.costs_known):
        raise UsageError(
            "Value tiers cannot be by contribution: no costs are known.",
            fix="Say margin or service_cost_per_order under [economics], map cost of orders, or leave value_by out.",
        )
    scale = suggested_scale(len(snapshot)) if config.rfm_scale == "auto" else config.rfm_scale
    return Segmenter.fit(
        snapshot,
        predictions,
        horizon_days=horizon_days,
        closed=closed,
        economics=economics,
        mode=config.rfm_mode,
        scale=scale,
        thresholds=config.rfm_thresholds,
        value_shares=config.value_shares,
        value_basis=config.value_basis,
        value_by=config.value_by,
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
