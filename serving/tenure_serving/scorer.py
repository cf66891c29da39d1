"""The scorer: a bundle and a snapshot in, the score table out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import FloatTable, Table
from tenure_features.stored import Stored
from tenure_serving.language import ENGLISH, Language
from tenure_serving.reasons import ReasonWriter, Target
from tenure_serving.registered import bundle_folder
from tenure_serving.score_columns import SCHEMA, ScoreColumn, frame_of, prediction_columns, require_finite_answer
from tenure_serving.scored_rows import require_distinct, require_earlier_scores, require_finite, require_rows
from tenure_serving.segments.segmenter import Segmenter, find_earlier
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE
from tenure_training.models.after.next_order import NextOrder, predict_dates
from tenure_training.models.bundle import Bundle, read_bundle
from tenure_training.models.contract import Candidate, Contributions, Fitted
from tenure_training.models.evidence import StoredEvidence

if TYPE_CHECKING:  # shap compiles on import, which takes seconds
    from shap import Explanation

_REASONS = 3
_EXTRAS = ("next_order", "lifetime", "evidence", "golden")


class Scorer:
    """Scores customers with the model, thresholds and definitions of one bundle.

    Parameters
    ----------
    bundle
        Read by `tenure_training.models.bundle.read_bundle`.
    chunk_rows
        Customers scored at a time; bounds the memory beyond the snapshot and the answer, changes no number.
    """

    def __init__(self, bundle: Bundle, *, chunk_rows: int = 50_000) -> None:
        if chunk_rows < 1:
            raise UsageError("Customers are scored in chunks of at least one.", found=str(chunk_rows))
        self.bundle = bundle
        self._segmenter = Segmenter.from_stored(Stored(dict(bundle.segments), "segments.json"))
        self._chunk_rows = chunk_rows
        info = bundle.info
        self._english = ReasonWriter.of(info.catalogue, currency=info.currency, language=ENGLISH)
        extras = Stored(dict(bundle.extras), "extras.json").fields(optional=_EXTRAS)
        self._timing = NextOrder.from_stored(extras["next_order"]) if "next_order" in extras else None
        self._lifetime = Lifetime.from_stored(extras["lifetime"]) if "lifetime" in extras else None
        self._evidence = StoredEvidence.from_stored(extras["evidence"]) if "evidence" in extras else None
        self._looking = (pd.Timestamp(info.as_of), bundle.candidate)

    @classmethod
    def load(
        cls, source: str | Path, *, tracking_uri: str | None = None, candidates: Sequence[type[Candidate]] = ()
    ) -> Self:
        """Load a scorer from a bundle's folder, or from the MLflow registry.

        Parameters
        ----------
        source
            A folder, or a URI that MLflow knows: ``models:/tenure-scorer@champion``, ``runs:/...``.
        tracking_uri
            Of the MLflow store; MLflow's own setting by default.
        candidates
            Classes of your own that the model may be of: a bundle names one, and nothing is imported by that name.

        Raises
        ------
        UsageError
            There is no such folder or registered model, or it is no model of Tenure.
        DependencyUnavailableError
            The registry cannot be reached.
        DataContractError
            The bundle is damaged, of another format, or holds a model that is neither Tenure's nor one of the given.
        """
        return cls(read_bundle(bundle_folder(source, tracking_uri), candidates=candidates))

    @property
    def version(self) -> str:
        """The ``model_version`` of every score."""
        return self.bundle.version

    @property
    def definitions(self) -> Mapping[str, str]:
        """What churn, value, population, horizon and interval mean here, in words."""
        return self.bundle.info.definitions

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores must know: which numbers are left out, and why."""
        return self._lifetime.notes if self._lifetime is not None else ()

    @property
    def evidence(self) -> StoredEvidence | None:
        """How the model did on past windows when it was trained; None in bundles that do not say."""
        return self._evidence

    @property
    def segmenter(self) -> Segmenter:
        """The limits, maps and plays behind the groups."""
        return self._segmenter

    def score(
        self,
        snapshot: pd.DataFrame,
        *,
        currency: str | None = None,
        previous: pd.DataFrame | None = None,
        language: Language = ENGLISH,
    ) -> pd.DataFrame:
        """Score every customer of a snapshot.

        Parameters
        ----------
        snapshot
            One row per customer at one ``as_of``: ``customer_id``, ``as_of`` and the features of the bundle, and
            ``acquisition_cost`` (money) and the columns of `MONEY_TO_DATE` where they are known by customer; further
            columns are ignored. Missing features are NaN.
        currency
            Of the amounts in the snapshot; None where the log does not say.
        previous
            Scores of an earlier ``as_of``: their customers keep their groups within the margin of the segments
            (`Segmenter.assign`); predictions do not depend on it.
        language
            Of the reasons; everything else in a score table is for programs, too.

        Returns
        -------
        pandas.DataFrame
            Columns of `SCHEMA`, on the index of the snapshot. No row depends on another one or on the order.

        Raises
        ------
        DataContractError
            The snapshot lacks features, has several ``as_of``, one before the training, duplicated customers,
            infinite values, or amounts in another currency than the model's; or the model has no finite answer for
            some customer.

        Notes
        -----
        ``next_order_at`` is the median moment of the next order given one within the horizon, and lies with 80 %
        probability between ``next_order_low_at`` and ``next_order_high_at``
        (`tenure_training.models.after.next_order.NextOrder`); all three are missing where an order is unlikely. Bundles
        of earlier versions give the median under a constant hazard and no interval.
        """
        self._check(snapshot, currency)
        if snapshot.empty:
            return self._empty(snapshot)
        if previous is not None:
            require_earlier_scores(previous, snapshot)
        writer = self._writer(language)
        table = pd.concat(list(self._chunks(snapshot, previous, writer)), ignore_index=True)
        return table.set_axis(snapshot.index, axis=0)

    def score_columns(
        self, customer_ids: Sequence[str], numbers: FloatTable, *, as_of: pd.Timestamp, reasons: bool = True
    ) -> dict[str, ScoreColumn]:
        """Score customers as `score` does, without a data frame: to answer about one of them, now.

        Parameters
        ----------
        customer_ids
            ``n`` of them, each once.
        numbers
            Their features, and what `score` takes beside them; finite or NaN.
        as_of
            The moment of the prediction.
        reasons
            Whether to say why.

        Returns
        -------
        dict
            Columns of `SCHEMA` by name, shape (n,); without reasons, without those two.

        Raises
        ------
        DataContractError
            A customer is there twice, a feature is missing or infinite, or the moment is before the training.
        """
        require_distinct(customer_ids)
        self._check_features(numbers)
        self._check_moment(as_of)
        return self._score(customer_ids, numbers, as_of=as_of, writer=self._writer(ENGLISH) if reasons else None)

    def explain_frame(self, snapshot: pd.DataFrame, *, target: Target = "churn") -> Explanation:
        """Explain every customer of a snapshot in the form that the plots of shap read.

        Parameters
        ----------
        snapshot
            As `score` takes it.
        target
            ``churn``: ``values`` and ``base_values`` add up to the log-odds of ``churn_probability``. ``value``: to the
            logarithm of the value expected of those who buy.

        Returns
        -------
        shap.Explanation
            See `tenure_serving.shap_explanation.explanation`.

        Raises
        ------
        DataContractError
            As `score`.
        UsageError
            The model has no additive form.
        """
        from tenure_serving.shap_explanation import explanation

        self._check(snapshot, None)
        rows = snapshot.astype(dict.fromkeys(self.bundle.info.features, "float64"))
        contributions = self._model_at(pd.Timestamp(rows["as_of"].iloc[0])).contributions(rows)
        if contributions is None:
            raise UsageError(f"{self.bundle.info.champion!r} has no additive form, so no term explains anything.")
        return explanation(contributions, rows, self.bundle.info.catalogue, target=target)

    def _model_at(self, as_of: pd.Timestamp) -> Fitted:
        """Give the model for predictions from a moment; the latest is kept, as one moment is asked about again."""
        looking = self._looking
        if looking[0] != as_of:
            looking = self._looking = (as_of, self.bundle.candidate.looking_from(as_of))
        return looking[1]

    def _writer(self, language: Language) -> ReasonWriter:
        if language is ENGLISH:
            return self._english
        info = self.bundle.info
        return ReasonWriter.of(info.catalogue, currency=info.currency, language=language)

    def _chunks(
        self, snapshot: pd.DataFrame, previous: pd.DataFrame | None, writer: ReasonWriter
    ) -> Iterator[pd.DataFrame]:
        names = [*self.bundle.info.features, *_beside(snapshot)]
        asked = [name for name in self._segmenter.playbook.columns if name in snapshot and name not in names]
        as_of = pd.Timestamp(snapshot["as_of"].iloc[0])
        for start in range(0, len(snapshot), self._chunk_rows):
            rows = snapshot.iloc[start : start + self._chunk_rows]
            customer_ids = rows["customer_id"].astype("str")
            columns = self._score(
                customer_ids.tolist(),
                FloatTable.of(rows, names),
                as_of=as_of,
                writer=writer,
                previous=None if previous is None else find_earlier(customer_ids, previous),
                beside=rows[asked].reset_index(drop=True) if asked else None,
            )
            yield frame_of(columns)

    def _score(
        self,
        customer_ids: Sequence[str],
        numbers: FloatTable,
        *,
        as_of: pd.Timestamp,
        writer: ReasonWriter | None,
        previous: pd.DataFrame | None = None,
        beside: pd.DataFrame | None = None,
    ) -> dict[str, ScoreColumn]:
        require_finite(numbers)
        candidate, info = self._model_at(as_of), self.bundle.info
        prediction, contributions = candidate.answer(numbers, explain=writer is not None)
        require_finite_answer(prediction)
        table = prediction_columns(prediction, as_of, info.horizon_days)
        if self._timing is not None:
            table |= predict_dates(
                self._timing, numbers, prediction.buy_probability, as_of=as_of, horizon_days=info.horizon_days
            )
        if self._lifetime is not None:
            table |= self._lifetime.columns(numbers, prediction)
        table["value_if_buys"] = self._segmenter.if_buys.value(numbers, table)
        table |= self._segmenter.place(numbers, table, previous=previous, beside=beside)
        table["customer_id"] = list(customer_ids)
        table["as_of"] = np.full(len(customer_ids), np.datetime64(as_of, "us"))
        table["model_version"] = [self.version] * len(customer_ids)
        if writer is not None:
            table["churn_reasons"], table["value_reasons"] = _reasons(contributions, numbers, writer)
        return {name: table[name] for name in SCHEMA if name in table}

    def _empty(self, snapshot: pd.DataFrame) -> pd.DataFrame:
        # what columns there are depends on the model and on what is known: ask about somebody and keep nobody
        info = self.bundle.info
        somebody = {"customer_id": ["nobody"], "as_of": [info.as_of]}
        somebody |= {name: [1.0] for name in (*info.features, *_beside(snapshot))}
        asked = (name for name in self._segmenter.playbook.columns if name not in {*somebody, *SCHEMA})
        somebody |= {name: [None] for name in asked}
        rows = pd.DataFrame(somebody)
        return next(self._chunks(rows, None, self._writer(ENGLISH))).head(0).set_axis(snapshot.index, axis=0)

    def _check(self, snapshot: pd.DataFrame, currency: str | None) -> None:
        info = self.bundle.info
        self._check_features(snapshot)
        if currency and info.currency and currency != info.currency:
            raise DataContractError(
                f"The model counts in {info.currency}, the orders are in {currency}.",
                fix="Convert the orders, or train a model for this currency.",
            )
        require_rows(snapshot, (*info.features, *_beside(snapshot)))
        if len(snapshot):
            self._check_moment(pd.Timestamp(snapshot["as_of"].iloc[0]))

    def _check_features(self, snapshot: Table) -> None:
        keys = ("customer_id", "as_of") if isinstance(snapshot, pd.DataFrame) else ()
        missing = [name for name in (*keys, *self.bundle.info.features) if name not in snapshot]
        if missing:
            raise DataContractError(
                "The snapshot lacks columns this model was trained on.",
                found=f"no {', '.join(missing)}",
                fix="Build it with the version of tenure that trained the model, or train again.",
            )

    def _check_moment(self, as_of: pd.Timestamp) -> None:
        info = self.bundle.info
        if as_of < info.as_of:
            raise DataContractError(
                f"The model was trained as of {info.as_of} and has seen orders from the time to be predicted.",
                found=f"as_of {as_of}",
                fix="Score at that moment or later, or train a model as of the earlier one.",
            )


def _beside(snapshot: pd.DataFrame) -> list[str]:
    """Name the columns beside the features that a snapshot has."""
    return [name for name in (ACQUISITION_COST, *MONEY_TO_DATE) if name in snapshot]


def _reasons(
    contributions: Contributions | None, numbers: FloatTable, writer: ReasonWriter
) -> tuple[list[list[str]], list[list[str]]]:
    """Reasons for each row, in the words of the model; none where it has no additive form."""
    if contributions is None:
        return [[] for _ in range(len(numbers))], [[] for _ in range(len(numbers))]
    targets: tuple[Target, Target] = ("churn", "value")
    churn, value = (
        [
            [reason.say(writer.language) for reason in row]
            for row in writer.find(contributions, numbers, target=target, top=_REASONS)
        ]
        for target in targets
    )
    return churn, value
