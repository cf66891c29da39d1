"""``tenure segments``: groups of customers, who moved between them, and what sets one apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def segments(
    scores: options.ScoresPlace = Path("out"),
    previous: options.Previous = None,
    config: options.ConfigFile = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="COLUMN", help="segment, rfm_group, rfm_relationship, value_tier, risk_tier or lifecycle."
        ),
    ] = "segment",
    group: Annotated[
        str | None,
        typer.Option("--group", help="The group of --by to profile (needs --config). [default: the high value tier]"),
    ] = None,
    out: options.Out = None,
    language: options.Language = None,
    json: options.Json = False,
) -> None:
    """Count customers and value by group; with --previous who moved, with --config what sets a group apart.

    Writes every table as CSV and every chart as SVG into --out, if it is given.

    Example: tenure segments --scores out --previous out-earlier --config tenure.toml --out tables
    """
    from tenure.config_file import load_config
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.segments import segments_job, write_tables
    from tenure.output import emit
    from tenure.report.segment_text import segment_lines, segment_payload

    settings = None if config is None else load_config(config, overrides={})
    require_apart(out, input_places(settings), results=[config, scores, previous])
    spoken = language or (settings.segments.language if settings else "en")
    found = segments_job(scores, previous=previous, config=settings, by=by, group=group, language=spoken)
    files = [] if out is None else write_tables(found, options.out_folder(out))
    lines = [*segment_lines(found), *(["", f"Tables and charts: {out}"] if files else [])]
    emit("segments", lines, {**segment_payload(found), "files": files}, as_json=json)
