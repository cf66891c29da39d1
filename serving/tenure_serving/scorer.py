"""The scorer: a bundle and a snapshot in, the score table out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError, UsageError
from tenure_features.stored import Stored
from tenure_serving.language import ENGLISH, Language
from tenure_serving.reasons import Target
from tenure_serving.registered import bundle_folder
from tenure_serving.scored_rows import require_earlier_scores, require_rows
from tenure_serving.segments.segmenter import Segmenter
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE
from tenure_training.models.after.next_order import NextOrder, predict_dates
from tenure_training.models.bundle import INTERVAL_LEVEL, Bundle, BundleInfo, read_bundle
from tenure_training.models.contract import LEVELS, Candidate, Contributions, Prediction
from tenure_training.models.evidence import StoredEvidence

if TYPE_CHECKING:  # shap compiles on import, which takes seconds
    from shap import Explanation

ColumnKind = Literal["string", "datetime", "long", "double", "strings"]
_Floats = NDArray[np.float64]

INTERVALS: Mapping[str, float] = {
    "value_low_50": 0.5,
    "value_high_50": 0.5,
    "value_low_95": 0.95,
    "value_high_95": 0.95,
}
"""Ends of the narrower and the wider interval, and the probability each pair holds."""

VALUE_QUANTILES: tuple[str, ...] = tuple(f"q{percent}" for percent in range(10, 100, 10))

CLV_COLUMNS: tuple[str, ...] = (
    "clv_90d", "clv_180d", "clv_365d", "contribution_to_date", "clv_to_come", "clv_to_come_low", "clv_to_come_high",
    "clv_before_cac", "clv_net",
)  # fmt: skip
"""Customer lifetime value; the definitions of a bundle say what each counts."""

SCHEMA: Mapping[str, ColumnKind] = {
    "customer_id": "string",
    "as_of": "datetime",
    "horizon_days": "long",
    "churn_probability": "double",
    "expected_orders": "double",
    "expected_value": "double",
    "value_low": "double",
    "value_high": "double",
    "value_if_buys": "double",
    "value_if_buys_low": "double",
    "value_if_buys_high": "double",
    **dict.fromkeys(INTERVALS, "double"),
    **dict.fromkeys(VALUE_QUANTILES, "double"),
    **dict.fromkeys(CLV_COLUMNS, "double"),
    "next_order_at": "datetime",
    "next_order_low_at": "datetime",
    "next_order_high_at": "datetime",
    "recency_score": "long",
    "frequency_score": "long",
    "monetary_score": "long",
    "rfm_group": "string",
    "rfm_relationship": "string",
    "value_tier": "string",
    "risk_tier": "string",
    "lifecycle": "string",
    "segment": "string",
    "next_step": "string",
    "warnings": "strings",
    "churn_reasons": "strings",
    "value_reasons": "strings",
    "model_version": "string",
}
"""Columns of the score table in order.

