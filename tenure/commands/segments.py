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
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="A group of your own over scores, features and what customers are: \"region = 'west' and "
            "value_tier = 'high' and visits_90d > 3\". Features and customers need --config.",
        ),
    ] = None,
    results: options.ResultsFile = None,
    out: options.Out = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
) -> None:
    """Count customers and value by group; with --previous who moved, with --config what sets a group apart.

    Writes every table as CSV and every chart as SVG into --out, if it is given.

    Example: tenure segments --scores out --previous out-earlier --config tenure.toml --out tables
    """
    from tenure.config_file import load_config
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.segments import segments_job
    from tenure.output import show
    from tenure_serving.language import load_language

    settings = None if config is None else load_config(config, overrides={})
    require_apart(out, input_places(settings), results=[config, scores, previous, results])
    spoken = load_language(language or (settings.report.language if settings else "en"))
    findings = segments_job(
        scores, previous=previous, config=settings, by=by, group=group, where=where, results=results, language=spoken
    )
    show("segments", findings, out=out, as_json=json, language=spoken)
