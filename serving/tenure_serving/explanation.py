"""One customer's scores and the reasons for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import UsageError
from tenure_serving.score_tables import scores_path
from tenure_serving.value_words import value_lines

Explanation = dict[str, Any]


def read_explanation(scores: Path, customer_id: str) -> Explanation:
    """Read the row of one customer from a score table, with the currency and the definitions the table carries.

    Parameters
    ----------
    scores
        ``scores.parquet``, or the folder it lies in.
    customer_id
        As the score table spells it.

    Raises
    ------
    UsageError
        When there is no such table, it is not a score table, or the customer is not in it.
    """
    path = scores_path(scores)
    try:
        rows = pq.read_table(path, filters=[("customer_id", "=", customer_id)])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
        raise UsageError(f"{path} is not a score table.", found=str(error).splitlines()[0]) from error
    if rows.num_rows == 0:
        raise UsageError(
            f"Customer {customer_id!r} is not among the scored customers.",
            fix="Check the id; customers without an order before as_of are not scored.",
        )
    carried = json.loads((rows.schema.metadata or {}).get(b"tenure", b"{}"))
    about = {"currency": carried.get("currency"), "definitions": carried.get("definitions", {})}
    return {**rows.slice(0, 1).to_pylist()[0], **about}


def explanation_lines(row: Mapping[str, Any]) -> list[str]:
    """Tell a customer's row: the question, the answers, the reasons, what to do."""
    lines = [
        f"Customer {row['customer_id']} as of {row['as_of']:%Y-%m-%d}, the next {row['horizon_days']} days",
        f"  leaves with probability {row['churn_probability']:.0%}",
    ]
    if "expected_value" in row:
        lines += [f"  {line}" for line in value_lines(row, currency=row.get("currency") or "")]
    labels = {"segment": "segment", "risk_tier": "risk", "value_tier": "value", "next_step": "next step"}
    lines += [f"  {label}: {row[name]}" for name, label in labels.items() if row.get(name)]
    for name, title in (("churn_reasons", "Why they may leave or stay"), ("value_reasons", "Why they are worth that")):
        reasons = _sentences(row.get(name))
        if reasons:
            lines += ["", f"{title}:", *(f"  - {reason}" for reason in reasons)]
    return lines


def _sentences(reasons: str | Iterable[str] | None) -> list[str]:
    if reasons is None:
        return []
    return [reasons] if isinstance(reasons, str) else [str(reason) for reason in reasons]
