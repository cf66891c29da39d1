"""The job behind ``tenure score``: newer orders, a model trained before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.calendars import require_same
from tenure.jobs.costs import with_past_money
from tenure.jobs.customer_ids import identity_files, identity_notes, write_identities
from tenure.jobs.data_end import gap_notes
from tenure.jobs.opening import catalogue_of, open_configured_shop
from tenure.jobs.profile_columns import with_profile
from tenure.jobs.registration import store_of
from tenure.jobs.results import ScoreResult
from tenure.jobs.settings import require_settings
from tenure.progress import Progress
from tenure_features import Shop, snapshots
from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import Catalogue
from tenure_features.user_features import require_defined
from tenure_serving.batch import MANIFEST, SCORES, write_scores
from tenure_serving.result_folder import replace_folder
from tenure_serving.score_tables import earlier_scores
from tenure_serving.scorer import Scorer
from tenure_training.models.bundle import BundleInfo
from tenure_training.models.user_file import own_candidates


def score_job(config: Config, model: str, out: Path, *, progress: Progress) -> ScoreResult:
    """Score newer orders with a model trained before, by the limits and definitions it carries.

    Raises
    ------
    TenureError
        The model does not fit the data: missing columns, another currency, an ``as_of`` before its training;
        or the ``as_of`` lies past the data.
    """
    require_settings(config)
    previous = earlier_scores(config.run.previous)
    with progress.stage("Loading the model"):
        folder = Path(model)
        tracking = None if folder.exists() else store_of(config.tracking).tracking_uri
        own = own_candidates(config.run.candidates or ())
        scorer = Scorer.load(folder if folder.exists() else model, tracking_uri=tracking, candidates=own)
        info = scorer.bundle.info
    with progress.stage("Reading the orders"):
        needed, catalogue = {feature.table for feature in info.catalogue}, catalogue_of(config)
        asked = scorer.segmenter.playbook.columns
        tables = needed | _price_tables(config) | ({"customers"} if asked else set())
        shop = open_configured_shop(config, only=tables, progress=progress)
        require_defined(info.catalogue, catalogue)
        require_same(shop.calendar, info.definitions.get("calendar"))
        gap = gap_notes(shop, allow_gap=config.run.allow_gap)
    notes = (*identity_notes(shop), *shop.notes, *gap)
    with (
        progress.stage("Scoring the customers"),
        replace_folder(out, names=(*identity_files(shop), SCORES, MANIFEST)) as draft,
    ):
        scores = scorer.score(
            with_profile(
                with_past_money(present_customers(shop, info, catalogue), config.economics, shop), shop, asked
            ),
            currency=shop.currency,
            previous=previous.table if previous else None,
        )
        write_identities(shop, draft)
        write_scores(
            scores,
            draft,
            bundle=scorer.bundle,
            input_fingerprint=shop.fingerprint,
            previous=previous.fingerprint if previous else None,
            unless_in=out,
        )
    return ScoreResult.of(scores, out=out, bundle=scorer.bundle, notes=(*notes, *scorer.notes))


def _price_tables(config: Config) -> set[str]:
    """Name the tables that costs of serving and of acquiring a customer are measured in, where none is said."""
    costs = config.economics
    acquiring = set() if costs.cac is not None else {"customers", "spend"}
    return acquiring | (set() if costs.service_cost_per_order is not None else {"service_costs"})


def present_customers(shop: Shop, info: BundleInfo, catalogue: Catalogue) -> pd.DataFrame:
    """Build the snapshot a model reads, with the tables and the calendar it learnt from."""
    present = snapshots(
        shop,
        shop.as_of,
        features=info.features,
        active_days=info.active_days,
        window_days=info.horizon_days,
        catalogue=catalogue,
    )
    if present.empty:
        raise DataContractError(
            "Nobody ordered before as_of, so there is nobody to score.",
            found=f"as_of {shop.as_of:%Y-%m-%d}",
            fix="Choose a later --as-of, or check the orders.",
        )
    return present
