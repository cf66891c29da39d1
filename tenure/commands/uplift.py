"""``tenure uplift``: whom a randomised campaign moves, and how well that can be told."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def uplift(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its name in the assignments.")],
    share: Annotated[
        list[str] | None,
        typer.Option("--share", metavar="ARM=SHARE", help="Planned share of an arm; repeat for every arm. Needed."),
    ] = None,
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", min=1, help="Window of a customer, from the assignment on.")
    ] = 30,
    metric: Annotated[
        str, typer.Option("--metric", help="What a contact is to move: retention, orders, revenue, margin or profit.")
    ] = "retention",
    learner: Annotated[
        str, typer.Option("--learner", help="Whose ranking counts: X-learner, DR-learner, T-learner or two-model.")
    ] = "X-learner",
    control: Annotated[str, typer.Option("--control", metavar="ARM", help="The arm that was left alone.")] = "control",
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
) -> None:
    """Learn from a randomised campaign whom a contact moves, and whom it drives away.

    Only a lot tells: without planned shares, or where arms can be foretold from what was known before, nothing is
    learned (exit code 2, 4). --out writes tables, charts and uplift.parquet, the uplift of every customer of now.

    Example: tenure uplift spring_voucher --config tenure.toml --horizon 45 --share control=0.5 --share voucher=0.5
    """
    from tenure.config_file import load_config
    from tenure.jobs.experiment import read_shares
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.uplift import uplift_job, write_predictions
    from tenure.output import show
    from tenure.progress import open_progress
    from tenure_decisions.campaigns.uplift import UpliftSettings
    from tenure_features.errors import QualityGateError
    from tenure_serving.language import load_language

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings = load_config(config, overrides=asked)
    how = UpliftSettings(
        shares=read_shares(share), metric=metric, learner=learner, level=level, seed=settings.run.seed,
        service_cost=settings.economics.service_cost_per_order or 0.0,
    )  # fmt: skip
    require_apart(out, input_places(settings), results=[config])
    with open_progress(quiet=quiet) as progress:
        study = uplift_job(settings, campaign, settings=how, horizon_days=horizon, control=control, progress=progress)
    spoken = load_language(language or settings.report.language)
    show("uplift", study.findings, out=out, as_json=json, language=spoken)
    if out is not None and (path := write_predictions(study, out)) is not None:
        typer.echo(f"Written: {path}", err=True)
    if study.findings.value("broken"):
        raise typer.Exit(QualityGateError.exit_code)
