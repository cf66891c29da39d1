"""``tenure budget``: where the next unit of money brings most."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def budget(
    total: Annotated[
        float | None, typer.Option("--total", metavar="MONEY", help="Money per week. [default: what is spent now]")
    ] = None,
    least: Annotated[
        float, typer.Option("--least", metavar="SHARE", help="Least for a channel, as a multiple of what it gets now.")
    ] = 0.5,
    most: Annotated[
        float, typer.Option("--most", metavar="SHARE", help="Most for a channel, as a multiple of what it gets now.")
    ] = 2.0,
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="CHANNEL=FROM:TO", help="Money per week for one channel instead. Repeat."),
    ] = None,
    scores: options.ScoresOption = None,
    days: options.ValueDays = 365,
    overhead: options.Overhead = 0.0,
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
    profile: options.Profile = None,
) -> None:
    """Split a weekly budget by what the next unit of money is expected to bring in each channel.

    Says "direction only" where there is less than a year of weekly spend or it never varied, marks what lies beyond
    any spend seen, and proposes the experiment to run before believing it.

    Example: tenure budget --config tenure.toml --scores out --total 5000 --limit email=20:80
    """
    from tenure.config_file import load_config
    from tenure.jobs.economics import budget_job, read_limits
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.studies import StudySettings
    from tenure.output import show
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings, limits = load_config(config, overrides=asked), read_limits(limit)
    study = StudySettings(days=days, overhead_rate=overhead, since=since, level=level)
    require_apart(out, input_places(settings), results=[config, scores])
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = budget_job(
            settings, scores, total=total, bounds=(least, most), limits=limits, settings=study, progress=progress
        )
    show("budget", result, out=out, as_json=json)
