"""``tenure bids``: by how much a bid for a new customer should differ."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def bids(
    scores: options.ScoresOption = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", help="google, meta or yandex_direct: write the file it takes into --out."),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option("--channel", help="Compare only customers that this channel brought, as one account sees them."),
    ] = None,
    campaign: Annotated[
        list[str] | None,
        typer.Option("--campaign", help="Campaign to adjust, where nothing says which one brought whom; repeat."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="NAME=ID", help="What a campaign or region is called there; repeat."),
    ] = None,
    least: Annotated[float, typer.Option("--least", metavar="RATIO", help="Least a bid is multiplied by.")] = 0.5,
    most: Annotated[float, typer.Option("--most", metavar="RATIO", help="Most a bid is multiplied by.")] = 2.0,
    days: options.ValueDays = 365,
    since: options.Since = None,
    level: options.LevelOption = 0.8,
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
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Say what to multiply bids by, per channel, campaign, device and region, from what new customers are worth.

    Differences are drawn together as far as chance explains them, and bounded. Nothing is sent.

    Example: tenure bids --config tenure.toml --scores out --channel google_ads --platform google --out bids
    """
    from tenure.config_file import load_config
    from tenure.jobs.bids import BidTarget, bid_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.studies import StudySettings
    from tenure.output import show
    from tenure.progress import open_progress
    from tenure_decisions.economics.bids import BidLimits

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings, limits = load_config(config, overrides=asked), BidLimits(least=least, most=most)
    study = StudySettings(days=days, since=since, level=level)
    require_apart(out, input_places(settings), results=[config, scores])
    target = None
    if platform is not None:
        target = BidTarget(
            platform=platform, ids=options.column_mapping(ids), campaigns=campaign or (),
            folder=options.out_folder(out),
        )  # fmt: skip
    with open_progress(quiet=quiet) as progress:
        result = bid_job(
            settings, scores, limits=limits, channel=channel, target=target, settings=study, progress=progress
        )
    show("bids", result, out=out, as_json=json)
