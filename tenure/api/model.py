"""A trained model of a shop: who leaves, what they are worth, and how far to trust it."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

import pandas as pd

from tenure.api.customers import CustomerExplanation, explain
from tenure.api.scorer import ShopScorer
from tenure.config import Config
from tenure.jobs.backtest import backtest_result
from tenure.jobs.costs import with_past_money
from tenure.jobs.model_bundle import write_model
from tenure.jobs.purchases import purchases_so_far
from tenure.jobs.registration import record
from tenure.jobs.results import BacktestResult
from tenure.jobs.score import customers_to_score
from tenure.jobs.training import TrainedShop, train_opened
from tenure.jobs.tuning import tuning_sections
from tenure.progress import SilentProgress
from tenure.report.run_report import Reported, rows_to_explain, write_report
from tenure.stages import Progress
from tenure_features import Catalogue, Shop
from tenure_features.html_view import render_view
from tenure_serving.language import ENGLISH, Language, load_language
from tenure_serving.reasons import Target
from tenure_training.models.bundle import Bundle

if TYPE_CHECKING:  # shap compiles on import, which takes seconds
    from shap import Explanation


@dataclass(frozen=True, eq=False)
class Model:
    """A trained model; made by `train`.

    Attributes
    ----------
    trained
        The shop, the champion, its backtest and what the audit found.
    config
        What was asked.
    """

    trained: TrainedShop = field(repr=False)
    config: Config = field(repr=False)
    _folder: Path = field(repr=False)

    @property
    def champion(self) -> str:
        """Name of the candidate that was chosen."""
        return self.trained.training.choice.name

    @property
    def reason(self) -> str:
        """Why it was chosen."""
        return self.trained.training.choice.reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know to trust the model rightly."""
        return self.trained.notes

    @property
    def backtest(self) -> BacktestResult:
        """Every candidate beside every baseline on past windows; `DataContractError` where none has closed."""
        return backtest_result(self.trained)

    @cached_property
    def bundle(self) -> Bundle:
        """The immutable folder a scorer is loaded from; it lasts as long as the model, `save` keeps it."""
        return write_model(self.config, self.trained, folder=self._folder / "model")

    @cached_property
    def scorer(self) -> ShopScorer:
        """The scorer of the bundle."""
        return ShopScorer(self.bundle)

    @cached_property
    def _scores(self) -> pd.DataFrame:
        return self.scorer.score(self.trained.shop, economics=self.config.economics)

    def score(self, shop: Shop | None = None) -> pd.DataFrame:
        """Score every customer of a shop; of the shop the model was trained on by default.

        Returns
        -------
        pandas.DataFrame
            Columns of `tenure_serving.scorer.SCHEMA`, one row per customer.
        """
        return self._scores.copy() if shop is None else self.scorer.score(shop, economics=self.config.economics)

    def explain(self, customer_id: str) -> CustomerExplanation:
        """Say what was predicted for one customer, and why; UsageError where there is none of that id."""
        return explain(self._scores, customer_id, currency=self.trained.shop.currency)

    def explain_frame(self, frame: pd.DataFrame | None = None, *, target: Target = "churn") -> Explanation:
        """Explain customers in the form that the plots of shap read; see `tenure_serving.scorer.Scorer.explain_frame`.

        Parameters
        ----------
        frame
            A snapshot; that of the customers the model was trained on by default.
        target
            ``churn`` or ``value``.
        """
        present = self.trained.training.frame.present if frame is None else frame
        return self.scorer.explain_frame(present, target=target)

    def report(self, path: str | Path, *, language: str = "en") -> Path:
        """Write ``report.html``, one file that needs no network, in English or Russian; return where it lies."""
        with TemporaryDirectory() as draft:
            report, *_ = self._write_report(Path(draft), load_language(language))
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            return Path(shutil.copyfile(report, path))

    def save(self, folder: str | Path) -> Path:
        """Copy the bundle into a folder that does not exist yet; `tenure.Scorer.load` reads it."""
        return Path(shutil.copytree(self.bundle.folder, folder))

    def register(self) -> str:
        """Record the training in MLflow without what names customers, and register; return the tracking URI."""
        present = with_past_money(self.trained.training.frame.present, self.config.economics, self.trained.shop)
        with TemporaryDirectory() as draft:
            _, *charts = self._write_report(Path(draft))
            _, uri = record(
                self.trained.training,
                self.bundle,
                snapshot=present,
                config=self.config.tracking,
                files=charts,
                params={"orders": self.config.orders.uri, "customers": len(self._scores)},
            )
        return uri

    def _write_report(self, folder: Path, language: Language = ENGLISH) -> list[Path]:
        """Write the report and its charts; the page comes first."""
        frame, purchases = self.trained.training.frame, purchases_so_far(self.trained.shop)
        present = customers_to_score(self.trained, self.bundle.info)
        reported = Reported(
            shop=self.trained.shop,
            config=self.config,
            scorer=self.scorer,
            scores=self._scores,
            record=purchases,
            explained=rows_to_explain(present, self._scores, purchases),
            catalogue=frame.catalogue,
            notes=self.trained.notes,
            tuning=tuning_sections(self.trained.training.tunings, language=language),
            audit=self.trained.audit,
        )
        return write_report(folder, reported, language=language)

    def _repr_html_(self) -> str:
        """Show the champion, why it was chosen, and the backtest in a notebook."""
        frame = self.trained.training.frame
        title = f"{self.champion} as of {frame.as_of:%Y-%m-%d}, the next {frame.horizon_days} days"
        judged = self.trained.training.backtest is not None
        tables = {"Backtest": self.backtest.backtest} if judged else {}
        return render_view(title, lead=self.reason, tables=tables, notes=self.notes)


