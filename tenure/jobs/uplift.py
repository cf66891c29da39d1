"""The job behind ``tenure uplift``: a randomised campaign in, whom it moves out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.experiment import TRIAL_TABLES, open_shop_trial, traits_before
from tenure.jobs.opening import ECONOMIC, open_configured_shop
from tenure.stages import Progress
from tenure_decisions.campaigns.uplift import UpliftSettings, UpliftStudy, find_uplift
from tenure_features import Shop, snapshots
from tenure_features.families.catalogue import BUILT_IN
from tenure_training.threads import one_blas_thread

PREDICTIONS = "uplift.parquet"
"""Predictions for customers of now, in the folder of ``--out``."""
MOST_ORIGINS = 40
"""Moments that features are computed at; of more days of assignment, so many evenly spaced ones."""


def uplift_job(
    config: Config, campaign: str, *, settings: UpliftSettings, horizon_days: int, control: str, progress: Progress
) -> UpliftStudy:
    """Open a shop with its assignments and learn whom a campaign moves, see `learn_uplift`."""
    wanted = {feature.table for feature in BUILT_IN}.union(ECONOMIC, TRIAL_TABLES)
    shop = open_configured_shop(config, only=wanted, progress=progress)
    with progress.stage(f"Learning whom {campaign} moves"):
        return learn_uplift(shop, campaign, settings=settings, horizon_days=horizon_days, control=control)


@one_blas_thread()
def learn_uplift(
    shop: Shop, campaign: str, *, settings: UpliftSettings, horizon_days: int, control: str
) -> UpliftStudy:
    """Learn whom a campaign of a shop moves, from what was known of its customers when they were assigned.

    Parameters
    ----------
    shop
        Opened with its assignments; only windows that closed by its moment count.
    campaign, control
        Which one, and its arm of comparison.
    settings
        Shares, metric, learner and so on.
    horizon_days
        Window of a customer.

    Raises
    ------
    UsageError
        There is no table of assignments, and as `tenure_decisions.campaigns.uplift.find_uplift`.
    """
    trial, bought = open_shop_trial(shop, campaign, horizon_days=horizon_days, control=control)
    return find_uplift(
        trial,
        features_at_assignment(shop, trial.customers),
        settings,
        now=snapshots(shop, shop.as_of),
        traits=traits_before(shop, trial, bought),
        currency=shop.currency or "",
    )


def features_at_assignment(shop: Shop, assigned: pd.DataFrame) -> pd.DataFrame:
    """Compute the snapshot of every customer at the beginning of the day they were assigned.

    Nothing of that day or later is read. Where assignments go on for many days, a customer's moment is the latest of
    `MOST_ORIGINS` evenly spaced ones that is not later.

    Parameters
    ----------
    shop
        Opened no earlier than the last assignment.
    assigned
        ``customer_id, assigned_at``.

    Returns
    -------
    DataFrame
        ``customer_id`` and features; who had no order by then is not in it.
    """
    days = assigned["assigned_at"].dt.floor("D").astype("datetime64[us]")
    moments = pd.Series(sorted(days.unique()))
    if len(moments) > MOST_ORIGINS:
        moments = moments.iloc[:: -(-len(moments) // MOST_ORIGINS)]
    places = moments.searchsorted(days, side="right") - 1
    people = pd.DataFrame(
        {
            "customer_id": assigned["customer_id"].to_numpy(),
            "as_of": moments.to_numpy()[places].astype("datetime64[us]"),
        }
    )
    table = snapshots(shop, list(moments))
    return people.merge(table, on=["customer_id", "as_of"], how="inner").drop(columns="as_of")


def write_predictions(study: UpliftStudy, out: Path) -> Path | None:
    """Write the uplift of customers of now as `PREDICTIONS`, for ``tenure target``; None where nothing was learned."""
    if study.predictions.empty:
        return None
    path = out / PREDICTIONS
    study.predictions.to_parquet(path, index=False)
    return path
