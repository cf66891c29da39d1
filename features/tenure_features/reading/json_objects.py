# ruff: noqa: S608  # names are quoted
"""JSON lines, or one JSON array of objects, into an engine: one text column per value, nested ones with dots."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tenure_features.errors import DataContractError
from tenure_features.reading.engine import quote, statement, view
from tenure_features.reading.parquet import sql_list
from tenure_features.reading.readers import RawTable

_DEEPEST = 4
_MOST_COLUMNS = 400


def read_json(paths: Sequence[Path], backend: Any, *, name: str = "source") -> RawTable:  # noqa: ANN401
    """Read JSON objects; ``{"customer": {"id": 7}}`` becomes the column ``customer.id``, lists stay JSON text.

    Raises
    ------
    DataContractError
        If what is read are not objects, or they have too many different names to be rows of one table.
    """
    statement(backend, f"CREATE OR REPLACE TABLE {name}_json AS SELECT json FROM read_json_objects({sql_list(paths)})")
    (text,) = statement(backend, f"SELECT json_group_structure(json)::VARCHAR FROM {name}_json")[0]
    structure = json.loads(text or "{}")
    leaves = dict(_leaves(structure, ())) if isinstance(structure, Mapping) else {}
    if not leaves or len(leaves) > _MOST_COLUMNS:
        raise DataContractError(
            "The JSON does not hold the rows of a table.",
            found=f"{len(leaves)} names" if leaves else "no objects",
            fix="Export one JSON object a line, each one row.",
        )
    fields = ", ".join(
        f"json_extract_string(json, {_literal(path)}) AS {quote(column)}" for column, path in leaves.items()
    )
    statement(backend, f"CREATE OR REPLACE TABLE {name} AS SELECT {fields} FROM {name}_json")
    statement(backend, f"DROP TABLE {name}_json")
    return RawTable(view(backend, name))


def _leaves(structure: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, kind in structure.items():
        path = (*above, key)
        if isinstance(kind, Mapping) and kind and len(path) < _DEEPEST:
            yield from _leaves(kind, path)
        else:
            yield ".".join(path), "$" + "".join(f".{json.dumps(part, ensure_ascii=False)}" for part in path)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
