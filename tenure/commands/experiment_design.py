"""``tenure experiment design``: what a campaign could see, and who is in which arm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def experiment_design(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name, not used before.")],
    arm: Annotated[
        list[str] | None,
        typer.Option(
            "--arm", metavar="ARM=SHARE", help="Share of an arm; repeat. [default: control=0.5, treatment=0.5]"
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="CONDITION", help="Who takes part, as in tenure segments. [default: everybody]"
        ),
    ] = None,
    metric: Annotated[
        str, typer.Option("--metric", help="What the test is made for: retention, orders, revenue, margin or clv.")
    ] = "retention",
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", min=1, help="Window of a customer, from the assignment on.")
    ] = 30,
    worth: Annotated[
        float, typer.Option("--worth", metavar="LIFT", min=0.0001, help="Smallest lift worth having.")
    ] = 0.05,
    control: Annotated[str, typer.Option("--control", metavar="ARM", help="The arm that is left alone.")] = "control",
    start: Annotated[
        str | None, typer.Option("--start", metavar="DATE", help="When customers are assigned. [default: --as-of]")
    ] = None,
    overlap: Annotated[
        str, typer.Option("--overlap", help="Customers of tests still running: refuse, exclude or orthogonal.")
    ] = "refuse",
    holdout: Annotated[
        float, typer.Option("--holdout", metavar="SHARE", help="Newcomers that no campaign may reach, for months.")
    ] = 0.0,
    refresh_holdout: Annotated[
        int,
        typer.Option(
            "--refresh-holdout", metavar="DAYS", min=0, help="Let those held out go after so many days; 0: never."
        ),
    ] = 0,
    replays: Annotated[
        int, typer.Option("--replays", metavar="N", min=0, help="A/A tests on the shop's own past.")
    ] = 500,
    scores: Annotated[
        Path | None,
        typer.Option("--scores", metavar="FILE|DIR", help="Scores of now: conditions, strata and CLV. [default: none]"),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", metavar="FILE|DIR", help="Scores of one window ago or earlier. [default: none]"),
    ] = None,
    results: options.ResultsFile = None,
    level: options.LevelOption = 0.95,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    seed: options.Seed = None,
    out: options.Out = None,
    config: options.ConfigFile = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Plan a randomised campaign on the shop's own past, and draw the arms.

    Says what the population could show, how many customers and days a lift worth having takes, and how often the
    analysis would cry wolf. --out writes the plan, assignments.parquet, and for every arm whom it must not reach.

    Example: tenure experiment design summer --config tenure.toml --where "recency_days > 60" --arm control=0.5
    --arm voucher=0.5 --out summer
    """
    from tenure.config_file import load_config
    from tenure.jobs.experiment import read_shares
    from tenure.jobs.experiment_design import Eligibility, design_job, write_assignments
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import show
    from tenure.progress import open_progress
    from tenure_decisions.campaigns.design import DesignSettings
    from tenure_serving.language import load_language

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings = load_config(config, overrides=asked)
    plan = DesignSettings(
        campaign=campaign,
        shares=read_shares(arm) or {control: 0.5, "treatment": 0.5},
        metric=metric,
        horizon_days=horizon,
        worth=worth,
        level=level,
        control=control,
        replays=replays,
        seed=settings.run.seed,
        holdout=holdout,
        refresh_days=refresh_holdout,
        overlap=overlap,
    )
    require_apart(out, input_places(settings), results=[config, scores, previous, results])
    with open_progress(quiet=quiet, profile=profile) as progress:
        eligibility = Eligibility(where=where, scores=scores, previous=previous)
        design = design_job(settings, plan, eligibility=eligibility, start=start, results=results, progress=progress)
    spoken = load_language(language or settings.report.language)
    show("experiment design", design.findings, out=out, as_json=json, language=spoken)
    if out is not None:
        for path in write_assignments(design, out):
            typer.echo(f"Written: {path}", err=True)