def train(
    shop: Shop,
    *,
    horizon_days: int | None = None,
    candidates: Sequence[str] | None = None,
    active_days: int | None = None,
    seed: int = 0,
    catalogue: Catalogue | None = None,
    settings: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Model:
    """Compare models on past windows of a shop, and fit the best on all that has closed.

    Parameters
    ----------
    shop
        Opened by `tenure.open_shop`; its moment is that of the prediction.
    horizon_days
        Length of the window to predict; what the data suggests by default.
    candidates
        Names of the models that compete; all by default. The baselines always take part.
    active_days
        Narrows the population to customers with an order in so many days; None: everybody.
    seed
        Of every generator.
    catalogue
        The features; those of this package by default.
    settings
        Further sections of the configuration: ``economics``, ``segments``, ``tuning``, ``tracking``, ``calendar``.
    progress
        Told what happens.

    Raises
    ------
    TenureError
        A setting or a candidate is unknown, or the data cannot answer the question.

    Examples
    --------
    >>> import tenure
    >>> shop = tenure.open_shop(tenure.simulate_shop("tiny", seed=1)["orders"])
    >>> model = tenure.train(shop, horizon_days=30, candidates=["recency"])
    >>> model.champion
    'recency'
    """
    run = {"horizon_days": horizon_days, "candidates": candidates, "active_days": active_days, "seed": seed}
    source = shop.log.source
    orders = {"uri": str(source.uri) if isinstance(source.uri, (str, Path)) else "a frame", "returns": source.returns}
    config = Config.model_validate({"orders": orders, "run": run, **(settings or {})})
    trained = train_opened(shop, config, catalogue=catalogue or Catalogue(), progress=progress or SilentProgress())
    model = Model(trained, config, Path(mkdtemp(prefix="tenure-")))
    weakref.finalize(model, shutil.rmtree, model._folder, ignore_errors=True)  # the bundle lasts as long as the model
    return model


def backtest(
    shop: Shop,
    *,
    horizon_days: int | None = None,
    candidates: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> BacktestResult:
    """Compare every candidate with every baseline on past windows that have closed; parameters as in `train`."""
    return train(shop, horizon_days=horizon_days, candidates=candidates, seed=seed, progress=progress).backtest
