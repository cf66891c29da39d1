"""``tenure experiment analyse``: what a campaign did, or why nobody can say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def experiment_analyse(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name in the assignments.")],
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", min=1, help="Window of a customer, from the assignment on.")
    ] = 30,
    metric: Annotated[
        str,
        typer.Option("--metric", help="What the test was made for: retention, orders, revenue, margin, profit or clv."),
    ] = "retention",
    control: Annotated[str, typer.Option("--control", metavar="ARM", help="The arm that was left alone.")] = "control",
    share: Annotated[
        list[str] | None,
        typer.Option("--share", metavar="ARM=SHARE", help="Planned share of an arm; repeat for every arm."),
    ] = None,
    worth: Annotated[
        float, typer.Option("--worth", metavar="LIFT", min=0, help="Smallest lift worth having, a share of control.")
    ] = 0.05,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="The test is looked at more than once, or may be stopped early.")
    ] = False,
    planned: Annotated[
        int, typer.Option("--planned", metavar="N", min=100, help="Customers planned for an arm and control together.")
    ] = 10_000,
    by: Annotated[
        str,
        typer.Option("--by", metavar="COLUMN", help="Column of --scores to split the effect by."),
    ] = "segment",
    scores: Annotated[
        Path | None,
        typer.Option(
            "--scores",
            metavar="FILE|DIR",
            help="Scores made no later than the first assignment: they split and sharpen the effect. [default: none]",
        ),
    ] = None,
    scores_after: Annotated[
        Path | None,
        typer.Option(
            "--scores-after",
            metavar="FILE|DIR",
            help="Scores made when the windows had closed: with them CLV is measured, too. [default: none]",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="Add the result to this file, and say what all in it taught. [default: results of [experiments]]",
        ),
    ] = None,
    level: options.LevelOption = 0.95,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    out: options.Out = None,
    config: options.ConfigFile = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Measure a randomised campaign, everybody as assigned, in windows that have closed.

    Checks first whether the test was fair and stops where it was not, with exit code 4. The assignments are a table of
    --config.

    Example: tenure experiment analyse winback --config tenure.toml --horizon 45 --share control=0.4 --share
    email=0.3 --share voucher=0.3
    """
    from tenure.config_file import load_config
    from tenure.jobs.experiment import analyse_job, read_shares
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import show
    from tenure.progress import open_progress
    from tenure_decisions.campaigns.analysis import AnalysisSettings
    from tenure_features.errors import QualityGateError
    from tenure_serving.language import load_language

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of),
    }
    settings = load_config(config, overrides=asked)
    how = AnalysisSettings(
        metric=metric,
        level=level,
        worth=worth,
        shares=read_shares(share),
        sequential=sequential,
        planned=planned,
    )
    require_apart(out, input_places(settings), results=[config, scores, scores_after, results])
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = analyse_job(
            settings, campaign, how=how, horizon_days=horizon, control=control, scores=scores,
            scores_after=scores_after, by=by, results=results, progress=progress,
        )  # fmt: skip
    spoken = load_language(language or settings.report.language)
    show("experiment analyse", result, out=out, as_json=json, language=spoken)
    if result.value("broken"):
        raise typer.Exit(QualityGateError.exit_code)
