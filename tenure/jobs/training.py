"""A training: a shop opened, its models tuned, trained, backtested, and looked over for leaks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from tenure.config import Config
from tenure.jobs.calendars import for_models
from tenure.jobs.campaign import costs_of
from tenure.jobs.customer_ids import identity_notes
from tenure.jobs.leaks import audit_briefly, leak_notes
from tenure.jobs.opening import catalogue_of, open_configured_shop, table_notes
from tenure.jobs.settings import require_settings
from tenure.jobs.tuning import Question, chosen_settings, tune_candidates, tuning_notes
from tenure.jobs.window import choose_window
from tenure.stages import Progress
from tenure_features import Catalogue, Shop
from tenure_serving.score_tables import Scores
from tenure_training.audit import Finding
from tenure_training.frame import MOST_JUDGED, PROTECTED, Frames
from tenure_training.models.season import Season
from tenure_training.training import Training, train


@dataclass(frozen=True, kw_only=True)
class TrainedShop:
    """A training, what it was made from, and what its audit found."""

    shop: Shop
    frames: Frames
    training: Training
    notes: tuple[str, ...]
    audit: tuple[Finding, ...]


def train_shop(config: Config, *, progress: Progress, previous: Scores | None = None) -> TrainedShop:
    """Open the shop of a configuration, train its models, and look for leaks.

    Raises
    ------
    TenureError
        A setting names nothing, the data cannot be used, or the previous scores are not of an earlier moment.
    """
    require_settings(config)
    with progress.stage("Reading and checking the orders"):
        catalogue = catalogue_of(config)
        shop = open_configured_shop(config, catalogue=catalogue, progress=progress)
    return train_opened(shop, config, catalogue=catalogue, progress=progress, previous=previous)


def train_opened(
    shop: Shop, config: Config, *, catalogue: Catalogue, progress: Progress, previous: Scores | None = None
) -> TrainedShop:
    """Train the models of an opened shop, and look for leaks; of the configuration nothing is opened.

    Raises
    ------
    TenureError
        The window cannot be answered, a candidate is unknown, or the previous scores are not of an earlier moment.
    """
    log = shop.log
    window = choose_window(
        as_of=shop.as_of.to_pydatetime(),
        horizon_days=config.run.horizon_days,
        first_order_at=log.first_order_at.to_pydatetime(),
        suggested_horizon_days=log.figures.suggested_horizon_days,
    )
    if previous:
        previous.require_earlier(pd.Timestamp(window.as_of), horizon_days=window.horizon_days)
    calendar, unlearnt = for_models(
        shop.calendar,
        config.calendar,
        history_days=(shop.as_of - log.first_order_at) / pd.Timedelta(days=1),
        horizon_days=window.horizon_days,
    )
    for note in (*table_notes(shop, catalogue), *shop.notes, *window.notes, *unlearnt):
        progress.note(note)
    frames = Frames(
        replace(shop, calendar=calendar),
        active_days=config.run.active_days,
        catalogue=catalogue,
        unused=PROTECTED.difference(config.models.use),
        most_judged=config.models.most_customers or MOST_JUDGED,
        season=Season(months=config.season.by_month, expected=config.season.expected, ahead_of=shop.as_of),
    )
    asked = Question(shop.as_of, window.horizon_days, shop.fingerprint)
    training = _tune_and_train(config, frames, asked, progress)
    with progress.stage("Looking for leaks"):
        findings = audit_briefly(shop, training, frames, seed=config.run.seed)
    notes = (*identity_notes(shop), *shop.notes, *window.notes, *training.notes, *leak_notes(findings))
    if training.backtest is not None:
        training = replace(training, backtest=replace(training.backtest, costs=costs_of(config.economics)))
    return TrainedShop(
        shop=shop,
        frames=frames,
        training=training,
        notes=notes,
        audit=findings,
    )


def _tune_and_train(config: Config, frames: Frames, asked: Question, progress: Progress) -> Training:
    tunings = tune_candidates(config, frames, asked, progress=progress)
    with progress.stage("Training and backtesting the models"):
        training = train(
            frames,
            as_of=asked.as_of,
            horizon_days=asked.horizon_days,
            seed=config.run.seed,
            candidates=config.run.candidates,
            settings=chosen_settings(tunings),
            advance=progress.advance,
        )
        progress.count(len(training.frame.rows))
    return replace(training, tunings=tunings, notes=(*tuning_notes(tunings), *training.notes))
