"""``tenure score``: newer orders, an existing model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def score(
    model: Annotated[
        str, typer.Option("--model", metavar="URI", help="A registered model, or the model folder of a run.")
    ] = "models:/tenure-scorer@champion",
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    allow_gap: Annotated[
        bool | None,
        typer.Option(
            "--allow-gap",
            help="Score although --as-of is later than the last order by more than the shop usually pauses.",
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Whether report.html and call_list.csv are written, too.")
    ] = True,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="URI", help="Write the partition there instead: a folder, s3://, duckdb://, postgresql://."
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="DIR",
            help="With --to: where finished parts wait, so that a run that was killed goes on from there.",
        ),
    ] = None,
    candidate: options.OwnCandidates = None,
    features: options.Features = None,
    out: options.Out = None,
    previous: options.Previous = None,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    tracking_uri: options.TrackingUri = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Score newer orders with a model trained before.

    Writes scores.parquet, report.html, call_list.csv and manifest.json into --out. The horizon, the population and
    every threshold are those the model carries.

    Example: tenure score --model models:/tenure-scorer@champion --orders newer.parquet --as-of 2011-09-10 --out out
    """
    from tenure.config_file import load_config
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.score import score_job
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure.report.render import score_lines
    from tenure_features.errors import UsageError

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "engine": options.engine(engine),
        "run": options.question(as_of, candidates=candidate, out=out, previous=previous, allow_gap=allow_gap),
        "features": options.own_features(features),
        "report": options.report(language),
        "tracking": options.tracking(tracking_uri),
    }
    settings = load_config(config, overrides=asked)
    if to is not None:
        from tenure.jobs.publication import publish_job

        if out is not None:
            raise UsageError("Scores go into --out or --to, not into both.")
        with open_progress(quiet=quiet, profile=profile) as progress:
            published = publish_job(settings, model, to, progress=progress, work=work)
        lines = [*published.notes, f"{published.customers:,} customers as of {published.as_of}: {published.place}"]
        emit("score", lines, published, as_json=json)
        return
    require_apart(settings.run.out, input_places(settings), results=[config, model])
    folder = options.out_folder(settings.run.out)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = score_job(settings, model, folder, progress=progress, report=report)
    emit("score", score_lines(result), result, as_json=json)
