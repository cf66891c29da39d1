"""What the service serves: one immutable model with its table of scores, and the swap to the next one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.float_table import Floats, FloatTable, place_names
from tenure_serving.batch import MANIFEST, SCORES
from tenure_serving.golden import require_golden
from tenure_serving.http.messages import FeatureColumns, FeatureRow, RawCustomer
from tenure_serving.json_value import to_json_value
from tenure_serving.model_card import Evaluation, write_card
from tenure_serving.report.summary import by_segment, with_money
from tenure_serving.score_columns import SCHEMA, ScoreColumn
from tenure_serving.scorer import Scorer

Featurise = Callable[[Scorer, Sequence[RawCustomer], pd.Timestamp], pd.DataFrame]
"""From orders and events of customers to a snapshot; the same code that batches use."""

_HISTORY = ("as_of", "model_version", "churn_probability", "expected_value", "segment")
_REASONS = ("churn_reasons", "value_reasons")


@dataclass(frozen=True)
class NumberedCustomers:
    """Customers and their features, in the same order."""

    customer_ids: list[str]
    numbers: FloatTable


@dataclass(frozen=True)
class ServedModel:
    """A model that is served: checked, warm, and never changed.

    Attributes
    ----------
    scorer
        The model.
    """

    scorer: Scorer

    @classmethod
    def warm(cls, scorer: Scorer) -> ServedModel:
        """Check a model on its golden rows and let it score once, so that the first request is like any other.

        Raises
        ------
        QualityGateError
            It does not say here what it said where it was made.
        """
        require_golden(scorer.bundle)
        model = cls(scorer)
        info = scorer.bundle.info
        model.score(
            NumberedCustomers(["warm-up"], model._table(np.ones(len(info.features)))), as_of=info.as_of, reasons=True
        )
        return model

    @property
    def version(self) -> str:
        """The ``model_version`` of its scores."""
        return self.scorer.version

    @cached_property
    def schema_hash(self) -> str:
        """Identify what the model takes and may return; a client can tell that it changed."""
        features = list(self.scorer.bundle.info.features)
        return hashlib.sha256(json.dumps([features, list(SCHEMA.items())]).encode()).hexdigest()[:12]

    @cached_property
    def card(self) -> dict[str, Any]:
        """The card of the model, for programs and for people."""
        info, seen = self.scorer.bundle.info, Evaluation.in_bundle(self.scorer.bundle)
        return {
            "candidate": info.champion,
            "horizon_days": info.horizon_days,
            "trained_as_of": info.as_of.isoformat(),
            "currency": info.currency,
            "definitions": dict(info.definitions),
            "features": [feature.to_dict() for feature in info.catalogue],
            "evaluation": to_json_value(seen),
            "card": write_card(self.scorer.bundle),
        }

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.scorer.bundle.info.features)

    def table_of_rows(self, rows: Sequence[FeatureRow]) -> NumberedCustomers:
        """Put rows into a table of the features of the model.

        Raises
        ------
        DataContractError
            A row lacks a feature, or has one that the model does not know.
        """
        expected = frozenset(self._names)
        for row in rows:
            if row.features.keys() != expected:
                self._refuse(row.features, what="A row")
        block = np.array([[row.features[name] for name in self._names] for row in rows], dtype=np.float64)
        return NumberedCustomers([row.customer_id for row in rows], self._table(np.ascontiguousarray(block.T)))

    def table_of_columns(self, columns: FeatureColumns) -> NumberedCustomers:
        """Take columns as a table of the features of the model.

        Raises
        ------
        DataContractError
            A feature is missing, unknown, or of another length than there are customers.
        """
        if columns.features.keys() != frozenset(self._names):
            self._refuse(columns.features, what="The table")
        rows = len(columns.customer_id)
        for name, column in columns.features.items():
            if len(column) != rows:
                raise DataContractError(f"The column {name} must have a value, or null, for each customer.",
                                        found=f"{len(column):,} values, {rows:,} customers")  # fmt: skip
        block = np.array([columns.features[name] for name in self._names], dtype=np.float64)
        return NumberedCustomers(columns.customer_id, self._table(block))

    def _refuse(self, features: Mapping[str, object], *, what: str) -> None:
        if missing := [name for name in self._names if name not in features]:
            raise DataContractError(f"{what} lacks features of the model.", found=f"no {', '.join(missing[:5])}")
        strange = next(name for name in features if name not in self._names)
        raise DataContractError(f"{what} has a feature that the model does not know.", found=repr(strange)[:80])

    def _table(self, block: Floats) -> FloatTable:
        return FloatTable(self._places, block.reshape(len(self._names), -1))

    @cached_property
    def _places(self) -> dict[str, int]:
        return place_names(self._names)

    def score(self, customers: NumberedCustomers, *, as_of: pd.Timestamp, reasons: bool) -> list[dict[str, Any]]:
        """Score customers by their features, JSON-ready but for NaN."""
        columns = self.scorer.score_columns(customers.customer_ids, customers.numbers, as_of=as_of, reasons=reasons)
        lists = [_json_list(column) for column in columns.values()]
        return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]

    def score_snapshot(self, snapshot: pd.DataFrame, *, reasons: bool) -> list[dict[str, Any]]:
        """Score a snapshot, JSON-ready."""
        table = self.scorer.score(snapshot)
        if not reasons:
            table = table.drop(columns=list(_REASONS))
        return records(table)


@dataclass(frozen=True)
class ScoreTable:
    """The scores a batch wrote: the latest of everybody, and what was said before.

    Attributes
    ----------
    latest
        The score table, by ``customer_id``.
    earlier
        Rows of earlier partitions, oldest first.
    definitions
        Of the columns.
    """

    latest: pd.DataFrame
    earlier: pd.DataFrame = field(default_factory=pd.DataFrame)
    definitions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> ScoreTable:
        """Read the folder of a run or of a scoring, or one with a partition for each moment.

        Raises
        ------
        UsageError
            There are no scores in it.
        """
        partitions = sorted(folder.glob(f"as_of=*/{SCORES}"))
        plain = folder / SCORES
        files = [*partitions, *([plain] if plain.is_file() else [])]
        if not files:
            raise UsageError(f"There are no scores in {folder}.", fix="Run: tenure score --out DIR")
        tables = [_read(path) for path in files]
        tables.sort(key=lambda table: table["as_of"].iloc[0])
        *before, latest = tables
        earlier = [table[["customer_id", *_HISTORY]] for table in before]
        manifest = _manifest(files[-1] if plain.is_file() or not partitions else partitions[-1])
        return cls(
            latest.set_index("customer_id", drop=False),
            pd.concat(earlier, ignore_index=True) if earlier else pd.DataFrame(columns=["customer_id", *_HISTORY]),
            manifest.get("definitions", {}),
        )

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment of the latest scores."""
        return pd.Timestamp(self.latest["as_of"].iloc[0])

    @property
    def version(self) -> str:
        """The ``model_version`` of the latest scores."""
        return str(self.latest["model_version"].iloc[0])

    def customer(self, customer_id: str) -> dict[str, Any] | None:
        """Tell what was said of a customer, latest and before; None for one who was never scored."""
        if customer_id not in self.latest.index:
            return None
        row = records(self.latest.loc[[customer_id]])[0]
        past = self.earlier[self.earlier["customer_id"] == customer_id]
        return {"scores": row, "history": records(past[list(_HISTORY)]), "definitions": dict(self.definitions)}

    def segments(self, model: ServedModel) -> list[dict[str, Any]]:
        """Count customers and money by segment, in the order of the playbook."""
        people = with_money(self.latest.reset_index(drop=True))
        rows = by_segment(people, model.scorer.segmenter.playbook)
        return [{str(name): to_json_value(value) for name, value in row.items()} for row in rows]


