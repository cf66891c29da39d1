"""``tenure explain``: why one customer was scored the way they were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def explain(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    scores: Annotated[
        Path, typer.Option("--scores", metavar="FILE|DIR", help="scores.parquet, or the folder it lies in.")
    ] = Path("out"),
    json: options.Json = False,
) -> None:
    """Say what was predicted for one customer, and why.

    Example: tenure explain 17850 --scores out
    """
    from tenure.output import emit
    from tenure_serving.explanation import explanation_lines, read_explanation

    explanation = read_explanation(scores, customer)
    emit("explain", explanation_lines(explanation), explanation, as_json=json)
