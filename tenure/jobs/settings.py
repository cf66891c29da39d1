"""Settings that name something: looked up before anything takes long."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure.config import Config, SegmentsConfig
from tenure.jobs.calendars import open_calendar
from tenure.jobs.opening import catalogue_of
from tenure.jobs.profile_columns import AGE_BAND
from tenure.jobs.segmenter import fit_segmenter
from tenure.names import require_known
from tenure_features.errors import UsageError
from tenure_features.families.profile_features import profile_feature
from tenure_features.identity import read_state
from tenure_features.tables.contracts import TABLES
from tenure_serving.score_columns import SCHEMA
from tenure_serving.score_tables import scores_path
from tenure_serving.segments import load_playbook
from tenure_serving.segments.rfm import SCALES
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.registry import candidate_class, candidates_by_name


def require_settings(config: Config) -> None:
    """Refuse a configuration that names what does not exist or cannot be: maps, playbook, files, models, calendar.

    Tables and their columns are looked up when they are opened, which comes first in every job.

    Raises
    ------
    UsageError
        A name is not known (the message has the nearest one that is), or a limit of segments is impossible.
    DataContractError
        A file that is named cannot be used.
    """
    candidates_by_name(config.run.candidates or ())
    for name in config.tuning.candidates:
        if not candidate_class(name).search_space and config.tuning.trials:
            raise UsageError(f"The candidate {name!r} has nothing to tune.", fix="Tune blend, or another with trees.")
    catalogue_of(config)
    open_calendar(config.calendar)
    if config.run.previous is not None:
        scores_path(config.run.previous)
    if config.identity.enabled and config.identity.previous is not None:
        read_state(config.identity.previous)
    _require_segments(config.segments)
    _require_conditions(config)


def _require_conditions(config: Config) -> None:
    """Refuse a playbook whose conditions ask for what neither scores nor features nor customers have."""
    customers = config.tables.get("customers")
    own = () if customers is None else tuple(customers.columns)
    features = (feature.name for feature in catalogue_of(config))
    names = (*SCHEMA, *features, *TABLES["customers"].columns, *own, AGE_BAND)
    asked = [name for name in load_playbook(config.segments.playbook).columns if profile_feature(name) is None]
    require_known(asked, names, what="column that a condition of the playbook can ask for")


_HALF = Economics(margin=Credibility(mean=0.5))


def _require_segments(config: SegmentsConfig) -> None:
    """Fit the segments on a handful of made-up customers: whatever is wrong with their settings shows there, too."""
    rng = np.random.default_rng(0)
    snapshot = pd.DataFrame({"orders_total": np.arange(1.0, 51.0), "recency_days": rng.uniform(1, 300, 50)})
    snapshot["tenure_days"] = snapshot["recency_days"] + 10 * (snapshot["orders_total"] - 1)
    snapshot["revenue_total"] = snapshot["orders_total"] * rng.uniform(5, 50, 50)
    snapshot["adbt_days"] = np.where(snapshot["orders_total"] > 1, 10.0, np.nan)
    predictions = pd.DataFrame(
        {"churn_probability": rng.uniform(0.05, 0.95, 50), "expected_value": rng.uniform(1, 100, 50)}
    )
    scales = SCALES if config.rfm_scale == "auto" else (config.rfm_scale,)
    problems: list[UsageError] = []
    for scale in scales:  # auto: which of them it will be is known when customers are counted
        try:
            scaled = config.model_copy(update={"rfm_scale": scale})
            fit_segmenter(scaled, snapshot, predictions, horizon_days=90, economics=_HALF)
        except UsageError as problem:
            problems.append(problem)
    if len(problems) == len(scales):
        raise problems[-1]
