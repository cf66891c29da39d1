"""The bundle of a run: the champion of its training, with everything its numbers mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.calendars import definition
from tenure.jobs.costs import economics_of
from tenure.jobs.extras import collect_past_forecasts, extras
from tenure.jobs.leaks import leak_notes
from tenure.jobs.segmenter import closed_windows, fit_segmenter
from tenure.jobs.training import TrainedShop
from tenure_features.sample import Sample
from tenure_serving.golden import GOLDEN, golden_rows
from tenure_training.backtest_tables import sum_up_evidence
from tenure_training.models.bundle import Bundle, BundleInfo, definitions, package_versions, write_bundle


def write_model(config: Config, trained: TrainedShop, *, folder: Path) -> Bundle:
    """Write the champion, the limits of its segments, its definitions and how it did on past windows."""
    shop, training = trained.shop, trained.training
    frame, currency = training.frame, shop.currency
    prediction = training.champion.predict(frame.present)
    predictions = pd.DataFrame(
        {"churn_probability": 1 - prediction.buy_probability, "expected_value": prediction.expected_value}
    )
    catalogue = frame.catalogue.describe(frame.features)
    economics = economics_of(config.economics, shop)
    more, sentences = extras(frame, economics, forecasts=[*collect_past_forecasts(training, trained.frames)])
    info = BundleInfo(
        champion=training.choice.name,
        as_of=frame.as_of,
        horizon_days=frame.horizon_days,
        label_days=frame.label_days,
        definitions=definitions(
            horizon_days=frame.horizon_days,
            returns=config.orders.returns,
            active_days=config.run.active_days,
            currency=currency,
        )
        | (definition(shop.calendar, catalogue) | _say_sample(training.sample))
        | sentences,
        returns=config.orders.returns,
        currency=currency,
        catalogue=catalogue,
        active_days=config.run.active_days,
        fingerprint=shop.fingerprint,
        seed=config.run.seed,
        versions=package_versions(),
    )
    segmenter = fit_segmenter(
        config.segments,
        frame.present,
        predictions,
        horizon_days=frame.horizon_days,
        closed=closed_windows(frame, training.champion),
        economics=economics,
    )
    return write_bundle(folder, training.champion, info, segmenter.to_dict(), extras=more | _evidence(trained))


def _say_sample(sample: Sample | None) -> dict[str, str]:
    return {} if sample is None else {"training_sample": f"Models were fitted and judged on {sample}"}


def _evidence(trained: TrainedShop) -> dict[str, Any]:
    """Sum up how the champion did on past windows, and what it says of rows of nobody's."""
    training = trained.training
    frame = training.frame
    evidence = sum_up_evidence(
        training.backtest,
        training.choice.name,
        reason=training.choice.reason,
        notes=(*training.notes, *leak_notes(trained.audit)),
        unseen=frame.unseen,
        signal=training.signal,
    )
    golden = golden_rows(training.champion, frame.features, as_of=frame.as_of)
    return {"evidence": evidence.to_dict(), GOLDEN: golden}