Interval and quantiles are absent where the model gives no distribution, ``contribution_to_date`` and ``clv_before_cac``
where the snapshot does not say what customers have brought, ``clv_net`` where no cost of acquisition is known.
"""

_REASONS = 3
_EXTRAS = ("next_order", "lifetime", "evidence", "golden")
_FAR = 10.0  # horizons


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
        extras = Stored(dict(bundle.extras), "extras.json").fields(optional=_EXTRAS)
        self._timing = NextOrder.from_stored(extras["next_order"]) if "next_order" in extras else None
        self._lifetime = Lifetime.from_stored(extras["lifetime"]) if "lifetime" in extras else None
        self._evidence = StoredEvidence.from_stored(extras["evidence"]) if "evidence" in extras else None

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
        table = pd.concat(list(self._chunks(snapshot, previous, language)), ignore_index=True)
        return table.set_axis(snapshot.index, axis=0)

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
        contributions = self.bundle.candidate.contributions(rows)
        if contributions is None:
            raise UsageError(f"{self.bundle.info.champion!r} has no additive form, so no term explains anything.")
        return explanation(contributions, rows, self.bundle.info.catalogue, target=target)

    def _chunks(
        self, snapshot: pd.DataFrame, previous: pd.DataFrame | None, language: Language
    ) -> Iterator[pd.DataFrame]:
        asked = self._segmenter.playbook.columns
        read = {"customer_id", "as_of", *self.bundle.info.features}
        beside = [name for name in (*_beside(snapshot), *asked) if name in snapshot and name not in read]
        columns = ["customer_id", "as_of", *self.bundle.info.features, *beside]
        for start in range(0, len(snapshot), self._chunk_rows):
            rows = snapshot.iloc[start : start + self._chunk_rows][columns].reset_index(drop=True)
            yield self._score_rows(rows.astype(dict.fromkeys(self.bundle.info.features, "float64")), previous, language)

    def _score_rows(
        self, rows: pd.DataFrame, previous: pd.DataFrame | None = None, language: Language = ENGLISH
    ) -> pd.DataFrame:
        candidate, info = self.bundle.candidate, self.bundle.info
        prediction = candidate.predict(rows)
        _check_finite(prediction)
        table = _predictions(rows, prediction, info.horizon_days)
        if self._timing is not None:
            dates_by_column = predict_dates(
                self._timing, rows, prediction.buy_probability, horizon_days=info.horizon_days
            )
            table = table.assign(**dates_by_column)
        if self._lifetime is not None:
            table = table.assign(**self._lifetime.columns(rows, prediction))
        table = self._segmenter.price(rows, table)
        table = table.join(self._segmenter.assign(rows, table, previous=previous))
        churn, value = _reasons(candidate.contributions(rows), rows, info, language)
        table["churn_reasons"] = pd.Series(churn, index=table.index, dtype="object")
        table["value_reasons"] = pd.Series(value, index=table.index, dtype="object")
        table["model_version"] = pd.Series(self.version, index=table.index, dtype="str")
        return table[[name for name in SCHEMA if name in table]]

    def _empty(self, snapshot: pd.DataFrame) -> pd.DataFrame:
        # what columns there are depends on the model and on what is known: ask about somebody and keep nobody
        info = self.bundle.info
        somebody = {"customer_id": ["nobody"], "as_of": [info.as_of]}
        somebody |= {name: [1.0] for name in (*info.features, *_beside(snapshot))}
        asked = (name for name in self._segmenter.playbook.columns if name not in {*somebody, *SCHEMA})
        somebody |= {name: [None] for name in asked}
        return self._score_rows(pd.DataFrame(somebody)).head(0).set_axis(snapshot.index, axis=0)

    def _check(self, snapshot: pd.DataFrame, currency: str | None) -> None:
        info = self.bundle.info
        missing = [name for name in ("customer_id", "as_of", *info.features) if name not in snapshot]
        if missing:
            raise DataContractError(
                "The snapshot lacks columns this model was trained on.",
                found=f"no {', '.join(missing)}",
                fix="Build it with the version of tenure that trained the model, or train again.",
            )
        if currency and info.currency and currency != info.currency:
            raise DataContractError(
                f"The model counts in {info.currency}, the orders are in {currency}.",
                fix="Convert the orders, or train a model for this currency.",
            )
        require_rows(snapshot, (*info.features, *_beside(snapshot)))
        if len(snapshot) and pd.Timestamp(snapshot["as_of"].iloc[0]) < info.as_of:
            raise DataContractError(
                f"The model was trained as of {info.as_of} and has seen orders from the time to be predicted.",
                found=f"as_of {snapshot['as_of'].iloc[0]}",
                fix="Score at that moment or later, or train a model as of the earlier one.",
            )


def _beside(snapshot: pd.DataFrame) -> list[str]:
    """Name the columns beside the features that a snapshot has."""
    return [name for name in (ACQUISITION_COST, *MONEY_TO_DATE) if name in snapshot]


def _check_finite(prediction: Prediction) -> None:
    numbers = [prediction.buy_probability, prediction.expected_orders, prediction.expected_value]
    numbers += [quantiles for quantiles in (prediction.quantiles, prediction.if_buys) if quantiles is not None]
    bad = sum(int((~np.isfinite(column.reshape(len(column), -1))).any(axis=1).sum()) for column in numbers)
    if bad:
        raise DataContractError(
            "The model has no finite answer for some customers.",
            found=f"{bad} missing numbers",
            fix="Take an untouched copy of the model, or train again.",
        )


def _predictions(rows: pd.DataFrame, prediction: Prediction, horizon_days: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "customer_id": rows["customer_id"].astype("str"),
            "as_of": rows["as_of"].astype("datetime64[us]"),
            "horizon_days": np.full(len(rows), horizon_days, dtype=np.int64),
            "churn_probability": 1.0 - prediction.buy_probability,
            "expected_orders": prediction.expected_orders,
            "expected_value": prediction.expected_value,
        }
    )
    if prediction.quantiles is not None:
        table["value_low"], table["value_high"] = prediction.interval(INTERVAL_LEVEL) or (np.nan, np.nan)
        for name, level in INTERVALS.items():
            table[name] = (prediction.interval(level) or (np.nan, np.nan))[name.startswith("value_high")]
        for name in VALUE_QUANTILES:
            table[name] = prediction.quantiles[:, LEVELS.index(int(name[1:]) / 100)]
    if prediction.if_buys is not None:
        table["value_if_buys_low"], table["value_if_buys_high"] = prediction.if_buys.T
    days = days_to_next_order(prediction.buy_probability, horizon_days=horizon_days)
    wait = pd.to_timedelta(pd.Series(days), unit="D").dt.round("s")
    table["next_order_at"] = (table["as_of"] + wait).astype("datetime64[us]")
    return table


def days_to_next_order(buy_probability: _Floats, *, horizon_days: int) -> _Floats:
    """Median days to the next order under the constant hazard a probability of buying implies.

    Parameters
    ----------
    buy_probability
        Shape (n,): P(at least one order within the horizon).
    horizon_days
        Length of the horizon in days.

    Returns
    -------
    ndarray
        Shape (n,): horizon * ln 2 / -ln(1 - p) days; NaN beyond ten horizons, where it is no more than a guess.

    Examples
    --------
    >>> days_to_next_order(np.array([0.0, 0.5, 0.75, 1.0]), horizon_days=90).tolist()
    [nan, 90.0, 45.0, 0.0]
    """
    p = np.asarray(buy_probability, dtype=np.float64)
    hazard = np.full(len(p), np.inf)
    hazard[p < 1] = -np.log1p(-p[p < 1]) / horizon_days
    days = np.full(len(p), np.nan)
    reachable = hazard * _FAR * horizon_days >= np.log(2)
    days[reachable] = np.log(2) / hazard[reachable]
    return days


def _reasons(
    contributions: Contributions | None, rows: pd.DataFrame, info: BundleInfo, language: Language
) -> tuple[list[list[str]], list[list[str]]]:
    """Reasons for each row, in the words of the model; none where it has no additive form."""
    if contributions is None:
        return [[] for _ in range(len(rows))], [[] for _ in range(len(rows))]
    from tenure_serving.reasons import churn_reasons, value_reasons

    churn, value = (
        say(contributions, rows, info.catalogue, top=_REASONS, currency=info.currency, language=language)
        for say in (churn_reasons, value_reasons)
    )
    return churn, value