class Service:
    """What requests are answered from; the model is replaced as a whole, and a request keeps the one it began with.

    Parameters
    ----------
    model
        To begin with.
    scores
        A table of scores; None where only requests are scored.
    featurise
        Turns orders and events into features; None where only features are taken.
    """

    def __init__(
        self, model: ServedModel, *, scores: ScoreTable | None = None, featurise: Featurise | None = None
    ) -> None:
        self._model = model
        self.scores = scores
        self.featurise = featurise
        self.ready = True

    @property
    def model(self) -> ServedModel:
        """The model to answer with; ask once per request."""
        return self._model

    def swap(self, scorer: Scorer) -> None:
        """Let the next requests be answered by another model, once it is checked and warm."""
        if scorer.version != self._model.version:
            self._model = ServedModel.warm(scorer)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn rows into JSON-ready dictionaries; what is missing is null."""
    return [{str(name): to_json_value(value) for name, value in row.items()} for row in table.to_dict("records")]


def _json_list(column: ScoreColumn) -> list[Any]:
    """Turn a column into values of Python: moments as texts, all others as they are."""
    if isinstance(column, list):
        return column
    values: list[Any] = column.tolist()
    if column.dtype.kind == "M":
        return [None if value is None else value.isoformat() for value in values]
    return values


def _read(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path, partitioning=None)
    if "as_of" not in table:
        table["as_of"] = pd.Timestamp(_manifest(path)["as_of"])
    return table


def _manifest(path: Path) -> dict[str, Any]:
    for name in (MANIFEST, f"_{MANIFEST}"):
        beside = path.with_name(name)
        if beside.is_file():
            content: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
            return content
    raise UsageError(f"There is no manifest beside {path.name} in {path.parent.name}.", fix="Score again with tenure.")
