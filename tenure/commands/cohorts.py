"""``tenure cohorts``: customers by when they came, followed by age."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def cohorts(
    by: Annotated[
        str, typer.Option("--by", metavar="PERIOD|COLUMN", help="week, month, quarter, year, or a column of customers.")
    ] = "month",
    period: Annotated[int, typer.Option("--period", metavar="DAYS", help="Days of a period of age.")] = 30,
    until: Annotated[
        int, typer.Option("--until", metavar="PERIODS", help="Last period of age that is shown and predicted.")
    ] = 12,
    scores: options.ScoresOption = None,
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
    """Follow cohorts of customers: who stays, what they bring, what young cohorts will have brought.

    Periods that are still open are marked and never averaged in. --out writes the tables (CSV) and charts (SVG).

    Example: tenure cohorts --orders orders.csv --as-of 2011-06-11 --out out
    """
    from tenure.config_file import load_config
    from tenure.jobs.economics import cohort_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import show
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings = load_config(config, overrides=asked)
    require_apart(out, input_places(settings), results=[config, scores])
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = cohort_job(
            settings, scores, by=by, period_days=period, until_age=until, level=level, progress=progress
        )
    show("cohorts", result, out=out, as_json=json)
