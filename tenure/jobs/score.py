"""The job behind ``tenure score``: newer orders, a model trained before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.calendars import require_same
from tenure.jobs.costs import PastMoney
from tenure.jobs.customer_ids import identity_files, identity_notes, write_identities
from tenure.jobs.data_end import gap_notes
from tenure.jobs.opening import catalogue_of, open_configured_shop
from tenure.jobs.profile_columns import with_profile
from tenure.jobs.purchases import purchases_so_far
from tenure.jobs.registration import store_of
from tenure.jobs.results import ScoreResult
from tenure.jobs.settings import require_settings
from tenure.jobs.training import TrainedShop
from tenure.report.run_report import REPORT, REPORT_FILES, Reported, rows_to_explain, write_report
from tenure.stages import Progress
from tenure_features import Shop, snapshots
from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import Catalogue
from tenure_features.user_features import require_defined
from tenure_serving.batch import MANIFEST, SCORES, write_scores
from tenure_serving.language import ENGLISH, load_language
from tenure_serving.result_folder import replace_folder
from tenure_serving.score_tables import Scores, earlier_scores
from tenure_serving.scorer import Scorer
from tenure_training.models.bundle import BundleInfo
from tenure_training.models.user_file import own_candidates
from tenure_training.threads import one_blas_thread


@dataclass(frozen=True, kw_only=True, eq=False)
class Scoring:
    """A model and the shop it scores, opened.

    Attributes
    ----------
    config
        What is asked, with the currency of the model where the orders say none.
    scorer, shop, catalogue, previous
        The model, the tables at the moment, what features mean, and earlier scores.
    notes
        Sentences a reader must know.
    """

    config: Config
    scorer: Scorer
    shop: Shop
    catalogue: Catalogue
    previous: Scores | None
    notes: tuple[str, ...]

    @cached_property
    def _past_money(self) -> PastMoney:
        return PastMoney(self.config.economics, self.shop)

    def with_known(self, snapshot: pd.DataFrame) -> pd.DataFrame:
        """Add to a snapshot, of all customers or of some, what is known of them beside the features."""
        return with_profile(self._past_money.add(snapshot), self.shop, self.scorer.segmenter.playbook.columns)

    def score(self, present: pd.DataFrame) -> pd.DataFrame:
        """Score customers."""
        return self.scorer.score(
            present,
            currency=self.shop.currency,
            previous=self.previous.table if self.previous else None,
            language=load_language(self.config.report.language),
        )


def open_scoring(config: Config, model: str, *, progress: Progress) -> Scoring:
    """Load a model and open the orders it scores; see `score_job`."""
    require_settings(config)
    previous = earlier_scores(config.run.previous)
    with progress.stage("Loading the model"):
        scorer = _load(config, model)
        config = _remembering(config, scorer.bundle.info)
    with progress.stage("Reading the orders"):
        catalogue = catalogue_of(config)
        shop = _open(config, scorer, catalogue, progress)
        gap = gap_notes(shop, allow_gap=config.run.allow_gap)
    return Scoring(
        config=config,
        scorer=scorer,
        shop=shop,
        catalogue=catalogue,
        previous=previous,
        notes=(*identity_notes(shop), *shop.notes, *gap, *scorer.notes),
    )


@one_blas_thread()
def score_job(config: Config, model: str, out: Path, *, progress: Progress, report: bool = True) -> ScoreResult:
    """Score newer orders with a model trained before, by the limits and definitions it carries.

    Parameters
    ----------
    config, out, progress
        What is asked, the folder of the results, and who is told what happens.
    model
        Its folder, or its URI in MLflow.
    report
        Whether the report and the call list are written, too.

    Raises
    ------
    TenureError
        The model does not fit the data: missing columns, another currency, an ``as_of`` before its training;
        or the ``as_of`` lies past the data.
    """
    opened = open_scoring(config, model, progress=progress)
    config, scorer, shop, previous = opened.config, opened.scorer, opened.shop, opened.previous
    with replace_folder(out, names=(*REPORT_FILES, *identity_files(shop), SCORES, MANIFEST)) as draft:
        with progress.stage("Scoring the customers"):
            present = opened.with_known(present_customers(shop, scorer.bundle.info, opened.catalogue))
            scores = opened.score(present)
            progress.count(len(scores))
            write_identities(shop, draft)
            write_scores(
                scores,
                draft,
                bundle=scorer.bundle,
                input_fingerprint=shop.fingerprint,
                previous=previous.fingerprint if previous else None,
                currency=shop.currency,
                unless_in=out if (out / REPORT).is_file() or not report else None,
            )
        if report:
            record = purchases_so_far(shop)
            present = rows_to_explain(present, scores, record)
            reported = Reported(
                shop=shop,
                config=config,
                scorer=scorer,
                scores=scores,
                record=record,
                explained=present,
                catalogue=opened.catalogue,
                previous=previous,
                notes=(*_basis(scorer), *opened.notes),
            )
            with progress.stage("Writing the report"):
                write_report(draft, reported, language=load_language(config.report.language))
    place = out / REPORT if report else None
    return ScoreResult.of(
        scores, out=out, bundle=scorer.bundle, currency=shop.currency, notes=opened.notes, report=place
    )


def _load(config: Config, model: str) -> Scorer:
    own = own_candidates(config.run.candidates or ())
    if Path(model).exists():
        return Scorer.load(Path(model), candidates=own)
    return Scorer.load(model, tracking_uri=store_of(config.tracking).tracking_uri, candidates=own)


def _open(config: Config, scorer: Scorer, catalogue: Catalogue, progress: Progress) -> Shop:
    """Open the tables that the model reads, and those that prices are measured in."""
    info = scorer.bundle.info
    tables = {feature.table for feature in info.catalogue} | _price_tables(config)
    tables |= {"customers"} if scorer.segmenter.playbook.columns else set()
    shop = open_configured_shop(config, only=tables, progress=progress)
    require_defined(info.catalogue, catalogue)
    require_same(shop.calendar, info.definitions.get("calendar"))
    return shop


def _remembering(config: Config, info: BundleInfo) -> Config:
    """Take the currency of the model for orders that say none."""
    if config.orders.currency or not info.currency:
        return config
    return config.model_copy(update={"orders": config.orders.model_copy(update={"currency": info.currency})})


def _basis(scorer: Scorer) -> tuple[str, ...]:
    """Say what a report from scores without a training rests on."""
    sentence = ENGLISH.gettext(
        "Nothing was trained for these scores: they come from the model of {day} (version {version}). Its grade and "
        "its test on past windows are those of its training, not of the newest orders.",
        day=f"{scorer.bundle.info.as_of:%Y-%m-%d}",
        version=scorer.version,
    )
    return (sentence, *(scorer.evidence.notes if scorer.evidence else ()))


def _price_tables(config: Config) -> set[str]:
    """Name the tables that costs of serving and of acquiring a customer are measured in, where none is said."""
    costs = config.economics
    acquiring = set() if costs.cac is not None else {"customers", "spend"}
    return acquiring | (set() if costs.service_cost_per_order is not None else {"service_costs"})


def customers_to_score(trained: TrainedShop, info: BundleInfo) -> pd.DataFrame:
    """Take the snapshot of everybody: what a training was made on, or, where that is a sample, what its model reads."""
    frame = trained.training.frame
    return frame.present if trained.frames.sample is None else present_customers(trained.shop, info, frame.catalogue)


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
