"""Scores on disk: one Parquet file that carries its definitions, and a manifest that says where it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import DataContractError, NothingToDoError
from tenure_features.reading.files import replacing
from tenure_serving.score_columns import SCHEMA, ColumnKind
from tenure_training.models.bundle import Bundle

_SCHEMA_VERSION = 1
SCORES, MANIFEST = "scores.parquet", "manifest.json"
METADATA = b"tenure"
_ROWS_AT_ONCE = 250_000

_ARROW: dict[ColumnKind, pa.DataType] = {
    "string": pa.string(),
    "datetime": pa.timestamp("us"),
    "long": pa.int64(),
    "double": pa.float64(),
    "strings": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Written:
    """Where scores were written, and what the manifest says of them."""

    scores: Path
    manifest: Path
    content: dict[str, Any]


def write_scores(
    scores: pd.DataFrame,
    folder: Path,
    *,
    bundle: Bundle,
    input_fingerprint: str,
    partitioned: bool = False,
    previous: str | None = None,
    currency: str | None = None,
    unless_in: Path | None = None,
) -> Written:
    """Write a score table and its manifest, each in one step: a reader sees the old file or the new one.

    The manifest is written last, so a manifest always describes scores that are there. Rows are ordered by
    ``customer_id``: the same scores are the same bytes.

    Parameters
    ----------
    scores
        What `Scorer.score` returned; further columns of the caller are kept behind.
    folder
        Created if missing.
    bundle
        The model the scores come from.
    input_fingerprint
        Of the orders that were scored.
    partitioned
        Write ``as_of=YYYY-MM-DD/scores.parquet`` below the folder, in the layout that pandas, Spark and DuckDB read
        as one table: ``as_of`` is in the path and not in the file (its time of day is in the manifest, which is named
        ``_manifest.json`` so that readers of the folder skip it). A day has one partition.
    previous
        Fingerprint of the earlier scores whose groups were held on to; None where there were none.
    currency
        Of the amounts, where the model does not say.
    unless_in
        Where the very same result may lie already; None: in the folder.

    Raises
    ------
    NothingToDoError
        The very same result is there already, see `find_scores`.
    DataContractError
        The table is empty, or its rows differ in ``as_of``.
    """
    as_of = _as_of(scores)
    manifest = describe_scores(
        bundle,
        as_of=as_of,
        input_fingerprint=input_fingerprint,
        previous=previous,
        currency=currency,
        columns=[str(name) for name in scores],
        rows=len(scores),
    )
    there = find_scores(
        unless_in or folder,
        bundle=bundle,
        as_of=as_of,
        input_fingerprint=input_fingerprint,
        partitioned=partitioned,
        previous=previous,
    )
    if there is not None and all(there.content[name] == manifest[name] for name in ("columns", "currency")):
        raise NothingToDoError(
            f"These scores are there already: model {bundle.version}, as of {as_of}.",
            fix="Nothing was written; remove the folder to write them again.",
        )
    scores_path, manifest_path = _paths(folder, as_of, partitioned=partitioned)
    scores_path.parent.mkdir(parents=True, exist_ok=True)
    table = scores.drop(columns="as_of") if partitioned else scores
    with replacing(scores_path) as draft:
        _write_rows(table, manifest, draft)
        manifest["sha256"] = _sha256(draft)
    with replacing(manifest_path) as draft:
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8", newline="\n")
    return Written(scores_path, manifest_path, manifest)


def find_scores(
    folder: Path,
    *,
    bundle: Bundle,
    as_of: pd.Timestamp,
    input_fingerprint: str,
    partitioned: bool = False,
    previous: str | None = None,
) -> Written | None:
    """Find scores an earlier run finished: same model, orders, ``as_of``, previous scores and tenure, untouched since.

    Cheap enough to ask before anything is computed; None where the work is still to be done.
    """
    scores_path, manifest_path = _paths(folder, as_of, partitioned=partitioned)
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        same = _identity(bundle, as_of, input_fingerprint).items() <= manifest.items()
        same = same and manifest.get("previous_scores") == previous and _sha256(scores_path) == manifest["sha256"]
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return Written(scores_path, manifest_path, manifest) if same else None


def _write_rows(scores: pd.DataFrame, manifest: dict[str, Any], path: Path) -> None:
    """Write scores by customer, some rows at a time: a million, sorted and as Arrow, would take their memory twice."""
    order = scores["customer_id"].argsort(kind="stable").to_numpy()
    types = {name: pa.array(scores[name], from_pandas=True).type for name in scores if name not in SCHEMA}
    parts = [order[start : start + _ROWS_AT_ONCE] for start in range(0, len(order), _ROWS_AT_ONCE)]
    schema = to_arrow(scores.iloc[parts[0]], manifest, types=types).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for part in parts:
            file.write_table(to_arrow(scores.iloc[part], manifest, types=types))


def to_arrow(
    scores: pd.DataFrame, manifest: dict[str, Any], *, types: Mapping[Any, pa.DataType] = MappingProxyType({})
) -> pa.Table:
    """Turn scores into an Arrow table with exact types, sorted by customer, with the manifest in its metadata.

    ``types`` are those of columns beyond `SCHEMA`; what they hold decides where none is named.
    """
    ordered = scores.sort_values("customer_id", kind="stable", ignore_index=True)
    names = [str(name) for name in ordered.columns]
    kinds = {name: _ARROW[SCHEMA[name]] if name in SCHEMA else types.get(name) for name in names}
    arrays = {name: pa.array(ordered[name], type=kind, from_pandas=True) for name, kind in kinds.items()}
    about = json.dumps(manifest, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return pa.table(arrays).replace_schema_metadata({METADATA: about.encode()})


def read_definitions(path: Path) -> dict[str, Any]:
    """Read what a score file says of itself: model, moment, horizon and definitions.

    Raises
    ------
    DataContractError
        The file is not one that `write_scores` wrote.
    """
    stored = (pq.read_schema(path).metadata or {}).get(METADATA)
    if stored is None:
        raise DataContractError(f"{path.name} does not say what its columns mean.", fix="Score with tenure.")
    content: dict[str, Any] = json.loads(stored)
    return content


def describe_scores(
    bundle: Bundle,
    *,
    as_of: pd.Timestamp,
    input_fingerprint: str,
    previous: str | None,
    currency: str | None,
    columns: Sequence[str] = (),
    rows: int = 0,
) -> dict[str, Any]:
    """Say where scores came from and what they mean: their manifest, but for the hash of the file.

    Parameters
    ----------
    bundle, input_fingerprint, previous, currency
        As in `write_scores`.
    as_of
        The moment of the scores.
    columns, rows
        Of the table, once there is one.
    """
    info = bundle.info
    return _identity(bundle, as_of, input_fingerprint) | {
        "candidate": info.champion,
        "previous_scores": previous,
        "trained_as_of": info.as_of.isoformat(),
        "horizon_days": info.horizon_days,
        "currency": info.currency or currency,
        "rows": rows,
        "columns": list(columns),
        "definitions": dict(info.definitions),
    }


def _identity(bundle: Bundle, as_of: pd.Timestamp, fingerprint: str) -> dict[str, Any]:
    return {
        "schema_version": _SCHEMA_VERSION,
        "tenure_version": version("tenure"),
        "model_version": bundle.version,
        "as_of": as_of.isoformat(),
        "input_fingerprint": fingerprint,
    }


def _paths(folder: Path, as_of: pd.Timestamp, *, partitioned: bool) -> tuple[Path, Path]:
    if not partitioned:
        return folder / SCORES, folder / MANIFEST
    partition = folder / f"as_of={as_of:%Y-%m-%d}"
    return partition / SCORES, partition / f"_{MANIFEST}"


def _as_of(scores: pd.DataFrame) -> pd.Timestamp:
    moments = scores["as_of"].unique()
    if len(moments) != 1:
        raise DataContractError("A score file has one as_of.", found=f"{len(moments)} of them in {len(scores)} rows")
    return pd.Timestamp(moments[0])


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
