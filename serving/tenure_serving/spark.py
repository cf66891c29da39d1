"""Scoring on Spark: a model of the registry, customers of a data frame, a pandas function on every executor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tenure_features.errors import DataContractError
from tenure_features.reading.engine import without_warnings
from tenure_serving.registered import bundle_folder
from tenure_serving.score_columns import SCHEMA, ColumnKind
from tenure_serving.scorer import Scorer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TYPES: Mapping[ColumnKind, str] = {
    "string": "string",
    "datetime": "timestamp_ntz",
    "long": "bigint",
    "double": "double",
    "strings": "array<string>",
}
"""Spark type by kind of score."""


def score_on_spark(
    source: str | Path, snapshot: DataFrame, *, currency: str | None = None, tracking_uri: str | None = None
) -> DataFrame:
    """Score every customer of a snapshot that lies in Spark.

    The driver fetches the model and sends it along; executors need ``tenure`` installed, and neither the registry nor a
    shared folder.

    Parameters
    ----------
    source, tracking_uri
        As in `Scorer.load`.
    snapshot
        One row per customer at one ``as_of``, as `Scorer.score` takes it.
    currency
        Of the amounts in the snapshot; None where the log does not say.

    Returns
    -------
    pyspark.sql.DataFrame
        Columns of `tenure_serving.scorer.SCHEMA`; lazy, like any of Spark's. Moments are ``timestamp_ntz`` in UTC.

    Raises
    ------
    DataContractError
        As `Scorer.score`.
    UsageError, DependencyUnavailableError
        As `Scorer.load`.
    """
    folder = bundle_folder(source, tracking_uri)
    _check_keys(snapshot)
    scorer = Scorer.load(folder)
    # A row at the driver finds what is wrong with the columns at once, and tells which scores this model gives.
    with without_warnings():  # pyspark 4.3 warns of pandas 3, which it supports
        columns = scorer.score(snapshot.limit(1).toPandas(), currency=currency).columns
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    schema = ", ".join(f"{name} {_TYPES[SCHEMA[name]]}" for name in columns)
    with without_warnings():
        return snapshot.mapInPandas(_function(files, currency), schema)


def _function(
    files: Mapping[str, bytes], currency: str | None
) -> Callable[[Iterable[pd.DataFrame]], Iterator[pd.DataFrame]]:
    frozen = tuple(sorted(files.items()))

    def score_batches(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        scorer = _scorer(frozen)
        for batch in batches:
            yield scorer.score(batch, currency=currency)

    return score_batches


@cache
def _scorer(files: tuple[tuple[str, bytes], ...]) -> Scorer:
    """Load the model once per process of an executor."""
    with tempfile.TemporaryDirectory(prefix="tenure-bundle-") as folder:
        for name, content in files:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Scorer.load(folder)


def _check_keys(snapshot: DataFrame) -> None:
    """Refuse what no batch can see for itself: a customer twice, or several moments."""
    from pyspark.sql import functions as F  # noqa: N812  # as everybody calls it

    if not {"customer_id", "as_of"} <= set(snapshot.columns):
        return  # the scorer says so, and what else is missing
    counts = snapshot.agg(
        F.count("*").alias("rows"),
        F.count_distinct("customer_id").alias("customers"),
        F.count_distinct("as_of").alias("moments"),
    ).first()
    if counts is None or counts["moments"] > 1:
        raise DataContractError("A score table has one as_of.", fix="Score each moment by itself.")
    if counts["customers"] < counts["rows"]:
        raise DataContractError(
            "A customer is more than once in the snapshot.",
            found=f"{counts['rows']:,} rows of {counts['customers']:,} customers",
        )
